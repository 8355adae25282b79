/* SPDX-License-Identifier: Apache-2.0 */
/* decide.c: the verdict on one attempt, stage by stage. Each stage looks at
 * one thing and says NONE when the attempt may go on; the table at the end is
 * their order, which is part of the contract: the first that objects decides. */
#include "decide.h"

#include "limits.h"

/* What the stages hand on. */
struct progress {
	const struct decide_input *in;
	struct decision *out;
	unsigned status; /* statuslist_get's, STATUS_NONE without a list */
	struct price price;
};

typedef enum verdict stage(struct progress *p);

/* A time in seconds from a message, on the scale of the clock. */
static int64_t to_ms(uint64_t seconds)
{
	return seconds > TIME_S_MAX ? TIME_MS_MAX : (int64_t)seconds * 1000;
}

static uint64_t add_up(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static int64_t skew_ms(const struct decide_input *in)
{
	return (int64_t)in->policy->skew_s * 1000;
}

static enum verdict judge_shape(struct progress *p)
{
	return p->in->shape;
}

static enum verdict find_key(struct progress *p)
{
	if (p->in->issuer == ISSUER_NOT_TRUSTED)
		return VERDICT_ISSUER_NOT_TRUSTED;
	if (p->in->issuer == ISSUER_NOT_HERE || p->in->key == NULL)
		return VERDICT_UNKNOWN_KEY;
	return VERDICT_NONE;
}

static enum verdict judge_signature(struct progress *p)
{
	return p->in->pass_verified ? VERDICT_NONE : VERDICT_BAD_SIGNATURE;
}

static enum verdict judge_key_state(struct progress *p)
{
	const struct issuer_key *key = p->in->key;

	switch (key->state) {
	case KEY_COMPROMISED: return VERDICT_KEY_COMPROMISED;
	case KEY_RETIRED:
		return p->in->scan->pass.iat > key->until
			   ? VERDICT_KEY_RETIRED
			   : VERDICT_NONE;
	case KEY_ACTIVE:
	case KEY_STATE_COUNT: break;
	}
	return VERDICT_NONE;
}

static enum verdict judge_clock(struct progress *p)
{
	const struct clock_view *clock = &p->in->clock;

	return clock->now_ms < clock->floor_ms - skew_ms(p->in)
		   ? VERDICT_CLOCK_UNTRUSTED
		   : VERDICT_NONE;
}

/* Skew forgives a slow clock at the start of validity, never at its end. A
 * clock that nobody vouches for must not call a good pass bad. */
static enum verdict judge_time(struct progress *p)
{
	const struct pass *pass = &p->in->scan->pass;
	const struct clock_view *clock = &p->in->clock;
	int64_t latest = clock->now_ms + skew_ms(p->in);

	if (to_ms(pass->nbf) > latest || to_ms(pass->iat) > latest)
		return clock->anchored ? VERDICT_NOT_YET_VALID
				       : VERDICT_CLOCK_UNTRUSTED;
	if (clock->now_ms < to_ms(pass->exp))
		return VERDICT_NONE;
	if (!clock->anchored && clock->proven_ms < to_ms(pass->exp))
		return VERDICT_CLOCK_UNTRUSTED;
	return VERDICT_EXPIRED;
}

/* A list that was made later than now is refused, whatever it says: who may
 * date one ahead could keep it for good. */
static bool has_list(const struct decide_input *in)
{
	return in->status != NULL && to_ms(in->status->iat) <=
					 in->clock.now_ms + skew_ms(in);
}

/* When a token stops counting, whatever it says itself. */
static int64_t status_hard_end_ms(const struct decide_input *in)
{
	uint64_t cap = add_up(in->status->iat, in->policy->status_hard_cap_s);

	return to_ms(in->status->exp < cap ? in->status->exp : cap);
}

static enum verdict judge_ages(struct progress *p)
{
	const struct decide_input *in = p->in;

	/* Revoked is final, so a list of any age proves it. */
	if (p->status == STATUS_INVALID)
		return VERDICT_REVOKED;
	if (in->has_bundle_age &&
	    in->clock.now_ms >= to_ms(in->bundle_good_until))
		return VERDICT_BUNDLE_STALE;
	if (!has_list(in) || in->clock.now_ms >= status_hard_end_ms(in))
		return VERDICT_STATUS_STALE;
	return VERDICT_NONE;
}

/* A list of ours has 2 bits a pass; every pass has a place in its list. */
static enum verdict judge_status(struct progress *p)
{
	switch (p->status) {
	case STATUS_VALID: return VERDICT_NONE;
	case STATUS_INVALID: return VERDICT_REVOKED;
	case STATUS_SUSPENDED: return VERDICT_SUSPENDED;
	default: return VERDICT_MALFORMED;
	}
}

/* A benefit that is not known here is refused by a later stage; until then it
 * is taken for one with the default rule. */
static bool needs_live(const struct decide_input *in)
{
	enum live_rule rule = in->benefit ? in->benefit->live : LIVE_BOUND;

	return rule == LIVE_ALWAYS ||
	       (rule == LIVE_BOUND && in->scan->pass.has_cnf);
}

static enum verdict judge_presentation(struct progress *p)
{
	const struct decide_input *in = p->in;
	const struct presentation *shown = &in->scan->presentation;
	int64_t window = (int64_t)in->policy->presentation_window_s * 1000;
	int64_t age;

	if (!in->scan->live)
		return needs_live(in) ? VERDICT_PRESENTATION_REQUIRED
				      : VERDICT_NONE;
	if (!in->presentation_verified)
		return VERDICT_PRESENTATION_INVALID;
	age = in->clock.now_ms - to_ms(shown->iat);
	if (age > window || age < -window || in->presentation_used)
		return VERDICT_PRESENTATION_STALE;
	if (shown->aud.n > 0 && in->facility != NULL &&
	    !bytes_equal(shown->aud, in->facility->id))
		return VERDICT_PRESENTATION_INVALID;
	return VERDICT_NONE;
}

static enum verdict judge_benefit(struct progress *p)
{
	const struct benefit *b = p->in->benefit;
	const struct facility *f = p->in->facility;
	const struct pass *pass = &p->in->scan->pass;

	if (b == NULL)
		return VERDICT_BENEFIT_UNKNOWN;
	if (f == NULL || !benefit_is_for_facility(b, f->id) ||
	    !bytes_equal(b->currency, f->currency))
		return VERDICT_BENEFIT_NOT_HERE;
	if (!benefit_is_for_issuer(b, pass->iss) ||
	    !benefit_is_for_class(b, pass->class))
		return VERDICT_NOT_ELIGIBLE;
	if (p->in->party > b->party_max)
		return VERDICT_PARTY_TOO_LARGE;
	return VERDICT_NONE;
}

static enum verdict judge_calendar(struct progress *p)
{
	if (!benefit_is_running(p->in->benefit, &p->out->when))
		return VERDICT_BENEFIT_NOT_RUNNING;
	if (!benefit_is_open(p->in->benefit, &p->out->when))
		return VERDICT_CLOSED_NOW;
	return VERDICT_NONE;
}

static enum verdict judge_limit(struct progress *p)
{
	uint32_t limit = p->in->benefit->limit;

	if (p->in->uses < limit)
		return VERDICT_NONE;
	return limit == 1 ? VERDICT_ALREADY_REDEEMED : VERDICT_LIMIT_REACHED;
}

static enum verdict judge_offline(struct progress *p)
{
	return p->in->offline && !p->in->benefit->offline
		   ? VERDICT_OFFLINE_NOT_ALLOWED
		   : VERDICT_NONE;
}

static enum verdict judge_allowance(struct progress *p)
{
	const struct decide_input *in = p->in;
	int64_t amount;

	if (in->has_list)
		p->price = benefit_price(in->benefit, in->list, in->party);
	if (!in->offline)
		return VERDICT_NONE;
	amount = policy_offline_amount(in->policy, in->facility->currency);
	if (in->allowance.uses >= in->policy->offline_uses ||
	    p->price.discount > amount ||
	    in->allowance.discount > amount - p->price.discount)
		return VERDICT_OFFLINE_ALLOWANCE_SPENT;
	return VERDICT_NONE;
}

static stage *const STAGES[] = {
    judge_shape,  find_key,	 judge_signature,    judge_key_state,
    judge_clock,  judge_time,	 judge_ages,	     judge_status,
    judge_presentation, judge_benefit, judge_calendar, judge_limit,
    judge_offline, judge_allowance,
};

static unsigned find_stale(const struct decide_input *in)
{
	unsigned stale = 0;

	if (in->has_bundle_age &&
	    in->clock.now_ms >= to_ms(add_up(in->bundle_made_at,
					     in->policy->soft_age_s)))
		stale |= STALE_BUNDLE;
	if (in->status != NULL &&
	    in->clock.now_ms >=
		to_ms(add_up(in->status->iat, in->status->ttl)))
		stale |= STALE_STATUS;
	return stale;
}

static unsigned look_up_status(const struct decide_input *in)
{
	if (!has_list(in) || in->status->list.bits != 2)
		return STATUS_NONE;
	return statuslist_get(&in->status->list, in->scan->pass.idx);
}

static void prepare(struct progress *p)
{
	const struct decide_input *in = p->in;

	if (in->facility != NULL) {
		p->out->has_when = true;
		p->out->when =
		    local_time_at(&in->facility->zone, in->clock.now_ms);
		if (in->benefit != NULL)
			p->out->period =
			    benefit_period(in->benefit, &p->out->when);
	}
	if (in->shape == VERDICT_NONE) {
		p->out->stale = find_stale(in);
		p->status = look_up_status(in);
	}
}

struct decision decide(const struct decide_input *in)
{
	struct decision d = {.verdict = VERDICT_NONE};
	struct progress p = {.in = in, .out = &d, .status = STATUS_NONE};

	prepare(&p);
	for (size_t i = 0; i < sizeof(STAGES) / sizeof(*STAGES); i++) {
		d.verdict = STAGES[i](&p);
		if (d.verdict != VERDICT_NONE)
			return d;
	}
	d.verdict =
	    in->offline ? VERDICT_ACCEPTED_OFFLINE : VERDICT_ACCEPTED;
	d.has_price = in->has_list;
	d.price = p.price;
	return d;
}

int32_t decide_period(const struct benefit *b, const struct facility *f,
		      int64_t now_ms)
{
	struct local_time t = local_time_at(&f->zone, now_ms);

	return benefit_period(b, &t);
}
