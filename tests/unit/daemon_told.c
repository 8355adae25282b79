/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_told.c: the ledger's rules about what was told, and what it makes of
 * an answer; each as a story at a door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ledgerbed.h"

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
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ACCEPTED);
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
	bed_assert_verdict(r, VERDICT_EXPIRED);
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
	bed_assert_verdict(bed_ask(restored, &v), VERDICT_ACCEPTED);
	assert_int_equal(bed_send_one(restored, &p).marks, 0);
	assert_int_equal(bed_number(restored, USES), 1);
	v = bed_visit(restored, 2, 1, BED_ONCE);
	v.id[0] = 1;
	bed_assert_verdict(bed_ask(restored, &v), VERDICT_ACCEPTED);
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
	bed_assert_verdict(bed_ask_with(bed, &w, &p, 1, &d),
	                   VERDICT_ALREADY_REDEEMED);
	assert_int_equal(d.result[0].result, VERDICT_ACCEPTED);
	assert_int_equal(d.held.seq, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
