/* SPDX-License-Identifier: Apache-2.0 */
/* attempts_accepted.c: attempts that are accepted, up to their last edge. */
#include "attempts.h"

static void nothing(struct world *w)
{
	(void)w;
}

void ask_service(struct world *w)
{
	w->at_service = true;
	w->clock.floor_ms = w->clock.proven_ms = 0;
}

void go_offline(struct world *w)
{
	w->offline = true;
}

void bind_pass(struct world *w)
{
	w->pass.has_cnf = true;
}

void show_live(struct world *w)
{
	bind_pass(w);
	w->live = true;
}

static void bound_but_never_live(struct world *w)
{
	bind_pass(w);
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

static void list_ahead_within_skew(struct world *w)
{
	w->seoul.list_iat = CITY_NOW + SKEW_DEFAULT_S;
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
	go_offline(w);
	w->allowance.uses = w->policy.offline_uses - 1;
}

static void allowance_in_money_just_enough(struct world *w)
{
	static const uint8_t AMOUNTS[] = "\xa1\x63JPY\x19\x05\xdc"; /* 1500 */

	go_offline(w);
	w->policy.offline_amounts = bytes_of(AMOUNTS, sizeof(AMOUNTS) - 1);
	w->allowance.discount = 500;
}

static void allowance_in_money_all_at_once(struct world *w)
{
	allowance_in_money_just_enough(w);
	w->allowance.discount = 0;
	w->list = 3000;
}

static void first_and_last_day(struct world *w)
{
	w->benefit.first_date = 20261124;
	w->benefit.last_date = 20261124;
}

/* Open from 09:00 to 09:01 on Tuesdays; it is 09:00:59 on one. */
static void last_second_of_the_only_minute(struct world *w)
{
	static const uint8_t HOURS[] = {0x81, 0x83, 0x02, 0x19, 0x02,
					0x1c, 0x19, 0x02, 0x1d};

	w->benefit.hours = bytes_of(HOURS, sizeof(HOURS));
	w->clock.now_ms += 59999;
}

static void closed_on_other_days(struct world *w)
{
	w->benefit.closed = bytes_text("\x82\x1a\x01\x35\x29\x03"
				       "\x1a\x01\x35\x29\x05");
}

static void for_this_city_class_and_place(struct world *w)
{
	static const uint8_t ADULTS[] = {0x81, CLASS_ADULT};

	w->benefit.issuers = bytes_text("\x81\x6dseoul.example");
	w->benefit.classes = bytes_of(ADULTS, sizeof(ADULTS));
	w->benefit.facilities = bytes_text("\x81\x63tnm");
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

const struct attempt ATTEMPTS_ACCEPTED[] = {
    {"as it should be", VERDICT_ACCEPTED, nothing},
    {"asked of the service", VERDICT_ACCEPTED, ask_service},
    {"bound pass shown live", VERDICT_ACCEPTED, show_live},
    {"bound pass, a photo will do", VERDICT_ACCEPTED, bound_but_never_live},
    {"shown live where a photo will do", VERDICT_ACCEPTED,
     live_where_never_asked},
    {"live code for this facility", VERDICT_ACCEPTED, live_for_this_facility},
    {"live code 60 s old", VERDICT_ACCEPTED, live_at_the_window_edge},
    {"live code 60 s ahead", VERDICT_ACCEPTED, live_ahead_at_the_window_edge},
    {"last millisecond", VERDICT_ACCEPTED, last_second_of_validity},
    {"begins within the skew", VERDICT_ACCEPTED, begins_within_skew},
    {"list ahead within the skew", VERDICT_ACCEPTED, list_ahead_within_skew},
    {"old pass of a retired key", VERDICT_ACCEPTED, retired_key_old_pass},
    {"third of three", VERDICT_ACCEPTED, last_use},
    {"no list amount", VERDICT_ACCEPTED, no_list_amount},
    {"clock behind within the skew", VERDICT_ACCEPTED,
     behind_the_floor_within_skew},
    {"offline", VERDICT_ACCEPTED_OFFLINE, go_offline},
    {"last of the allowance", VERDICT_ACCEPTED_OFFLINE,
     last_of_the_allowance},
    {"money of the allowance just enough", VERDICT_ACCEPTED_OFFLINE,
     allowance_in_money_just_enough},
    {"money of the allowance all at once", VERDICT_ACCEPTED_OFFLINE,
     allowance_in_money_all_at_once},
    {"first and last day", VERDICT_ACCEPTED, first_and_last_day},
    {"last second of the only minute", VERDICT_ACCEPTED,
     last_second_of_the_only_minute},
    {"closed on other days", VERDICT_ACCEPTED, closed_on_other_days},
    {"for this city, class and place", VERDICT_ACCEPTED,
     for_this_city_class_and_place},
    {"largest party", VERDICT_ACCEPTED, largest_party},
    {NULL, VERDICT_NONE, NULL},
};
