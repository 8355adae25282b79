/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_store.c: opening the store, its lock and its schema; transactions,
 * calls inside them, and what a reader sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "ledgerbed.h"
#include "store_ledger.h"

static void a_second_daemon_on_the_directory_is_refused(void **state)
{
	char error[256] = "";

	assert_null(store_open(bed_dir(*state), error, sizeof error));
	assert_non_null(strstr(error, "in use by another oapd"));
	assert_non_null(strstr(error, bed_dir(*state)));
}

static void a_directory_that_cannot_be_made_is_named(void **state)
{
	char error[256] = "";

	(void)state;
	assert_null(store_open("/nowhere/at/all", error, sizeof error));
	assert_non_null(strstr(error, "/nowhere/at/all"));
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	char path[128], error[256] = "";
	FILE *f;

	snprintf(path, sizeof path, "%s/other", bed_dir(*state));
	store_close(store_open(path, error, sizeof error));
	snprintf(path, sizeof path, "%s/other/oapd.db", bed_dir(*state));
	f = fopen(path, "w");
	assert_non_null(f);
	for (int i = 0; i < 1000; i++)
		fputs("this is no database", f);
	fclose(f);
	snprintf(path, sizeof path, "%s/other", bed_dir(*state));
	assert_null(store_open(path, error, sizeof error));
	assert_true(strlen(error) > 0);
	bed_remove(*state, "other/oapd.db");
	bed_remove(*state, "other/oapd.db-wal");
	bed_remove(*state, "other/oapd.db-shm");
	bed_remove(*state, "other");
}

static void a_store_of_a_newer_program_is_refused(void **state)
{
	char dir[128], path[160], error[512] = "";
	sqlite3 *db;

	snprintf(dir, sizeof dir, "%s/other", bed_dir(*state));
	store_close(store_open(dir, error, sizeof error));
	snprintf(path, sizeof path, "%s/oapd.db", dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA user_version = 999", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_null(store_open(dir, error, sizeof error));
	assert_non_null(strstr(error, "newer"));
	bed_remove(*state, "other/oapd.db");
	bed_remove(*state, "other/oapd.db-wal");
	bed_remove(*state, "other/oapd.db-shm");
	bed_remove(*state, "other");
}

static void what_was_answered_is_there_after_a_restart(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r = bed_redeem(bed, &v);

	bed_restart(bed);
	assert_int_equal(bed_ask(bed, &v).answer.verdict, r.answer.verdict);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	assert_int_equal(bed_ask(bed, &v).answer.verdict,
	                 VERDICT_ALREADY_REDEEMED);
}

/* ---------------------------------------------------------------- calls */

static enum store_result write_device(struct store *s)
{
	static const uint8_t kid[8] = {9, 9, 9};
	enum device_state state = DEVICE_ACTIVE;
	int64_t n;

	return store_device(s, kid, &n, &state);
}

static enum store_result
call_that_succeeds(struct store *s, struct ledger_job *job, int64_t now_ms)
{
	(void)job;
	assert_int_equal(now_ms, BED_NOW);
	return write_device(s);
}

static enum store_result
call_that_refuses(struct store *s, struct ledger_job *job, int64_t now_ms)
{
	(void)job;
	(void)now_ms;
	return write_device(s) == STORE_OK ? STORE_EXISTS : STORE_FAILED;
}

static enum store_result call_that_fails(struct store *s,
                                         struct ledger_job *job, int64_t now_ms)
{
	(void)job;
	(void)now_ms;
	(void)write_device(s);
	return STORE_FAILED;
}

static void a_call_that_succeeds_is_kept(void **state)
{
	struct call_result r = bed_call(*state, call_that_succeeds);

	assert_false(r.failed);
	assert_int_equal(r.result, STORE_OK);
	assert_int_equal(bed_number(*state, COUNT("device")), 1);
}

static void a_call_that_refuses_leaves_nothing(void **state)
{
	struct call_result r = bed_call(*state, call_that_refuses);

	assert_false(r.failed);
	assert_int_equal(r.result, STORE_EXISTS);
	assert_int_equal(bed_number(*state, COUNT("device")), 0);
}

static void a_call_that_fails_takes_only_itself_down(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	assert_true(bed_call(bed, call_that_fails).failed);
	assert_int_equal(bed_number(bed, COUNT("device")), 0);
	assert_int_equal(bed_redeem(bed, &v).answer.verdict, VERDICT_ACCEPTED);
}

/* -------------------------------------------------------------- readers */

static void a_reader_sees_commits_and_writes_nothing(void **state)
{
	struct bed *bed = *state;
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct attempt a;
	struct store *s;
	char error[256];
	bool same;

	bed_ask(bed, &v);
	s = store_open_reader(bed_dir(bed), error, sizeof error);
	assert_non_null(s);
	assert_int_equal(
	    store_attempt_find(s, 1, v.id, bytes_of(NULL, 0), &a, &same),
	    STORE_OK);
	assert_int_equal(a.facts.answer, VERDICT_ACCEPTED);
	assert_string_equal(a.benefit, "once");
	assert_string_equal(a.facility, "museum");
	assert_string_equal(a.issuer, "seoul.example");
	assert_string_equal(a.currency, "KRW");
	v = bed_visit(bed, 0, 2, BED_ONCE);
	bed_ask(bed, &v);
	assert_int_equal(store_attempt_get(s, 2, &a), STORE_OK);
	assert_int_equal(write_device(s), STORE_FAILED);
	assert_true(strlen(store_error(s)) > 0);
	store_close(s);
}

static void a_full_queue_is_said_at_once(void **state)
{
	struct ledger_config config = {.questions_max = 0, .others_max = 0};
	struct ledger_job job = {.kind = JOB_ASK};
	struct ledger *l;
	char error[64];

	(void)state;
	l = ledger_start(NULL, &config, error, sizeof error);
	assert_non_null(l);
	assert_false(ledger_submit(l, &job));
	job.kind = JOB_ENTRIES;
	assert_false(ledger_submit(l, &job));
	ledger_stop(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_second_daemon_on_the_directory_is_refused),
	    STORY(a_directory_that_cannot_be_made_is_named),
	    STORY(a_file_that_is_no_database_is_refused),
	    STORY(a_store_of_a_newer_program_is_refused),
	    STORY(what_was_answered_is_there_after_a_restart),
	    STORY(a_call_that_succeeds_is_kept),
	    STORY(a_call_that_refuses_leaves_nothing),
	    STORY(a_call_that_fails_takes_only_itself_down),
	    STORY(a_reader_sees_commits_and_writes_nothing),
	    STORY(a_full_queue_is_said_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
