/* SPDX-License-Identifier: Apache-2.0 */
/* reverse.c: attempts taken back: by the kiosk itself, or by another of the
 * same facility, within the benefit's minutes; later by an operator. A
 * reversal that comes before what it is about waits for it. */
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "order.h"

#define MINUTE_MS 60000

static bool in_time(const struct attempt *a, const struct reversal *r)
{
	int64_t apart = llabs((long long)(r->effective_ms - a->effective_ms));

	return a->reversal_minutes > 0 &&
	       apart <= (int64_t)a->reversal_minutes * MINUTE_MS;
}

/* Its own wherever it is by now: it may have been moved in between. */
static bool may_reverse(const struct attempt *a, const struct reversal *r)
{
	return in_time(a, r) &&
	       (memcmp(r->kid, r->of_kid, sizeof r->kid) == 0 ||
	        strcmp(a->facility, r->facility) == 0);
}

static enum verdict judge_reversal(const struct attempt *a,
                                   const struct reversal *r)
{
	if (a->facts.reversed)
		return VERDICT_ALREADY_REVERSED;
	if (!verdict_is(attempt_verdict(&a->facts), CLASS_ACCEPT) ||
	    (a->facts.told == VERDICT_NONE && a->facts.given_up))
		/* Its entry may still say that an accept was told. */
		return a->facts.told == VERDICT_NONE
		           ? VERDICT_REVERSAL_PENDING
		           : VERDICT_NOTHING_TO_REVERSE;
	if (r->by_operator)
		return VERDICT_REVERSED;
	if (a->purged)
		return VERDICT_NOTHING_TO_REVERSE;
	return may_reverse(a, r) ? VERDICT_REVERSED
	                         : VERDICT_REVERSAL_NOT_ALLOWED;
}

/* Judges it, and takes the attempt back when that is the result. */
static enum store_result apply(struct store *s, struct reversal *r,
                               struct attempt *a, int64_t now_ms)
{
	struct attempt before = *a;

	r->result = judge_reversal(a, r);
	if (r->result != VERDICT_REVERSED)
		return STORE_OK;
	a->facts.reversed = true;
	a->reversed_ms = r->effective_ms;
	return settle(s, &before, a, NULL, now_ms);
}

enum store_result apply_pending(struct store *s, const uint8_t kid[static 8],
                                struct attempt *a, int64_t now_ms)
{
	struct reversal pending = {.n = 0};
	enum store_result r;

	for (;;) {
		r = store_reversal_pending(s, kid, a->id, pending.n, &pending);
		if (r != STORE_OK)
			return r == STORE_NONE ? STORE_OK : r;
		r = apply(s, &pending, a, now_ms);
		if (r == STORE_OK && pending.result != VERDICT_REVERSAL_PENDING)
			r = store_reversal_result(s, pending.n, pending.result);
		if (r != STORE_OK)
			return r;
	}
}

/* The attempt that it is about: STORE_NONE when it is not known. */
static enum store_result find_attempt(struct store *s, const struct reversal *r,
                                      struct attempt *a)
{
	enum store_result result;
	int64_t kiosk;
	bool same;

	result = store_device_find(s, r->of_kid, &kiosk);
	if (result == STORE_OK)
		result = store_attempt_find(s, kiosk, r->of_id,
		                            bytes_of(NULL, 0), a, &same);
	return result;
}

enum store_result undo_reversal(struct store *s, int64_t n, int64_t now_ms)
{
	struct attempt a, before;
	struct reversal rev;
	enum store_result r = store_reversal_get(s, n, &rev);

	if (r != STORE_OK)
		return STORE_FAILED;
	/* Nor may it be reopened, should what came before it be undone. */
	if (rev.result != VERDICT_REVERSED &&
	    rev.result != VERDICT_ALREADY_REVERSED &&
	    rev.result != VERDICT_REVERSAL_PENDING)
		return STORE_OK;
	r = store_reversal_result(s, n, VERDICT_REVERSAL_NOT_ALLOWED);
	if (r != STORE_OK || rev.result != VERDICT_REVERSED)
		return r;
	if (find_attempt(s, &rev, &a) != STORE_OK)
		return STORE_FAILED;
	before = a;
	a.facts.reversed = false;
	a.reversed_ms = 0;
	r = settle(s, &before, &a, NULL, now_ms);
	/* They came too late, because of this one. */
	if (r == STORE_OK)
		r = store_reversals_reopen(s, rev.of_kid, rev.of_id);
	return r == STORE_OK ? apply_pending(s, rev.of_kid, &a, now_ms) : r;
}

