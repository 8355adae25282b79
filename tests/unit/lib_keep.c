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
#include "record.h"

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

static struct listener listener;

static int set_up_with_service(void **state)
{
	(void)state;
	listener_start(&listener, DO_ACCEPT);
	kioskworld_make(&world, listener.port);
	return 0;
}

static int tear_down_with_service(void **state)
{
	kioskworld_close(&world);
	listener_stop(&listener);
	return tear_down(state);
}

static void reopen_closed(void)
{
	struct oap_problem why = {.text = ""};

	if (kioskworld_open(&world, &why) != OAP_OK)
		fail_msg("%s", why.text);
}

static void reopen(void)
{
	kioskworld_close(&world);
	reopen_closed();
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
	char sql[128];
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
		 " effective_ms, told, period, counted, sent, result,"
		 " settled_ms) SELECT i, randomblob(16), x'00',"
		 " randomblob(32), x'', x'', i, 17, 0, 0, 1, 17, i FROM n;"
		 "INSERT INTO rolled_entry (kid, seq, id, message, hash, salt,"
		 " scanned, effective_ms, told, period, counted, result, marks,"
		 " settled_ms) SELECT randomblob(8), seq, randomblob(16),"
		 " message, hash, salt, scanned, effective_ms, told, period,"
		 " counted, result, marks, settled_ms FROM entry"
		 " WHERE sent = 1;"
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
	change("UPDATE entry SET settled_ms = -seq WHERE sent = 1");
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
		 "UPDATE entry SET settled_ms = %lld - seq * %lld",
		 (long long)world.wall_ms, (long long)MS_PER_DAY);
	change(sql);
	while (prune(100))
		;
	assert_int_equal(count("entry WHERE sent = 1"), 100);
	while (prune(30))
		;
	assert_int_equal(count("entry WHERE sent = 1"), 30);
}

static void settle_all(int64_t now_ms)
{
	for (uint64_t seq = 1; seq <= 5; seq++)
		assert_true(journal_settle(world.o->journal, seq,
					   VERDICT_UNKNOWN_FORMAT, 0, now_ms));
}

/* Five visits of 1970, of which the service has just been told. */
static void fill_late(void)
{
	for (int i = 0; i < 5; i++)
		kioskworld_redeem(&world, "rubbish", 0);
	change("UPDATE entry SET effective_ms = seq");
	settle_all(world.wall_ms);
}

static void what_was_sent_late_is_kept_from_then_on(void **state)
{
	(void)state;
	fill_late();
	assert_false(prune(35));
	assert_int_equal(count("entry"), 5);
	settle_all(world.wall_ms + 30 * MS_PER_DAY); /* said once more */
	world.wall_ms += 35 * MS_PER_DAY;
	assert_false(prune(35));
	assert_int_equal(count("entry"), 5);
	world.wall_ms++;
	assert_false(prune(35));
	assert_int_equal(count("entry"), 1); /* the last */
}

static void what_was_lost_is_kept_from_when_it_is_there_again(void **state)
{
	(void)state;
	fill_late();
	assert_true(journal_unsend(world.o->journal, 2));
	assert_int_equal(count("entry WHERE settled_ms IS NULL"), 3);
	world.wall_ms += 20 * MS_PER_DAY;
	settle_all(world.wall_ms);
	world.wall_ms += 16 * MS_PER_DAY;
	assert_false(prune(35));
	assert_int_equal(count("entry"), 3);
}

static void a_roll_keeps_entries_as_long_and_their_key_with_them(void **state)
{
	struct former_key key = {.enrolment_n = 1};

	(void)state;
	fill_late();
	world.wall_ms += 10 * MS_PER_DAY;
	assert_true(journal_begin_chain(world.o->journal, &key, 0));
	assert_int_equal(count("rolled_entry"), 5);
	world.wall_ms += 25 * MS_PER_DAY;
	assert_false(prune(35));
	assert_int_equal(count("rolled_entry"), 5);
	assert_int_equal(count("former_key"), 1);
	world.wall_ms++;
	assert_false(prune(35));
	assert_int_equal(count("rolled_entry"), 0);
	assert_int_equal(count("former_key"), 0);
}

static int64_t wrong_by_ms;

/* A clock that is set while an upload is under way. */
static int64_t set_meanwhile(void *arg)
{
	const struct kioskworld *k = arg;

	return k->o->talking > 0 ? k->wall_ms : k->wall_ms + wrong_by_ms;
}

static void sync_all(void)
{
	struct oap_problem why = {.text = ""};
	struct oap_synced synced;

	if (oap_sync(world.o, &synced, &why) != OAP_OK)
		fail_msg("%s", why.text);
	assert_int_equal(synced.unsent, 0);
}

static void sync_with_a_clock_set_meanwhile(int64_t days)
{
	int64_t (*right)(void *) = world.o->env.wall_ms;

	wrong_by_ms = days * MS_PER_DAY;
	world.o->env.wall_ms = set_meanwhile;
	sync_all();
	world.o->env.wall_ms = right;
}

static void a_clock_that_was_behind_makes_nothing_sent_old(void **state)
{
	(void)state;
	kioskworld_redeem(&world, "rubbish", 0);
	kioskworld_redeem(&world, "rubbish", 0);
	sync_with_a_clock_set_meanwhile(-60);
	sync_all();
	assert_int_equal(count("entry"), 2);
}

static void a_clock_that_was_ahead_forgets_nothing(void **state)
{
	(void)state;
	kioskworld_redeem(&world, "rubbish", 0);
	kioskworld_redeem(&world, "rubbish", 0);
	sync_all();
	sync_with_a_clock_set_meanwhile(60);
	assert_int_equal(count("entry"), 2);
}

/* Its answer may have been to the question asked before, which teaches the
 * clock nothing. */
