/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on one attempt: every verdict that an attempt can bring about,
 * from real signed messages, judged as a kiosk judges them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "city.h"
#include "code.h"

#define LENGTH(a) (sizeof(a) / sizeof(*(a)))
#define LINE(w, text) ((w)->line = bytes_text(text))

typedef void change(struct world *w);

struct vector {
	const char *what;
	enum verdict verdict;
	change *change;
};

/* --- accepts */

static void nothing(struct world *w)
{
	(void)w;
}

static void at_service(struct world *w)
{
	w->at_service = true;
	w->clock.floor_ms = 0;
}

static void offline(struct world *w)
{
	w->offline = true;
}

static void bind(struct world *w)
{
	w->pass.has_cnf = true;
}

static void show_live(struct world *w)
{
	bind(w);
	w->live = true;
}

static void bound_but_never_live(struct world *w)
{
	bind(w);
	w->benefit.live = LIVE_NEVER;
}

static void live_where_never_asked(struct world *w)
{
	show_live(w);
	w->benefit.live = LIVE_NEVER;
}

static void live_for_this_facility(struct world *w)
{
	show_live(w);
	w->presentation.aud = bytes_text("tnm");
}

static void live_at_the_window_edge(struct world *w)
{
	show_live(w);
	w->presentation.iat = CITY_NOW - PRESENTATION_WINDOW_DEFAULT_S;
}

static void live_ahead_at_the_window_edge(struct world *w)
{
	show_live(w);
	w->presentation.iat = CITY_NOW + PRESENTATION_WINDOW_DEFAULT_S;
}

static void last_second_of_validity(struct world *w)
{
	w->pass.exp = CITY_NOW + 1;
	w->clock.now_ms += 999;
}

static void begins_within_skew(struct world *w)
{
	w->pass.iat = CITY_NOW + SKEW_DEFAULT_S;
	w->pass.nbf = w->pass.iat;
}

static void retired_key_old_pass(struct world *w)
{
	w->signer = &w->seoul.retired;
	w->pass.iat = w->seoul.retired_until;
	w->pass.nbf = w->pass.iat;
}

static void last_use(struct world *w)
{
	w->benefit.limit = 3;
	w->uses = 2;
}

static void last_of_the_allowance(struct world *w)
{
	offline(w);
	w->allowance.uses = w->policy.offline_uses - 1;
}

static void allowance_in_money_just_enough(struct world *w)
{
	static const uint8_t AMOUNTS[] = "\xa1\x63JPY\x19\x05\xdc"; /* 1500 */

	offline(w);
	w->policy.offline_amounts = bytes_of(AMOUNTS, sizeof(AMOUNTS) - 1);
	w->allowance.discount = 500;
}

static void allowance_in_money_all_at_once(struct world *w)
{
	allowance_in_money_just_enough(w);
	w->allowance.discount = 0;
	w->list = 3000;
}

static void largest_party(struct world *w)
{
	w->party = w->benefit.party_max;
}

static void no_list_amount(struct world *w)
{
	w->has_list = false;
}

static void behind_the_floor_within_skew(struct world *w)
{
	w->clock.floor_ms = w->clock.now_ms + SKEW_DEFAULT_S * 1000;
}

/* --- the code */

static void some_url(struct world *w)
{
	LINE(w, "https://example.org/ticket/42");
}

static void empty_line(struct world *w)
{
	LINE(w, "\r\n");
}

static void next_version(struct world *w)
{
	LINE(w, "OAP2:6BFOXN");
}

static void no_base45(struct world *w)
{
	LINE(w, "OAP1:lower case");
}

static void base45_of_something_else(struct world *w)
{
	LINE(w, "OAP1:BB8");
}

static void typ_of_bundle(struct world *w)
{
	w->typ = TYP_BUNDLE;
}

static void typ_of_status_token(struct world *w)
{
	w->typ = TYP_STATUS_TOKEN;
}

static void typ_of_attempt(struct world *w)
{
	w->typ = TYP_ATTEMPT;
}

