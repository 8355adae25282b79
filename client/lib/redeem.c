/* SPDX-License-Identifier: Apache-2.0 */
/* redeem.c: oap_check and oap_redeem. Ask, write down, then tell. */
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "question.h"
#include "record.h"
#include "tell.h"
#include "uuid7.h"

/* One redemption on its way. */
struct redemption {
	struct visit visit;
	struct judged judged;
	struct ask ask;
	struct asked asked;
	struct net_place place;
	/* where it began; an operator may move the kiosk meanwhile */
	char facility[NAME_ID_MAX + 1];
	int64_t began_ms, until_ms; /* net_now_ms */
	bool in_doubt;	  /* to be asked */
	bool alone;	  /* decided here: judged has it */
	bool written;	  /* there is an entry */
};

static struct bench bench_of(struct oap *o, const struct moment *now)
{
	return (struct bench){
	    .trust = o->trust,
	    .journal = o->journal,
	    .hash_key = o->identity.hash_key,
	    .facility = bytes_text(o->facility),
	    .clock = handle_clock(o, now),
	};
}

static bool judge_here(struct oap *o, const struct visit *visit,
		       const struct moment *now, struct judged *out)
{
	struct bench bench = bench_of(o, now);

	return judge(&bench, visit, out);
}

static enum oap_result check(struct oap *o, const struct visit *visit,
			     struct oap_told *told, struct oap_problem *why)
{
	struct moment now = handle_now(o);
	struct judged judged;
	enum oap_result result = handle_need_bundle(o, why);

	if (result != OAP_OK)
		return result;
	if (!judge_here(o, visit, &now, &judged))
		return handle_journal_failed(o, why);
	tell_visit(o, visit, &judged, handle_effective(o, &now), told);
	if (o->held.device != DEVICE_ACTIVE)
		tell_verdict(VERDICT_DEVICE_REVOKED, told);
	else
		tell_decision(o, &judged, told);
	return OAP_OK;
}

OAP_API enum oap_result oap_check(struct oap *o,
				  const struct oap_attempt *attempt,
				  struct oap_told *told,
				  struct oap_problem *why)
{
	struct visit visit;
	enum oap_result result;

	tell_begin(told);
	fault_none(why);
	told->checked_only = 1;
	result = tell_read(attempt, &visit, why);
	if (result != OAP_OK)
		return result;
	handle_lock(o);
	result = check(o, &visit, told, why);
	handle_unlock(o);
	return result;
}

static void make_id(struct oap *o, int64_t ms, uint8_t id[static 16])
{
	uint8_t random[10];

	o->env.random(o->env.arg, random, sizeof(random));
	uuid7_make(ms, random, id);
}

static uint32_t left_until(int64_t until_ms)
{
	int64_t left = until_ms - net_now_ms();

	return left > 0 ? (uint32_t)left : 0;
}

/* Soon after a miss it is asked all the same, where nobody here may decide. */
#define MISSES_IGNORED 3

/* Under the lock. False: it is out of reach, which was seen a moment ago. */
static bool may_ask(struct oap *o, struct redemption *r)
{
	const struct judged *j = &r->judged;

	if (reach_may_ask(&o->reach, r->began_ms))
		return true;
	if (j->has_benefit && !j->benefit.offline &&
	    o->reach.missed < MISSES_IGNORED)
		return true;
	r->asked.verdict = VERDICT_UNAVAILABLE;
	snprintf(r->asked.detail, sizeof(r->asked.detail),
		 "the service did not answer a moment ago; it is asked again "
		 "in %d s",
		 (int)((o->reach.again_ms - r->began_ms) / 1000 + 1));
	return false;
}

