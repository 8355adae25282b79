/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c: a question, judged once and for ever. */
#include "judge.h"

#include <string.h>

/* ------------------------------------------------------------- answers */

static void put_grant(const struct judging *j, const struct attempt *a,
                      struct ask_result *answer)
{
	struct grant g = {.verdict = a->facts.answer,
	                  .has_list = a->has_list,
	                  .has_discount = a->has_discount,
	                  .list = a->list,
	                  .discount = a->discount,
	                  .time_ms = a->asked_ms};

	memcpy(g.kid, j->job->kiosk.kid, sizeof g.kid);
	memcpy(g.id, a->id, sizeof g.id);
	grant_make(&g, j->grant_key, answer->grant);
	answer->has_grant = true;
}

/* What the kiosk hears of a stored attempt: what it told, when it has. */
static void answer_from(const struct judging *j, const struct attempt *a,
                        struct ask_result *answer)
{
	answer->verdict = attempt_verdict(&a->facts);
	answer->has_price = verdict_is(answer->verdict, CLASS_ACCEPT) &&
	                    a->has_list && a->has_discount;
	if (answer->has_price) {
		answer->price.list = a->list;
		answer->price.discount = a->discount;
		answer->price.price = a->list - a->discount;
	}
	answer->stale = a->stale;
	answer->service_ms = a->asked_ms ? a->asked_ms : j->now_ms;
	answer->has_first_use = a->has_first;
	answer->first_use_ms = a->first_ms;
	memcpy(answer->first_use_facility, a->first_facility,
	       sizeof answer->first_use_facility);
	answer->marks = (a->flags & FLAG_SAID_CONFLICT ? MARK_CONFLICT : 0) |
	                (a->flags & FLAG_SAID_DISPUTED ? MARK_DISPUTED : 0);
	answer->uses = a->uses;
	answer->limit = (uint32_t)a->limit;
	if (a->facts.told == VERDICT_NONE)
		put_grant(j, a, answer);
}

static bool same_question(const struct attempt *a, const struct question *q)
{
	return bytes_is_text(q->benefit, a->benefit) &&
	       bytes_is_text(q->facility, a->facility) &&
	       q->party == a->party && q->has_list == a->has_list &&
	       (!q->has_list || q->list == a->list);
}

/* The id is known: the stored answer, whatever has changed since. */
static enum store_result answer_again(const struct judging *j,
                                      const struct question *q,
                                      struct attempt *a, bool same_scan,
                                      struct ask_result *answer)
{
	if (same_scan && same_question(a, q)) {
		answer->stored = true;
		answer_from(j, a, answer);
		return STORE_OK;
	}
	answer->verdict = VERDICT_ID_REUSED;
	a->flags |= FLAG_ID_REUSED;
	return store_attempt_set(j->store, a, false);
}

/* ------------------------------------------------------------- judging */

static enum store_result give_up_of_pass(const struct judging *j,
                                         int64_t kiosk,
                                         const struct question *q,
                                         const uint8_t *pass,
                                         const char *benefit)
{
	enum store_result r;
	struct attempt a;
	int64_t any;

	for (;;) {
		r = store_unconfirmed_count(j->store, kiosk, &any);
		if (r != STORE_OK || any == 0)
			return r;
		r = store_unconfirmed_of_pass(j->store, kiosk, pass, benefit,
		                              q->at_ms,
		                              j->now_ms - UNCONFIRMED_MS, &a);
		if (r != STORE_OK)
			return r == STORE_NONE ? STORE_OK : r;
		r = give_up(j, &a);
		if (r != STORE_OK)
			return r;
	}
}

/* The kiosk asks again for that pass and benefit, so nobody was told of its
 * earlier answers, under whatever key: their questions' time was up when it
 * asked this one. */
static enum store_result give_up_earlier(const struct judging *j,
                                         const struct question *q,
                                         const uint8_t *pass,
                                         const char *benefit)
{
	int64_t kiosk = j->kiosk;
	enum store_result r = STORE_OK;

	while (r == STORE_OK) {
		r = give_up_of_pass(j, kiosk, q, pass, benefit);
		if (r == STORE_OK)
			r = store_device_before(j->store, kiosk, &kiosk);
	}
	return r == STORE_NONE ? STORE_OK : r;
}

