/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_fault.c: a disk or a memory that fails at any moment: nobody hears a
 * verdict that is not on disk, nothing acknowledged is lost, and when the
 * fault has passed, checks go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "storefault.h"
#include "ledgerbed.h"

#define VISITS 6
#define TRIES 12

struct promise {
	struct visit visit;
	struct paper paper, back;
	struct ask_result answer;
	enum verdict told, reversed;
};

static long unavailable;

/* Asks until there is an answer, as a kiosk would. */
static struct ask_result ask(struct bed *bed, const struct visit *v)
{
	for (int i = 0; i < TRIES; i++) {
		struct reply r = bed_ask(bed, v);

		if (!r.failed)
			return r.answer;
		unavailable++;
	}
	fail_msg("the service did not come back");
	return (struct ask_result){0};
}

static enum verdict send(struct bed *bed, const struct paper *p)
{
	for (int i = 0; i < TRIES; i++) {
		struct delivery d = bed_send(bed, p->kiosk, p, 1, false);

		if (!d.failed)
			return d.result[0].result;
		unavailable++;
	}
	fail_msg("the service did not come back");
	return VERDICT_NONE;
}

static enum store_result add_nothing(struct store *s, struct ledger_job *job,
                                     int64_t now_ms)
{
	(void)s;
	(void)job;
	(void)now_ms;
	return STORE_NONE;
}

/* A day at the door, with a fault somewhere in it. */
static void live_through(struct bed *bed, struct promise *promises)
{
	for (unsigned i = 0; i < VISITS; i++) {
		struct promise *p = &promises[i];

		p->visit = bed_visit(bed, i % 4, i / 2, BED_ONCE);
		p->answer = ask(bed, &p->visit);
		p->paper =
		    bed_write(bed, &p->visit, p->answer.verdict, &p->answer);
		p->told = send(bed, &p->paper);
		p->back = bed_write_reversal(bed, i % 4, &p->visit);
		if (i % 3 == 2)
			p->reversed = send(bed, &p->back);
		if (i % 2)
			(void)bed_call(bed, add_nothing);
		bed_pass_time(bed, BED_MINUTE);
	}
}

static void assert_kept(struct bed *bed, const struct promise *promises)
{
	for (unsigned i = 0; i < VISITS; i++) {
		const struct promise *p = &promises[i];
		struct ask_result again = ask(bed, &p->visit);

		assert_true(again.stored);
		assert_int_equal(again.verdict, p->answer.verdict);
		assert_int_equal(p->told, p->answer.verdict);
		assert_int_equal(send(bed, &p->paper), p->told);
		if (p->reversed)
			assert_int_equal(send(bed, &p->back), p->reversed);
	}
	bed_check(bed);
}

/* False when the day was over before the fault could come. */
static bool day_with_fault(enum fault_kind kind, long n, long how_many,
                           int log_pages)
{
	struct promise promises[VISITS] = {0};
	struct bed *bed = bed_open();
	bool struck;

	if (log_pages)
		bed_keep_log(bed, log_pages);
	fault_arm(kind, n, how_many);
	live_through(bed, promises);
	struck = fault_disarm();
	bed_restart(bed);
	assert_kept(bed, promises);
	bed_close(bed);
	return struck;
}

static void days(enum fault_kind kind, long step, long how_many, int log_pages)
{
	long n = 1, runs = 0;

	unavailable = 0;
	for (; day_with_fault(kind, n, how_many, log_pages); n += step)
		runs++;
	print_message("%ld runs, unavailable %ld times\n", runs, unavailable);
	assert_true(runs > 10);
	/* A fault in a checkpoint need not be anybody's. */
	assert_true(unavailable > runs / 8);
}

static void a_write_or_sync_that_fails_loses_nothing(void **state)
{
	(void)state;
	days(FAULT_IO, 1, 1, 0);
}

static void a_disk_that_fails_for_a_while_loses_nothing(void **state)
{
	(void)state;
	days(FAULT_IO, 3, 5, 0);
}

/* With the log written back after nearly every commit. */
static void a_disk_that_fails_in_a_checkpoint_loses_nothing(void **state)
{
	(void)state;
	days(FAULT_IO, 2, 1, 8);
}

static void a_full_disk_loses_nothing(void **state)
{
	(void)state;
	days(FAULT_FULL, 3, 4, 0);
}

static void memory_that_runs_out_loses_nothing(void **state)
{
	(void)state;
	days(FAULT_MEMORY, 17, 1, 0);
}

static void memory_that_is_out_for_a_while_loses_nothing(void **state)
{
	(void)state;
	days(FAULT_MEMORY, 29, 3, 0);
}

static void a_store_that_cannot_be_opened_says_so(void **state)
{
	struct bed *bed = bed_open();
	char dir[128], error[256];

	(void)state;
	strcpy(dir, bed_dir(bed));
	strcat(dir, "/other");
	for (long n = 1;; n++) {
		struct store *s;

		fault_arm(FAULT_IO, n, 1000000);
		s = store_open(dir, error, sizeof error);
		if (!fault_disarm()) {
			assert_non_null(s);
			store_close(s);
			break;
		}
		if (!s)
			assert_true(strlen(error) > 0);
		store_close(s);
	}
	bed_remove(bed, "other/oapd.db");
	bed_remove(bed, "other/oapd.db-wal");
	bed_remove(bed, "other/oapd.db-shm");
	bed_remove(bed, "other");
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_write_or_sync_that_fails_loses_nothing),
	    cmocka_unit_test(a_disk_that_fails_for_a_while_loses_nothing),
	    cmocka_unit_test(a_disk_that_fails_in_a_checkpoint_loses_nothing),
	    cmocka_unit_test(a_full_disk_loses_nothing),
	    cmocka_unit_test(memory_that_runs_out_loses_nothing),
	    cmocka_unit_test(memory_that_is_out_for_a_while_loses_nothing),
	    cmocka_unit_test(a_store_that_cannot_be_opened_says_so),
	};

	fault_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