/* Under the lock: everything before the network. */
static enum oap_result prepare(struct oap *o, struct redemption *r,
			       unsigned deadline_ms, struct oap_problem *why)
{
	struct moment now = handle_now(o);
	enum oap_result result = handle_need_bundle(o, why);
	enum verdict failed;

	if (result != OAP_OK)
		return result;
	memcpy(r->facility, o->facility, sizeof(r->facility));
	if (deadline_ms == 0)
		deadline_ms = trust_bundle(o->trust)->policy.deadline_ms;
	r->until_ms = r->began_ms + deadline_ms;
	if (!judge_here(o, &r->visit, &now, &r->judged))
		return handle_journal_failed(o, why);
	make_id(o, handle_effective(o, &now), r->ask.id);
	r->asked.verdict = r->judged.at_once;
	if (o->held.device != DEVICE_ACTIVE)
		r->asked.verdict = VERDICT_DEVICE_REVOKED;
	if (r->asked.verdict != VERDICT_NONE || !may_ask(o, r))
		return OAP_OK;
	failed = ask_build(o, &r->visit, &r->judged, &now,
			   left_until(r->until_ms), &r->ask);
	if (failed == VERDICT_JOURNAL_FAILED)
		return handle_journal_failed(o, why);
	r->place = handle_place(o);
	r->in_doubt = failed == VERDICT_NONE;
	r->asked.verdict = failed;
	return OAP_OK;
}

static void fill_record(const struct redemption *r, struct attempt_record *to)
{
	const struct answer *a = &r->asked.answer;

	memcpy(to->id, r->ask.id, sizeof(to->id));
	to->facility = bytes_text(r->facility);
	to->visit = &r->visit;
	to->judged = &r->judged;
	to->told = r->asked.verdict;
	if (r->alone && r->judged.decision.has_price) {
		to->has_discount = true;
		to->discount = r->judged.decision.price.discount;
	}
	if (to->told != VERDICT_NONE)
		return;
	to->told = a->verdict;
	to->has_discount =
	    a->has_price && verdict_is(a->verdict, CLASS_ACCEPT);
	to->discount = a->discount;
	to->has_grant = a->has_grant;
	memcpy(to->grant, a->grant, sizeof(to->grant));
	to->results = &a->items;
	to->seqs = r->ask.seqs;
	to->answered_ms = a->service_ms;
}

/* What is about the line or the device is no verdict on a visit: there is
 * nothing to remember. */
static bool is_verdict(unsigned told)
{
	return !verdict_is(told, CLASS_RETRY) && !verdict_is(told, CLASS_DEVICE);
}

/* Durable, or nothing is told but journal-failed. That too is written down,
 * when it can be: it gives back what the answer had used. */
static unsigned write_down(struct oap *o, struct redemption *r,
			   const struct moment *now, char *detail)
{
	struct attempt_record record = {.at = *now};
	struct oap_problem why;

	fill_record(r, &record);
	if (!is_verdict(record.told))
		return record.told;
	r->written = record_attempt(o, &record);
	if (r->written)
		return record.told;
	handle_journal_failed(o, &why);
	memcpy(detail, why.text, OAP_PROBLEM_TEXT);
	record.told = VERDICT_JOURNAL_FAILED;
	record.has_discount = record.has_grant = false;
	record.results = NULL;
	r->written = record_attempt(o, &record);
	return VERDICT_JOURNAL_FAILED;
}

/* A journal that was restored, or copied, does not know what was used. */
static enum verdict within_bounds(const struct oap *o, enum verdict v)
{
	return v == VERDICT_ACCEPTED_OFFLINE && o->there.diverged
		   ? VERDICT_OFFLINE_NOT_ALLOWED
		   : v;
}

/* Under the lock: nobody could be asked, so this kiosk decides, where it is
 * now and by what it knows now. */
static void decide_alone(struct oap *o, struct redemption *r,
			 const struct moment *now)
{
	struct bench bench = bench_of(o, now);
	struct oap_problem why;

	bench.offline = true;
	/* What was asked was about another place. */
	if (r->in_doubt && strcmp(r->facility, o->facility) != 0)
		make_id(o, handle_effective(o, now), r->ask.id);
	memcpy(r->facility, o->facility, sizeof(r->facility));
	if (o->held.device != DEVICE_ACTIVE) {
		r->asked.verdict = VERDICT_DEVICE_REVOKED;
	} else if (!journal_spent(o->journal, &bench.allowance.uses,
				  &bench.allowance.discount) ||
		   !judge(&bench, &r->visit, &r->judged)) {
		handle_journal_failed(o, &why);
		memcpy(r->asked.detail, why.text, sizeof(r->asked.detail));
		r->asked.verdict = VERDICT_JOURNAL_FAILED;
	} else {
		r->alone = true;
		r->asked.verdict =
		    within_bounds(o, r->judged.decision.verdict);
	}
}