static void index_past_the_list(struct world *w)
{
	w->pass.idx = CITY_ENTRIES;
}

static void index_far_past_the_list(struct world *w)
{
	w->pass.idx = UINT64_MAX;
}

static void status_three(struct world *w)
{
	w->seoul.status = 3;
}

static void list_of_one_bit(struct world *w)
{
	w->seoul.list_bits = 1;
}

static void list_of_eight_bits(struct world *w)
{
	w->seoul.list_bits = 8;
}

static void empty_list(struct world *w)
{
	w->seoul.list_entries = 0;
}

static void stranger_with_the_citys_kid(struct world *w)
{
	w->signer = &w->stranger;
	w->kid = w->seoul.signing.kid;
}

static void other_key_of_the_city_under_this_kid(struct world *w)
{
	w->signer = &w->seoul.retired;
	w->kid = w->seoul.signing.kid;
}

/* --- the pass */

static void not_begun(struct world *w)
{
	w->pass.has_nbf = true;
	w->pass.nbf = CITY_NOW + SKEW_DEFAULT_S + 1;
}

static void issued_tomorrow(struct world *w)
{
	w->pass.iat = CITY_NOW + CITY_DAY;
	w->pass.nbf = w->pass.iat;
}

static void over(struct world *w)
{
	w->pass.exp = CITY_NOW;
}

static void over_by_less_than_skew(struct world *w)
{
	w->pass.exp = CITY_NOW - 1;
}

static void over_at_the_floor_too(struct world *w)
{
	w->clock.anchored = false;
	w->pass.exp = CITY_NOW - 2 * CITY_HOUR;
}

static void over_just_at_the_floor(struct world *w)
{
	w->clock.anchored = false;
	w->pass.exp = (uint64_t)w->clock.floor_ms / 1000;
}

static void revoked(struct world *w)
{
	w->seoul.status = STATUS_INVALID;
}

static void revoked_by_an_old_list(struct world *w)
{
	revoked(w);
	w->seoul.list_exp = CITY_NOW - 1;
}

static void revoked_in_an_old_bundle(struct world *w)
{
	revoked(w);
	w->good_until = CITY_NOW - 1;
}

static void suspended(struct world *w)
{
	w->seoul.status = STATUS_SUSPENDED;
}

static void unknown_city_at_service(struct world *w)
{
	at_service(w);
	w->pass.iss = bytes_text("busan.example");
}

static void retired_key_new_pass(struct world *w)
{
	retired_key_old_pass(w);
	w->pass.iat++;
	w->pass.nbf++;
}

static void compromised_key(struct world *w)
{
	w->signer = &w->seoul.compromised;
}

static void bare_where_live_is_due(struct world *w)
{
	w->benefit.live = LIVE_ALWAYS;
}

static void bound_live_is_due(struct world *w)
{
	bind(w);
	w->benefit.live = LIVE_ALWAYS;
}

static void unknown_benefit_bare_bound_pass(struct world *w)
{
	bind(w);
	w->benefit_id = bytes_text("nothing");
}

static void live_too_old(struct world *w)
{
	live_at_the_window_edge(w);
	w->presentation.iat--;
}

static void live_too_new(struct world *w)
{
	live_ahead_at_the_window_edge(w);
	w->presentation.iat++;
}

static void live_used_before(struct world *w)
{
	show_live(w);
	w->presentation_used = true;
}

static void live_by_another_phone(struct world *w)
{
	show_live(w);
	w->presenter = &w->stranger;
}

static void live_by_the_issuer(struct world *w)
{
	show_live(w);
	w->presenter = &w->seoul.signing;
}

static void live_for_another_facility(struct world *w)
{
	show_live(w);
	w->presentation.aud = bytes_text("mmca");
}

/* --- the use */

static void used_today(struct world *w)
{
	w->uses = 1;
}

static void used_often(struct world *w)
{
	w->benefit.limit = 3;
	w->uses = 3;
}

static void other_issuers_only(struct world *w)
{
	w->benefit.issuers = bytes_text("\x81\x6dtokyo.example");
}

