/* SPDX-License-Identifier: Apache-2.0 */
/* order.c: entries judged in the order in which their kiosk wrote them. */
#include "order.h"

#include <string.h>

#include "judge.h"
#include "limits.h"
#include "policy.h"
#include "settle.h"

void order_dispute(struct attempt *a, unsigned dispute)
{
	a->facts.judgement = JUDGEMENT_DISPUTED;
	a->dispute = dispute;
	a->marks |= MARK_DISPUTED;
	a->marks &= ~(unsigned)MARK_OUTDATED;
}

static bool is_backdated(const struct ordering *o, const struct order *order,
			 int64_t at_ms)
{
	int64_t least_ms = order->latest_ms > order->since_ms
			       ? order->latest_ms
			       : order->since_ms;

	return at_ms < least_ms - o->skew_ms;
}

/* Against what was accepted since the last contact, and with it. */
static unsigned spend(struct order *order, const struct turn *turn,
		      const struct attempt *a)
{
	int64_t discount = a->has_discount ? a->discount : 0;

	/* A kiosk that was moved has had contact since. */
	if (strcmp(order->currency, a->currency) != 0) {
		memcpy(order->currency, a->currency, sizeof(order->currency));
		order->amount = 0;
	}
	if (order->uses >= turn->uses_max || discount > turn->amount_max ||
	    order->amount > turn->amount_max - discount)
		return DISPUTE_ALLOWANCE;
	order->uses++;
	order->amount += discount;
	return DISPUTE_NONE;
}

/* From here on it may accept anew. */
static void start_anew(struct order *order)
{
	order->uses = 0;
	order->amount = 0;
}

static enum store_result judge_accept(const struct ordering *o,
				      struct order *order,
				      const struct turn *turn,
				      const struct attempt *a,
				      unsigned *dispute)
{
	int64_t at_ms = turn->at_ms;
	enum store_result r;
	bool since = false, then = false;

	*dispute = DISPUTE_BACKDATED;
	if (is_backdated(o, order, at_ms))
		return STORE_OK;
	/* Contact that it had may be lost with a restore: since the last thing
	 * known of it, and again after this. */
	r = store_was_lost(o->store, order->latest_ms - o->skew_ms,
			   at_ms + o->skew_ms, &since);
	if (r == STORE_OK && since)
		r = store_was_lost(o->store, at_ms - o->skew_ms,
				   at_ms + o->skew_ms, &then);
	if (since)
		start_anew(order);
	*dispute = then ? DISPUTE_NONE : spend(order, turn, a);
	return r;
}

static void see_time(struct order *order, const struct turn *turn)
{
	if (turn->at_ms > order->latest_ms)
		order->latest_ms = turn->at_ms;
}

/* What is older than the entries before it was kept back, to be used when it
 * suits. */
static void take_contact(const struct ordering *o, struct order *order,
			 int64_t at_ms)
{
	if (is_backdated(o, order, at_ms))
		return;
	start_anew(order);
}

static enum store_result take_reversal(const struct ordering *o,
				       struct order *order,
				       const struct turn *turn)
{
	if (is_backdated(o, order, turn->at_ms))
		return undo_reversal(o->store, turn->of, o->now_ms);
	see_time(order, turn);
	return STORE_OK;
}

/* a NULL: it came some time ago. */
static enum store_result take_accept(const struct ordering *o,
				     struct order *order,
				     const struct turn *turn,
				     struct attempt *a)
{
	struct attempt stored, before;
	enum store_result r = STORE_OK;
	unsigned dispute;

	if (a == NULL) {
		r = store_attempt_get(o->store, turn->of, &stored);
		a = &stored;
	}
	if (r != STORE_OK)
		return STORE_FAILED;
	if (a->facts.judgement == JUDGEMENT_DISPUTED)
		return STORE_OK;
	r = judge_accept(o, order, turn, a, &dispute);
	if (r != STORE_OK)
		return r;
	if (dispute == DISPUTE_NONE) {
		see_time(order, turn);
		return STORE_OK;
	}
	before = *a;
	order_dispute(a, dispute);
	return settle(o->store, &before, a, NULL, o->now_ms);
}

static enum store_result take_turn(const struct ordering *o,
				   struct order *order,
				   const struct turn *turn,
				   struct attempt *a)
{
	switch (turn->kind) {
	case TURN_ACCEPT: return take_accept(o, order, turn, a);
	case TURN_REVERSAL: return take_reversal(o, order, turn);
	case TURN_CONTACT: take_contact(o, order, turn->received_ms); break;
	case TURN_GRANTED: take_contact(o, order, turn->at_ms); break;
	case TURN_ENTRY: break;
	}
	see_time(order, turn);
	return STORE_OK;
}

/* What waits and is due, up to *left turns. */
static enum store_result drain(const struct ordering *o, struct order *order,
			       unsigned *left)
{
	enum store_result r = STORE_OK;
	struct turn turn;

	while (r == STORE_OK && order->waiting && *left > 0) {
		r = store_turn_first(o->store, o->kiosk, &turn);
		if (r == STORE_NONE) {
			order->waiting = false;
			return STORE_OK;
		}
		if (r != STORE_OK || turn.seq > order->seq + 1)
			return r;
		r = take_turn(o, order, &turn, NULL);
		if (turn.kind != TURN_CONTACT && turn.seq > order->seq)
			order->seq = turn.seq;
		if (r == STORE_OK)
			r = store_turn_drop(o->store, o->kiosk, &turn);
		--*left;
	}
	return r;
}

