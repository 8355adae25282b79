/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c: members that this version does not know are passed over, since a
 * service may be newer than its kiosks. */
#include "answer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "plain.h"

static json_t *load(struct bytes json)
{
	json_t *root = json_loadb((const char *)json.p, json.n,
				  JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
}

static bool get_int(const json_t *o, const char *name, int64_t min,
		    int64_t max, int64_t *out)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_integer(v))
		return false;
	*out = json_integer_value(v);
	return *out >= min && *out <= max;
}

/* False: not a text, or too long; text is then "". */
static bool get_text(const json_t *o, const char *name, char *text, size_t cap)
{
	const json_t *v = json_object_get(o, name);

	text[0] = '\0';
	return json_is_string(v) &&
	       bytes_to_text(bytes_of(json_string_value(v),
				      json_string_length(v)),
			     text, cap);
}

/* As much of it as fits, for a person; "" when there is none. */
static void get_plain(const json_t *o, const char *name, char *text,
		      size_t cap)
{
	const json_t *v = json_object_get(o, name);

	plain_copy(bytes_of(json_string_value(v), json_string_length(v)), text,
		   cap);
}

/* An id, or "". */
static void get_name_id(const json_t *o, const char *name,
			char text[static NAME_ID_MAX + 1])
{
	if (!get_text(o, name, text, NAME_ID_MAX + 1) ||
	    !name_id_valid(bytes_text(text)))
		text[0] = '\0';
}

/* number and verdict must name the same thing, where we know either. */
static bool get_verdict(const json_t *o, unsigned *out)
{
	const struct verdict_info *info;
	char name[64];
	int64_t n;

	if (!get_text(o, "verdict", name, sizeof(name)) ||
	    !get_int(o, "number", 1, 255, &n))
		return false;
	*out = (unsigned)n;
	info = verdict_find(*out);
	return info == NULL ? verdict_find_name(name) == NULL
			    : strcmp(info->name, name) == 0;
}

static bool get_service_ms(const json_t *o, int64_t *out)
{
	return get_int(o, "service_ms", 1, TIME_MS_MAX, out);
}

static unsigned get_bits(const json_t *array, const char *const *names,
			 size_t count)
{
	const json_t *v;
	unsigned bits = 0;
	size_t i, k;

	json_array_foreach(array, i, v) {
		for (k = 0; k < count; k++)
			if (json_is_string(v) &&
			    strcmp(json_string_value(v), names[k]) == 0)
				bits |= 1u << k;
	}
	return bits;
}

static unsigned get_marks(const json_t *o)
{
	const char *names[MARK_COUNT];

	for (unsigned i = 0; i < MARK_COUNT; i++)
		names[i] = mark_name((enum mark)(1u << i));
	return get_bits(json_object_get(o, "marks"), names, MARK_COUNT);
}

static bool get_result(const json_t *o, struct answer_result *out)
{
	int64_t seq;

	*out = (struct answer_result){.marks = get_marks(o)};
	out->has_seq = get_int(o, "seq", 1, INT64_MAX, &seq);
	out->seq = out->has_seq ? (uint64_t)seq : 0;
	return get_verdict(o, &out->verdict);
}

static bool get_results(const json_t *array, struct answer_results *out)
{
	const json_t *v;
	size_t i;

	out->count = 0;
	if (json_array_size(array) > ITEMS_PER_UPLOAD_MAX)
		return false;
	json_array_foreach(array, i, v) {
		if (!get_result(v, &out->at[out->count++]))
			return false;
	}
	return true;
}

