/* SPDX-License-Identifier: Apache-2.0 */
/* lib_keep.c: what a journal forgets by age, how much of it at a time, and
 * what it never forgets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "journal_sql.h"
#include "kioskworld.h"

#define MS_PER_DAY INT64_C(86400000)
#define OLD (2 * KIOSK_PRUNE_MAX + 10) /* rows to be forgotten */

static struct kioskworld world;

static int set_up(void **state)
{
	(void)state;
	kioskworld_make(&world, 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kioskworld_end(&world);
	return 0;
}

static void reopen(void)
{
	struct oap_problem why = {.text = ""};

	kioskworld_close(&world);
	if (kioskworld_open(&world, &why) != OAP_OK)
		fail_msg("%s", why.text);
}

static void change(const char *sql)
{
	char *error = NULL;

	if (sqlite3_exec(world.o->journal->db, sql, NULL, NULL, &error) !=
	    SQLITE_OK)
		fail_msg("%s: %s", sql, error);
}

static int64_t count(const char *table)
{
	sqlite3_stmt *s;
	char sql[64];
	int64_t n;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	assert_int_equal(sqlite3_prepare_v2(world.o->journal->db, sql, -1, &s,
					    NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static bool prune(unsigned days)
{
	bool more;

	assert_true(journal_prune(world.o->journal, world.wall_ms, days,
				  &more));
	return more;
}

/* One entry that is not sent, the last; before it as many as there is room
 * for, and of each other kind as many, all of them from the year 1970. */
static void fill(void)
{
	char sql[1024];

	kioskworld_redeem(&world, "rubbish", 0);
	change("UPDATE entry SET seq = 1000000");
	snprintf(sql, sizeof(sql),
		 "CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1"
		 " UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n;"
		 "INSERT INTO entry (seq, id, message, hash, salt, scanned,"
		 " effective_ms, told, period, counted, sent, result)"
		 " SELECT i, randomblob(16), x'00', randomblob(32), x'', x'',"
		 " i, 17, 0, 0, 1, 17 FROM n;"
		 "INSERT INTO rolled_entry (kid, seq, id, message, hash, salt,"
		 " scanned, effective_ms, told, period, counted, result, marks)"
		 " SELECT randomblob(8), seq, randomblob(16), message, hash,"
		 " salt, scanned, effective_ms, told, period, counted, result,"
		 " marks FROM entry WHERE sent = 1;"
		 "INSERT INTO use SELECT randomblob(32), 'half', 1, 1, i FROM n;"
		 "INSERT INTO shown SELECT randomblob(32), 'half', i FROM n",
		 OLD);
	change(sql);
}

static void what_is_old_goes_little_by_little(void **state)
{
	static const char *const TABLES[] = {"entry", "rolled_entry", "use",
					     "shown"};
	int64_t left = OLD;
	bool more = true;

	(void)state;
	fill();
	for (int calls = 0; more; calls++) {
		assert_true(calls < 4);
		more = prune(35);
		left -= left < KIOSK_PRUNE_MAX ? left : KIOSK_PRUNE_MAX;
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(count(TABLES[i]),
					 left + (i == 0)); /* the unsent one */
	}
	assert_int_equal(left, 0);
}

static void the_oldest_go_first(void **state)
{
	char rest[64];

	(void)state;
	fill();
	change("UPDATE entry SET effective_ms = -seq WHERE sent = 1");
	assert_true(prune(35));
	snprintf(rest, sizeof(rest), "entry WHERE seq <= %d",
		 OLD - KIOSK_PRUNE_MAX);
	assert_int_equal(count(rest), OLD - KIOSK_PRUNE_MAX);
	assert_int_equal(count("entry WHERE sent = 1"), OLD - KIOSK_PRUNE_MAX);
}

/* Else each report would read the whole journal, while a visitor waits. */
static void what_is_old_is_found_by_an_index(void **state)
{
	(void)state;
	fill();
	(void)prune(35);
	for (int i = SQL_PRUNE_SHOWN; i <= SQL_PRUNE_USES; i++)
		assert_int_equal(
		    sqlite3_stmt_status(world.o->journal->made[i],
					SQLITE_STMTSTATUS_FULLSCAN_STEP, 0),
		    0);
}

static void set_results(const char *table, int64_t from)
{
	static const char RESULTS[] =
	    "UPDATE %s SET told = x.told, result = x.result, marks = x.marks"
	    " FROM (SELECT column1 AS seq, column2 AS told, column3 AS result,"
	    " column4 AS marks FROM (VALUES"
	    /* kept by nobody else */
	    " (1, 1, 16, 0), (2, 2, 19, 0), (3, 1, 122, 0), (4, NULL, 16, 0),"
	    " (5, NULL, 19, 1), (6, NULL, 122, 0), (7, 16, 19, 0),"
	    " (8, 19, 16, 4),"
	    /* the service has them */
	    " (9, 1, 16, 16), (10, NULL, 19, 16), (11, 1, 122, 17),"
	    " (12, 16, 16, 0), (13, 19, 19, 0), (14, NULL, 131, 0),"
	    " (15, 1, 1, 4), (16, 1, NULL, 0))) x"
	    " WHERE %s.seq = x.seq + %lld";
	char sql[sizeof(RESULTS) + 100];

	snprintf(sql, sizeof(sql), RESULTS, table, table, (long long)from);
	change(sql);
}

static void what_the_service_did_not_take_is_kept(void **state)
{
	(void)state;
	fill();
	set_results("entry", 100);
	set_results("rolled_entry", 100);
	while (prune(35))
		;
	assert_int_equal(count("entry"), 8 + 1);
	assert_int_equal(count("entry WHERE seq BETWEEN 101 AND 108"), 8);
	assert_int_equal(count("rolled_entry"), 8);
	assert_int_equal(count("rolled_entry WHERE seq BETWEEN 101 AND 108"),
			 8);
}

static unsigned kept_days(void)
{
	struct oap_status s;
	struct oap_problem why;

	assert_int_equal(oap_status(world.o, &s, &why), OAP_OK);
	return s.keep_days;
}

static void how_long_is_for_the_operator_to_say(void **state)
{
	struct oap_problem why;

	(void)state;
	assert_int_equal(kept_days(), 35);
	assert_int_equal(oap_keep(world.o, 29, &why), OAP_BAD_ARGUMENT);
	assert_non_null(strstr(why.text, "29 days"));
	assert_int_equal(oap_keep(world.o, 3651, &why), OAP_BAD_ARGUMENT);
	assert_int_equal(kept_days(), 35);
	assert_int_equal(oap_keep(world.o, 30, &why), OAP_OK);
	assert_int_equal(kept_days(), 30);
	assert_int_equal(oap_keep(world.o, 3650, &why), OAP_OK);
	reopen();
	assert_int_equal(kept_days(), 3650);
	change("UPDATE setting SET keep_days = -1"); /* a failing disk */
	reopen();
	assert_int_equal(kept_days(), 3650);
}

static void entries_stay_as_long_as_was_said(void **state)
{
	char sql[128];

	(void)state;
	fill();
	snprintf(sql, sizeof(sql),
		 "UPDATE entry SET effective_ms = %lld - seq * %lld",
		 (long long)world.wall_ms, (long long)MS_PER_DAY);
	change(sql);
	while (prune(100))
		;
	assert_int_equal(count("entry WHERE sent = 1"), 100);
	while (prune(30))
		;
	assert_int_equal(count("entry WHERE sent = 1"), 30);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_old_goes_little_by_little),
		TEST(the_oldest_go_first),
		TEST(what_is_old_is_found_by_an_index),
		TEST(what_the_service_did_not_take_is_kept),
		TEST(how_long_is_for_the_operator_to_say),
		TEST(entries_stay_as_long_as_was_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
