/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_reversal.c: attempts taken back: who may, until when, in what order
 * things may come, and what it gives back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledgerbed.h"

#define RESULT "SELECT result FROM reversal"

static enum verdict reverse(struct bed *bed, unsigned kiosk,
                            const struct visit *of)
{
	struct paper p = bed_write_reversal(bed, kiosk, of);

	return bed_send_one(bed, &p).result;
}

static void a_reversal_gives_the_use_back(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_redeem(bed, &v);
	assert_int_equal(reverse(bed, 0, &v), VERDICT_REVERSED);
	assert_int_equal(bed_number(bed, USES), 0);
	assert_int_equal(bed_number(bed, "SELECT reversed FROM total"), 1);
	assert_int_equal(bed_number(bed, "SELECT persons FROM total"), 0);
	v = bed_visit(bed, 2, 1, BED_ONCE);
	assert_int_equal(bed_ask(bed, &v).answer.verdict, VERDICT_ACCEPTED);
}

static void it_is_given_back_in_its_own_period(void **state)
{
	struct bed *bed = *state;
	struct visit v, w;

	bed_at(bed, BED_NOW + 15 * BED_HOUR - BED_MINUTE);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	bed_redeem(bed, &v);
	bed_pass_time(bed, 2 * BED_MINUTE); /* over midnight */
	w = bed_visit(bed, 0, 1, BED_ONCE);
	bed_redeem(bed, &w);
	assert_int_equal(reverse(bed, 0, &v), VERDICT_REVERSED);
	assert_int_equal(bed_number(bed, USES), 1);
	w = bed_visit(bed, 0, 1, BED_ONCE);
	assert_int_equal(bed_ask(bed, &w).answer.verdict,
	                 VERDICT_ALREADY_REDEEMED);
}

static void a_second_reversal_gives_nothing_back(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE), w;

	bed_redeem(bed, &v);
	assert_int_equal(reverse(bed, 0, &v), VERDICT_REVERSED);
	w = bed_visit(bed, 0, 1, BED_ONCE);
	bed_redeem(bed, &w);
	assert_int_equal(reverse(bed, 0, &v), VERDICT_ALREADY_REVERSED);
	assert_int_equal(bed_operator_reversal(bed, &v),
	                 VERDICT_ALREADY_REVERSED);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void a_reversal_sent_often_is_one(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct paper p;

	bed_redeem(bed, &v);
	p = bed_write_reversal(bed, 0, &v);
	for (int i = 0; i < 10; i++)
		assert_int_equal(bed_send_one(bed, &p).result,
		                 VERDICT_REVERSED);
	assert_int_equal(bed_number(bed, "SELECT count(*) FROM reversal"), 1);
}

static void a_kiosk_of_the_facility_may_for_the_benefits_minutes(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE), w;

	bed_redeem(bed, &v);
	w = bed_visit(bed, 0, 2, BED_ONCE);
	bed_redeem(bed, &w);
	bed_pass_time(bed, 30 * BED_MINUTE);
	assert_int_equal(reverse(bed, 1, &v), VERDICT_REVERSED);
	bed_pass_time(bed, 1);
	assert_int_equal(reverse(bed, 0, &w), VERDICT_REVERSAL_NOT_ALLOWED);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void a_late_upload_of_a_timely_reversal_is_timely(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct paper p;

	bed_redeem(bed, &v);
	bed_pass_time(bed, BED_MINUTE);
	p = bed_write_reversal(bed, 0, &v);
	bed_pass_time(bed, 20 * BED_HOUR);
	assert_int_equal(bed_send_one(bed, &p).result, VERDICT_REVERSED);
}

static void another_facility_may_not(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_redeem(bed, &v);
	assert_int_equal(reverse(bed, 2, &v), VERDICT_REVERSAL_NOT_ALLOWED);
	assert_int_equal(bed_number(bed, USES), 1);
}

