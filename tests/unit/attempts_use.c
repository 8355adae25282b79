/* SPDX-License-Identifier: Apache-2.0 */
/* attempts_use.c: attempts with a good pass at the wrong place, time or size. */
#include "attempts.h"

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

static void before_hours(struct world *w)
{
	static const uint8_t HOURS[] = {0x81, 0x83, 0x18, 0x7f, 0x19,
					0x02, 0x1d, 0x19, 0x05, 0xa0};

	w->benefit.hours = bytes_of(HOURS, sizeof(HOURS)); /* from 09:01 */
}

static void party_of_five(struct world *w)
{
	w->party = 5;
}

const struct attempt ATTEMPTS_USE[] = {
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
    {"before hours", VERDICT_CLOSED_NOW, before_hours},
    {"party of five", VERDICT_PARTY_TOO_LARGE, party_of_five},
    {NULL, VERDICT_NONE, NULL},
};
