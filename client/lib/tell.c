/* SPDX-License-Identifier: Apache-2.0 */
/* tell.c: everything that a screen wants to show, copied out of views. */
#include "tell.h"

#include <string.h>

#include "fault.h"
#include "plain.h"

enum oap_result tell_read(const struct oap_attempt *attempt,
			  struct visit *visit, struct oap_problem *why)
{
	if (attempt == NULL || attempt->code == NULL)
		return fault(why, OAP_BAD_ARGUMENT, "code: not given");
	if (attempt->benefit == NULL ||
	    !name_id_valid(bytes_text(attempt->benefit)))
		return fault(why, OAP_BAD_ARGUMENT,
			     "benefit \"%.40s\": not an id (a-z, 0-9 and -, at "
			     "most 32); oapctl benefit list shows them",
			     attempt->benefit ? attempt->benefit : "");
	if (attempt->party < 1 || attempt->party > PARTY_MAX)
		return fault(why, OAP_BAD_ARGUMENT,
			     "party %u: must be 1 to %d persons",
			     attempt->party, PARTY_MAX);
	if (attempt->list < OAP_NO_AMOUNT || attempt->list > AMOUNT_MAX)
		return fault(why, OAP_BAD_ARGUMENT,
			     "list amount %lld: must be 0 to %lld minor units",
			     (long long)attempt->list, (long long)AMOUNT_MAX);
	if (attempt->deadline_ms > DEADLINE_MAX_MS)
		return fault(why, OAP_BAD_ARGUMENT,
			     "deadline %u ms: at most %d", attempt->deadline_ms,
			     DEADLINE_MAX_MS);
	*visit = (struct visit){
	    .line = bytes_of(attempt->code, attempt->code_length),
	    .benefit = bytes_text(attempt->benefit),
	    .party = attempt->party,
	    .has_list = attempt->list >= 0,
	    .list = attempt->list >= 0 ? attempt->list : 0,
	};
	return OAP_OK;
}

void tell_begin(struct oap_told *told)
{
	memset(told, 0, sizeof(*told));
	told->list = told->discount = told->price = OAP_NO_AMOUNT;
	told->first_use_ms = told->pass_expires_ms = OAP_NO_TIME;
	told->verdict_class = OAP_CLASS_UNKNOWN;
	told->key_age_ms = told->status_age_ms = OAP_NO_TIME;
	told->bundle_age_ms = OAP_NO_TIME;
}

static void tell_pass(const struct pass *pass, struct oap_told *told)
{
	const char *class = pass_class_name(pass->class);

	plain_copy(pass->iss, told->pass_issuer, sizeof(told->pass_issuer));
	plain_copy(pass->hint, told->pass_hint, sizeof(told->pass_hint));
	plain_copy(bytes_text(class != NULL ? class : ""), told->pass_class,
		   sizeof(told->pass_class));
	told->pass_expires_ms = pass->exp > TIME_S_MAX
				    ? TIME_MS_MAX
				    : (int64_t)pass->exp * 1000;
}

void tell_visit(const struct oap *o, const struct visit *visit,
		const struct judged *j, int64_t at_ms, struct oap_told *told)
{
	if (j->has_scan)
		tell_pass(&j->scan.pass, told);
	if (j->has_facility)
		plain_copy(j->facility.currency, told->currency,
			   sizeof(told->currency));
	plain_copy(visit->benefit, told->benefit, sizeof(told->benefit));
	told->party = visit->party;
	told->list = visit->has_list ? visit->list : OAP_NO_AMOUNT;
	told->at_ms = at_ms;
	handle_local(o, o->facility, "", at_ms, told->local);
}

void tell_verdict(unsigned verdict, struct oap_told *told)
{
	told->verdict = verdict;
	told->verdict_class = oap_verdict_class(verdict);
}

/* Uses counted here were of this facility. */
static void tell_uses(const struct oap *o, const struct judged *j,
		      struct oap_told *told)
{
	const struct bundle *b = trust_bundle(o->trust);
	struct facility here;

	told->uses = j->uses;
	told->limit = j->benefit.limit;
	if (!j->has_first_use)
		return;
	told->first_use_ms = j->first_use_ms;
	plain_copy(bytes_text(o->facility), told->first_use_facility,
		   sizeof(told->first_use_facility));
	if (bundle_facility(b, bytes_text(o->facility), &here))
		plain_copy(here.city, told->first_use_city,
			   sizeof(told->first_use_city));
	handle_local(o, o->facility, "", told->first_use_ms,
		     told->first_use_local);
}

/* What is dated ahead of this clock is of age 0. */
static int64_t age_ms(const struct oap_told *told, uint64_t made_at)
{
	int64_t age = told->at_ms - (int64_t)made_at * 1000;

	if (made_at == 0 || made_at > TIME_S_MAX)
		return OAP_NO_TIME;
	return age > 0 ? age : 0;
}

void tell_decision(const struct oap *o, const struct judged *j,
		   struct oap_told *told)
{
	const struct decision *d = &j->decision;

	tell_verdict(d->verdict, told);
	told->stale = d->stale;
	told->key_age_ms = age_ms(told, j->keys_made_at);
	told->status_age_ms = age_ms(told, j->list_made_at);
	told->bundle_age_ms = age_ms(told, trust_bundle(o->trust)->made_at);
	if (d->has_price) {
		told->discount = d->price.discount;
		told->price = d->price.price;
	}
	if (d->verdict == VERDICT_ALREADY_REDEEMED ||
	    d->verdict == VERDICT_LIMIT_REACHED)
		tell_uses(o, j, told);
}

void tell_answer(const struct oap *o, const struct answer *a,
		 struct oap_told *told)
{
	tell_verdict(a->verdict, told);
	told->by_service = 1;
	told->stale = a->stale;
	told->key_age_ms = a->key_age_ms;
	told->status_age_ms = a->status_age_ms;
	told->bundle_age_ms = OAP_NO_TIME;
	told->marks = a->marks;
	told->newer_bundle = a->epoch > handle_epoch(o);
	told->uses = a->uses;
	told->limit = a->limit;
	if (a->has_price) {
		told->list = a->list;
		told->discount = a->discount;
		told->price = a->price;
		memcpy(told->currency, a->currency, sizeof(told->currency));
	}
	told->first_use_ms = a->first_use_ms;
	memcpy(told->first_use_facility, a->first_use_facility,
	       sizeof(told->first_use_facility));
	memcpy(told->first_use_city, a->first_use_city,
	       sizeof(told->first_use_city));
	if (a->first_use_ms != OAP_NO_TIME)
		handle_local(o, a->first_use_facility, a->first_use_city,
			     a->first_use_ms, told->first_use_local);
}
