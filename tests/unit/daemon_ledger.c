/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_ledger.c: the ledger's rules about questions, entries and limits,
 * each as a story at a door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ledgerbed.h"

#define COUNT(table) "SELECT count(*) FROM " table
#define USES "SELECT coalesce(sum(uses), 0) FROM counter"
#define COUNTED "SELECT coalesce(sum(counts), 0) FROM attempt"

static int open_bed(void **state)
{
	*state = bed_open();
	return 0;
}

/* Whatever a story did, everything adds up at its end. */
static int close_bed(void **state)
{
	bed_check(*state);
	bed_close(*state);
	return 0;
}

static void assert_verdict(struct reply r, enum verdict v)
{
	assert_false(r.failed);
	assert_string_equal(verdict_name(r.answer.verdict), verdict_name(v));
}

static void an_accept_counts_at_once(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r = bed_ask(bed, &v);

	assert_verdict(r, VERDICT_ACCEPTED);
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
	assert_verdict(r, VERDICT_ALREADY_REDEEMED);
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

			assert_verdict(bed_redeem(bed, &v),
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
	assert_verdict(bed_ask(bed, &other), VERDICT_ID_REUSED);
	other = v;
	other.list = 9000;
	assert_verdict(bed_ask(bed, &other), VERDICT_ID_REUSED);
	assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
	assert_int_equal(bed_number(bed, "SELECT flags FROM attempt"), 1);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void ids_of_two_kiosks_do_not_meet(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE), w = v;

	w.kiosk = 1;
	w.pass = 2;
	assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
	assert_verdict(bed_ask(bed, &w), VERDICT_ACCEPTED);
}

static void a_question_whose_time_ran_out_uses_nothing(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	assert_verdict(bed_ask_until(bed, &v, BED_NOW - 1), VERDICT_NONE);
	assert_int_equal(bed_number(bed, COUNT("attempt")), 0);
	assert_verdict(bed_ask_until(bed, &v, BED_NOW), VERDICT_ACCEPTED);
}

static void a_kiosk_that_is_not_active_is_not_judged(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_set_state(bed, 0, DEVICE_REVOKED);
	assert_verdict(bed_ask(bed, &v), VERDICT_DEVICE_REVOKED);
	bed_set_state(bed, 0, DEVICE_ROLLED);
	assert_verdict(bed_ask(bed, &v), VERDICT_DEVICE_UNKNOWN);
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
	assert_int_equal(r.answer.verdict, VERDICT_BENEFIT_NOT_HERE);
	assert_int_equal(bed_number(bed, COUNTED), 0);
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
	assert_verdict(bed_ask(bed, &v), VERDICT_UNKNOWN_FORMAT);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	v.forged = true;
	assert_verdict(bed_ask(bed, &v), VERDICT_BAD_SIGNATURE);
	v = bed_visit(bed, 0, 1, BED_UNKNOWN);
	assert_verdict(bed_ask(bed, &v), VERDICT_BENEFIT_UNKNOWN);
	assert_int_equal(bed_number(bed, COUNT("attempt")), 3);
	assert_int_equal(bed_number(bed, USES), 0);
	/* What nobody signed stands in no issuer's figures. */
	assert_int_equal(bed_number(bed, COUNT("total") " WHERE issuer <> ''"),
	                 1);
}

static void told_is_what_reports_go_by(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r = bed_ask(bed, &v);
	struct paper p = bed_write(bed, &v, VERDICT_JOURNAL_FAILED, &r.answer);
	struct item_result told = bed_send_one(bed, &p);

	assert_int_equal(told.result, VERDICT_JOURNAL_FAILED);
	assert_int_equal(bed_number(bed, USES), 0);
	assert_int_equal(bed_number(bed, "SELECT sum(counting) FROM total"), 0);
	assert_int_equal(bed_number(bed, "SELECT attempts FROM total"
	                                 " WHERE verdict = 102"),
	                 1);
	/* the use is free for somebody else's scan */
	v = bed_visit(bed, 2, 1, BED_ONCE);
	assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
}

static void an_entry_sent_often_is_one_record(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r = bed_ask(bed, &v);
	struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED, &r.answer);

	for (int i = 0; i < 50; i++)
		assert_int_equal(bed_send_one(bed, &p).result,
		                 VERDICT_ACCEPTED);
	assert_int_equal(bed_number(bed, COUNT("entry")), 1);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void other_bytes_under_an_entrys_id_are_reused_and_flagged(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r = bed_ask(bed, &v);
	struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED, &r.answer);
	struct paper other = bed_write(bed, &v, VERDICT_EXPIRED, NULL);
	struct item_result told;

	bed_send_one(bed, &p);
	told = bed_send_one(bed, &other);
	assert_int_equal(told.result, VERDICT_ID_REUSED);
	assert_int_equal(told.marks, MARK_QUARANTINED);
	assert_int_equal(bed_send_one(bed, &p).result, VERDICT_ACCEPTED);
	assert_int_equal(bed_number(bed, "SELECT flags FROM attempt"), 1);
	assert_int_equal(bed_number(bed, COUNT("quarantine") " WHERE kind = 1"),
	                 1);
	assert_int_equal(bed_number(bed, USES), 1);
}