static void children_only(struct world *w)
{
	w->benefit.classes = bytes_text("\x82\x01\x02");
}

static void unknown_benefit(struct world *w)
{
	w->benefit_id = bytes_text("nothing");
}

static void other_facilities_only(struct world *w)
{
	w->benefit.facilities = bytes_text("\x82\x64mmca\x64tnm2");
}

static void other_currency(struct world *w)
{
	w->benefit.currency = bytes_text("KRW");
}

static void unknown_facility(struct world *w)
{
	w->facility = bytes_text("mmca");
}

static void begins_tomorrow(struct world *w)
{
	w->benefit.first_date = 20261125;
}

static void ended_yesterday(struct world *w)
{
	w->benefit.last_date = 20261123;
}

/* It is still the 23rd in UTC, and the 24th in Tokyo. */
static void ended_yesterday_by_local_day(struct world *w)
{
	ended_yesterday(w);
	w->clock.now_ms -= CITY_HOUR * 1000;
}

static void closed_today(struct world *w)
{
	w->benefit.closed = bytes_text("\x82\x1a\x01\x35\x29\x03"
				       "\x1a\x01\x35\x29\x04");
}

static void mornings_of_other_days(struct world *w)
{
	static const uint8_t HOURS[] = {0x81, 0x83, 0x18, 0x7d, 0x00,
					0x19, 0x05, 0xa0}; /* not Tuesday */

	w->benefit.hours = bytes_of(HOURS, sizeof(HOURS));
}

static void after_hours(struct world *w)
{
	static const uint8_t HOURS[] = {0x81, 0x83, 0x18, 0x7f, 0x00,
					0x19, 0x02, 0x1c}; /* to 09:00 */

	w->benefit.hours = bytes_of(HOURS, sizeof(HOURS));
}

static void party_of_five(struct world *w)
{
	w->party = 5;
}

/* --- undecided */

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

static void behind_the_floor(struct world *w)
{
	behind_the_floor_within_skew(w);
	w->clock.floor_ms++;
}

static void unanchored_not_begun(struct world *w)
{
	not_begun(w);
	w->clock.anchored = false;
}

static void unanchored_over_but_good_at_the_floor(struct world *w)
{
	w->clock.anchored = false;
	w->pass.exp = CITY_NOW - 1;
}

static void offline_not_allowed(struct world *w)
{
	offline(w);
	w->benefit.offline = false;
}

static void allowance_spent(struct world *w)
{
	last_of_the_allowance(w);
	w->allowance.uses++;
}

static void allowance_in_money_spent(struct world *w)
{
	allowance_in_money_just_enough(w);
	w->allowance.discount++;
}

static void allowance_in_money_too_small_at_once(struct world *w)
{
	allowance_in_money_all_at_once(w);
	w->list += 20;
}

static void allowance_in_another_currency(struct world *w)
{
	static const uint8_t AMOUNTS[] = "\xa1\x63KRW\x19\xff\xff";

	offline(w);
	w->policy.offline_amounts = bytes_of(AMOUNTS, sizeof(AMOUNTS) - 1);
}