/* Moved, or said where it was not: it is its own all the same. */
static void a_kiosk_that_was_moved_takes_back_its_own_alone(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE), w;

	bed_redeem(bed, &v);
	w = bed_visit(bed, 1, 2, BED_ONCE);
	bed_redeem(bed, &w);
	bed_move(bed, 0);
	assert_int_equal(reverse(bed, 0, &w), VERDICT_REVERSAL_NOT_ALLOWED);
	assert_int_equal(reverse(bed, 0, &v), VERDICT_REVERSED);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void no_kiosk_may_when_the_benefit_says_so(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_EVER);

	bed_redeem(bed, &v);
	assert_int_equal(reverse(bed, 0, &v), VERDICT_REVERSAL_NOT_ALLOWED);
	assert_int_equal(bed_operator_reversal(bed, &v), VERDICT_REVERSED);
}

static void an_operator_may_at_any_time(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_redeem(bed, &v);
	bed_pass_time(bed, 300 * 24 * BED_HOUR);
	assert_int_equal(bed_operator_reversal(bed, &v), VERDICT_REVERSED);
	assert_int_equal(bed_number(bed, USES), 0);
	assert_int_equal(bed_number(bed, "SELECT count(*) FROM reversal"
	                                 " WHERE operator = 'minji'"),
	                 1);
}

static void a_refused_attempt_has_nothing_to_reverse(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct paper p = bed_write(bed, &v, VERDICT_EXPIRED, NULL);

	bed_send_one(bed, &p);
	assert_int_equal(reverse(bed, 0, &v), VERDICT_NOTHING_TO_REVERSE);
	assert_int_equal(bed_number(bed, "SELECT reversed FROM total"), 0);
}

static void a_reversal_waits_for_its_attempt(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct paper back = bed_write_reversal(bed, 1, &v), p;
	struct reply r;

	assert_int_equal(bed_send_one(bed, &back).result,
	                 VERDICT_REVERSAL_PENDING);
	assert_int_equal(bed_operator_reversal(bed, &v),
	                 VERDICT_REVERSAL_PENDING);
	r = bed_ask(bed, &v);
	assert_int_equal(r.answer.verdict, VERDICT_ACCEPTED);
	p = bed_write(bed, &v, VERDICT_ACCEPTED, &r.answer);
	bed_send_one(bed, &p);
	assert_int_equal(bed_number(bed, USES), 0);
	assert_int_equal(bed_send_one(bed, &back).result, VERDICT_REVERSED);
	assert_int_equal(bed_number(bed, RESULT " WHERE operator IS NOT NULL"),
	                 VERDICT_ALREADY_REVERSED);
}

static void a_waiting_reversal_is_held_to_the_same_rules(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE), w;
	struct paper back = bed_write_reversal(bed, 2, &v);

	bed_send_one(bed, &back);
	bed_redeem(bed, &v);
	assert_int_equal(bed_send_one(bed, &back).result,
	                 VERDICT_REVERSAL_NOT_ALLOWED);
	w = bed_visit(bed, 0, 2, BED_ONCE);
	back = bed_write_reversal(bed, 0, &w);
	bed_send_one(bed, &back);
	bed_pass_time(bed, BED_HOUR);
	bed_redeem(bed, &w);
	assert_int_equal(bed_send_one(bed, &back).result,
	                 VERDICT_REVERSAL_NOT_ALLOWED);
	assert_int_equal(bed_number(bed, USES), 2);
}

static void a_reversal_of_a_refusal_waits_for_what_was_told(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct paper back, p;

	v.forged = true;
	bed_ask(bed, &v);
	back = bed_write_reversal(bed, 0, &v);
	assert_int_equal(bed_send_one(bed, &back).result,
	                 VERDICT_REVERSAL_PENDING);
	p = bed_write(bed, &v, VERDICT_BAD_SIGNATURE, NULL);
	bed_send_one(bed, &p);
	assert_int_equal(bed_send_one(bed, &back).result,
	                 VERDICT_NOTHING_TO_REVERSE);
}