bool answer_results_fit(const struct answer_results *results,
			const uint64_t *seqs, size_t count)
{
	if (results->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (results->at[i].has_seq && results->at[i].seq != seqs[i])
			return false;
	return true;
}

/* All three, or none; what is to be paid must be what the entry will say. */
static bool get_price(const json_t *o, int64_t list, const char *currency,
		      struct answer *a)
{
	if (json_object_get(o, "discount") == NULL)
		return true;
	a->has_price = true;
	return get_int(o, "list", 0, AMOUNT_MAX, &a->list) &&
	       get_int(o, "discount", 0, a->list, &a->discount) &&
	       get_int(o, "price", 0, a->list, &a->price) &&
	       a->price == a->list - a->discount && a->list == list &&
	       get_text(o, "currency", a->currency, sizeof(a->currency)) &&
	       plain_valid(bytes_text(a->currency)) &&
	       (currency[0] == '\0' || strcmp(a->currency, currency) == 0);
}

static bool get_grant(const json_t *o, struct answer *a)
{
	const json_t *v = json_object_get(o, "grant");
	struct bytes hex = json_is_string(v)
			       ? bytes_of(json_string_value(v),
					  json_string_length(v))
			       : bytes_of(NULL, 0);

	if (v == NULL || json_is_null(v))
		return true;
	a->has_grant = true;
	/* The use is booked at the grant's time. */
	return hex_decode(hex, a->grant, sizeof(a->grant)) &&
	       grant_time_ms(a->grant) == a->service_ms;
}

static void get_use(const json_t *o, struct answer *a)
{
	const json_t *v = json_object_get(o, "first_use");
	int64_t n;

	a->first_use_ms = OAP_NO_TIME;
	if (get_int(v, "at_ms", 0, TIME_MS_MAX, &n))
		a->first_use_ms = n;
	get_name_id(v, "facility", a->first_use_facility);
	get_name_id(v, "city", a->first_use_city);
	if (get_int(o, "uses", 0, INT64_MAX, &n))
		a->uses = (uint64_t)n;
	if (get_int(o, "limit", 0, INT64_MAX, &n))
		a->limit = (uint64_t)n;
}

static int64_t get_age(const json_t *ages, const char *name)
{
	int64_t ms;

	return get_int(ages, name, 0, TIME_MS_MAX, &ms) ? ms : OAP_NO_TIME;
}

static void get_ages(const json_t *ages, struct answer *a)
{
	a->key_age_ms = get_age(ages, "keys_ms");
	a->status_age_ms = get_age(ages, "status_ms");
}

/* Whether a service can have judged a visit so. Later versions may know
 * verdicts that this one does not; no accept among them. */
static bool can_judge(const struct answer *a)
{
	const struct verdict_info *info = verdict_find(a->verdict);

	if (a->verdict == VERDICT_ACCEPTED)
		return true;
	return info == NULL ||
	       (info->class > CLASS_ACCEPT && info->class <= CLASS_UNDECIDED);
}

/* No accept that the service could not prove later. */
static bool is_provable(const struct answer *a, int64_t list)
{
	return a->verdict != VERDICT_ACCEPTED ||
	       (a->has_grant && a->has_price == (list >= 0));
}

bool answer_read(struct bytes json, int64_t list, const char *currency,
		 struct answer *out)
{
	static const char *const STALE[] = {"bundle", "status"};
	json_t *root = load(json);
	int64_t epoch;
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = root != NULL && get_verdict(root, &out->verdict) &&
	     can_judge(out) && get_service_ms(root, &out->service_ms) &&
	     get_price(root, list, currency, out) && get_grant(root, out) &&
	     get_results(json_object_get(root, "items"), &out->items) &&
	     is_provable(out, list);
	if (ok) {
		get_use(root, out);
		out->stored = json_is_true(json_object_get(root, "stored"));
		out->stale = get_bits(json_object_get(root, "stale"), STALE, 2);
		out->marks = get_marks(root);
		get_ages(json_object_get(root, "ages"), out);
		if (get_int(root, "epoch", 0, INT64_MAX, &epoch))
			out->epoch = (uint64_t)epoch;
	}
	json_decref(root);
	return ok;
}

static void get_held(const json_t *held, struct entries_answer *out)
{
	char hex[65];
	int64_t seq, count;

	if (get_int(held, "seq", 0, INT64_MAX, &seq) &&
	    get_int(held, "count", 0, INT64_MAX, &count) &&
	    get_text(held, "hash", hex, sizeof(hex)) &&
	    hex_decode(bytes_text(hex), out->held_hash,
		       sizeof(out->held_hash))) {
		out->has_held = true;
		out->held_seq = (uint64_t)seq;
		out->held_count = (uint64_t)count;
	}
}

bool entries_answer_read(struct bytes json, const uint64_t *seqs, size_t count,
			 struct entries_answer *out)
{
	json_t *root = load(json);
	const json_t *results = json_object_get(root, "results");
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = json_is_array(results) && get_results(results, &out->results) &&
	     get_service_ms(root, &out->service_ms) &&
	     answer_results_fit(&out->results, seqs, count);
	if (ok) {
		get_held(json_object_get(root, "held"), out);
		get_plain(root, "device", out->device, sizeof(out->device));
	}
	json_decref(root);
	return ok;
}

bool enrolment_answer_read(struct bytes json, struct enrolment_answer *out)
{
	json_t *root = load(json);
	char state[12];
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = get_text(root, "kiosk", out->kiosk, sizeof(out->kiosk)) &&
	     get_text(root, "facility", out->facility,
		      sizeof(out->facility)) &&
	     get_text(root, "state", state, sizeof(state)) &&
	     get_service_ms(root, &out->service_ms);
	if (ok) {
		out->pending = strcmp(state, "pending") == 0;
		ok = out->pending || strcmp(state, "active") == 0;
	}
	json_decref(root);
	return ok;
}

void problem_answer_read(struct bytes json, struct problem_answer *out)
{
	const struct verdict_info *info = NULL;
	json_t *root = load(json);
	char name[64];

	memset(out, 0, sizeof(*out));
	if (get_text(root, "verdict", name, sizeof(name)))
		info = verdict_find_name(name);
	if (info != NULL)
		out->verdict = info->number;
	get_plain(root, "detail", out->detail, sizeof(out->detail));
	if (out->detail[0] == '\0')
		get_plain(root, "title", out->detail, sizeof(out->detail));
	json_decref(root);
}
