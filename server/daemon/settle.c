/* SPDX-License-Identifier: Apache-2.0 */
/* settle.c: an attempt's row, its counter, conflicts and totals, in line with
 * what is known of it. */
#include "settle.h"

#include <string.h>

void attempt_date(struct attempt *a, const struct facility *f,
                  int64_t effective_ms)
{
	static const struct zone_span utc;
	struct local_time t;

	if (effective_ms < 0)
		effective_ms = 0;
	if (effective_ms > TIME_MS_MAX)
		effective_ms = TIME_MS_MAX;
	t = local_time_at(f ? &f->zone : &utc, effective_ms);
	a->effective_ms = effective_ms;
	a->day = t.date;
	a->month = t.date / 100;
	a->hour = t.minute / 60;
}

void attempt_subject(struct attempt *a, const struct admitted *admitted)
{
	const struct facility *f = admitted->facility;

	a->class = -1;
	/* What nobody signed is no issuer's attempt. */
	if (admitted->shape == VERDICT_NONE && admitted->pass_verified) {
		const struct pass *pass = &admitted->scan.pass;

		a->class = pass->class;
		if (!bytes_to_text(pass->iss, a->issuer, sizeof a->issuer))
			a->issuer[0] = '\0';
	}
	if (f && !bytes_to_text(f->currency, a->currency, sizeof a->currency))
		a->currency[0] = '\0';
	if (admitted->benefit)
		a->reversal_minutes = admitted->benefit->reversal_minutes;
}

static void see_expiry(struct counter *c, uint64_t exp)
{
	int64_t exp_s = exp > TIME_S_MAX ? (int64_t)TIME_S_MAX : (int64_t)exp;

	if (c->last_exp_s >= exp_s)
		return;
	c->last_exp_s = exp_s;
	c->exp_rose = true;
}

enum store_result attempt_counter(struct store *s, const struct attempt *a,
                                  const struct admitted *admitted,
                                  const struct terms *terms,
                                  struct counter *c, bool *has)
{
	const struct benefit *b = terms->benefit;
	enum store_result r;
	uint64_t limit = 0;

	memset(c, 0, sizeof *c);
	*has = admitted->shape == VERDICT_NONE;
	if (!*has)
		return STORE_OK;
	memcpy(c->key.pass, admitted->pass_hash, sizeof c->key.pass);
	memcpy(c->key.benefit, a->benefit, sizeof c->key.benefit);
	c->key.per = -1;
	if (b && terms->facility) {
		c->key.per = b->per;
		c->key.period =
		    decide_period(b, terms->facility, a->effective_ms);
		if (b->scope == SCOPE_FACILITY)
			memcpy(c->key.facility, a->facility,
			       sizeof c->key.facility);
		limit = b->limit;
	}
	r = store_counter_find(s, c);
	if (admitted->pass_verified)
		see_expiry(c, admitted->scan.pass.exp);
	/* A limit that was lowered makes no conflict of what was right. */
	if (c->limit < limit)
		c->limit = limit;
	return r == STORE_NONE ? STORE_OK : r;
}

/* ------------------------------------------------------------- totals */

static void add_text(char *to, const char *from, size_t n)
{
	/* The rest stays zero: keys are compared as bytes. */
	memcpy(to, from, strnlen(from, n - 1));
}

static enum store_result total_of(struct store *s, const struct attempt *a,
                                  int sign)
{
	enum verdict verdict = attempt_verdict(&a->facts);
	bool accepts = verdict_is(verdict, CLASS_ACCEPT);
	int64_t counting = a->counts ? sign : 0;
	struct total_key key;
	struct total t = {0};

	if (attempt_is_disputed(&a->facts))
		return STORE_OK;
	memset(&key, 0, sizeof key);
	key.day = a->day;
	key.month = a->month;
	key.hour = (uint8_t)a->hour;
	add_text(key.facility, a->facility, sizeof key.facility);
	add_text(key.benefit, a->benefit, sizeof key.benefit);
	add_text(key.issuer, a->issuer, sizeof key.issuer);
	add_text(key.currency, a->currency, sizeof key.currency);
	key.class = (int16_t)a->class;
	key.verdict = (uint8_t)verdict;
	key.online = a->online;
	t.attempts = sign;
	t.counting = counting;
	t.persons = counting * a->party;
	t.list = a->has_list ? counting * a->list : 0;
	t.discount = a->has_discount ? counting * a->discount : 0;
	t.without_price = a->has_list ? 0 : counting;
	t.reversed = accepts && a->facts.reversed ? sign : 0;
	t.conflicts = a->marks & MARK_CONFLICT ? sign : 0;
	return store_total_add(s, &key, &t);
}

/* ---------------------------------------------------------- conflicts */

static uint64_t over_limit(const struct counter *c)
{
	if (c->limit == 0 || c->uses <= c->limit)
		return 0;
	return c->uses - c->limit;
}

/* Opens or closes the conflict on z, which is a's row or another. */
static enum store_result set_conflict(struct store *s, struct counter *c,
                                      struct attempt *z, bool open,
                                      struct attempt *a, int64_t now_ms)
{
	enum store_result r = total_of(s, z, -1);