static void a_reversed_void_answer_stays_reversed_when_it_was_told(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r = bed_ask(bed, &v);
	struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED, &r.answer);
	struct paper back = bed_write_reversal(bed, 0, &v);

	bed_pass_time(bed, BED_MINUTE);
	bed_send(bed, 0, NULL, 0, true);
	assert_int_equal(bed_send_one(bed, &back).result,
	                 VERDICT_REVERSAL_PENDING);
	bed_send_one(bed, &p);
	assert_int_equal(bed_send_one(bed, &back).result, VERDICT_REVERSED);
	assert_int_equal(bed_number(bed, USES), 0);
}

static void a_reversal_under_an_attempts_id_is_reused(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE), next;
	struct paper back;

	/* the next id that the bed gives is the one that the kiosk reuses */
	next = bed_visit(bed, 0, 2, BED_ONCE);
	back = bed_write_reversal(bed, 0, &v);
	for (size_t i = 0; i < sizeof next.id; i++)
		next.id[i] = 0;
	next.id[7] = 3; /* the reversal's */
	bed_send_one(bed, &back);
	assert_int_equal(bed_ask(bed, &next).answer.verdict, VERDICT_ID_REUSED);
	back = bed_write(bed, &next, VERDICT_EXPIRED, NULL);
	assert_int_equal(bed_send_one(bed, &back).result, VERDICT_ID_REUSED);
}

static void a_conflict_closes_with_its_own_use(void **state)
{
	struct bed *bed = *state;
	struct visit v[3];
	struct reply r[3];
	struct paper p;

	/* three answers, two of them void before the next; all were told */
	for (int i = 0; i < 3; i++) {
		v[i] = bed_visit(bed, 0, 1, BED_ONCE);
		r[i] = bed_ask(bed, &v[i]);
		assert_int_equal(r[i].answer.verdict, VERDICT_ACCEPTED);
		bed_pass_time(bed, BED_MINUTE);
		bed_send(bed, 0, NULL, 0, true);
	}
	for (int i = 0; i < 3; i++) {
		p = bed_write(bed, &v[i], VERDICT_ACCEPTED, &r[i].answer);
		bed_send_one(bed, &p);
		bed_pass_time(bed, BED_SECOND);
	}
	assert_int_equal(bed_number(bed, USES), 3);
	assert_int_equal(bed_number(bed, "SELECT group_concat(attempt, '') FROM"
	                                 " open_conflict"),
	                 23);
	bed_operator_reversal(bed, &v[1]);
	assert_int_equal(bed_number(bed, "SELECT attempt FROM open_conflict"),
	                 3);
	bed_operator_reversal(bed, &v[0]);
	assert_int_equal(bed_number(bed, "SELECT count(*) FROM open_conflict"),
	                 0);
	assert_int_equal(bed_number(bed, "SELECT count(*) FROM conflict"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_reversal_gives_the_use_back),
	    STORY(it_is_given_back_in_its_own_period),
	    STORY(a_second_reversal_gives_nothing_back),
	    STORY(a_reversal_sent_often_is_one),
	    STORY(a_kiosk_of_the_facility_may_for_the_benefits_minutes),
	    STORY(a_late_upload_of_a_timely_reversal_is_timely),
	    STORY(another_facility_may_not),
	    STORY(a_kiosk_that_was_moved_takes_back_its_own_alone),
	    STORY(no_kiosk_may_when_the_benefit_says_so),
	    STORY(an_operator_may_at_any_time),
	    STORY(a_refused_attempt_has_nothing_to_reverse),
	    STORY(a_reversal_waits_for_its_attempt),
	    STORY(a_waiting_reversal_is_held_to_the_same_rules),
	    STORY(a_reversal_of_a_refusal_waits_for_what_was_told),
	    STORY(a_reversed_void_answer_stays_reversed_when_it_was_told),
	    STORY(a_reversal_under_an_attempts_id_is_reused),
	    STORY(a_conflict_closes_with_its_own_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
