/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_chain.c: what the ledger holds of a kiosk's chain of entries, what it
 * says about gaps and forks, and what it puts into quarantine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ledgerbed.h"
#include "order.h"

/* Entries that tell refusals: nothing but their place matters here. */
static void write_some(struct bed *bed, struct paper *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct visit v = bed_visit(bed, 0, (unsigned)i, BED_ONCE);

		p[i] = bed_write(bed, &v, VERDICT_EXPIRED, NULL);
	}
}

static struct held send(struct bed *bed, const struct paper *p)
{
	return bed_send(bed, p->kiosk, p, 1, false).held;
}

static void assert_hash_of(const struct held *held, const struct paper *p)
{
	uint8_t hash[32];

	entry_hash(bytes_of(p->entry, p->n), hash);
	assert_memory_equal(held->hash, hash, sizeof hash);
}

static void a_kiosk_that_sent_nothing_has_nothing_held(void **state)
{
	static const uint8_t none[32];
	struct delivery d = bed_send(*state, 0, NULL, 0, true);

	assert_int_equal(d.held.seq, 0);
	assert_int_equal(d.held.count, 0);
	assert_memory_equal(d.held.hash, none, sizeof none);
}

static void entries_in_order_are_held_to_the_last(void **state)
{
	struct bed *bed = *state;
	struct paper p[3];
	struct delivery d;

	write_some(bed, p, 3);
	d = bed_send(bed, 0, p, 3, false);
	assert_int_equal(d.held.seq, 3);
	assert_int_equal(d.held.count, 3);
	assert_hash_of(&d.held, &p[2]);
	assert_int_equal(bed_number(bed, COUNT("fork")), 0);
}

static void a_gap_stops_what_is_held_until_it_is_filled(void **state)
{
	struct bed *bed = *state;
	struct paper p[4];
	struct held held;

	write_some(bed, p, 4);
	send(bed, &p[0]);
	send(bed, &p[3]);
	held = send(bed, &p[2]);
	assert_int_equal(held.seq, 1);
	assert_int_equal(held.count, 3);
	assert_hash_of(&held, &p[0]);
	assert_int_equal(bed_number(bed, COUNT("run")), 2);
	held = send(bed, &p[1]);
	assert_int_equal(held.seq, 4);
	assert_int_equal(held.count, 4);
	assert_hash_of(&held, &p[3]);
	assert_int_equal(bed_number(bed, COUNT("run")), 1);
	assert_int_equal(bed_number(bed, COUNT("fork")), 0);
}

static void any_order_comes_to_the_same(void **state)
{
	static const uint8_t orders[][5] = {
	    {4, 3, 2, 1, 0}, {0, 2, 4, 1, 3}, {3, 1, 4, 2, 0}, {1, 0, 3, 4, 2}};
	struct bed *bed = *state;

	for (unsigned o = 0; o < 4; o++) {
		struct held held = {0};
		struct paper p[5];

		for (unsigned i = 0; i < 5; i++) {
			struct visit v = bed_visit(bed, o, i, BED_ONCE);

			p[i] = bed_write(bed, &v, VERDICT_EXPIRED, NULL);
		}
		for (unsigned i = 0; i < 5; i++)
			held = send(bed, &p[orders[o][i]]);
		assert_int_equal(held.seq, 5);
		assert_int_equal(held.count, 5);
		assert_hash_of(&held, &p[4]);
	}
	assert_int_equal(bed_number(bed, COUNT("fork")), 0);
}

static void two_entries_of_one_seq_are_a_fork_and_both_are_kept(void **state)
{
	struct bed *bed = *state;
	struct paper p[3], clone;
	struct held held;

	write_some(bed, p, 3);
	bed_send(bed, 0, p, 3, false);
	bed_set_chain(bed, 0, 2);
	write_some(bed, &clone, 1);
	held = send(bed, &clone);
	assert_int_equal(held.seq, 3);
	assert_int_equal(held.count, 4);
	assert_hash_of(&held, &p[2]);
	assert_int_equal(bed_number(bed, "SELECT seq FROM fork WHERE kind = 0"),
	                 2);
	assert_int_equal(bed_number(bed, COUNT("attempt")), 4);
}

static void a_wrong_prev_is_a_fork_and_kept(void **state)
{
	struct bed *bed = *state;
	struct paper p[2], q;
	struct held held;

	write_some(bed, p, 2);
	bed_send(bed, 0, p, 2, false);
	bed_set_chain(bed, 0, 3); /* whose prev is zeros */
	write_some(bed, &q, 1);
	held = send(bed, &q);
	assert_int_equal(held.seq, 3);
	assert_int_equal(bed_number(bed, "SELECT seq FROM fork WHERE kind = 1"),
	                 3);
}

static void a_wrong_prev_behind_a_gap_shows_when_it_closes(void **state)
{
	struct bed *bed = *state;
	struct paper p[2], q;

	write_some(bed, p, 2);
	bed_set_chain(bed, 0, 3);
	write_some(bed, &q, 1);
	send(bed, &p[0]);
	send(bed, &q);
	assert_int_equal(bed_number(bed, COUNT("fork")), 0);
	send(bed, &p[1]);
	assert_int_equal(bed_number(bed, "SELECT seq FROM fork WHERE kind = 1"),
	                 3);
}

