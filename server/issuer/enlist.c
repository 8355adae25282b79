/* SPDX-License-Identifier: Apache-2.0 */
/* Enters passes into the registry. */
#include "enlist.h"

#include <string.h>

#define DAY_S 86400
/* Papers of one pass made within a second are dated that much ahead, and a
 * length counted from there is as much shorter. */
#define PAPERS_APART_S 60

static enum enlisted add(struct enlisting *e, struct pass_record *record,
			 struct fault *fault)
{
	memcpy(record->kid, e->kid, 8);
	record->current = true;
	if (registry_take_index(e->registry, e->random, record,
				&e->list_opened, fault) &&
	    registry_add_pass(e->registry, record, fault))
		return ENLISTED_NEW;
	return ENLISTED_FAILED;
}

/* Whether the row keeps its reference from getting another pass. */
static bool blocks(const struct enlisting *e, const struct pass_record *row)
{
	if (row->exp <= e->now)
		return false;
	return row->state != STATUS_INVALID || !e->again;
}

enum enlisted enlist(struct enlisting *e, const struct request *q,
		     const uint8_t ref_hash[static REF_HASH],
		     struct pass_record *out, struct fault *fault)
{
	enum found found = NOT_FOUND;

	if (q->ref_n)
		found = registry_pass_of_ref(e->registry, ref_hash, e->now,
					     out, fault);
	if (found == FOUND_FAILED)
		return ENLISTED_FAILED;
	if (found == FOUND && blocks(e, out))
		return ENLISTED_BEFORE;
	memset(out, 0, sizeof(*out));
	e->random(out->cti, sizeof(out->cti));
	out->iat = q->iat ? q->iat : e->now;
	out->nbf = q->nbf;
	out->exp = q->exp;
	out->class = q->class;
	out->has_ref = q->ref_n > 0;
	memcpy(out->ref, ref_hash, REF_HASH);
	out->has_holder = q->has_holder;
	memcpy(out->holder, q->holder, 32);
	return add(e, out, fault);
}

/* What the papers of a pass tell of its validity. */
struct history {
	uint64_t exp; /* of the current one */
	uint64_t first; /* when the first one begins; 0: none was seen */
	uint64_t since; /* likewise the first one that ends then */
};

static bool note_paper(void *arg, const struct pass_record *row)
{
	struct history *h = arg;
	uint64_t begin = row->nbf ? row->nbf : row->iat;

	if (!h->first)
		h->first = begin;
	if (!h->since && row->exp == h->exp)
		h->since = begin;
	return true;
}

static bool is_length(uint64_t length, uint32_t days)
{
	uint64_t wanted = (uint64_t)days * DAY_S;

	return length + PAPERS_APART_S >= wanted &&
	       length <= wanted + PAPERS_APART_S;
}

bool enlist_same_validity(struct enlisting *e, const struct request *q,
			  const struct pass_record *record, bool *same,
			  struct fault *fault)
{
	uint64_t from = q->nbf ? q->nbf : q->iat;
	struct history h = {.exp = record->exp};

	if (!registry_each_of_cti(e->registry, record->cti, note_paper, &h,
				  fault))
		return false;
	if (from)
		*same = h.exp == q->exp && h.first == from;
	else if (record->nbf > e->now)
		*same = false; /* what is asked for begins at once */
	else if (q->days)
		*same = is_length(h.exp - h.since, q->days);
	else
		*same = h.exp == q->exp;
	return true;
}

static enum enlisted replace(struct enlisting *e, struct pass_record *old,
			     const struct renewal *renewal,
			     struct pass_record *out, const char **why,
			     struct fault *fault)
{
	*out = *old;
	/* a new paper is newer, even within the same second */
	out->iat = e->now > old->iat ? e->now : old->iat + 1;
	if (out->nbf <= out->iat)
		out->nbf = 0;
	if (renewal->exp)
		out->exp = renewal->exp;
	if (renewal->holder) {
		out->has_holder = true;
		memcpy(out->holder, renewal->holder, 32);
	}
	if (!press_fits(e->press, out, renewal->hint)) {
		*why = "would not fit its QR code; give a shorter hint, or "
		       "--until a time before 2106";
		return ENLISTED_NOT;
	}
	old->state = STATUS_INVALID;
	old->current = false;
	if (!registry_set_state(e->registry, old, fault))
		return ENLISTED_FAILED;
	return add(e, out, fault);
}

/* Why the pass gets no new paper, or NULL. */
static const char *objection(const struct enlisting *e,
			     const struct pass_record *old,
			     const struct renewal *renewal)
{
	if (old->state == STATUS_INVALID)
		return "revoked, which is final; issue a new pass";
	/* a key's passes get new papers because of the key, and those that are
	 * over need none */
	if (old->exp <= e->now && (renewal->kid || renewal->exp <= e->now))
		return "expired; give --days, or issue a new pass";
	if (old->iat > e->now + SKEW_DEFAULT_S)
		return "was issued in the future; check the clock";
	if (renewal->exp && renewal->exp <= old->nbf)
		return "would end before it begins; give a later end";
	return NULL;
}

/* Whether the resident of a pass that is over has got another since, so that
 * prolonging this one would make two. */
static enum found find_successor(const struct enlisting *e,
				 const struct pass_record *old,
				 struct fault *fault)
{
	struct pass_record latest;
	enum found found;

	if (old->exp > e->now || !old->has_ref)
		return NOT_FOUND;
	found = registry_pass_of_ref(e->registry, old->ref, e->now, &latest,
				     fault);
	if (found == FOUND && latest.exp <= e->now)
		return NOT_FOUND;
	return found;
}

enum enlisted enlist_again(struct enlisting *e, const uint8_t cti[static 16],
			   const struct renewal *renewal,
			   struct pass_record *out, const char **why,
			   struct fault *fault)
{
	struct pass_record old;
	enum found found = registry_pass(e->registry, cti, &old, fault);

	if (found == FOUND_FAILED)
		return ENLISTED_FAILED;
	*why = found == FOUND ? objection(e, &old, renewal)
			      : "not in this registry; find looks it up by "
				"reference or code";
	if (*why)
		return ENLISTED_NOT;
	found = find_successor(e, &old, fault);
	if (found == FOUND_FAILED)
		return ENLISTED_FAILED;
	if (found == FOUND) {
		*why = "expired, and its resident has another pass since; find "
		       "--ref shows it";
		return ENLISTED_NOT;
	}
	if (renewal->kid && memcmp(old.kid, renewal->kid, 8) != 0) {
		*out = old;
		return ENLISTED_BEFORE;
	}
	return replace(e, &old, renewal, out, why, fault);
}