static enum store_result put_off(const struct ordering *o, struct order *order,
				 const struct turn *turn)
{
	order->waiting = true;
	return store_turn_add(o->store, o->kiosk, turn);
}

/* Drains; what that changes may be the attempt in hand, too. */
static enum store_result drain_beside(const struct ordering *o,
				      struct order *order, struct attempt *a,
				      unsigned *left)
{
	unsigned before = *left;
	enum store_result r = drain(o, order, left);

	if (r != STORE_OK || *left == before || a == NULL)
		return r;
	return store_attempt_get(o->store, a->n, a) == STORE_OK ? STORE_OK
								: STORE_FAILED;
}

static enum store_result take_due(const struct ordering *o,
				  struct order *order,
				  const struct turn *turn, struct attempt *a)
{
	unsigned left = ORDER_TURNS_ENTRY;
	enum store_result r = drain_beside(o, order, a, &left);

	if (r != STORE_OK)
		return r;
	if (left == 0)
		return put_off(o, order, turn);
	r = take_turn(o, order, turn, a);
	if (turn->seq > order->seq)
		order->seq = turn->seq;
	return r == STORE_OK ? drain_beside(o, order, a, &left) : r;
}

enum store_result order_entry(const struct ordering *o,
			      const struct turn *turn, struct attempt *a)
{
	struct order order;
	enum store_result r = store_order(o->store, o->kiosk, &order);

	if (r != STORE_OK)
		return STORE_FAILED;
	r = turn->seq <= order.seq + 1 ? take_due(o, &order, turn, a)
				       : put_off(o, &order, turn);
	return r == STORE_OK ? store_order_set(o->store, o->kiosk, &order) : r;
}

/* Gaps below limit are given up, and what waited behind them is judged. */
static enum store_result give_up_gaps(const struct ordering *o,
				      struct order *order, uint64_t limit,
				      unsigned *left)
{
	enum store_result r = drain(o, order, left);
	struct turn turn;

	while (r == STORE_OK && order->waiting && *left > 0) {
		r = store_turn_first(o->store, o->kiosk, &turn);
		if (r != STORE_OK)
			break;
		if (turn.seq > limit)
			return STORE_OK;
		order->seq = turn.seq - 1;
		r = drain(o, order, left);
	}
	return r == STORE_NONE ? STORE_OK : r;
}

/* Whoever does not know what time it is has not heard it: its next report is
 * contact. What came as a file is as old as it says. */
static bool is_contact(const struct ordering *o, const struct turn *turn)
{
	return o->carried ||
	       turn->at_ms >= o->now_ms - o->skew_ms - REPORT_TALK_MS;
}

static enum store_result take_report(const struct ordering *o,
				     struct order *order,
				     const struct turn *turn, unsigned left)
{
	if (!is_contact(o, turn))
		return STORE_OK;
	if (left > 0 && turn->seq <= order->seq + 1)
		return take_turn(o, order, turn, NULL);
	return put_off(o, order, turn);
}

enum store_result order_report(const struct ordering *o,
			       const struct report *report)
{
	struct turn turn = {.seq = report->next_seq,
			    .kind = TURN_CONTACT,
			    .at_ms = report->at_ms + report->offset_ms,
			    .received_ms = o->now_ms};
	unsigned left = ORDER_TURNS_REPORT;
	struct order order;
	enum store_result r = store_order(o->store, o->kiosk, &order);

	if (r != STORE_OK)
		return STORE_FAILED;
	if (turn.at_ms > o->now_ms)
		turn.at_ms = o->now_ms;
	/* It speaks of what was written before it, and may come late. */
	if (order.waiting)
		r = give_up_gaps(o, &order,
				 report->has_unsent ? report->oldest_unsent
						    : report->next_seq,
				 &left);
	if (r == STORE_OK)
		r = take_report(o, &order, &turn, left);
	return r == STORE_OK ? store_order_set(o->store, o->kiosk, &order) : r;
}

enum store_result order_overdue(struct store *s, int64_t now_ms)
{
	struct ordering o = {.store = s, .now_ms = now_ms};
	struct policy_holder policy;
	enum store_result r = policy_load(s, &policy);
	unsigned left = ORDER_TURNS_REPORT;
	struct order order;
	uint64_t seq;

	o.skew_ms = (int64_t)policy.policy.skew_s * 1000;
	while (r == STORE_OK && left > 0) {
		r = store_turn_old(s, now_ms - ORDER_GAP_MS, &o.kiosk, &seq);
		if (r == STORE_OK)
			r = store_order(s, o.kiosk, &order);
		if (r == STORE_OK)
			r = give_up_gaps(&o, &order, seq, &left);
		if (r == STORE_OK)
			r = store_order_set(s, o.kiosk, &order);
	}
	return r == STORE_NONE ? STORE_OK : r;
}