#define DAY (24 * BED_HOUR)

static enum store_result give_up_old_gaps(struct store *s,
                                          struct ledger_job *job,
                                          int64_t now_ms)
{
	(void)job;
	return order_overdue(s, now_ms);
}

/* One that always has something new, below what is old, holds no other up. */
static void a_gap_of_a_day_is_given_up_at_every_kiosk(void **state)
{
	struct bed *bed = *state;
	struct paper p[2];

	for (unsigned kiosk = 0; kiosk < 4; kiosk += 2) {
		struct visit v = bed_visit(bed, kiosk, kiosk, BED_ONCE);

		bed_set_chain(bed, kiosk, 6);
		p[kiosk / 2] = bed_write(bed, &v, VERDICT_EXPIRED, NULL);
		bed_send_one(bed, &p[kiosk / 2]);
	}
	bed_pass_time(bed, DAY + BED_MINUTE);
	bed_set_chain(bed, 0, 3);
	bed_send(bed, 0, NULL, 0, false);
	bed_set_chain(bed, 0, 9);
	bed_send(bed, 0, NULL, 0, false);
	assert_int_equal(bed_number(bed, COUNT("waiting")), 6);
	assert_false(bed_call(bed, give_up_old_gaps).failed);
	/* what kiosk 0 said of its ninth entry is not of a day ago */
	assert_int_equal(bed_number(bed, "SELECT min(seq) FROM waiting"), 9);
	assert_int_equal(bed_number(bed, COUNT("waiting")), 1);
	assert_int_equal(bed_number(bed, "SELECT min(order_seq) FROM device"),
	                 6);
}

/* Nobody waits for all of it; and it is not forgotten. */
static void what_was_piled_up_behind_a_gap_is_judged_some_at_a_time(void **state)
{
	struct bed *bed = *state;
	struct paper first, p;
	struct delivery out;
	struct visit v = bed_visit(bed, 0, 0, BED_ONCE);

	first = bed_write(bed, &v, VERDICT_EXPIRED, NULL);
	for (int i = 0; i < 3 * ORDER_TURNS_ENTRY; i++) {
		v = bed_visit(bed, 0, 0, BED_ONCE);
		p = bed_write(bed, &v, VERDICT_EXPIRED, NULL);
		bed_ask_with(bed, &v, &p, 1, &out);
	}
	assert_int_equal(bed_number(bed, COUNT("waiting")),
			 3 * ORDER_TURNS_ENTRY);
	v = bed_visit(bed, 0, 0, BED_ONCE);
	bed_ask_with(bed, &v, &first, 1, &out);
	assert_int_equal(bed_number(bed, COUNT("waiting")),
			 2 * ORDER_TURNS_ENTRY);
	bed_send(bed, 0, NULL, 0, false);
	/* the contact that this report is */
	assert_int_equal(bed_number(bed, COUNT("waiting")), 0);
	assert_int_equal(bed_number(bed, "SELECT order_seq FROM device"
					 " WHERE order_seq > 0"),
			 3 * ORDER_TURNS_ENTRY + 1);
}

static void reversals_have_their_place_in_the_chain(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct paper p[2] = {bed_write(bed, &v, VERDICT_EXPIRED, NULL),
	                     bed_write_reversal(bed, 0, &v)};
	struct delivery d = bed_send(bed, 0, p, 2, false);

	assert_int_equal(d.held.seq, 2);
	assert_int_equal(d.held.count, 2);
	assert_hash_of(&d.held, &p[1]);
}

static void a_report_is_remembered(void **state)
{
	struct bed *bed = *state;
	struct paper p[2];

	write_some(bed, p, 2);
	bed_pass_time(bed, BED_SECOND);
	bed_send(bed, 0, p, 2, false);
	assert_int_equal(bed_number(bed, "SELECT reported_ms FROM device"),
	                 BED_NOW + BED_SECOND);
	assert_int_equal(bed_number(bed, "SELECT queue_depth FROM device"), 2);
	assert_int_equal(bed_number(bed, "SELECT next_seq FROM device"), 3);
}

/* ----------------------------------------------------------- quarantine */

static void an_unreadable_item_hides_no_other(void **state)
{
	struct bed *bed = *state;
	struct paper p[3];
	struct delivery d;

	write_some(bed, p, 3);
	p[1].readable = false;
	d = bed_send(bed, 0, p, 3, false);
	assert_int_equal(d.result[0].result, VERDICT_EXPIRED);
	assert_int_equal(d.result[1].result, VERDICT_MALFORMED);
	assert_int_equal(d.result[1].marks, MARK_QUARANTINED);
	assert_int_equal(d.result[1].seq, 0);
	assert_int_equal(d.result[2].result, VERDICT_EXPIRED);
	assert_int_equal(bed_number(bed, COUNT("quarantine")), 1);
	assert_int_equal(d.held.seq, 1);
}

