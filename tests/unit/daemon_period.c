/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_period.c: the days and lifetimes that limits are counted in, and live
 * presentations; each as a story at a door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ledgerbed.h"

/* ----------------------------------------------------------------- days */

/* Local midnight of a kiosk's facility on the evening of BED_NOW's day. */
static void around_midnight(struct bed *bed, unsigned kiosk,
                            enum bed_benefit benefit, int64_t midnight_ms,
                            int32_t day)
{
	char sql[96];
	struct visit v;

	bed_at(bed, midnight_ms - 1);
	v = bed_visit(bed, kiosk, kiosk, benefit);
	bed_assert_verdict(bed_redeem(bed, &v), VERDICT_ACCEPTED);
	v = bed_visit(bed, kiosk, kiosk, benefit);
	bed_assert_verdict(bed_redeem(bed, &v), VERDICT_ALREADY_REDEEMED);
	bed_at(bed, midnight_ms);
	v = bed_visit(bed, kiosk, kiosk, benefit);
	bed_assert_verdict(bed_redeem(bed, &v), VERDICT_ACCEPTED);
	snprintf(sql, sizeof sql,
	         "SELECT counting FROM total WHERE counting > 0 AND day = %d",
	         day);
	assert_int_equal(bed_number(bed, sql), 1);
	snprintf(sql, sizeof sql,
	         "SELECT attempts FROM hourly WHERE accepted = 1 AND hour = 0"
	         " AND day = %d",
	         day + 1);
	assert_int_equal(bed_number(bed, sql), 1);
}

static void the_day_is_seouls_in_seoul(void **state)
{
	around_midnight(*state, 0, BED_ONCE, BED_NOW + 15 * BED_HOUR, 20261124);
}

static void the_day_is_honolulus_in_honolulu(void **state)
{
	around_midnight(*state, 4, BED_ONCE_USD, BED_NOW + 10 * BED_HOUR,
	                20261123);
}

static void the_day_is_kathmandus_in_kathmandu(void **state)
{
	around_midnight(*state, 6, BED_ONCE_NPR,
	                BED_NOW + 18 * BED_HOUR + 15 * BED_MINUTE, 20261124);
}

static void a_race_across_midnight_gives_one_use_a_day(void **state)
{
	enum { RACERS = 50 };
	struct bed *bed = *state;
	struct visit v[RACERS];
	struct reply r[RACERS];
	int accepted;

	for (unsigned round = 0; round < 40; round++) {
		bed_at(bed, BED_NOW + 15 * BED_HOUR - 1);
		for (unsigned i = 0; i < RACERS; i++)
			v[i] = bed_visit(bed, i % 4, 100 + round, BED_ONCE);
		bed_ask_many(bed, v, RACERS / 2, r);
		bed_at(bed, BED_NOW + 15 * BED_HOUR);
		bed_ask_many(bed, v + RACERS / 2, RACERS / 2, r + RACERS / 2);
		accepted = 0;
		for (unsigned i = 0; i < RACERS; i++) {
			assert_false(r[i].failed);
			accepted += r[i].answer.verdict == VERDICT_ACCEPTED;
			if (r[i].answer.verdict == VERDICT_ACCEPTED)
				continue;
			assert_int_equal(r[i].answer.verdict,
			                 VERDICT_ALREADY_REDEEMED);
			assert_int_equal(r[i].answer.first_use_ms,
			                 r[i].answer.service_ms);
		}
		assert_int_equal(accepted, 2);
	}
}

static void a_lifetime_limit_outlives_the_years(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_EVER);

	bed_assert_verdict(bed_redeem(bed, &v), VERDICT_ACCEPTED);
	bed_pass_time(bed, 3 * 366 * 24 * BED_HOUR);
	v = bed_visit(bed, 2, 1, BED_EVER);
	bed_assert_verdict(bed_redeem(bed, &v), VERDICT_ALREADY_REDEEMED);
}

/* -------------------------------------------------------- presentations */

static struct visit live_visit(struct bed *bed, unsigned kiosk,
                               enum bed_benefit benefit)
{
	struct visit v = bed_visit(bed, kiosk, 1, benefit);

	v.live = true;
	v.iat = BED_NOW / 1000;
	return v;
}

static void a_presentation_is_good_for_one_attempt(void **state)
{
	struct bed *bed = *state;
	struct visit v = live_visit(bed, 0, BED_THRICE);

	bed_assert_verdict(bed_redeem(bed, &v), VERDICT_ACCEPTED);
	v = live_visit(bed, 0, BED_THRICE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_PRESENTATION_STALE);
	v = live_visit(bed, 2, BED_THRICE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_PRESENTATION_STALE);
	v = live_visit(bed, 0, BED_THRICE);
	v.iat++;
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
}

static void a_presentation_seen_at_another_kiosk_is_stale(void **state)
{
	struct bed *bed = *state;
	struct visit v = live_visit(bed, 0, BED_THRICE);

	bed_assert_verdict(bed_redeem(bed, &v), VERDICT_ACCEPTED);
	v = live_visit(bed, 1, BED_ONCE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_PRESENTATION_STALE);
	/* and now it was seen there */
	v = live_visit(bed, 0, BED_EVER);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_PRESENTATION_STALE);
}

static void a_presentation_is_good_again_there_for_another_benefit(void **state)
{
	struct bed *bed = *state;
	struct visit v = live_visit(bed, 0, BED_THRICE);

	bed_assert_verdict(bed_redeem(bed, &v), VERDICT_ACCEPTED);
	v = live_visit(bed, 0, BED_ONCE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
}

static void a_presentation_survives_a_restart_of_the_service(void **state)
{
	struct bed *bed = *state;
	struct visit v = live_visit(bed, 0, BED_THRICE);

	bed_redeem(bed, &v);
	bed_restart(bed);
	v = live_visit(bed, 2, BED_THRICE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_PRESENTATION_STALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(the_day_is_seouls_in_seoul),
	    STORY(the_day_is_honolulus_in_honolulu),
	    STORY(the_day_is_kathmandus_in_kathmandu),
	    STORY(a_race_across_midnight_gives_one_use_a_day),
	    STORY(a_lifetime_limit_outlives_the_years),
	    STORY(a_presentation_is_good_for_one_attempt),
	    STORY(a_presentation_seen_at_another_kiosk_is_stale),
	    STORY(a_presentation_is_good_again_there_for_another_benefit),
	    STORY(a_presentation_survives_a_restart_of_the_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
