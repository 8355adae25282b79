/* SPDX-License-Identifier: Apache-2.0 */
/* attempts.c: attempts as JSON: a page of a search, one, those of a pass. */
#include "attempts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempts_query.h"
#include "localday.h"

/* ------------------------------------------------------------ as JSON */

static json_t *maybe_int(bool has, int64_t n)
{
	return has ? json_integer(n) : json_null();
}

static json_t *maybe_verdict(enum verdict v)
{
	return v != VERDICT_NONE ? json_string(verdict_name(v)) : json_null();
}

static json_t *maybe_class(int class)
{
	const char *name = class >= 0 ? pass_class_name((unsigned)class) : NULL;

	return name ? json_string(name) : json_null();
}

static json_t *marks_of(unsigned marks)
{
	json_t *names = json_array();

	for (unsigned i = 0; i < MARK_COUNT; i++)
		if (marks & 1u << i &&
		    json_array_append_new(
		        names, json_string(mark_name((enum mark)(1u << i)))) !=
		        0) {
			json_decref(names);
			return NULL;
		}
	return names;
}

/* What was shown, where, and for what. */
static json_t *subject_of(const struct found_attempt *found)
{
	const struct attempt *a = &found->attempt;
	char kid[2 * sizeof found->kid + 1], id[2 * sizeof a->id + 1], day[11];

	hex_encode(found->kid, sizeof found->kid, kid);
	hex_encode(a->id, sizeof a->id, id);
	date_format(a->day, day);
	return json_pack(
	    "{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:o, s:I,"
	    " s:o, s:o, s:s}",
	    "kiosk", kid, "id", id, "at_ms", (json_int_t)a->effective_ms,
	    "received_ms", (json_int_t)a->received_ms, "day", day, "facility",
	    a->facility, "benefit", a->benefit, "issuer", a->issuer, "class",
	    maybe_class(a->class), "party", (json_int_t)a->party, "list",
	    maybe_int(a->has_list, a->list), "discount",
	    maybe_int(a->has_discount, a->discount), "currency", a->currency);
}

static json_t *maybe_dispute(const struct attempt *a)
{
	const char *why = a->facts.judgement == JUDGEMENT_DISPUTED
	                      ? dispute_name(a->dispute)
	                      : NULL;

	return why ? json_string(why) : json_null();
}

json_t *attempts_json(const struct found_attempt *found)
{
	const struct attempt *a = &found->attempt;
	json_t *o = subject_of(found), *rest;

	rest = json_pack(
	    "{s:s, s:o, s:o, s:b, s:b, s:o, s:b, s:o, s:o, s:s}", "verdict",
	    verdict_name(attempt_verdict(&a->facts)), "answer",
	    maybe_verdict(a->facts.answer), "told",
	    maybe_verdict(a->facts.told), "counts", a->counts, "online",
	    a->online, "marks", marks_of(a->marks), "id_reused",
	    (a->flags & FLAG_ID_REUSED) != 0, "reversed_ms",
	    maybe_int(a->facts.reversed, a->reversed_ms), "dispute",
	    maybe_dispute(a), "admission",
	    admission_name(a->facts.admission));
	if (json_object_update(o, rest) != 0) {
		json_decref(o);
		o = NULL;
	}
	json_decref(rest);
	return o;
}

static bool append(const struct found_attempt *found, void *array)
{
	return json_array_append_new(array, attempts_json(found)) == 0;
}

/* ------------------------------------------------------------- finding */

static json_t *cursor_json(const struct attempt_place *place, bool more)
{
	char text[40];

	if (!more)
		return json_null();
	snprintf(text, sizeof text, "%" PRId32 "-%" PRId64, place->day,
	         place->n);
	return json_string(text);
}

enum store_result attempts_search(struct store *reader,
                                  const struct attempts_query *q, json_t **out)
{
	struct attempt_place place = q->place;
	json_t *found = json_array();
	enum store_result r;
	bool more;

	r = store_search(reader, &q->filter, &place, q->limit, append, found,
	                 &more);
	if (r != STORE_OK) {
		json_decref(found);
		return r;
	}
	*out = json_pack("{s:o, s:o}", "attempts", found, "cursor",
	                 cursor_json(&place, more));
	return *out ? STORE_OK : STORE_FAILED;
}

/* Who took it back, or tried to: an operator, or a kiosk. */
static bool append_reversal(void *array, const struct reversal *r)
{
	char kid[2 * sizeof r->kid + 1];
	json_t *o;

	hex_encode(r->kid, sizeof r->kid, kid);
	o = json_pack("{s:o, s:o, s:s, s:I, s:s}", "operator",
	              r->by_operator ? json_string(r->operator) : json_null(),
	              "kiosk", r->by_operator ? json_null() : json_string(kid),
	              "reason", reversal_reason_name(r->reason), "at_ms",
	              (json_int_t)r->effective_ms, "result",
	              verdict_name(r->result));
	return json_array_append_new(array, o) == 0;
}

static enum store_result add_reversals(struct store *reader,
                                       const struct found_attempt *found,
                                       json_t *o)
{
	json_t *array = json_array();
	enum store_result r =
	    store_reversals_of(reader, found->kid, found->attempt.id,
	                       append_reversal, array);

	if (json_object_set_new(o, "reversals", array) != 0)
		r = STORE_FAILED;
	return r;
}

enum store_result attempts_one(struct store *reader, const char *kid,
                               const char *id, json_t **out, struct problem *p)
{
	struct found_attempt found;
	uint8_t key[16];
	enum store_result r;
	int64_t kiosk;
	bool same;

	if (!hex_decode(bytes_text(kid), found.kid, sizeof found.kid) ||
	    !hex_decode(bytes_text(id), key, sizeof key)) {
		problem_set(p, 400, NULL,
		            "an attempt is named by its kiosk (16 hexadecimal "
		            "digits) and its id (32)");
		return STORE_NONE;
	}
	r = store_device_find(reader, found.kid, &kiosk);
	if (r == STORE_OK)
		r = store_attempt_find(reader, kiosk, key, bytes_of(NULL, 0),
		                       &found.attempt, &same);
	if (r == STORE_NONE)
		problem_set(
		    p, 404, NULL,
		    "no attempt has kiosk %s and id %s; oapctl attempts "
		    "list finds them",
		    kid, id);
	if (r != STORE_OK)
		return r;
	*out = attempts_json(&found);
	return *out ? add_reversals(reader, &found, *out) : STORE_FAILED;
}

enum store_result attempts_of_pass(struct store *reader,
                                   const uint8_t pass_hash[static PASS_HASH],
                                   json_t **out)
{
	json_t *found = json_array();
	enum store_result r = store_attempts_of_pass(
	    reader, pass_hash, ATTEMPTS_LOOKUP_MAX, append, found);

	if (r == STORE_OK && found) {
		*out = found;
		return STORE_OK;
	}
	json_decref(found);
	return STORE_FAILED;
}
