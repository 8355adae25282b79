/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_fetch_table.c: who is due, after how long, and what becomes of a
 * round whose issuer changed meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fetch_schedule.h"
#include "fetch_table.h"

#define NOW 1000000
#define LATER (NOW + 5000)
#define FAR INT64_MAX

static const struct fetch_source seoul = {"seoul.example", "https://s/i", "",
					  false};
static const struct fetch_source tokyo = {"tokyo.example", "", "file:///t/",
					  false};
static const struct fetch_source busan = {"busan.example", "", "", false};

static struct fetch_table table;

static void set(const struct fetch_source *a, const struct fetch_source *b,
		int64_t now_ms)
{
	struct fetch_source sources[2];
	size_t n = 0;

	if (a != NULL)
		sources[n++] = *a;
	if (b != NULL)
		sources[n++] = *b;
	assert_true(fetch_table_set(&table, sources, n, now_ms));
}

static struct fetch_target *due(int64_t now_ms)
{
	int64_t next = FAR;

	return fetch_table_due(&table, now_ms, &next);
}

static int let_go(void **state)
{
	(void)state;
	fetch_table_free(&table);
	return 0;
}

/* ------------------------------------------------------------- schedule */

static void without_failures_it_is_the_interval_give_or_take_a_tenth(
    void **state)
{
	(void)state;
	assert_int_equal(fetch_delay_ms(300, 0, 0), 270000);
	assert_in_range(fetch_delay_ms(300, 0, UINT32_MAX), 329990, 330000);
	assert_in_range(fetch_delay_ms(300, 0, UINT32_MAX / 2), 299990,
			300000);
	assert_in_range(fetch_delay_ms(FETCH_INTERVAL_S_MAX, 0, UINT32_MAX),
			95039000, 95040000);
	assert_int_equal(fetch_delay_ms(1, 0, 0), 900);
}

/* Of the middle of its span. */
static int64_t seconds(int64_t interval_s, unsigned failures)
{
	return fetch_delay_ms(interval_s, failures, UINT32_C(1) << 31) / 1000;
}

static void after_failures_it_is_doubled_up_to_an_hour(void **state)
{
	static const int64_t AFTER[] = {300, 30,   60,	 120,  240, 480,
					960, 1920, 3600, 3600};

	(void)state;
	for (unsigned i = 0; i < sizeof(AFTER) / sizeof(*AFTER); i++)
		assert_int_equal(seconds(300, i), AFTER[i]);
	assert_int_equal(seconds(300, UINT32_MAX), 3600);
}

static void a_short_interval_backs_off_too_and_a_long_one_stays(void **state)
{
	(void)state;
	assert_int_equal(seconds(1, 1), 1);
	assert_int_equal(seconds(1, 2), 2);
	assert_int_equal(seconds(1, 11), 1024);
	assert_int_equal(seconds(1, 40), 3600);
	assert_int_equal(seconds(86400, 1), 30);
	assert_int_equal(seconds(86400, 40), 86400);
}

/* ---------------------------------------------------------------- table */

static void who_is_new_is_due_and_who_has_no_url_never(void **state)
{
	(void)state;
	assert_null(due(NOW));
	set(&seoul, &busan, NOW);
	assert_string_equal(due(NOW)->source.iss, "seoul.example");
	assert_null(due(NOW - 1));
	assert_false(fetch_target_is_fetched(
	    fetch_table_find(&table, "busan.example")));
	assert_null(fetch_table_find(&table, "tokyo.example"));
}

static void who_waits_longest_comes_first(void **state)
{
	int64_t next = FAR;

	(void)state;
	set(&seoul, NULL, LATER);
	set(&seoul, &tokyo, NOW);
	assert_string_equal(due(LATER)->source.iss, "tokyo.example");
	due(LATER)->at_work = true;
	assert_string_equal(due(LATER)->source.iss, "seoul.example");
	assert_null(fetch_table_due(&table, NOW, &next));
	assert_int_equal(next, LATER);
}