static const struct vector VECTORS[] = {
    {"as it should be", VERDICT_ACCEPTED, nothing},
    {"asked of the service", VERDICT_ACCEPTED, at_service},
    {"bound pass shown live", VERDICT_ACCEPTED, show_live},
    {"bound pass, a photo will do", VERDICT_ACCEPTED, bound_but_never_live},
    {"shown live where a photo will do", VERDICT_ACCEPTED,
     live_where_never_asked},
    {"live code for this facility", VERDICT_ACCEPTED, live_for_this_facility},
    {"live code 60 s old", VERDICT_ACCEPTED, live_at_the_window_edge},
    {"live code 60 s ahead", VERDICT_ACCEPTED, live_ahead_at_the_window_edge},
    {"last millisecond", VERDICT_ACCEPTED, last_second_of_validity},
    {"begins within the skew", VERDICT_ACCEPTED, begins_within_skew},
    {"old pass of a retired key", VERDICT_ACCEPTED, retired_key_old_pass},
    {"third of three", VERDICT_ACCEPTED, last_use},
    {"no list amount", VERDICT_ACCEPTED, no_list_amount},
    {"clock behind within the skew", VERDICT_ACCEPTED,
     behind_the_floor_within_skew},
    {"offline", VERDICT_ACCEPTED_OFFLINE, offline},
    {"last of the allowance", VERDICT_ACCEPTED_OFFLINE,
     last_of_the_allowance},
    {"money of the allowance just enough", VERDICT_ACCEPTED_OFFLINE,
     allowance_in_money_just_enough},
    {"money of the allowance all at once", VERDICT_ACCEPTED_OFFLINE,
     allowance_in_money_all_at_once},
    {"largest party", VERDICT_ACCEPTED, largest_party},

    {"an address", VERDICT_UNKNOWN_FORMAT, some_url},
    {"nothing at all", VERDICT_UNKNOWN_FORMAT, empty_line},
    {"the next version", VERDICT_UNSUPPORTED_VERSION, next_version},
    {"no Base45", VERDICT_MALFORMED, no_base45},
    {"Base45 of no message", VERDICT_MALFORMED, base45_of_something_else},
    {"typ swapped for a bundle's", VERDICT_MALFORMED, typ_of_bundle},
    {"typ swapped for a token's", VERDICT_MALFORMED, typ_of_status_token},
    {"typ swapped for an entry's", VERDICT_MALFORMED, typ_of_attempt},
    {"index past the list", VERDICT_MALFORMED, index_past_the_list},
    {"index far past the list", VERDICT_MALFORMED, index_far_past_the_list},
    {"status 3", VERDICT_MALFORMED, status_three},
    {"list of 1 bit", VERDICT_MALFORMED, list_of_one_bit},
    {"list of 8 bits", VERDICT_MALFORMED, list_of_eight_bits},
    {"empty list", VERDICT_MALFORMED, empty_list},
    {"a stranger's signature under the city's kid", VERDICT_BAD_SIGNATURE,
     stranger_with_the_citys_kid},
    {"another key of the city under this kid", VERDICT_BAD_SIGNATURE,
     other_key_of_the_city_under_this_kid},

    {"begins later than the skew", VERDICT_NOT_YET_VALID, not_begun},
    {"issued tomorrow", VERDICT_NOT_YET_VALID, issued_tomorrow},
    {"over this second", VERDICT_EXPIRED, over},
    {"over by less than the skew", VERDICT_EXPIRED, over_by_less_than_skew},
    {"over at the floor already", VERDICT_EXPIRED, over_at_the_floor_too},
    {"over just at the floor", VERDICT_EXPIRED, over_just_at_the_floor},
    {"revoked", VERDICT_REVOKED, revoked},
    {"revoked by an old list", VERDICT_REVOKED, revoked_by_an_old_list},
    {"revoked in an old bundle", VERDICT_REVOKED, revoked_in_an_old_bundle},
    {"suspended", VERDICT_SUSPENDED, suspended},
    {"a city that the service does not know", VERDICT_ISSUER_NOT_TRUSTED,
     unknown_city_at_service},
    {"new pass of a retired key", VERDICT_KEY_RETIRED, retired_key_new_pass},
    {"a compromised key", VERDICT_KEY_COMPROMISED, compromised_key},
    {"bound pass as a photo", VERDICT_PRESENTATION_REQUIRED, bind},
    {"bare pass where live is due", VERDICT_PRESENTATION_REQUIRED,
     bare_where_live_is_due},
    {"bound pass where live is due", VERDICT_PRESENTATION_REQUIRED,
     bound_live_is_due},
    {"bound pass as a photo, benefit unknown",
     VERDICT_PRESENTATION_REQUIRED, unknown_benefit_bare_bound_pass},
    {"live code 61 s old", VERDICT_PRESENTATION_STALE, live_too_old},
    {"live code 61 s ahead", VERDICT_PRESENTATION_STALE, live_too_new},
    {"live code used before", VERDICT_PRESENTATION_STALE, live_used_before},
    {"live code by another phone", VERDICT_PRESENTATION_INVALID,
     live_by_another_phone},
    {"live code by the issuer's key", VERDICT_PRESENTATION_INVALID,
     live_by_the_issuer},
    {"live code for another facility", VERDICT_PRESENTATION_INVALID,
     live_for_another_facility},

    {"used today", VERDICT_ALREADY_REDEEMED, used_today},
    {"used three times", VERDICT_LIMIT_REACHED, used_often},
    {"for another city's passes", VERDICT_NOT_ELIGIBLE, other_issuers_only},
    {"for children", VERDICT_NOT_ELIGIBLE, children_only},
    {"no such benefit", VERDICT_BENEFIT_UNKNOWN, unknown_benefit},
    {"at other facilities", VERDICT_BENEFIT_NOT_HERE, other_facilities_only},
    {"in another currency", VERDICT_BENEFIT_NOT_HERE, other_currency},
    {"at no known facility", VERDICT_BENEFIT_NOT_HERE, unknown_facility},
    {"begins tomorrow", VERDICT_BENEFIT_NOT_RUNNING, begins_tomorrow},
    {"ended yesterday", VERDICT_BENEFIT_NOT_RUNNING, ended_yesterday},
    {"ended yesterday, by the facility's day", VERDICT_BENEFIT_NOT_RUNNING,
     ended_yesterday_by_local_day},
    {"closed today", VERDICT_CLOSED_NOW, closed_today},
    {"not on this weekday", VERDICT_CLOSED_NOW, mornings_of_other_days},
    {"after hours", VERDICT_CLOSED_NOW, after_hours},
    {"party of five", VERDICT_PARTY_TOO_LARGE, party_of_five},

    {"a city that the bundle does not have", VERDICT_UNKNOWN_KEY,
     unknown_city},
    {"a kid that nobody has", VERDICT_UNKNOWN_KEY, unknown_kid},
    {"another issuer's kid", VERDICT_UNKNOWN_KEY, kid_of_another_issuer},
    {"signed by the city's root key", VERDICT_UNKNOWN_KEY,
     signed_by_the_root},
    {"bundle past its hard age", VERDICT_BUNDLE_STALE, old_bundle},
    {"another city's list", VERDICT_STATUS_STALE, another_citys_list},
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
};