static void an_entry_about_another_pass_than_was_asked_is_reused(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE), other = v;
	struct reply r = bed_ask(bed, &v);
	struct paper p;

	other.pass = 2;
	p = bed_write(bed, &other, VERDICT_ACCEPTED, &r.answer);
	assert_int_equal(bed_send_one(bed, &p).result, VERDICT_ID_REUSED);
	other = v;
	other.party = 3;
	p = bed_write(bed, &other, VERDICT_ACCEPTED, &r.answer);
	assert_int_equal(bed_send_one(bed, &p).result, VERDICT_ID_REUSED);
	assert_int_equal(bed_number(bed, COUNT("entry")), 0);
}

static void a_question_after_its_entry_hears_what_was_told(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct paper p = bed_write(bed, &v, VERDICT_EXPIRED, NULL);
	struct reply r;

	bed_send_one(bed, &p);
	r = bed_ask(bed, &v);
	assert_verdict(r, VERDICT_EXPIRED);
	assert_true(r.answer.stored);
	assert_false(r.answer.has_grant);
	assert_int_equal(bed_number(bed, COUNT("attempt")), 1);
}

static void an_accept_told_without_a_grant_is_disputed(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED_OFFLINE, NULL);
	struct item_result told = bed_send_one(bed, &p);

	assert_int_equal(told.result, VERDICT_ACCEPTED_OFFLINE);
	assert_int_equal(told.marks, MARK_DISPUTED);
	assert_int_equal(bed_number(bed, USES), 0);
	assert_int_equal(bed_number(bed, "SELECT coalesce(sum(attempts), 0)"
	                                 " FROM total"),
	                 0);
	assert_int_equal(bed_number(bed, "SELECT judgement FROM attempt"), 4);
}

static void a_grant_for_a_refusal_makes_no_accept(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct paper p;
	struct reply r;

	v.forged = true;
	r = bed_ask(bed, &v);
	assert_true(r.answer.has_grant);
	p = bed_write(bed, &v, VERDICT_ACCEPTED, &r.answer);
	assert_int_equal(bed_send_one(bed, &p).marks, MARK_DISPUTED);
	assert_int_equal(bed_number(bed, USES), 0);
}

static void a_grant_of_another_kiosk_or_id_is_none(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct visit w = bed_visit(bed, 0, 2, BED_ONCE);
	struct visit x = v;
	struct reply r = bed_ask(bed, &v);
	struct paper p = bed_write(bed, &w, VERDICT_ACCEPTED, &r.answer);

	assert_int_equal(bed_send_one(bed, &p).marks, MARK_DISPUTED);
	x.kiosk = 1;
	p = bed_write(bed, &x, VERDICT_ACCEPTED, &r.answer);
	assert_int_equal(bed_send_one(bed, &p).marks, MARK_DISPUTED);
}

static void a_granted_entry_counts_though_the_answer_is_lost(void **state)
{
	struct bed *bed = *state, *restored;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r = bed_ask(bed, &v);
	struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED, &r.answer);

	/* a store from before the answer, with the same keys */
	restored = bed_open();
	bed_pass_time(restored, BED_HOUR * 30);
	assert_int_equal(bed_send_one(restored, &p).result, VERDICT_ACCEPTED);
	assert_int_equal(bed_number(restored, USES), 1);
	/* it counts when it was granted, not when it came */
	assert_int_equal(bed_number(restored, "SELECT effective_ms"
	                                      " FROM attempt"),
	                 BED_NOW);
	assert_int_equal(bed_number(restored, "SELECT online FROM attempt"), 1);
	bed_check(restored);
	bed_close(restored);
}

