/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_purge.c: after its time nobody knows any more which pass an attempt
 * was about; what was redeemed stays, and what is not settled waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledgerbed.h"
#include <string.h>

#include "store_ledger.h"

#define DAY (24 * BED_HOUR)
#define WHOLE "SELECT count(*) FROM attempt WHERE scanned IS NOT NULL"
#define SALTED "SELECT count(*) FROM entry WHERE salt IS NOT NULL"
#define PLACES "SELECT quarantined FROM device"
#define RAW "SELECT count(*) FROM quarantine WHERE length(raw) > 0"

static enum store_result purge(struct store *s, struct ledger_job *job,
                               int64_t now_ms)
{
	enum store_result r;
	bool more = true;

	(void)job;
	do
		r = store_purge(s, now_ms - 60 * DAY, &more);
	while (r == STORE_OK && more);
	return r;
}

static void purge_now(struct bed *bed)
{
	struct call_result r = bed_call(bed, purge);

	assert_false(r.failed);
	assert_int_equal(r.result, STORE_OK);
	bed_check(bed);
}

static void what_leads_to_a_person_goes(void **state)
{
	struct bed *bed = *state;
	struct visit old = bed_visit(bed, 0, 1, BED_ONCE), young;

	old.live = true;
	old.iat = BED_NOW / 1000;
	bed_redeem(bed, &old);
	bed_pass_time(bed, 30 * DAY);
	young = bed_visit(bed, 0, 2, BED_ONCE);
	bed_redeem(bed, &young);
	bed_send(bed, 0, NULL, 0, true);
	bed_pass_time(bed, 29 * DAY);
	purge_now(bed);
	assert_int_equal(bed_number(bed, WHOLE), 2);
	bed_pass_time(bed, 4 * DAY);
	purge_now(bed);
	assert_int_equal(bed_number(bed, WHOLE), 1);
	assert_int_equal(bed_number(bed, SALTED), 1);
	assert_int_equal(bed_number(bed, COUNT("shown")), 0);
	assert_int_equal(bed_number(bed, COUNT("counter")), 1);
	assert_int_equal(bed_number(bed, COUNT("entry")), 2);
	assert_int_equal(bed_number(bed, COUNTED), 2);
	assert_int_equal(bed_number(bed, "SELECT sum(persons) FROM total"), 2);
	bed_pass_time(bed, 60 * DAY);
	purge_now(bed);
	assert_int_equal(bed_number(bed, WHOLE), 0);
	assert_int_equal(bed_number(bed, COUNT("counter")), 0);
}

static void its_answer_stays_and_can_be_repeated(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply first = bed_ask(bed, &v), again;
	struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED, &first.answer);

	bed_pass_time(bed, 61 * DAY);
	purge_now(bed);
	assert_int_equal(bed_number(bed, WHOLE), 0);
	again = bed_ask(bed, &v);
	bed_assert_verdict(again, VERDICT_ACCEPTED);
	assert_true(again.answer.stored);
	/* Its entry may come late, and brings nothing back. */
	assert_int_equal(bed_send_one(bed, &p).result, VERDICT_ACCEPTED);
	assert_int_equal(bed_send_one(bed, &p).result, VERDICT_ACCEPTED);
	assert_int_equal(bed_number(bed, SALTED), 0);
	assert_int_equal(bed_number(bed, COUNTED), 1);
}

static void a_kiosk_takes_nothing_back_then_an_operator_does(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct paper p;

	bed_redeem(bed, &v);
	p = bed_write_reversal(bed, 0, &v);
	bed_pass_time(bed, 61 * DAY);
	purge_now(bed);
	assert_int_equal(bed_send_one(bed, &p).result,
	                 VERDICT_NOTHING_TO_REVERSE);
	assert_int_equal(bed_operator_reversal(bed, &v), VERDICT_REVERSED);
	assert_int_equal(bed_number(bed, COUNTED), 0);
	assert_int_equal(bed_number(bed, "SELECT sum(persons) FROM total"), 0);
	assert_int_equal(bed_number(bed, "SELECT sum(reversed) FROM total"), 1);
}