/* What judging a pass cannot bring about, and where it comes from. */
static const struct {
	unsigned verdict;
	const char *source;
} ELSEWHERE[] = {
    {VERDICT_JOURNAL_FAILED, "the kiosk's journal, after the decision"},
    {VERDICT_BUSY, "the service's queues, before the decision"},
    {VERDICT_UNAVAILABLE, "the service's store, after the decision"},
    {VERDICT_DEVICE_UNKNOWN, "who asks, before the pass is looked at"},
    {VERDICT_DEVICE_REVOKED, "who asks, before the pass is looked at"},
    {VERDICT_ID_REUSED, "the ledger's ids, before the pass is looked at"},
    {VERDICT_REVERSED, "a reversal, not an attempt"},
    {VERDICT_ALREADY_REVERSED, "a reversal, not an attempt"},
    {VERDICT_NOTHING_TO_REVERSE, "a reversal, not an attempt"},
    {VERDICT_REVERSAL_NOT_ALLOWED, "a reversal, not an attempt"},
    {VERDICT_REVERSAL_PENDING, "a reversal, not an attempt"},
};

static void every_vector_has_its_verdict(void **state)
{
	struct world w;
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(VECTORS); i++) {
		enum verdict got;

		city_world_init(&w);
		VECTORS[i].change(&w);
		got = city_judge(&w).verdict;
		if (got == VECTORS[i].verdict)
			continue;
		wrong++;
		print_error("%s: %s, not %s\n", VECTORS[i].what,
			    verdict_name(got),
			    verdict_name(VECTORS[i].verdict));
	}
	assert_int_equal(wrong, 0);
}

static bool has_vector(unsigned verdict)
{
	for (size_t i = 0; i < LENGTH(VECTORS); i++) {
		if (VECTORS[i].verdict == (enum verdict)verdict)
			return true;
	}
	return false;
}