/* Named another place than where it is enrolled: it was moved, and its bundle
 * is of before. What it asks about is no matter of this visitor's. */
static bool is_of_before(const struct judging *j, const struct question *q)
{
	return !bytes_equal(q->facility, j->job->kiosk.facility);
}

static void fill_attempt(const struct judging *j, const struct question *q,
                         const struct admitted *admitted, struct attempt *a)
{
	memset(a, 0, sizeof *a);
	a->kiosk = j->kiosk;
	memcpy(a->id, q->id, sizeof a->id);
	/* question_read has bounded both */
	if (!bytes_to_text(q->facility, a->facility, sizeof a->facility))
		a->facility[0] = '\0';
	if (!bytes_to_text(q->benefit, a->benefit, sizeof a->benefit))
		a->benefit[0] = '\0';
	attempt_subject(a, admitted);
	attempt_date(a, admitted->facility, j->now_ms);
	a->party = q->party;
	a->has_list = q->has_list;
	a->list = q->list;
	a->at_ms = q->at_ms;
	a->offset_ms = q->offset_ms;
	a->left_ms = q->left_ms;
	a->asked_ms = a->received_ms = j->now_ms;
	a->online = true;
	/* A code that was shown to a kiosk of before is good for another try. */
	if (admitted->shape == VERDICT_NONE && admitted->scan.live &&
	    admitted->pass_verified && admitted->presentation_verified &&
	    !is_of_before(j, q)) {
		a->has_shown = true;
		a->shown_s = (int64_t)admitted->scan.presentation.iat;
	}
}

static struct decision decide_question(const struct judging *j,
                                       const struct question *q,
                                       const struct admitted *admitted,
                                       uint64_t uses, bool shown_used)
{
	struct decide_input in = {
	    .shape = admitted->shape,
	    .scan = &admitted->scan,
	    .issuer = admitted->issuer,
	    .key = admitted->has_key ? &admitted->key : NULL,
	    .pass_verified = admitted->pass_verified,
	    .presentation_verified = admitted->presentation_verified,
	    .presentation_used = shown_used,
	    .status = admitted->has_status ? &admitted->status : NULL,
	    .benefit = admitted->benefit,
	    .facility = admitted->facility,
	    .party = q->party,
	    .has_list = q->has_list,
	    .list = q->list,
	    .clock = {.now_ms = j->now_ms, .anchored = true},
	    .policy = snapshot_policy(j->job->snapshot),
	    .has_bundle_age = is_of_before(j, q), /* good until 0 */
	    .uses = uses,
	};

	return decide(&in);
}

static enum store_result find_first_use(const struct judging *j,
                                        const struct counter *c,
                                        struct attempt *a)
{
	struct attempt first;
	enum store_result r = store_first_use(j->store, c->n, &first);

	if (r == STORE_OK) {
		a->has_first = true;
		a->first_ms = first.effective_ms;
		memcpy(a->first_facility, first.facility,
		       sizeof a->first_facility);
	}
	return r == STORE_NONE ? STORE_OK : r;
}

/* From the verdict to a's stored answer. */
static enum store_result take_decision(const struct judging *j,
                                       const struct decision *d,
                                       const struct admitted *admitted,
                                       const struct counter *c,
                                       struct attempt *a)
{
	a->facts.answer = d->verdict;
	a->stale = d->stale;
	a->has_discount = d->has_price;
	a->discount = d->price.discount;
	a->limit = admitted->benefit ? admitted->benefit->limit : 0;
	a->uses = c->uses + attempt_counts(&a->facts);
	if (d->verdict == VERDICT_ALREADY_REDEEMED ||
	    d->verdict == VERDICT_LIMIT_REACHED)
		return find_first_use(j, c, a);
	return STORE_OK;
}