static void what_is_told_again_changes_nothing(void **state)
{
	struct fetch_target *t;

	(void)state;
	set(&seoul, NULL, NOW);
	t = due(NOW);
	t->due_ms = FAR;
	t->failures = 3;
	set(&seoul, &tokyo, LATER);
	assert_ptr_equal(fetch_table_find(&table, "seoul.example"), t);
	assert_int_equal(t->failures, 3);
	assert_int_equal(t->due_ms, FAR);
}

static void another_place_is_due_and_has_not_failed(void **state)
{
	struct fetch_source moved = seoul, gone = seoul;
	struct fetch_outcome bad = {.error = "it was not there"};
	struct fetch_target *t;

	(void)state;
	set(&seoul, NULL, NOW);
	t = due(NOW);
	fetch_target_done(t, &bad, 77);
	assert_int_equal(t->failures, 1);
	assert_int_equal(t->tried_ms, 77);
	assert_int_equal(t->good_ms, 0);
	assert_string_equal(t->error, "it was not there");
	t->due_ms = FAR;
	strcpy(moved.document_url, "https://new/i");
	set(&moved, NULL, LATER);
	assert_ptr_equal(due(LATER), t);
	assert_int_equal(t->failures, 0);
	assert_int_equal(t->tried_ms, 0);
	assert_string_equal(t->error, "");
	gone.withdrawn = true;
	set(&gone, NULL, LATER);
	assert_null(due(FAR));
}

static void what_came_from_the_place_before_does_not_count(void **state)
{
	struct fetch_source moved = seoul;
	struct fetch_outcome bad = {.error = "it was not there"};
	struct fetch_target *t;

	(void)state;
	set(&seoul, NULL, NOW);
	t = due(NOW);
	t->at_work = true;
	strcpy(moved.document_url, "https://new/i");
	set(&moved, NULL, LATER);
	assert_null(due(LATER)); /* one at a time */
	fetch_target_done(t, &bad, 77);
	assert_int_equal(t->failures, 0);
	assert_int_equal(t->tried_ms, 0);
	assert_ptr_equal(due(LATER), t);
}

static void a_good_round_ends_a_row_of_failures(void **state)
{
	struct fetch_outcome bad = {.error = "x"}, good = {.error = ""};
	struct fetch_target *t;

	(void)state;
	set(&seoul, NULL, NOW);
	t = due(NOW);
	fetch_target_done(t, &bad, 1);
	fetch_target_done(t, &bad, 2);
	assert_int_equal(t->failures, 2);
	good.given_up = true;
	fetch_target_done(t, &good, 3);
	assert_int_equal(t->failures, 2);
	good.given_up = false;
	fetch_target_done(t, &good, 4);
	assert_int_equal(t->failures, 0);
	assert_int_equal(t->good_ms, 4);
	assert_string_equal(t->error, "");
}

static void who_is_gone_stays_while_somebody_is_at_work(void **state)
{
	struct fetch_target *t;

	(void)state;
	set(&seoul, &tokyo, NOW);
	t = fetch_table_find(&table, "seoul.example");
	t->at_work = true;
	set(&tokyo, NULL, NOW);
	assert_null(fetch_table_find(&table, "seoul.example"));
	assert_false(fetch_target_is_fetched(t)); /* it is still there */
	t->at_work = false;
	set(&tokyo, NULL, NOW);
	assert_ptr_equal(table.first,
			 fetch_table_find(&table, "tokyo.example"));
	assert_null(table.first->next);
}

#define TEST(name) cmocka_unit_test_teardown(name, let_go)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(without_failures_it_is_the_interval_give_or_take_a_tenth),
	    TEST(after_failures_it_is_doubled_up_to_an_hour),
	    TEST(a_short_interval_backs_off_too_and_a_long_one_stays),
	    TEST(who_is_new_is_due_and_who_has_no_url_never),
	    TEST(who_waits_longest_comes_first),
	    TEST(what_is_told_again_changes_nothing),
	    TEST(another_place_is_due_and_has_not_failed),
	    TEST(what_came_from_the_place_before_does_not_count),
	    TEST(a_good_round_ends_a_row_of_failures),
	    TEST(who_is_gone_stays_while_somebody_is_at_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