/* Under the lock. Only a signed bundle may say that a kiosk is none any more;
 * a service that was put back to before a key roll does not know the key until
 * it is told of it again. */
static bool is_unknown_yet(const struct oap *o, const struct redemption *r)
{
	return r->asked.verdict == VERDICT_DEVICE_UNKNOWN && o->trust != NULL &&
	       o->held.listed && o->held.device == DEVICE_ACTIVE;
}

static void decide_unknown(struct oap *o, struct redemption *r,
			   const struct moment *now, struct oap_told *told)
{
	told->unknown_kiosk = 1;
	snprintf(r->asked.detail, sizeof(r->asked.detail),
		 "the service does not know this kiosk's key yet; oap-kiosk "
		 "sync tells it");
	decide_alone(o, r, now);
}

static void note_reach(struct oap *o, const struct redemption *r)
{
	const struct asked *asked = &r->asked;

	if (!asked->tried)
		return;
	if (verdict_is(asked->verdict, CLASS_RETRY))
		reach_missed(&o->reach, net_now_ms(), asked->again_ms,
			     handle_chance(o));
	else
		reach_answered(&o->reach);
}

/* Under the lock again: the entry, then what is told. */
static void conclude(struct oap *o, struct redemption *r,
		     struct oap_told *told)
{
	bool answered = r->asked.verdict == VERDICT_NONE;
	struct moment now;
	unsigned verdict;

	note_reach(o, r);
	judge_places(o->trust, bytes_text(r->facility), &r->visit,
		     &r->judged);
	/* The entry's commit keeps what was learned. */
	if (answered && !r->asked.answer.stored)
		(void)handle_learn(o, &r->asked.sent, r->asked.got_ms,
				   r->asked.answer.service_ms);
	now = handle_now(o);
	if (is_unknown_yet(o, r))
		decide_unknown(o, r, &now, told);
	else if (verdict_is(r->asked.verdict, CLASS_RETRY))
		decide_alone(o, r, &now);
	memcpy(told->detail, r->asked.detail, sizeof(told->detail));
	verdict = write_down(o, r, &now, told->detail);
	tell_visit(o, &r->visit, &r->judged,
		   answered ? r->asked.answer.service_ms
			    : handle_effective(o, &now),
		   told);
	if (answered && verdict == r->asked.answer.verdict)
		tell_answer(o, &r->asked.answer, told);
	else if (r->alone && verdict == r->asked.verdict)
		tell_decision(o, &r->judged, told);
	tell_verdict(verdict, told);
	if (r->written)
		hex_encode(r->ask.id, sizeof(r->ask.id), told->id);
}

OAP_API enum oap_result oap_redeem(struct oap *o,
				   const struct oap_attempt *attempt,
				   struct oap_told *told,
				   struct oap_problem *why)
{
	struct redemption r = {.began_ms = net_now_ms()};
	struct oap_problem problem;
	enum oap_result result;

	tell_begin(told);
	fault_none(why);
	result = tell_read(attempt, &r.visit, why);
	if (result != OAP_OK)
		return result;
	handle_lock(o);
	result = prepare(o, &r, attempt->deadline_ms, &problem);
	if (result == OAP_OK)
		handle_begin_talk(o);
	handle_unlock(o);
	if (result == OAP_OK && r.in_doubt)
		ask_service(o, &r.place, &r.ask, r.until_ms, &r.asked);
	if (result == OAP_OK) {
		handle_lock(o);
		conclude(o, &r, told);
		handle_end_talk(o);
		handle_unlock(o);
	} else if (result == OAP_JOURNAL_FAILED) {
		/* for whoever stands at the door, one thing to be told */
		tell_verdict(VERDICT_JOURNAL_FAILED, told);
		memcpy(told->detail, problem.text, sizeof(told->detail));
		result = OAP_OK;
	} else if (why != NULL) {
		*why = problem;
	}
	ask_free(&r.ask);
	return result;
}