static bool comes_from_elsewhere(unsigned verdict)
{
	for (size_t i = 0; i < LENGTH(ELSEWHERE); i++) {
		if (ELSEWHERE[i].verdict == verdict)
			return true;
	}
	return false;
}

static void every_verdict_of_an_attempt_has_a_vector(void **state)
{
	const struct verdict_info *table;
	size_t count;
	int missing = 0;

	(void)state;
	table = verdict_table(&count);
	for (size_t i = 0; i < count; i++) {
		bool vector = has_vector(table[i].number);

		if (vector != comes_from_elsewhere(table[i].number))
			continue;
		missing++;
		print_error("%s: %s\n", table[i].name,
			    vector ? "has a vector, and is said to come from "
				     "elsewhere"
				   : "has no vector");
	}
	assert_int_equal(missing, 0);
}

/* One wrong thing after another, each of a later stage than the last: taken
 * away one by one, each shows only when nothing earlier stands before it. */
static void the_first_stage_that_objects_decides(void **state)
{
	static const struct vector ORDER[] = {
	    {"", VERDICT_UNKNOWN_FORMAT, some_url},
	    {"", VERDICT_UNKNOWN_KEY, unknown_city},
	    {"", VERDICT_BAD_SIGNATURE, stranger_with_the_citys_kid},
	    {"", VERDICT_KEY_COMPROMISED, compromised_key},
	    {"", VERDICT_CLOCK_UNTRUSTED, behind_the_floor},
	    {"", VERDICT_EXPIRED, over},
	    {"", VERDICT_BUNDLE_STALE, old_bundle},
	    {"", VERDICT_SUSPENDED, suspended},
	    {"", VERDICT_PRESENTATION_REQUIRED, bind},
	    {"", VERDICT_NOT_ELIGIBLE, children_only},
	    {"", VERDICT_PARTY_TOO_LARGE, party_of_five},
	    {"", VERDICT_BENEFIT_NOT_RUNNING, begins_tomorrow},
	    {"", VERDICT_CLOSED_NOW, closed_today},
	    {"", VERDICT_ALREADY_REDEEMED, used_today},
	    {"", VERDICT_OFFLINE_NOT_ALLOWED, offline_not_allowed},
	    {"", VERDICT_OFFLINE_ALLOWANCE_SPENT, allowance_spent},
	};

	(void)state;
	for (size_t first = 0; first < LENGTH(ORDER); first++) {
		struct world w;

		city_world_init(&w);
		/* From the back, so that an earlier one that works on the
		 * same thing has the last word. */
		for (size_t i = LENGTH(ORDER); i > first; i--)
			ORDER[i - 1].change(&w);
		assert_int_equal(city_judge(&w).verdict,
				 ORDER[first].verdict);
	}
}

static void an_accept_says_price_day_and_period(void **state)
{
	struct decision d;
	struct world w;

	(void)state;
	city_world_init(&w);
	d = city_judge(&w);
	assert_int_equal(d.verdict, VERDICT_ACCEPTED);
	assert_true(d.has_price);
	assert_int_equal(d.price.list, 2000);
	assert_int_equal(d.price.discount, 1000);
	assert_int_equal(d.price.price, 1000);
	assert_true(d.has_when);
	assert_int_equal(d.when.date, 20261124);
	assert_int_equal(d.when.minute, 9 * 60);
	assert_int_equal(d.period, day_of_date(20261124));
	assert_int_equal(
	    d.period, decide_period(&w.benefit, &w.place, w.clock.now_ms));
	assert_int_equal(d.stale, 0);
	w.has_list = false;
	assert_false(city_judge(&w).has_price);
}

static void a_refusal_has_no_price(void **state)
{
	struct decision d;
	struct world w;

	(void)state;
	city_world_init(&w);
	used_today(&w);
	d = city_judge(&w);
	assert_false(d.has_price);
	assert_true(d.has_when);
}

