/* SPDX-License-Identifier: Apache-2.0 */
/* record.c: what was told at the door, kept as a fact; and what a kiosk's
 * report means for answers that nobody was told. */
#include "judge.h"

#include <stdio.h>
#include <string.h>

#include "alarm.h"
#include "limits.h"
#include "order.h"
#include "rejudge.h"

/* Only the kiosk has it then. */
static enum store_result no_room(const struct judging *j)
{
	char kid[17], said[160];
	struct alarm alarm = {.action = "quarantine.full",
	                      .object = kid,
	                      .actor = "kiosk",
	                      .said = said,
	                      .most = 1,
	                      .now_ms = j->now_ms};
	enum store_result r;

	hex_encode(j->job->kiosk.kid, sizeof j->job->kiosk.kid, kid);
	snprintf(said, sizeof said,
	         "%d items of this kiosk that are no record are kept; the "
	         "next ones are on the kiosk alone: keep its journal.db",
	         QUARANTINE_PER_KIOSK_MAX);
	r = alarm_raise(j->store, &alarm);
	return r == STORE_NONE ? STORE_OK : r;
}

enum store_result refuse_item(const struct judging *j, struct ledger_item *item,
                              enum verdict result, enum quarantine_kind kind)
{
	enum store_result r;
	bool kept;

	item->result.result = result;
	/* Report or question, its MAC says who sent it. */
	r = store_quarantine(j->store, j->kiosk, kind, item->raw, j->now_ms,
	                     &kept);
	if (r != STORE_OK || !kept)
		return r == STORE_OK ? no_room(j) : r;
	item->result.marks |= MARK_QUARANTINED;
	return STORE_OK;
}

/* The id names something else already: flagged on both sides. */
static enum store_result refuse_reused(const struct judging *j,
                                       struct ledger_item *item,
                                       struct attempt *a)
{
	enum store_result r;

	r = refuse_item(j, item, VERDICT_ID_REUSED, QUARANTINE_ID_REUSED);
	if (r != STORE_OK || !a)
		return r;
	a->flags |= FLAG_ID_REUSED;
	return store_attempt_set(j->store, a, false);
}

static void tell(struct ledger_item *item, const struct attempt *a)
{
	item->result.result = a->facts.told;
	item->result.marks = a->marks;
}

/* Whether the entry is about what was asked under its id. */
static bool same_matter(const struct attempt *a, const struct entry *e)
{
	return bytes_is_text(e->benefit, a->benefit) &&
	       bytes_is_text(e->facility, a->facility) &&
	       e->party == a->party && e->has_list == a->has_list &&
	       (!e->has_list || e->list == a->list);
}

/* Whether the service had given this answer; g->time_ms says when. */
static bool granted(const struct judging *j, const struct entry *e,
                    enum verdict answer, struct grant *g)
{
	if (!e->has_grant)
		return false;
	*g = (struct grant){.verdict = answer,
	                    .has_list = e->has_list,
	                    .has_discount = e->has_discount,
	                    .list = e->list,
	                    .discount = e->discount};
	memcpy(g->kid, e->kid, sizeof g->kid);
	memcpy(g->id, e->id, sizeof g->id);
	return grant_verify(g, j->grant_key, e->grant);
}

/* An accept that was told: the service's own, or the kiosk's. */
static enum store_result judge_accept(const struct judging *j,
                                      const struct ledger_item *item,
                                      struct attempt *a, struct turn *turn,
                                      struct terms *terms)
{
	if (!a->online)
		return rejudge(j, item, a, turn, terms);
	if (item->admitted.shape == VERDICT_NONE)
		a->facts.judgement = JUDGEMENT_GRANTED;
	else
		order_dispute(a, item->admitted.shape);
	return STORE_OK;
}

/* The told part of an attempt, over what is known of it; its turn in the order
 * of writing, but for the attempt's number; and by what it counts. */
static enum store_result take_entry(const struct judging *j,
                                    const struct ledger_item *item,
                                    struct attempt *a, struct turn *turn,
                                    struct terms *terms)
{
	const struct admitted *admitted = &item->admitted;
	const struct entry *e = &item->entry;
	bool accepts = verdict_is(e->told, CLASS_ACCEPT);
	/* An accepting answer is always `accepted`, whatever the kiosk made
	 * of it. */
	enum verdict answer = accepts ? VERDICT_ACCEPTED : e->told;
	struct grant g = {.time_ms = 0};
	enum store_result r = STORE_OK;