static void a_use_moves_to_the_day_that_it_was_granted_for(void **state)
{
	struct bed *bed = *state, *restored;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r = bed_ask(bed, &v);
	struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED, &r.answer);

	/* a store from before the answer is asked the same, a day later */
	restored = bed_open();
	bed_pass_time(restored, BED_HOUR * 30);
	assert_verdict(bed_ask(restored, &v), VERDICT_ACCEPTED);
	assert_int_equal(bed_send_one(restored, &p).marks, 0);
	assert_int_equal(bed_number(restored, USES), 1);
	v = bed_visit(restored, 2, 1, BED_ONCE);
	v.id[0] = 1;
	assert_verdict(bed_ask(restored, &v), VERDICT_ACCEPTED);
	assert_int_equal(bed_number(restored, USES), 2);
	bed_check(restored);
	bed_close(restored);
}

static void three_times_are_kept(void **state)
{
	struct bed *bed = *state;
	struct visit v;
	struct paper p;

	bed_kiosk_ahead(bed, 0, 5 * BED_MINUTE, true);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	p = bed_write(bed, &v, VERDICT_EXPIRED, NULL);
	bed_pass_time(bed, BED_HOUR);
	bed_send_one(bed, &p);
	assert_int_equal(bed_number(bed, "SELECT at_ms FROM attempt"),
	                 BED_NOW + 5 * BED_MINUTE);
	assert_int_equal(bed_number(bed, "SELECT effective_ms FROM attempt"),
	                 BED_NOW);
	assert_int_equal(bed_number(bed, "SELECT received_ms FROM attempt"),
	                 BED_NOW + BED_HOUR);
}

static void an_ask_brings_the_entries_before_it(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE), w;
	struct reply r = bed_ask(bed, &v);
	struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED, &r.answer);
	struct delivery d;

	bed_pass_time(bed, BED_HOUR);
	w = bed_visit(bed, 0, 1, BED_ONCE);
	assert_verdict(bed_ask_with(bed, &w, &p, 1, &d),
	               VERDICT_ALREADY_REDEEMED);
	assert_int_equal(d.result[0].result, VERDICT_ACCEPTED);
	assert_int_equal(d.held.seq, 1);
}

/* ---------------------------------------------------------- unconfirmed */

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
	assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
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
	assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
	assert_int_equal(bed_number(bed, USES), 1);
	/* another kiosk knows nothing of that */
	bed_pass_time(bed, BED_MINUTE);
	v = bed_visit(bed, 1, 1, BED_ONCE);
	assert_verdict(bed_ask(bed, &v), VERDICT_ALREADY_REDEEMED);
}

static void a_question_beside_an_open_one_is_not_asking_again(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_ask(bed, &v);
	bed_pass_time(bed, 799);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	assert_verdict(bed_ask(bed, &v), VERDICT_ALREADY_REDEEMED);
}

static void a_forged_copy_of_a_pass_gives_nothing_back(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_ask(bed, &v);
	bed_pass_time(bed, BED_MINUTE);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	v.forged = true;
	assert_verdict(bed_ask(bed, &v), VERDICT_BAD_SIGNATURE);
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
	assert_verdict(r, VERDICT_ALREADY_REDEEMED);
	assert_int_equal(r.answer.limit, 1);
	assert_int_equal(r.answer.uses, 3);
	bed_set_limit(bed, BED_THRICE, 4);
	v = bed_visit(bed, 0, 1, BED_THRICE);
	assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
	bed_set_limit(bed, BED_THRICE, 1);
	assert_int_equal(bed_operator_reversal(bed, &v), VERDICT_REVERSED);
	v = bed_visit(bed, 0, 1, BED_THRICE);
	assert_verdict(bed_ask(bed, &v), VERDICT_ALREADY_REDEEMED);
	assert_int_equal(bed_number(bed, COUNT("conflict")), 0);
}

