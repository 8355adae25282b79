/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_ledger.c: the ledger's rules about questions, each as a story at a
 * door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ledgerbed.h"

static void an_accept_counts_at_once(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r = bed_ask(bed, &v);

	bed_assert_verdict(r, VERDICT_ACCEPTED);
	assert_false(r.answer.stored);
	assert_int_equal(r.answer.uses, 1);
	assert_int_equal(r.answer.limit, 1);
	assert_true(r.answer.has_price);
	assert_int_equal(r.answer.price.list, 10000);
	assert_int_equal(r.answer.price.discount, 2000);
	assert_int_equal(r.answer.price.price, 8000);
	assert_int_equal(r.answer.service_ms, BED_NOW);
	assert_true(r.answer.has_grant);
	assert_int_equal(bed_number(bed, USES), 1);
	assert_int_equal(
	    bed_number(bed, "SELECT counting FROM total WHERE verdict = 1"), 1);
}

static void the_second_use_hears_when_and_where_the_first_was(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r;

	bed_redeem(bed, &v);
	bed_pass_time(bed, BED_HOUR);
	v = bed_visit(bed, 2, 1, BED_ONCE);
	r = bed_ask(bed, &v);
	bed_assert_verdict(r, VERDICT_ALREADY_REDEEMED);
	assert_true(r.answer.has_first_use);
	assert_int_equal(r.answer.first_use_ms, BED_NOW);
	assert_string_equal(r.answer.first_use_facility, "museum");
	assert_int_equal(r.answer.uses, 1);
	assert_false(r.answer.has_price);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void a_limit_of_three_gives_three_at_each_facility(void **state)
{
	struct bed *bed = *state;

	for (unsigned kiosk = 0; kiosk <= 2; kiosk += 2)
		for (int i = 0; i < 5; i++) {
			struct visit v = bed_visit(bed, kiosk, 1, BED_THRICE);

			bed_assert_verdict(bed_redeem(bed, &v),
			                   i < 3 ? VERDICT_ACCEPTED
			                         : VERDICT_LIMIT_REACHED);
		}
	assert_int_equal(bed_number(bed, USES), 6);
}

static void a_question_asked_again_gets_the_stored_answer(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply first = bed_ask(bed, &v), again;

	for (int i = 0; i < 50; i++) {
		bed_pass_time(bed, BED_MINUTE);
		again = bed_ask(bed, &v);
		assert_true(again.answer.stored);
		again.answer.stored = false;
		assert_memory_equal(&first.answer, &again.answer,
		                    sizeof first.answer);
	}
	assert_int_equal(bed_number(bed, COUNT("attempt")), 1);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void a_refusal_asked_again_is_the_same_refusal(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE), w;
	struct reply first, again;

	bed_redeem(bed, &v);
	w = bed_visit(bed, 2, 1, BED_ONCE);
	first = bed_ask(bed, &w);
	assert_int_equal(bed_operator_reversal(bed, &v), VERDICT_REVERSED);
	again = bed_ask(bed, &w);
	again.answer.stored = false;
	assert_memory_equal(&first.answer, &again.answer, sizeof first.answer);
}

static void an_id_with_another_question_is_reused_and_flagged(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE), other = v;

	bed_ask(bed, &v);
	other.pass = 2;
	bed_assert_verdict(bed_ask(bed, &other), VERDICT_ID_REUSED);
	other = v;
	other.list = 9000;
	bed_assert_verdict(bed_ask(bed, &other), VERDICT_ID_REUSED);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
	assert_int_equal(bed_number(bed, "SELECT flags FROM attempt"), 1);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void ids_of_two_kiosks_do_not_meet(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE), w = v;

	w.kiosk = 1;
	w.pass = 2;
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
	bed_assert_verdict(bed_ask(bed, &w), VERDICT_ACCEPTED);
}

static void a_question_whose_time_ran_out_uses_nothing(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_assert_verdict(bed_ask_until(bed, &v, BED_NOW - 1), VERDICT_NONE);
	assert_int_equal(bed_number(bed, COUNT("attempt")), 0);
	bed_assert_verdict(bed_ask_until(bed, &v, BED_NOW), VERDICT_ACCEPTED);
}

static void a_kiosk_that_is_not_active_is_not_judged(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_set_state(bed, 0, DEVICE_REVOKED);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_DEVICE_REVOKED);
	bed_set_state(bed, 0, DEVICE_ROLLED);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_DEVICE_UNKNOWN);
	assert_int_equal(bed_number(bed, COUNT("attempt")), 0);
}

/* It would book, and redeem, what is another place's. */
static void a_kiosk_speaks_for_its_own_facility_alone(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r;

	v.elsewhere = true;
	r = bed_ask(bed, &v);
	/* of before it was moved: no reason to refuse the visitor */
	assert_int_equal(r.answer.verdict, VERDICT_BUNDLE_STALE);
	assert_int_equal(bed_number(bed, COUNTED), 0);
	/* what is final is final in any place */
	v = bed_visit(bed, 0, 1, BED_ONCE);
	v.elsewhere = v.forged = true;
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_BAD_SIGNATURE);
	/* nor by its own word */
	v = bed_visit(bed, 0, 2, BED_ONCE);
	v.elsewhere = true;
	{
		struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED, NULL);

		assert_int_equal(bed_send_one(bed, &p).marks, MARK_DISPUTED);
	}
	assert_int_equal(bed_number(bed, COUNTED), 0);
}

static void a_refused_code_is_kept_and_uses_nothing(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	v.no_code = true;
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_UNKNOWN_FORMAT);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	v.forged = true;
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_BAD_SIGNATURE);
	v = bed_visit(bed, 0, 1, BED_UNKNOWN);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_BENEFIT_UNKNOWN);
	assert_int_equal(bed_number(bed, COUNT("attempt")), 3);
	assert_int_equal(bed_number(bed, USES), 0);
	/* What nobody signed stands in no issuer's figures. */
	assert_int_equal(bed_number(bed, COUNT("total") " WHERE issuer <> ''"),
	                 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(an_accept_counts_at_once),
	    STORY(the_second_use_hears_when_and_where_the_first_was),
	    STORY(a_limit_of_three_gives_three_at_each_facility),
	    STORY(a_question_asked_again_gets_the_stored_answer),
	    STORY(a_refusal_asked_again_is_the_same_refusal),
	    STORY(an_id_with_another_question_is_reused_and_flagged),
	    STORY(ids_of_two_kiosks_do_not_meet),
	    STORY(a_question_whose_time_ran_out_uses_nothing),
	    STORY(a_kiosk_that_is_not_active_is_not_judged),
	    STORY(a_kiosk_speaks_for_its_own_facility_alone),
	    STORY(a_refused_code_is_kept_and_uses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