static void fill_reversal(const struct entry *e, int64_t now_ms,
                          struct reversal *r)
{
	memset(r, 0, sizeof *r);
	memcpy(r->kid, e->kid, sizeof r->kid);
	memcpy(r->id, e->id, sizeof r->id);
	memcpy(r->of_kid, e->of_kid, sizeof r->of_kid);
	memcpy(r->of_id, e->of_id, sizeof r->of_id);
	r->reason = e->reason;
	r->received_ms = now_ms;
	r->by_operator = e->by_operator;
	if (!e->by_operator) {
		r->effective_ms = entry_effective_ms(e);
		if (r->effective_ms > now_ms)
			r->effective_ms = now_ms;
		return;
	}
	r->effective_ms = e->at_ms;
	/* entry_read has bounded both */
	if (!bytes_to_text(e->operator, r->operator, sizeof r->operator))
		r->operator[0] = '\0';
	if (!bytes_to_text(e->facility, r->facility, sizeof r->facility))
		r->facility[0] = '\0';
}

static enum store_result add_reversal(struct store *s, struct reversal *r,
                                      struct bytes message, int64_t now_ms)
{
	enum store_result result;
	struct attempt a;

	result = find_attempt(s, r, &a);
	if (result == STORE_OK)
		result = apply(s, r, &a, now_ms);
	else if (result == STORE_NONE) {
		r->result = VERDICT_REVERSAL_PENDING;
		result = STORE_OK;
	}
	return result == STORE_OK ? store_reversal_add(s, r, message) : result;
}

/* Whoever holds a revoked kiosk's key could give uses back at will. It is kept
 * as it came, and does nothing; an operator may still do it. */
static enum store_result keep_refused(struct store *s, struct reversal *r,
                                      struct bytes message)
{
	r->result = VERDICT_REVERSAL_NOT_ALLOWED;
	return store_reversal_add(s, r, message);
}

/* Whether the id is an attempt's of that kiosk; then both are flagged. */
static enum store_result is_attempt(const struct judging *j,
                                    const struct entry *e, bool *is)
{
	enum store_result r;
	struct attempt a;
	bool same;

	r = store_attempt_find(j->store, j->kiosk, e->id, bytes_of(NULL, 0), &a,
	                       &same);
	*is = r == STORE_OK;
	if (r != STORE_OK)
		return r == STORE_NONE ? STORE_OK : r;
	a.flags |= FLAG_ID_REUSED;
	return store_attempt_set(j->store, &a, false);
}

/* It has its place in the order of writing, and its time; when that is over,
 * r->result is what became of it. */
static enum store_result take_turn(const struct judging *j, uint64_t seq,
                                   struct reversal *r)
{
	struct ordering o = ordering_of(j);
	struct turn turn = {.seq = seq,
	                    .kind = TURN_REVERSAL,
	                    .of = r->n,
	                    .at_ms = r->effective_ms,
	                    .received_ms = j->now_ms};

	if (order_entry(&o, &turn, NULL) != STORE_OK ||
	    store_reversal_get(j->store, r->n, r) != STORE_OK)
		return STORE_FAILED;
	return STORE_OK;
}

enum store_result record_reversal(const struct judging *j,
                                  struct ledger_item *item)
{
	const struct entry *e = &item->entry;
	struct bytes message = item->item.entry;
	uint8_t hash[32];
	struct link link = {.seq = e->seq, .prev = e->prev, .hash = hash};
	struct reversal r;
	enum store_result result;
	bool same;

	result =
	    store_reversal_find(j->store, e->kid, e->id, message, &r, &same);
	if (result == STORE_OK && !same)
		return refuse_item(j, item, VERDICT_ID_REUSED,
		                   QUARANTINE_ID_REUSED);
	if (result == STORE_NONE) {
		result = is_attempt(j, e, &same);
		if (result == STORE_OK && same)
			return refuse_item(j, item, VERDICT_ID_REUSED,
			                   QUARANTINE_ID_REUSED);
		fill_reversal(e, j->now_ms, &r);
		/* Where the kiosk is, not where it says it is. */
		if (!bytes_to_text(j->job->kiosk.facility, r.facility,
		                   sizeof r.facility))
			r.facility[0] = '\0';
		if (result == STORE_OK)
			result = j->job->kiosk.state == DEVICE_REVOKED
			             ? keep_refused(j->store, &r, message)
			             : add_reversal(j->store, &r, message,
			                            j->now_ms);
		entry_hash(message, hash);
		if (result == STORE_OK)
			result = store_chain_add(j->store, j->kiosk, &link,
			                         j->now_ms);
		if (result == STORE_OK)
			result = take_turn(j, e->seq, &r);
	}
	item->result.result = r.result;
	return result;
}

enum store_result ledger_operator_reversal(struct store *s,
                                           const struct entry *e,
                                           int64_t now_ms, enum verdict *result)
{
	struct reversal r;
	enum store_result found;
	bool same;

	found = store_reversal_find(s, e->kid, e->id, e->cose.whole, &r, &same);
	if (found == STORE_NONE) {
		fill_reversal(e, now_ms, &r);
		found = add_reversal(s, &r, e->cose.whole, now_ms);
	} else if (found == STORE_OK && !same) {
		r.result = VERDICT_ID_REUSED;
	}
	*result = r.result;
	return found;
}