static void what_came_with_a_question_was_sent_when_the_service_says(
	void **state)
{
	static const struct visit VISIT = {.party = 1};
	static const struct judged JUDGED = {.at_once = VERDICT_NONE};
	static const uint64_t SEQS[] = {1};
	struct answer_results results = {.count = 1};
	struct attempt_record r = {.visit = &VISIT,
				   .judged = &JUDGED,
				   .told = VERDICT_UNKNOWN_FORMAT,
				   .results = &results,
				   .seqs = SEQS,
				   .answered_ms = world.wall_ms};

	(void)state;
	kioskworld_redeem(&world, "rubbish", 0);
	results.at[0].verdict = VERDICT_UNKNOWN_FORMAT;
	r.facility = world.world.facility;
	r.at = handle_now(world.o);
	r.at.raw_ms -= 60 * MS_PER_DAY;
	assert_true(record_attempt(world.o, &r));
	assert_int_equal(count("entry WHERE sent = 1"), 1);
	assert_false(prune(35));
	assert_int_equal(count("entry"), 2);
}

#define AS_VERSION_7                                                         \
	"DROP INDEX entry_age; DROP INDEX rolled_age;"                       \
	"ALTER TABLE entry DROP COLUMN settled_ms;"                          \
	"ALTER TABLE rolled_entry DROP COLUMN settled_ms;"                   \
	"CREATE INDEX entry_age ON entry (effective_ms) WHERE sent = 1 AND"  \
	" (result IS NULL OR result NOT IN (16, 19, 122) OR result = told"   \
	" OR marks & 16 <> 0);"                                              \
	"CREATE INDEX rolled_age ON rolled_entry (effective_ms) WHERE"       \
	" (result IS NULL OR result NOT IN (16, 19, 122) OR result = told"   \
	" OR marks & 16 <> 0);"                                              \
	"PRAGMA user_version = 7;"

/* Five that a key before has sent, five of this one, and one that is not sent;
 * of one of them it is changed when it was. */
static void go_back_to_version_7(int64_t contact_ms, int64_t held_ms,
				 const char *changed)
{
	struct there there = {.at_ms = held_ms};
	struct former_key key = {.enrolment_n = 1};

	fill_late();
	assert_true(journal_begin_chain(world.o->journal, &key, 0));
	fill_late();
	kioskworld_redeem(&world, "rubbish", 0);
	world.o->clock.contact_ms = contact_ms;
	assert_true(journal_set_clock(world.o->journal, &world.o->clock));
	assert_true(journal_set_there(world.o->journal, &there));
	change(changed);
	kioskworld_close(&world);
	kioskworld_change(&world, AS_VERSION_7);
	reopen_closed();
}

/* All of them, but seq. */
static void assert_kept_from(int64_t ms, int seq, int64_t later_ms)
{
	char which[96];

	snprintf(which, sizeof(which),
		 "entry WHERE sent = 1 AND settled_ms = %lld", (long long)ms);
	assert_int_equal(count(which), 4);
	snprintf(which, sizeof(which),
		 "entry WHERE seq = %d AND settled_ms = %lld", seq,
		 (long long)later_ms);
	assert_int_equal(count(which), 1);
	assert_int_equal(count("entry WHERE sent = 0 AND settled_ms IS NULL"),
			 1);
	snprintf(which, sizeof(which), "rolled_entry WHERE settled_ms = %lld",
		 (long long)ms);
	assert_int_equal(count(which), 5);
}

/* It did not say when: no earlier than the last contact is right for all. */
static void what_an_older_version_sent_is_kept_from_its_last_contact(
	void **state)
{
	(void)state;
	go_back_to_version_7(1000, 0, "UPDATE entry SET effective_ms = 2000"
				      " WHERE seq = 3");
	assert_kept_from(1000, 3, 2000);
}

/* By receipts alone: its clock knows of no contact since the enrolment. */
static void what_an_older_version_sent_by_hand_is_kept_from_the_last_receipt(
	void **state)
{
	(void)state;
	go_back_to_version_7(3, 5000, "UPDATE entry SET effective_ms = 6000"
				      " WHERE seq = 4");
	assert_kept_from(5000, 4, 6000);
}

/* This version wrote down when, and is believed. */
static void what_is_known_to_be_sent_is_not_kept_for_longer(void **state)
{
	struct there there = {.at_ms = world.wall_ms + MS_PER_DAY};

	(void)state;
	kioskworld_redeem(&world, "rubbish", 0);
	assert_true(journal_settle(world.o->journal, 1, VERDICT_UNKNOWN_FORMAT,
				   0, world.wall_ms + 7));
	assert_true(journal_set_there(world.o->journal, &there));
	kioskworld_close(&world);
	kioskworld_change(&world, "PRAGMA user_version = 8");
	reopen_closed();
	assert_int_equal(count("entry WHERE settled_ms = effective_ms + 7"),
			 1);
}

#define WITH_SERVICE(f)                                                      \
	cmocka_unit_test_setup_teardown(f, set_up_with_service,              \
					tear_down_with_service)
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
		TEST(what_was_sent_late_is_kept_from_then_on),
		TEST(what_was_lost_is_kept_from_when_it_is_there_again),
		TEST(a_roll_keeps_entries_as_long_and_their_key_with_them),
		WITH_SERVICE(a_clock_that_was_behind_makes_nothing_sent_old),
		WITH_SERVICE(a_clock_that_was_ahead_forgets_nothing),
		TEST(what_came_with_a_question_was_sent_when_the_service_says),
		TEST(what_an_older_version_sent_is_kept_from_its_last_contact),
		TEST(what_an_older_version_sent_by_hand_is_kept_from_the_last_receipt),
		TEST(what_is_known_to_be_sent_is_not_kept_for_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