	a->online = granted(j, e, answer, &g);
	a->facts.told = e->told;
	a->has_list = e->has_list;
	a->list = e->list;
	a->has_discount = e->has_discount;
	a->discount = e->discount;
	a->at_ms = e->at_ms;
	a->offset_ms = e->offset_ms;
	a->received_ms = j->now_ms;
	*terms = (struct terms){admitted->facility, admitted->benefit};
	attempt_date(a, admitted->facility,
	             a->online ? g.time_ms : entry_effective_ms(e));
	*turn = (struct turn){.seq = e->seq,
	                      .kind = a->online ? TURN_GRANTED : TURN_ENTRY,
	                      .received_ms = j->now_ms};
	if (accepts)
		r = judge_accept(j, item, a, turn, terms);
	/* What is disputed says nothing about the time. */
	if (a->facts.judgement != JUDGEMENT_DISPUTED)
		turn->at_ms = a->effective_ms < j->now_ms ? a->effective_ms
		                                          : j->now_ms;
	return r;
}

struct ordering ordering_of(const struct judging *j)
{
	int64_t skew_s = snapshot_policy(j->job->snapshot)->skew_s;

	return (struct ordering){.store = j->store,
	                         .kiosk = j->kiosk,
	                         .now_ms = j->now_ms,
	                         .skew_ms = skew_s * 1000,
	                         .carried = j->job->carried};
}

static enum store_result take_turn(const struct judging *j, struct turn *turn,
                                   struct attempt *a)
{
	struct ordering o = ordering_of(j);
	enum judgement judgement = a->facts.judgement;

	if (turn->kind == TURN_ENTRY && (judgement == JUDGEMENT_AGREED ||
	                                 judgement == JUDGEMENT_OUTDATED)) {
		turn->kind = TURN_ACCEPT;
		turn->of = a->n;
	}
	return order_entry(&o, turn, a);
}

static enum store_result keep_entry(const struct judging *j,
                                    const struct ledger_item *item,
                                    struct attempt *a, struct turn *turn)
{
	const struct entry *e = &item->entry;
	uint8_t hash[32];
	struct link link = {.seq = e->seq, .prev = e->prev, .hash = hash};
	enum store_result r;

	r = store_entry_add(j->store, a, e->seq, &item->item, j->now_ms);
	if (r != STORE_OK)
		return r;
	entry_hash(item->item.entry, hash);
	r = store_chain_add(j->store, j->kiosk, &link, j->now_ms);
	if (r == STORE_OK)
		r = take_turn(j, turn, a);
	return r == STORE_OK ? apply_pending(j->store, e->kid, a, j->now_ms)
	                     : r;
}

/* It was asked; now it is known what was told. */
static enum store_result add_told(const struct judging *j,
                                  struct ledger_item *item, struct attempt *a)
{
	struct attempt before = *a;
	struct counter c, *to = NULL;
	enum store_result r;
	struct terms terms;
	struct turn turn;
	bool has;

	r = take_entry(j, item, a, &turn, &terms);
	if (r == STORE_OK && a->effective_ms != before.effective_ms && !a->purged) {
		r = attempt_counter(j->store, a, &item->admitted, &terms, &c,
		                    &has);
		to = has ? &c : NULL;
	}
	if (r == STORE_OK)
		r = settle(j->store, &before, a, to, j->now_ms);
	return r == STORE_OK ? keep_entry(j, item, a, &turn) : r;
}

static enum store_result add_attempt(const struct judging *j,
                                     struct ledger_item *item,
                                     struct attempt *a)
{
	const struct admitted *admitted = &item->admitted;
	const struct entry *e = &item->entry;
	enum store_result r;
	struct terms terms;
	struct counter c;
	struct turn turn;
	bool has;

	memset(a, 0, sizeof *a);
	a->kiosk = j->kiosk;
	memcpy(a->id, e->id, sizeof a->id);
	/* entry_read has bounded both */
	if (!bytes_to_text(e->facility, a->facility, sizeof a->facility))
		a->facility[0] = '\0';
	if (!bytes_to_text(e->benefit, a->benefit, sizeof a->benefit))
		a->benefit[0] = '\0';
	a->party = e->party;
	attempt_subject(a, admitted);
	if (admitted->shape == VERDICT_NONE && admitted->scan.live &&
	    admitted->pass_verified && admitted->presentation_verified) {
		a->has_shown = true;
		a->shown_s = (int64_t)admitted->scan.presentation.iat;
	}
	r = take_entry(j, item, a, &turn, &terms);
	if (r == STORE_OK)
		r = attempt_counter(j->store, a, admitted, &terms, &c, &has);
	if (r == STORE_OK)
		r = settle_new(j->store, a, has ? &c : NULL, item->item.scanned,
		               j->now_ms);
	if (r == STORE_OK && a->has_shown)
		r = store_shown_add(j->store, admitted->pass_hash, a);
	return r == STORE_OK ? keep_entry(j, item, a, &turn) : r;
}