static void soft_ages_warn_and_do_not_decide(void **state)
{
	struct decision d;
	struct world w;

	(void)state;
	city_world_init(&w);
	w.made_at = CITY_NOW - w.policy.soft_age_s;
	d = city_judge(&w);
	assert_int_equal(d.verdict, VERDICT_ACCEPTED);
	assert_int_equal(d.stale, STALE_BUNDLE);
	w.seoul.list_iat = CITY_NOW - w.seoul.list_ttl;
	d = city_judge(&w);
	assert_int_equal(d.verdict, VERDICT_ACCEPTED);
	assert_int_equal(d.stale, STALE_BUNDLE | STALE_STATUS);
	w.made_at++;
	w.seoul.list_iat++;
	assert_int_equal(city_judge(&w).stale, 0);
	/* Said beside a refusal too. */
	w.made_at--;
	used_today(&w);
	d = city_judge(&w);
	assert_int_equal(d.verdict, VERDICT_ALREADY_REDEEMED);
	assert_int_equal(d.stale, STALE_BUNDLE);
}

static void the_service_has_no_bundle_to_be_old(void **state)
{
	struct world w;

	(void)state;
	city_world_init(&w);
	old_bundle(&w);
	at_service(&w);
	assert_int_equal(city_judge(&w).verdict, VERDICT_ACCEPTED);
	assert_int_equal(city_judge(&w).stale, 0);
}

static void flip_every_bit(const struct world *w)
{
	uint8_t message[CITY_BUF], code[2048];
	uint8_t *bundle_buf = test_malloc(CITY_BUF);
	struct bytes bundle = city_bundle(w, bundle_buf);
	struct bytes m = city_message(w, message);
	struct outbuf out;

	assert_int_equal(city_judge(w).verdict, VERDICT_ACCEPTED);
	for (size_t bit = 0; bit < m.n * 8; bit++) {
		enum verdict got;

		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		out = outbuf_in(code, sizeof(code));
		code_put(&out, m);
		assert_false(out.failed);
		got = city_judge_line(w, out_view(&out), bundle).verdict;
		if (verdict_is(got, CLASS_ACCEPT) || got == VERDICT_NONE)
			fail_msg("bit %zu: %s", bit, verdict_name(got));
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	test_free(bundle_buf);
}

static void one_flipped_bit_is_never_accepted(void **state)
{
	struct world w;

	(void)state;
	city_world_init(&w);
	flip_every_bit(&w);
}

static void one_flipped_bit_of_a_live_code_is_never_accepted(void **state)
{
	struct world w;

	(void)state;
	city_world_init(&w);
	show_live(&w);
	flip_every_bit(&w);
}

static void a_truncated_pass_is_malformed_at_any_length(void **state)
{
	uint8_t message[CITY_BUF], code[2048];
	uint8_t *bundle_buf = test_malloc(CITY_BUF);
	struct bytes bundle, m;
	struct world w;

	(void)state;
	city_world_init(&w);
	show_live(&w);
	bundle = city_bundle(&w, bundle_buf);
	m = city_message(&w, message);
	for (size_t n = 0; n < m.n; n++) {
		struct outbuf out = outbuf_in(code, sizeof(code));

		code_put(&out, bytes_of(m.p, n));
		assert_int_equal(
		    city_judge_line(&w, out_view(&out), bundle).verdict,
		    VERDICT_MALFORMED);
	}
	test_free(bundle_buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_vector_has_its_verdict),
	    cmocka_unit_test(every_verdict_of_an_attempt_has_a_vector),
	    cmocka_unit_test(the_first_stage_that_objects_decides),
	    cmocka_unit_test(an_accept_says_price_day_and_period),
	    cmocka_unit_test(a_refusal_has_no_price),
	    cmocka_unit_test(soft_ages_warn_and_do_not_decide),
	    cmocka_unit_test(the_service_has_no_bundle_to_be_old),
	    cmocka_unit_test(one_flipped_bit_is_never_accepted),
	    cmocka_unit_test(one_flipped_bit_of_a_live_code_is_never_accepted),
	    cmocka_unit_test(a_truncated_pass_is_malformed_at_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
