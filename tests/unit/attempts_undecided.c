/* SPDX-License-Identifier: Apache-2.0 */
/* attempts_undecided.c: attempts on which nobody here can know. */
#include "attempts.h"

static void unknown_city(struct world *w)
{
	w->pass.iss = bytes_text("busan.example");
}

static void unknown_kid(struct world *w)
{
	w->signer = &w->stranger;
}

static void kid_of_another_issuer(struct world *w)
{
	w->signer = &w->tokyo.signing;
}

static void signed_by_the_root(struct world *w)
{
	w->signer = &w->seoul.root;
}

static void old_bundle(struct world *w)
{
	w->made_at = CITY_NOW - 8 * CITY_DAY;
	w->good_until = CITY_NOW;
	w->seoul.list_exp = CITY_NOW + CITY_DAY;
}

static void another_citys_list(struct world *w)
{
	w->pass.uri = bytes_text(w->tokyo.uri);
}

static void list_of_another_address(struct world *w)
{
	w->seoul.list_uri = "https://pass.seoul.example/status/1";
}

static void list_signed_by_another_city(struct world *w)
{
	w->seoul.list_signer = &w->tokyo.signing;
}

static void list_signed_by_a_compromised_key(struct world *w)
{
	w->seoul.list_signer = &w->seoul.compromised;
}

static void list_signed_late_by_a_retired_key(struct world *w)
{
	w->seoul.list_signer = &w->seoul.retired;
}

static void list_not_in_the_document(struct world *w)
{
	w->seoul.has_list_in_document = false;
}

static void list_over(struct world *w)
{
	w->seoul.list_exp = CITY_NOW;
}

static void list_over_by_policy(struct world *w)
{
	w->policy.status_hard_cap_s = CITY_HOUR;
}

static void list_of_the_future(struct world *w)
{
	w->seoul.list_iat = CITY_NOW + SKEW_DEFAULT_S + 1;
}

static void revoked_by_a_list_of_the_future(struct world *w)
{
	list_of_the_future(w);
	w->seoul.status = STATUS_INVALID;
}

static void behind_the_floor(struct world *w)
{
	w->clock.floor_ms =
	    w->clock.now_ms + SKEW_DEFAULT_S * 1000 + 1;
}

static void unanchored_not_begun(struct world *w)
{
	w->clock.anchored = false;
	w->pass.has_nbf = true;
	w->pass.nbf = CITY_NOW + CITY_DAY;
}

static void unanchored_over_but_good_at_the_floor(struct world *w)
{
	w->clock.anchored = false;
	w->pass.exp = CITY_NOW - 1;
}

static void offline_not_allowed(struct world *w)
{
	go_offline(w);
	w->benefit.offline = false;
}

static void allowance_spent(struct world *w)
{
	go_offline(w);
	w->allowance.uses = w->policy.offline_uses;
}

static void allow_1500_yen(struct world *w)
{
	static const uint8_t AMOUNTS[] = "\xa1\x63JPY\x19\x05\xdc";

	go_offline(w);
	w->policy.offline_amounts = bytes_of(AMOUNTS, sizeof(AMOUNTS) - 1);
}

static void allowance_in_money_spent(struct world *w)
{
	allow_1500_yen(w);
	w->allowance.discount = 501;
}

static void allowance_in_money_too_small_at_once(struct world *w)
{
	allow_1500_yen(w);
	w->list = 3020;
}

static void allowance_in_another_currency(struct world *w)
{
	static const uint8_t AMOUNTS[] = "\xa1\x63KRW\x19\xff\xff";

	go_offline(w);
	w->policy.offline_amounts = bytes_of(AMOUNTS, sizeof(AMOUNTS) - 1);
}

const struct attempt ATTEMPTS_UNDECIDED[] = {
    {"a city that the bundle does not have", VERDICT_UNKNOWN_KEY,
     unknown_city},
    {"a kid that nobody has", VERDICT_UNKNOWN_KEY, unknown_kid},
    {"another issuer's kid", VERDICT_UNKNOWN_KEY, kid_of_another_issuer},
    {"signed by the city's root key", VERDICT_UNKNOWN_KEY,
     signed_by_the_root},
    {"bundle past its hard age", VERDICT_BUNDLE_STALE, old_bundle},
    {"another city's list", VERDICT_STATUS_STALE, another_citys_list},
    {"list whose sub is another address", VERDICT_STATUS_STALE,
     list_of_another_address},
    {"list signed by another city", VERDICT_STATUS_STALE,
     list_signed_by_another_city},
    {"list signed by a compromised key", VERDICT_STATUS_STALE,
     list_signed_by_a_compromised_key},
    {"list signed late by a retired key", VERDICT_STATUS_STALE,
     list_signed_late_by_a_retired_key},
    {"list not in the document", VERDICT_STATUS_STALE,
     list_not_in_the_document},
    {"list past its exp", VERDICT_STATUS_STALE, list_over},
    {"list past the policy's cap", VERDICT_STATUS_STALE,
     list_over_by_policy},
    {"list of the future", VERDICT_STATUS_STALE, list_of_the_future},
    {"revoked by a list of the future", VERDICT_STATUS_STALE,
     revoked_by_a_list_of_the_future},
    {"clock behind its floor", VERDICT_CLOCK_UNTRUSTED, behind_the_floor},
    {"not begun, by a clock nobody vouches for", VERDICT_CLOCK_UNTRUSTED,
     unanchored_not_begun},
    {"over, by a clock nobody vouches for", VERDICT_CLOCK_UNTRUSTED,
     unanchored_over_but_good_at_the_floor},
    {"benefit not offline", VERDICT_OFFLINE_NOT_ALLOWED,
     offline_not_allowed},
    {"allowance spent", VERDICT_OFFLINE_ALLOWANCE_SPENT, allowance_spent},
    {"money of the allowance spent", VERDICT_OFFLINE_ALLOWANCE_SPENT,
     allowance_in_money_spent},
    {"money of the allowance too little at once",
     VERDICT_OFFLINE_ALLOWANCE_SPENT, allowance_in_money_too_small_at_once},
    {"no allowance in this currency", VERDICT_OFFLINE_ALLOWANCE_SPENT,
     allowance_in_another_currency},
    {NULL, VERDICT_NONE, NULL},
};
