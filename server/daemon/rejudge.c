/* SPDX-License-Identifier: Apache-2.0 */
/* rejudge.c: what was accepted at a door without the service, judged from the
 * evidence. */
#include "rejudge.h"

#include "hindsight.h"
#include "order.h"
#include "store_setup.h"

/* It is there, or was when the bundle that it names was made. */
static enum store_result was_there(const struct judging *j,
				   const struct entry *e, bool *there)
{
	const struct job_kiosk *kiosk = &j->job->kiosk;
	struct epoch_row epoch;
	enum store_result r;

	*there = bytes_equal(e->facility, kiosk->facility);
	if (*there)
		return STORE_OK;
	r = store_epoch_at(j->store, e->epoch, &epoch);
	if (r != STORE_OK)
		return r == STORE_NONE ? STORE_OK : r;
	return store_kiosk_was_at(j->store,
				  bytes_of(kiosk->kid, sizeof(kiosk->kid)),
				  e->facility, epoch.made_at, there);
}

static bool same_amounts(const struct attempt *a, const struct view_back *v)
{
	return a->has_discount == v->has_price &&
	       (!v->has_price || a->discount == v->price.discount);
}

static unsigned compare(const struct attempt *a, const struct view_back *v)
{
	if (v->knew != VERDICT_ACCEPTED_OFFLINE)
		return v->knew;
	return same_amounts(a, v) ? DISPUTE_NONE : DISPUTE_AMOUNT;
}

/* A key is rolled when all that it signed is sent; but what a restore of the
 * service took comes once more. */
static enum store_result may_accept(const struct judging *j,
				    const struct attempt *a, bool *may)
{
	int64_t skew_ms = ordering_of(j).skew_ms;

	*may = j->job->kiosk.state != DEVICE_REVOKED;
	if (j->job->kiosk.state != DEVICE_ROLLED)
		return STORE_OK;
	return store_was_lost(j->store, a->effective_ms - skew_ms,
			      a->effective_ms + skew_ms, may);
}

/* What needs nothing but the entry itself. */
static enum store_result find_plain_fault(const struct judging *j,
					  const struct attempt *a,
					  unsigned *fault)
{
	bool may;
	enum store_result r = may_accept(j, a, &may);

	if (!may)
		*fault = DISPUTE_REVOKED_KIOSK;
	else if (a->facts.told != VERDICT_ACCEPTED_OFFLINE)
		*fault = DISPUTE_NO_GRANT;
	else if (a->effective_ms > j->now_ms + ordering_of(j).skew_ms)
		*fault = DISPUTE_AHEAD;
	else
		*fault = DISPUTE_NONE;
	return r;
}

static enum store_result look_at_past(const struct judging *j,
				      const struct ledger_item *item,
				      struct attempt *a, struct turn *turn,
				      struct terms *terms, unsigned *dispute)
{
	const struct entry *e = &item->entry;
	struct past past = {.epoch = e->epoch,
			    .at_ms = a->effective_ms,
			    .facility = e->facility,
			    .benefit = e->benefit,
			    .party = e->party,
			    .has_list = e->has_list,
			    .list = e->list,
			    .admitted = &item->admitted};
	struct view_back v;
	bool elsewhere = false;
	enum store_result r = STORE_OK;

	if (a->has_shown)
		r = store_shown_where(j->store, item->admitted.pass_hash, a,
				      e->seq, &past.shown_before, &elsewhere);
	if (r == STORE_OK)
		r = look_back(j->inforce, j->store, &past, &v);
	if (r != STORE_OK)
		return r;
	if (v.facility != NULL && v.benefit != NULL) {
		*terms = (struct terms){v.facility, v.benefit};
		a->reversal_minutes = v.benefit->reversal_minutes;
	}
	turn->uses_max = v.uses_max;
	turn->amount_max = v.amount_max;
	*dispute = compare(a, &v);
	a->facts.judgement = JUDGEMENT_AGREED;
	if (*dispute == DISPUTE_NONE &&
	    (elsewhere || v.refused != VERDICT_NONE)) {
		a->facts.judgement = JUDGEMENT_OUTDATED;
		a->marks |= MARK_OUTDATED;
	}
	return STORE_OK;
}

enum store_result rejudge(const struct judging *j,
			  const struct ledger_item *item, struct attempt *a,
			  struct turn *turn, struct terms *terms)
{
	unsigned dispute;
	enum store_result r = find_plain_fault(j, a, &dispute);
	bool there = true;

	if (r != STORE_OK)
		return r;
	if (dispute == DISPUTE_AHEAD)
		attempt_date(a, item->admitted.facility, j->now_ms);
	if (dispute == DISPUTE_NONE)
		r = was_there(j, &item->entry, &there);
	if (!there)
		dispute = DISPUTE_ELSEWHERE;
	if (r == STORE_OK && dispute == DISPUTE_NONE)
		r = look_at_past(j, item, a, turn, terms, &dispute);
	if (r == STORE_OK && dispute != DISPUTE_NONE)
		order_dispute(a, dispute);
	return r;
}