static void once_in_a_lifetime_outlives_it(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_EVER);

	bed_redeem(bed, &v);
	bed_pass_time(bed, 61 * DAY);
	purge_now(bed);
	assert_int_equal(bed_number(bed, WHOLE), 0);
	v = bed_visit(bed, 0, 1, BED_EVER);
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ALREADY_REDEEMED);
	/* Until its pass has been invalid for as long. */
	bed_pass_time(bed, 30 * 365 * DAY);
	purge_now(bed);
	assert_int_equal(bed_number(bed, COUNT("counter")), 0);
}

/* The paper changes, the resident's limit does not: also when all that came of
 * the new paper was a refusal. */
static void once_in_a_lifetime_outlives_a_pass_issued_anew(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_EVER);

	bed_redeem(bed, &v);
	v = bed_visit(bed, 0, 1, BED_EVER);
	v.exp_later_s = 3650 * 86400;
	bed_assert_verdict(bed_ask(bed, &v), VERDICT_ALREADY_REDEEMED);
	bed_pass_time(bed, 11 * 365 * DAY); /* the first one's end, and more */
	purge_now(bed);
	assert_int_equal(bed_number(bed, COUNT("counter")), 1);
	bed_pass_time(bed, 10 * 365 * DAY);
	purge_now(bed);
	assert_int_equal(bed_number(bed, COUNT("counter")), 0);
}

static void what_is_disputed_waits(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct paper p = bed_write(bed, &v, VERDICT_ACCEPTED, NULL);

	assert_int_equal(bed_send_one(bed, &p).marks, MARK_DISPUTED);
	bed_pass_time(bed, 100 * DAY);
	purge_now(bed);
	purge_now(bed);
	assert_int_equal(bed_number(bed, WHOLE), 1);
	assert_int_equal(bed_number(bed, SALTED), 1);
	assert_int_equal(bed_number(bed, COUNT("purge_kept")), 1);
}

static void what_is_behind_an_open_gap_waits(void **state)
{
	struct bed *bed = *state;
	struct visit a = bed_visit(bed, 0, 1, BED_ONCE), b;
	struct reply ra = bed_ask(bed, &a), rb;
	struct paper papers[2];

	papers[0] = bed_write(bed, &a, VERDICT_ACCEPTED, &ra.answer);
	b = bed_visit(bed, 0, 2, BED_ONCE);
	rb = bed_ask(bed, &b);
	papers[1] = bed_write(bed, &b, VERDICT_ACCEPTED, &rb.answer);
	/* The second alone; the report says that the first is to come. */
	bed_send(bed, 0, &papers[1], 1, false);
	bed_pass_time(bed, 61 * DAY);
	purge_now(bed);
	assert_int_equal(bed_number(bed, SALTED), 1);
	assert_int_equal(bed_number(bed, WHOLE), 1);
	assert_int_equal(bed_send(bed, 0, papers, 1, true).result[0].result,
	                 VERDICT_ACCEPTED);
	purge_now(bed);
	assert_int_equal(bed_number(bed, SALTED), 0);
	assert_int_equal(bed_number(bed, WHOLE), 0);
}