static void a_forged_entry_is_no_record(void **state)
{
	struct bed *bed = *state;
	struct paper p;

	write_some(bed, &p, 1);
	p.authentic = false;
	assert_int_equal(bed_send_one(bed, &p).result, VERDICT_BAD_SIGNATURE);
	p.kiosk = 1; /* another kiosk's, under this one's report */
	p.authentic = true;
	assert_int_equal(bed_send_one(bed, &p).result, VERDICT_BAD_SIGNATURE);
	assert_int_equal(bed_number(bed, COUNT("attempt")), 0);
	p.kiosk = 0;
	assert_int_equal(bed_send_one(bed, &p).result, VERDICT_EXPIRED);
}

static void
an_entry_beside_another_pass_than_it_signs_is_no_record(void **state)
{
	struct bed *bed = *state;
	struct paper p;

	write_some(bed, &p, 1);
	p.committed = false;
	assert_int_equal(bed_send_one(bed, &p).result, VERDICT_MALFORMED);
	p.committed = true;
	assert_int_equal(bed_send_one(bed, &p).result, VERDICT_EXPIRED);
}

static void a_told_retry_is_no_record(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct paper p = bed_write(bed, &v, VERDICT_BUSY, NULL);

	assert_int_equal(bed_send_one(bed, &p).result, VERDICT_MALFORMED);
	assert_int_equal(bed_number(bed, COUNT("attempt")), 0);
}

static void a_verdict_from_a_newer_kiosk_is_kept(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct paper p = bed_write(bed, &v, (enum verdict)250, NULL);

	assert_int_equal(bed_send_one(bed, &p).result, 250);
	assert_int_equal(bed_number(bed, "SELECT told FROM attempt"), 250);
}

/* Its MAC says who sent it as well as a report's does. */
static void what_comes_with_a_question_is_quarantined_too(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 9, BED_ONCE);
	struct delivery d;
	struct paper p;

	write_some(bed, &p, 1);
	p.readable = false;
	bed_ask_with(bed, &v, &p, 1, &d);
	assert_int_equal(d.result[0].result, VERDICT_MALFORMED);
	assert_int_equal(d.result[0].marks, MARK_QUARANTINED);
	assert_int_equal(bed_number(bed, COUNT("quarantine")), 1);
}

#define FULL "SELECT count(*) FROM audit WHERE action = 'quarantine.full'"

static void quarantine_is_bounded_and_keeps_each_once(void **state)
{
	enum { MORE = QUARANTINE_PER_KIOSK_MAX + 24 };
	struct bed *bed = *state;
	struct paper p[128] = {0};
	unsigned sent = 0, kept = 0;

	while (sent < MORE) {
		struct delivery d;

		for (unsigned i = 0; i < 128; i++) {
			p[i].n = sizeof sent;
			sent++;
			memcpy(p[i].entry, &sent, sizeof sent);
		}
		d = bed_send(bed, 0, p, 128, false);
		for (unsigned i = 0; i < 128; i++)
			kept += d.result[i].marks == MARK_QUARANTINED;
		d = bed_send(bed, 0, p, 1, false);
	}
	assert_int_equal(kept, QUARANTINE_PER_KIOSK_MAX);
	assert_int_equal(bed_number(bed, COUNT("quarantine")),
	                 QUARANTINE_PER_KIOSK_MAX);
	assert_int_equal(bed_number(bed, FULL), 1);
	/* One of those that are kept comes again, when there is no room. */
	sent = 1;
	memcpy(p[0].entry, &sent, sizeof sent);
	assert_int_equal(bed_send_one(bed, &p[0]).marks, MARK_QUARANTINED);
	sent = MORE;
	memcpy(p[0].entry, &sent, sizeof sent);
	assert_int_equal(bed_send_one(bed, &p[0]).marks, 0);
	p[0].kiosk = 1;
	assert_int_equal(bed_send_one(bed, &p[0]).marks, MARK_QUARANTINED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_kiosk_that_sent_nothing_has_nothing_held),
	    STORY(entries_in_order_are_held_to_the_last),
	    STORY(a_gap_stops_what_is_held_until_it_is_filled),
	    STORY(any_order_comes_to_the_same),
	    STORY(two_entries_of_one_seq_are_a_fork_and_both_are_kept),
	    STORY(a_wrong_prev_is_a_fork_and_kept),
	    STORY(a_wrong_prev_behind_a_gap_shows_when_it_closes),
	    STORY(a_gap_of_a_day_is_given_up_at_every_kiosk),
	    STORY(what_was_piled_up_behind_a_gap_is_judged_some_at_a_time),
	    STORY(reversals_have_their_place_in_the_chain),
	    STORY(a_report_is_remembered),
	    STORY(an_unreadable_item_hides_no_other),
	    STORY(a_forged_entry_is_no_record),
	    STORY(an_entry_beside_another_pass_than_it_signs_is_no_record),
	    STORY(a_told_retry_is_no_record),
	    STORY(a_verdict_from_a_newer_kiosk_is_kept),
	    STORY(what_comes_with_a_question_is_quarantined_too),
	    STORY(quarantine_is_bounded_and_keeps_each_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