static enum store_result keep(const struct judging *j, const struct question *q,
                              const struct admitted *admitted,
                              struct attempt *a, struct counter *c)
{
	enum store_result r = settle_new(j->store, a, c, q->scanned, j->now_ms);

	if (r == STORE_OK && a->has_shown)
		r = store_shown_add(j->store, admitted->pass_hash, a);
	if (r == STORE_OK)
		r = apply_pending(j->store, j->job->kiosk.kid, a, j->now_ms);
	return r;
}

/* What whoever stands at the door hears of the pass, beside the verdict; kept,
 * so that a question asked again hears the same. */
static enum store_result find_marks(const struct judging *j,
                                    const struct admitted *admitted,
                                    struct attempt *a)
{
	enum store_result r;
	unsigned marks;

	if (admitted->shape != VERDICT_NONE || !admitted->pass_verified)
		return STORE_OK;
	r = store_pass_marks(j->store, admitted->pass_hash, &marks);
	if (r == STORE_OK && marks & MARK_CONFLICT)
		a->flags |= FLAG_SAID_CONFLICT;
	if (r == STORE_OK && marks & MARK_DISPUTED)
		a->flags |= FLAG_SAID_DISPUTED;
	return r;
}

static enum store_result judge_new(const struct judging *j,
                                   const struct question *q,
                                   const struct admitted *admitted,
                                   struct ask_result *answer)
{
	struct terms terms = {admitted->facility, admitted->benefit};
	bool has_counter, shown_used = false;
	enum store_result r = STORE_OK;
	struct counter c;
	struct attempt a;
	struct decision d;

	fill_attempt(j, q, admitted, &a);
	/* In whatever period it was; it may hold a live code, too. */
	if (admitted->shape == VERDICT_NONE && admitted->pass_verified)
		r = give_up_earlier(j, q, admitted->pass_hash, a.benefit);
	if (r == STORE_OK)
		r = attempt_counter(j->store, &a, admitted, &terms, &c,
		                    &has_counter);
	if (r == STORE_OK && a.has_shown)
		r = store_shown_used(j->store, admitted->pass_hash, a.shown_s,
		                     j->kiosk, a.benefit, &shown_used);
	if (r != STORE_OK)
		return r;
	r = find_marks(j, admitted, &a);
	if (r != STORE_OK)
		return r;
	d = decide_question(j, q, admitted, c.uses, shown_used);
	r = take_decision(j, &d, admitted, &c, &a);
	if (r == STORE_OK)
		r = keep(j, q, admitted, &a, has_counter ? &c : NULL);
	if (r == STORE_OK)
		answer_from(j, &a, answer);
	return r;
}

enum store_result judge_question(const struct judging *j,
                                 const struct question *q,
                                 const struct admitted *admitted,
                                 struct ask_result *answer)
{
	const struct job_kiosk *kiosk = &j->job->kiosk;
	struct reversal reversal;
	struct attempt a;
	enum store_result r;
	bool same;

	memset(answer, 0, sizeof *answer);
	answer->service_ms = j->now_ms;
	if (kiosk->state != DEVICE_ACTIVE) {
		answer->verdict = kiosk->state == DEVICE_REVOKED
		                      ? VERDICT_DEVICE_REVOKED
		                      : VERDICT_DEVICE_UNKNOWN;
		return STORE_OK;
	}
	r = store_attempt_find(j->store, j->kiosk, q->id, q->scanned, &a,
	                       &same);
	if (r == STORE_OK)
		return answer_again(j, q, &a, same, answer);
	if (r == STORE_NONE)
		r = store_reversal_find(j->store, kiosk->kid, q->id,
		                        bytes_of(NULL, 0), &reversal, &same);
	if (r == STORE_OK)
		answer->verdict = VERDICT_ID_REUSED;
	if (r != STORE_NONE)
		return r;
	/* Nobody waits for it any more: it must not use anything. */
	if (j->job->expires_ms < j->now_ms)
		return STORE_OK;
	return judge_new(j, q, admitted, answer);
}