/* Told verdicts that an entry can have: retry and device classes are about
 * the line, not the visitor. A number from a newer kiosk is kept. */
static bool can_be_told(unsigned told)
{
	const struct verdict_info *info = verdict_find(told);

	return !info || info->class <= CLASS_UNDECIDED;
}

static enum store_result record_attempt(const struct judging *j,
                                        struct ledger_item *item)
{
	const struct entry *e = &item->entry;
	struct reversal reversal;
	struct attempt a;
	enum store_result r;
	bool same = false;

	if (!item->committed || !can_be_told(e->told))
		return refuse_item(j, item, VERDICT_MALFORMED,
		                   QUARANTINE_UNREADABLE);
	r = store_attempt_find(j->store, j->kiosk, e->id, item->item.scanned,
	                       &a, &same);
	if (r == STORE_OK && a.facts.told != VERDICT_NONE) {
		r = store_entry_is(j->store, a.n, item->item.entry, &same);
		if (r != STORE_OK || !same)
			return r == STORE_FAILED ? r
			                         : refuse_reused(j, item, &a);
	} else if (r == STORE_OK) {
		if (!same || !same_matter(&a, e))
			return refuse_reused(j, item, &a);
		r = add_told(j, item, &a);
	} else if (r == STORE_NONE) {
		r = store_reversal_find(j->store, e->kid, e->id,
		                        item->item.entry, &reversal, &same);
		if (r == STORE_OK)
			return refuse_reused(j, item, NULL);
		if (r == STORE_NONE)
			r = add_attempt(j, item, &a);
	}
	if (r == STORE_OK)
		tell(item, &a);
	return r;
}

enum store_result record_item(const struct judging *j, struct ledger_item *item)
{
	const struct entry *e = &item->entry;

	memset(&item->result, 0, sizeof item->result);
	if (!item->readable)
		return refuse_item(j, item, VERDICT_MALFORMED,
		                   QUARANTINE_UNREADABLE);
	item->result.seq = e->seq;
	if (!item->authentic || e->by_operator ||
	    memcmp(e->kid, j->job->kiosk.kid, sizeof e->kid) != 0)
		return refuse_item(j, item, VERDICT_BAD_SIGNATURE,
		                   QUARANTINE_UNREADABLE);
	return e->typ == TYP_REVERSAL ? record_reversal(j, item)
	                              : record_attempt(j, item);
}

enum store_result give_up(const struct judging *j, struct attempt *a)
{
	struct attempt before = *a;

	a->facts.given_up = true;
	return settle(j->store, &before, a, NULL, j->now_ms);
}

/* Answers given up under one report; a kiosk has a few at most, and what is
 * left over goes with the next. */
#define GIVEN_UP_MAX 256

static enum store_result give_up_until(const struct judging *j, int64_t kiosk,
                                       int64_t until_ms)
{
	enum store_result r;
	int64_t n[GIVEN_UP_MAX], any;
	struct attempt a;
	size_t count;

	r = store_unconfirmed_count(j->store, kiosk, &any);
	if (r != STORE_OK || any == 0)
		return r;
	r = store_unconfirmed_until(j->store, kiosk, until_ms, n, GIVEN_UP_MAX,
	                            &count);
	for (size_t i = 0; r == STORE_OK && i < count; i++) {
		r = store_attempt_get(j->store, n[i], &a);
		r = r == STORE_OK ? give_up(j, &a) : STORE_FAILED;
	}
	return r;
}

/* Under the keys that it had before, too: nobody else speaks for them now. */
static enum store_result give_up_all(const struct judging *j, int64_t until_ms)
{
	int64_t kiosk = j->kiosk;
	enum store_result r = STORE_OK;

	while (r == STORE_OK) {
		r = give_up_until(j, kiosk, until_ms);
		if (r == STORE_OK)
			r = store_device_before(j->store, kiosk, &kiosk);
	}
	return r == STORE_NONE ? STORE_OK : r;
}

enum store_result record_report(const struct judging *j,
                                const struct report *report)
{
	int64_t said_ms = report->at_ms + report->offset_ms;
	struct ordering o = ordering_of(j);
	enum store_result r;

	r = store_device_report(j->store, j->kiosk, report, j->job->carried,
	                        j->now_ms);
	if (r == STORE_OK)
		r = order_report(&o, report);
	if (r != STORE_OK || report->has_unsent || report->queue_depth > 0)
		return r;
	/* A clock that is ahead says nothing about the future. */
	if (said_ms > j->now_ms)
		said_ms = j->now_ms;
	return give_up_all(j, said_ms - UNCONFIRMED_MS);
}
