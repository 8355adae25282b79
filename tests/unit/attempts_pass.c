/* SPDX-License-Identifier: Apache-2.0 */
/* attempts_pass.c: attempts with a pass, or a way of showing it, that is not
 * good. */
#include "attempts.h"

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
	w->pass.exp = (uint64_t)w->clock.proven_ms / 1000;
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
	ask_service(w);
	w->pass.iss = bytes_text("busan.example");
}

static void retired_key_new_pass(struct world *w)
{
	w->signer = &w->seoul.retired;
	w->pass.iat = w->seoul.retired_until + 1;
	w->pass.nbf = w->pass.iat;
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
	bind_pass(w);
	w->benefit.live = LIVE_ALWAYS;
}

static void unknown_benefit_bare_bound_pass(struct world *w)
{
	bind_pass(w);
	w->benefit_id = bytes_text("nothing");
}

static void live_too_old(struct world *w)
{
	show_live(w);
	w->presentation.iat =
	    CITY_NOW - PRESENTATION_WINDOW_DEFAULT_S - 1;
}

static void live_too_new(struct world *w)
{
	show_live(w);
	w->presentation.iat =
	    CITY_NOW + PRESENTATION_WINDOW_DEFAULT_S + 1;
}

static void live_used_before(struct world *w)
{
	show_live(w);
	w->presentation_used = true;
}

static void live_around_an_unbound_pass(struct world *w)
{
	w->live = true;
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

const struct attempt ATTEMPTS_PASS[] = {
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
    {"bound pass as a photo", VERDICT_PRESENTATION_REQUIRED, bind_pass},
    {"bare pass where live is due", VERDICT_PRESENTATION_REQUIRED,
     bare_where_live_is_due},
    {"bound pass where live is due", VERDICT_PRESENTATION_REQUIRED,
     bound_live_is_due},
    {"bound pass as a photo, benefit unknown",
     VERDICT_PRESENTATION_REQUIRED, unknown_benefit_bare_bound_pass},
    {"live code 61 s old", VERDICT_PRESENTATION_STALE, live_too_old},
    {"live code 61 s ahead", VERDICT_PRESENTATION_STALE, live_too_new},
    {"live code used before", VERDICT_PRESENTATION_STALE, live_used_before},
    {"live code around an unbound pass", VERDICT_PRESENTATION_INVALID,
     live_around_an_unbound_pass},
    {"live code by another phone", VERDICT_PRESENTATION_INVALID,
     live_by_another_phone},
    {"live code by the issuer's key", VERDICT_PRESENTATION_INVALID,
     live_by_the_issuer},
    {"live code for another facility", VERDICT_PRESENTATION_INVALID,
     live_for_another_facility},
    {NULL, VERDICT_NONE, NULL},
};
