/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_unconfirmed.c: answers that nobody was told, conflicts, and limits
 * that change; each as a story at a door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ledgerbed.h"

static void an_answer_nobody_was_told_is_void_when_all_is_sent(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_ask(bed, &v);
	bed_pass_time(bed, 9999);
	bed_send(bed, 0, NULL, 0, true);
	assert_int_equal(bed_number(bed, USES), 1); /* too early to know */
	bed_pass_time(bed, 1);
	bed_send(bed, 0, NULL, 0, false);
	assert_int_equal(bed_number(bed, USES), 1); /* not all is sent */
	bed_send(bed, 1, NULL, 0, true);
	assert_int_equal(bed_number(bed, USES), 1); /* another kiosk */
	bed_send(bed, 0, NULL, 0, true);
	assert_int_equal(bed_number(bed, USES), 0);
	v = bed_visit(bed, 2, 1, BED_ONCE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
}

static void a_report_that_brings_the_entry_confirms_the_answer(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r = bed_ask(bed, &v);
	struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED, &r.answer);

	bed_pass_time(bed, BED_MINUTE);
	bed_send(bed, 0, &p, 1, true);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void a_clock_ahead_gives_up_nothing_early(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_ask(bed, &v);
	bed_pass_time(bed, 5000);
	bed_kiosk_ahead(bed, 0, BED_HOUR, false);
	bed_send(bed, 0, NULL, 0, true);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void asking_again_for_the_same_gives_the_first_use_back(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_ask(bed, &v);
	bed_pass_time(bed, 800); /* its question's time is up */
	v = bed_visit(bed, 0, 1, BED_ONCE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
	assert_int_equal(bed_number(bed, USES), 1);
	/* another kiosk knows nothing of that */
	bed_pass_time(bed, BED_MINUTE);
	v = bed_visit(bed, 1, 1, BED_ONCE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ALREADY_REDEEMED);
}

/* BED_NOW is 09:00 in Seoul: 15 hours later a day begins there. */
static void asking_again_after_midnight_gives_yesterdays_use_back(void **state)
{
	struct bed *bed = *state;
	struct visit v;

	bed_at(bed, BED_NOW + 15 * BED_HOUR - 400);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
	bed_pass_time(bed, 800);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
	assert_int_equal(bed_number(bed, COUNT("counter")), 2);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void a_live_code_whose_answer_was_lost_is_good_after_midnight(
    void **state)
{
	struct bed *bed = *state;
	struct visit v;

	bed_at(bed, BED_NOW + 15 * BED_HOUR - 400);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	v.live = true;
	v.iat = (uint64_t)bed_now(bed) / 1000;
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
	bed_pass_time(bed, 800);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	v.live = true;
	v.iat = (uint64_t)(bed_now(bed) - 800) / 1000;
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
}

static void a_question_beside_an_open_one_is_not_asking_again(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_ask(bed, &v);
	bed_pass_time(bed, 799);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ALREADY_REDEEMED);
}

static void a_forged_copy_of_a_pass_gives_nothing_back(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_ask(bed, &v);
	bed_pass_time(bed, BED_MINUTE);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	v.forged = true;
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_BAD_SIGNATURE);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void a_limit_that_is_lowered_makes_no_conflicts(void **state)
{
	struct bed *bed = *state;
	struct visit v;
	struct reply r;

	for (int i = 0; i < 3; i++) {
		v = bed_visit(bed, 0, 1, BED_THRICE);
		bed_redeem(bed, &v);
	}
	bed_set_limit(bed, BED_THRICE, 1);
	v = bed_visit(bed, 0, 1, BED_THRICE);
	r = bed_ask(bed, &v);
	bed_assert_verdict(r, VERDICT_ALREADY_REDEEMED);
	assert_int_equal(r.answer.limit, 1);
	assert_int_equal(r.answer.uses, 3);
	bed_set_limit(bed, BED_THRICE, 4);
	v = bed_visit(bed, 0, 1, BED_THRICE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
	bed_set_limit(bed, BED_THRICE, 1);
	assert_int_equal(bed_operator_reversal(bed, &v), VERDICT_REVERSED);
	v = bed_visit(bed, 0, 1, BED_THRICE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ALREADY_REDEEMED);
	assert_int_equal(bed_number(bed, COUNT("conflict")), 0);
}

static void a_confirmed_use_is_not_given_back_by_asking_again(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_redeem(bed, &v);
	bed_pass_time(bed, BED_HOUR);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ALREADY_REDEEMED);
}

static void a_void_answer_told_after_all_counts_as_a_conflict(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE), w;
	struct reply r = bed_ask(bed, &v);
	struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED, &r.answer);
	struct item_result told;

	bed_pass_time(bed, BED_MINUTE);
	bed_send(bed, 0, NULL, 0, true);
	w = bed_visit(bed, 2, 1, BED_ONCE);
	bed_redeem(bed, &w);
	bed_pass_time(bed, BED_MINUTE);
	told = bed_send_one(bed, &p);
	assert_int_equal(told.result, VERDICT_ACCEPTED);
	assert_int_equal(told.marks, MARK_CONFLICT);
	assert_int_equal(bed_number(bed, USES), 2);
	/* it points at the earliest other one that counts */
	assert_int_equal(bed_number(bed, "SELECT earliest FROM open_conflict"),
	                 2);
	assert_int_equal(bed_number(bed, "SELECT sum(conflicts) FROM total"),
	                 1);
}

static void a_void_answer_told_after_all_just_counts_when_it_may(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r = bed_ask(bed, &v);
	struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED, &r.answer);

	bed_pass_time(bed, BED_MINUTE);
	bed_send(bed, 0, NULL, 0, true);
	assert_int_equal(bed_number(bed, USES), 0);
	assert_int_equal(bed_send_one(bed, &p).marks, 0);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void a_conflict_closes_when_a_use_is_given_back(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE), w;
	struct reply r = bed_ask(bed, &v);
	struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED, &r.answer);

	bed_pass_time(bed, BED_MINUTE);
	bed_send(bed, 0, NULL, 0, true);
	w = bed_visit(bed, 2, 1, BED_ONCE);
	bed_redeem(bed, &w);
	bed_send_one(bed, &p);
	assert_int_equal(bed_operator_reversal(bed, &w), VERDICT_REVERSED);
	assert_int_equal(bed_number(bed, COUNT("open_conflict")), 0);
	assert_int_equal(bed_number(bed, COUNT("conflict")), 1);
	assert_int_equal(bed_send_one(bed, &p).marks, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(an_answer_nobody_was_told_is_void_when_all_is_sent),
	    STORY(a_report_that_brings_the_entry_confirms_the_answer),
	    STORY(a_clock_ahead_gives_up_nothing_early),
	    STORY(asking_again_for_the_same_gives_the_first_use_back),
	    STORY(asking_again_after_midnight_gives_yesterdays_use_back),
	    STORY(a_live_code_whose_answer_was_lost_is_good_after_midnight),
	    STORY(a_question_beside_an_open_one_is_not_asking_again),
	    STORY(a_forged_copy_of_a_pass_gives_nothing_back),
	    STORY(a_limit_that_is_lowered_makes_no_conflicts),
	    STORY(a_confirmed_use_is_not_given_back_by_asking_again),
	    STORY(a_void_answer_told_after_all_counts_as_a_conflict),
	    STORY(a_void_answer_told_after_all_just_counts_when_it_may),
	    STORY(a_conflict_closes_when_a_use_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