static void conflicts_wait_until_they_are_closed(void **state)
{
	struct bed *bed = *state;
	struct visit a = bed_visit(bed, 0, 1, BED_ONCE), b;
	struct reply ra = bed_ask(bed, &a);
	struct paper pa = bed_write(bed, &a, VERDICT_ACCEPTED, &ra.answer);

	/* a's answer is given up, b is let in, and then a was told after all */
	bed_pass_time(bed, BED_MINUTE);
	bed_send(bed, 0, NULL, 0, true);
	b = bed_visit(bed, 2, 1, BED_ONCE);
	bed_redeem(bed, &b);
	bed_send(bed, 2, NULL, 0, true);
	bed_pass_time(bed, BED_MINUTE);
	assert_int_equal(bed_send_one(bed, &pa).marks & MARK_CONFLICT,
	                 MARK_CONFLICT);
	bed_pass_time(bed, 100 * DAY);
	purge_now(bed);
	assert_int_equal(bed_number(bed, WHOLE), 2);
	assert_int_equal(bed_operator_reversal(bed, &b), VERDICT_REVERSED);
	purge_now(bed);
	purge_now(bed);
	assert_int_equal(bed_number(bed, WHOLE), 0);
	/* The conflict is still told of, but not whose it was. */
	assert_int_equal(bed_number(bed, COUNT("conflict")), 1);
	assert_int_equal(bed_number(bed, "SELECT length(pass) < 16"
	                                 " FROM counter"), 1);
}

/* What is counted follows at once. */
static enum store_result purge_and_count(struct store *s,
                                         struct ledger_job *job, int64_t now_ms)
{
	int64_t before, after;

	if (store_quarantine_count(s, &before) != STORE_OK ||
	    purge(s, job, now_ms) != STORE_OK ||
	    store_quarantine_count(s, &after) != STORE_OK)
		return STORE_FAILED;
	return before == QUARANTINE_PER_KIOSK_MAX && after == 1 ? STORE_OK
	                                                        : STORE_NONE;
}

static void quarantine_has_room_again_when_its_time_is_over(void **state)
{
	struct bed *bed = *state;
	struct paper p = {.kiosk = 0, .n = sizeof(unsigned)};
	unsigned i = 0;

	for (; i < QUARANTINE_PER_KIOSK_MAX - 1; i++) {
		memcpy(p.entry, &i, sizeof i);
		bed_send_one(bed, &p);
	}
	bed_pass_time(bed, 59 * DAY);
	memcpy(p.entry, &i, sizeof i);
	assert_int_equal(bed_send_one(bed, &p).marks, MARK_QUARANTINED);
	i++;
	memcpy(p.entry, &i, sizeof i);
	assert_int_equal(bed_send_one(bed, &p).marks, 0); /* full */
	bed_pass_time(bed, 2 * DAY);
	assert_int_equal(bed_call(bed, purge_and_count).result, STORE_OK);
	purge_now(bed);
	assert_int_equal(bed_number(bed, PLACES), 1);
	assert_int_equal(bed_number(bed, RAW), 1);
	assert_int_equal(bed_send_one(bed, &p).marks, MARK_QUARANTINED);
	assert_int_equal(bed_number(bed, PLACES), 2);
	/* Sent again: it is known, and takes no place. */
	i = 0;
	memcpy(p.entry, &i, sizeof i);
	assert_int_equal(bed_send_one(bed, &p).marks, MARK_QUARANTINED);
	assert_int_equal(bed_number(bed, PLACES), 2);
}

static void many_go_in_steps(void **state)
{
	struct bed *bed = *state;

	for (unsigned i = 0; i < 1100; i++) {
		struct visit v = bed_visit(bed, 0, i, BED_ONCE);

		bed_ask(bed, &v);
	}
	bed_pass_time(bed, 61 * DAY);
	purge_now(bed);
	assert_int_equal(bed_number(bed, WHOLE), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    STORY(what_leads_to_a_person_goes),
	    STORY(its_answer_stays_and_can_be_repeated),
	    STORY(a_kiosk_takes_nothing_back_then_an_operator_does),
	    STORY(once_in_a_lifetime_outlives_it),
	    STORY(once_in_a_lifetime_outlives_a_pass_issued_anew),
	    STORY(what_is_disputed_waits),
	    STORY(what_is_behind_an_open_gap_waits),
	    STORY(conflicts_wait_until_they_are_closed),
	    STORY(quarantine_has_room_again_when_its_time_is_over),
	    STORY(many_go_in_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