static void a_confirmed_use_is_not_given_back_by_asking_again(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	bed_redeem(bed, &v);
	bed_pass_time(bed, BED_HOUR);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	assert_verdict(bed_ask(bed, &v), VERDICT_ALREADY_REDEEMED);
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
	assert_verdict(bed_redeem(bed, &v), VERDICT_ACCEPTED);
	v = bed_visit(bed, kiosk, kiosk, benefit);
	assert_verdict(bed_redeem(bed, &v), VERDICT_ALREADY_REDEEMED);
	bed_at(bed, midnight_ms);
	v = bed_visit(bed, kiosk, kiosk, benefit);
	assert_verdict(bed_redeem(bed, &v), VERDICT_ACCEPTED);
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

	assert_verdict(bed_redeem(bed, &v), VERDICT_ACCEPTED);
	bed_pass_time(bed, 3 * 366 * 24 * BED_HOUR);
	v = bed_visit(bed, 2, 1, BED_EVER);
	assert_verdict(bed_redeem(bed, &v), VERDICT_ALREADY_REDEEMED);
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

	assert_verdict(bed_redeem(bed, &v), VERDICT_ACCEPTED);
	v = live_visit(bed, 0, BED_THRICE);
	assert_verdict(bed_ask(bed, &v), VERDICT_PRESENTATION_STALE);
	v = live_visit(bed, 2, BED_THRICE);
	assert_verdict(bed_ask(bed, &v), VERDICT_PRESENTATION_STALE);
	v = live_visit(bed, 0, BED_THRICE);
	v.iat++;
	assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
}

static void a_presentation_seen_at_another_kiosk_is_stale(void **state)
{
	struct bed *bed = *state;
	struct visit v = live_visit(bed, 0, BED_THRICE);

	assert_verdict(bed_redeem(bed, &v), VERDICT_ACCEPTED);
	v = live_visit(bed, 1, BED_ONCE);
	assert_verdict(bed_ask(bed, &v), VERDICT_PRESENTATION_STALE);
	/* and now it was seen there */
	v = live_visit(bed, 0, BED_EVER);
	assert_verdict(bed_ask(bed, &v), VERDICT_PRESENTATION_STALE);
}

static void a_presentation_is_good_again_there_for_another_benefit(void **state)
{
	struct bed *bed = *state;
	struct visit v = live_visit(bed, 0, BED_THRICE);

	assert_verdict(bed_redeem(bed, &v), VERDICT_ACCEPTED);
	v = live_visit(bed, 0, BED_ONCE);
	assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
}

static void a_presentation_survives_a_restart_of_the_service(void **state)
{
	struct bed *bed = *state;
	struct visit v = live_visit(bed, 0, BED_THRICE);

	bed_redeem(bed, &v);
	bed_restart(bed);
	v = live_visit(bed, 2, BED_THRICE);
	assert_verdict(bed_ask(bed, &v), VERDICT_PRESENTATION_STALE);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)

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
	    STORY(told_is_what_reports_go_by),
	    STORY(an_entry_sent_often_is_one_record),
	    STORY(other_bytes_under_an_entrys_id_are_reused_and_flagged),
	    STORY(an_entry_about_another_pass_than_was_asked_is_reused),
	    STORY(a_question_after_its_entry_hears_what_was_told),
	    STORY(an_accept_told_without_a_grant_is_disputed),
	    STORY(a_grant_for_a_refusal_makes_no_accept),
	    STORY(a_grant_of_another_kiosk_or_id_is_none),
	    STORY(a_granted_entry_counts_though_the_answer_is_lost),
	    STORY(a_use_moves_to_the_day_that_it_was_granted_for),
	    STORY(three_times_are_kept),
	    STORY(an_ask_brings_the_entries_before_it),
	    STORY(an_answer_nobody_was_told_is_void_when_all_is_sent),
	    STORY(a_report_that_brings_the_entry_confirms_the_answer),
	    STORY(a_clock_ahead_gives_up_nothing_early),
	    STORY(asking_again_for_the_same_gives_the_first_use_back),
	    STORY(a_question_beside_an_open_one_is_not_asking_again),
	    STORY(a_forged_copy_of_a_pass_gives_nothing_back),
	    STORY(a_limit_that_is_lowered_makes_no_conflicts),
	    STORY(a_confirmed_use_is_not_given_back_by_asking_again),
	    STORY(a_void_answer_told_after_all_counts_as_a_conflict),
	    STORY(a_void_answer_told_after_all_just_counts_when_it_may),
	    STORY(a_conflict_closes_when_a_use_is_given_back),
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