	if (open)
		z->marks |= MARK_CONFLICT;
	else
		z->marks &= ~(unsigned)MARK_CONFLICT;
	if (r == STORE_OK)
		r = total_of(s, z, 1);
	if (r == STORE_OK)
		r = store_attempt_set(s, z, false);
	if (r == STORE_OK)
		r = open ? store_conflict_open(s, c->n, z->n, now_ms)
		         : store_conflict_close(s, c->n, z->n, now_ms);
	if (z->n == a->n)
		a->marks = z->marks;
	/* A mark without a conflict behind it: then none is closed. */
	if (r == STORE_NONE)
		return STORE_OK;
	c->conflicts += open ? 1 : (uint64_t)-1;
	return r;
}

/* a fell out of this counter: its own conflict goes first. */
static enum store_result close_own(struct store *s, struct counter *c,
                                   struct attempt *a, int64_t now_ms)
{
	struct attempt own = *a;

	if (!(a->marks & MARK_CONFLICT))
		return STORE_OK;
	return set_conflict(s, c, &own, false, a, now_ms);
}

/* The one that a conflict is put on: what was just received, as a rule. */
static enum store_result find_candidate(struct store *s,
                                        const struct counter *c,
                                        const struct attempt *a,
                                        int64_t now_ms, struct attempt *z)
{
	if (a->counts && a->counter == c->n && a->received_ms == now_ms &&
	    !(a->marks & MARK_CONFLICT)) {
		*z = *a;
		return STORE_OK;
	}
	return store_conflict_candidate(s, c->n, z);
}

static enum store_result reconcile(struct store *s, struct counter *c,
                                   struct attempt *a, int64_t now_ms)
{
	uint64_t before = c->conflicts, want = over_limit(c);
	enum store_result r = STORE_OK;
	struct attempt z;

	/* Where rows and counter do not add up (a store that somebody else
	 * wrote to), it ends at what there is. */
	while (r == STORE_OK && c->conflicts > want) {
		r = store_conflict_latest(s, c->n, &z);
		if (r == STORE_OK)
			r = set_conflict(s, c, &z, false, a, now_ms);
	}
	while (r == STORE_OK && c->conflicts < want) {
		r = find_candidate(s, c, a, now_ms, &z);
		if (r == STORE_OK)
			r = set_conflict(s, c, &z, true, a, now_ms);
	}
	if (r == STORE_NONE)
		r = STORE_OK;
	if (r == STORE_OK && c->conflicts != before)
		r = store_counter_put(s, c);
	return r;
}

/* ------------------------------------------------------------ settling */

static int is_unconfirmed(const struct attempt *a)
{
	return a->counts && a->facts.told == VERDICT_NONE;
}

enum store_result settle_new(struct store *s, struct attempt *a,
                             struct counter *c, struct bytes scanned,
                             int64_t now_ms)
{
	enum store_result r = STORE_OK;

	a->counts = attempt_counts(&a->facts);
	if (c) {
		c->uses += a->counts;
		/* A refused one prolongs what is remembered, too. */
		if (a->counts || c->n == 0 || c->exp_rose)
			r = store_counter_put(s, c);
		a->counter = c->n;
	}
	if (r == STORE_OK)
		r = store_attempt_add(s, a, scanned);
	store_unconfirmed_changed(s, a->kiosk, is_unconfirmed(a));
	if (r == STORE_OK)
		r = total_of(s, a, 1);
	if (r == STORE_OK && c && a->counts)
		r = reconcile(s, c, a, now_ms);
	return r;
}

/* The counter that it was in, when it no longer counts there. */
static enum store_result leave(struct store *s, const struct attempt *before,
                               struct attempt *a, int64_t now_ms)
{
	struct counter c = {.n = before->counter};
	enum store_result r;

	if (!before->counts || before->counter == 0)
		return STORE_OK;
	r = store_counter_get(s, &c);
	if (r != STORE_OK)
		return STORE_FAILED;
	c.uses--;
	r = close_own(s, &c, a, now_ms);
	if (r == STORE_OK)
		r = store_counter_put(s, &c);
	return r == STORE_OK ? reconcile(s, &c, a, now_ms) : r;
}

static enum store_result join(struct store *s, struct attempt *a,
                              struct counter *c, int64_t now_ms)
{
	struct counter own = {.n = a->counter};
	enum store_result r;

	if (!a->counts || a->counter == 0)
		return STORE_OK;
	if (!c) {
		c = &own;
		if (store_counter_get(s, c) != STORE_OK)
			return STORE_FAILED;
	}
	c->uses++;
	r = store_counter_put(s, c);
	return r == STORE_OK ? reconcile(s, c, a, now_ms) : r;
}

enum store_result settle(struct store *s, const struct attempt *before,
                         struct attempt *a, struct counter *c, int64_t now_ms)
{
	bool moved = c && (c->n == 0 || c->n != before->counter);
	enum store_result r = STORE_OK;
	bool stays;

	a->counts = attempt_counts(&a->facts);
	if (moved && c->n == 0)
		r = store_counter_put(s, c);
	if (moved)
		a->counter = c->n;
	if (r == STORE_OK)
		r = store_attempt_set(
		    s, a,
		    moved || a->counts != before->counts ||
		        a->effective_ms != before->effective_ms);
	store_unconfirmed_changed(s, a->kiosk,
	                          is_unconfirmed(a) - is_unconfirmed(before));
	if (r == STORE_OK)
		r = total_of(s, before, -1);
	if (r == STORE_OK)
		r = total_of(s, a, 1);
	stays = !moved && before->counts && a->counts;
	if (r == STORE_OK && !stays)
		r = leave(s, before, a, now_ms);
	if (r == STORE_OK && !stays)
		r = join(s, a, moved ? c : NULL, now_ms);
	return r;
}
