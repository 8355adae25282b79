/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_attempts.c: attempts found again: pages that neither repeat nor leave
 * out, filters, one by its name, those of a pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The daemon's, not the one in this folder. */
#include <attempts.h>

#include "limits.h"
#include "reportbed.h"
#include "store_sqlite.h"

#define DAY_MS (24 * BED_HOUR)

static struct attempts_query *query_of(const char *query,
                                       struct problem *problem)
{
	char text[512];
	struct param p[16];

	snprintf(text, sizeof text, "%s", query);
	memset(problem, 0, sizeof *problem);
	return attempts_query_read(reportbed_params(text, p, 16), problem);
}

static json_t *search_with(struct store *reader, const char *query)
{
	struct problem problem;
	struct attempts_query *q = query_of(query, &problem);
	json_t *o = NULL;

	if (!q)
		fail_msg("%s", problem.detail);
	assert_int_equal(store_begin(reader), STORE_OK);
	assert_int_equal(attempts_search(reader, q, &o), STORE_OK);
	assert_int_equal(store_commit(reader), STORE_OK);
	attempts_query_free(q);
	return o;
}

static json_t *search(struct bed *bed, const char *query)
{
	struct store *reader = reportbed_reader(bed);
	json_t *o = search_with(reader, query);

	store_close(reader);
	return o;
}

static size_t found(const json_t *o)
{
	return json_array_size(json_object_get(o, "attempts"));
}

static void check_found(struct bed *bed, const char *query, size_t n)
{
	json_t *o = search(bed, query);

	if (found(o) != n)
		fail_msg("%s: %zu found, not %zu", query, found(o), n);
	json_decref(o);
}

/* --------------------------------------------------------------- shown */

static void an_attempt_is_shown_whole(void **state)
{
	struct bed *bed = bed_open();
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	char kid[17], should[1024];
	struct reply r;
	json_t *o;

	(void)state;
	v.party = 2;
	r = bed_ask(bed, &v);
	bed_pass_time(bed, BED_SECOND);
	reportbed_tell(bed, &v, r.answer.verdict, &r.answer);
	bed_pass_time(bed, BED_SECOND);
	assert_int_equal(bed_operator_reversal(bed, &v), VERDICT_REVERSED);
	hex_encode(bed_kid(bed, 0), 8, kid);
	snprintf(should, sizeof should,
	         "{'kiosk': '%s', 'id': '00000000000000010000000000000000',"
	         " 'at_ms': %lld, 'received_ms': %lld, 'day': '2026-11-24',"
	         " 'facility': 'museum', 'benefit': 'once',"
	         " 'issuer': 'seoul.example', 'class': 'youth', 'party': 2,"
	         " 'list': 10000, 'discount': 2000, 'currency': 'KRW',"
	         " 'verdict': 'accepted', 'answer': 'accepted',"
	         " 'told': 'accepted', 'counts': false, 'online': true,"
	         " 'marks': [], 'id_reused': false, 'reversed_ms': %lld,"
	         " 'dispute': null, 'admission': 'none'}",
	         kid, (long long)BED_NOW, (long long)BED_NOW + 1000,
	         (long long)BED_NOW + 2000);
	o = search(bed, "");
	assert_int_equal(found(o), 1);
	reportbed_assert(json_array_get(json_object_get(o, "attempts"), 0),
	                 should);
	assert_true(json_is_null(json_object_get(o, "cursor")));
	json_decref(o);
	bed_close(bed);
}

static void what_is_not_known_is_null(void **state)
{
	struct bed *bed = bed_open();
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	json_t *o, *a;

	(void)state;
	v.no_code = true;
	v.has_list = false;
	assert_int_equal(bed_ask(bed, &v).answer.verdict,
	                 VERDICT_UNKNOWN_FORMAT);
	o = search(bed, "");
	a = json_array_get(json_object_get(o, "attempts"), 0);
	assert_true(json_is_null(json_object_get(a, "class")));
	assert_true(json_is_null(json_object_get(a, "list")));
	assert_true(json_is_null(json_object_get(a, "discount")));
	assert_true(json_is_null(json_object_get(a, "told")));
	assert_true(json_is_null(json_object_get(a, "reversed_ms")));
	reportbed_assert(json_object_get(a, "issuer"), "''");
	reportbed_assert(json_object_get(a, "answer"), "'unknown-format'");
	json_decref(o);
	bed_close(bed);
}

static void one_is_found_by_its_name(void **state)
{
	struct bed *bed = bed_open();
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct store *reader;
	struct problem p = {.status = 0};
	char kid[17], id[33];
	json_t *o = NULL;

	(void)state;
	assert_int_equal(reportbed_redeem(bed, &v), VERDICT_ACCEPTED);
	hex_encode(bed_kid(bed, 0), 8, kid);
	hex_encode(v.id, 16, id);
	reader = reportbed_reader(bed);
	assert_int_equal(attempts_one(reader, kid, id, &o, &p), STORE_OK);
	assert_string_equal(json_string_value(json_object_get(o, "id")), id);
	json_decref(o);
	assert_int_equal(attempts_one(reader, "0011223344556677", id, &o, &p),
	                 STORE_NONE);
	assert_int_equal(p.status, 404);
	p.status = 0;
	assert_int_equal(attempts_one(reader, kid, "12", &o, &p), STORE_NONE);
	assert_int_equal(p.status, 400);
	store_close(reader);
	bed_close(bed);
}

static void all_of_a_pass_are_found_at_every_door(void **state)
{
	struct bed *bed = bed_open();
	struct visit v[] = {
	    bed_visit(bed, 0, 7, BED_ONCE), bed_visit(bed, 2, 7, BED_ONCE),
	    bed_visit(bed, 3, 7, BED_THRICE),
	    bed_visit(bed, 4, 7, BED_ONCE_USD), bed_visit(bed, 0, 8, BED_ONCE)};
	uint8_t hash[PASS_HASH] = {7};
	struct store *reader;
	json_t *o = NULL;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		(void)reportbed_redeem(bed, &v[i]);
	reader = reportbed_reader(bed);
	assert_int_equal(attempts_of_pass(reader, hash, &o), STORE_OK);
	assert_int_equal(json_array_size(o), 4);
	reportbed_assert(json_object_get(json_array_get(o, 0), "facility"),
	                 "'beach'");
	reportbed_assert(json_object_get(json_array_get(o, 3), "verdict"),
	                 "'accepted'");
	json_decref(o);
	store_close(reader);
	bed_close(bed);
}

/* ------------------------------------------------------------- filters */

static void filters_narrow_a_search(void **state)
{
	struct bed *bed = bed_open();
	char kid[17], query[64];

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		struct visit v =
		    bed_visit(bed, i % 4, i % 5, i % 2 ? BED_THRICE : BED_ONCE);

		v.forged = i == 11;
		(void)reportbed_redeem(bed, &v);
		if (i == 5)
			bed_pass_time(bed, DAY_MS);
	}
	check_found(bed, "", 12);
	check_found(bed, "facility=museum", 6);
	check_found(bed, "facility=palace&benefit=once", 3);
	check_found(bed, "from=2026-11-24&to=2026-11-24", 6);
	check_found(bed, "from=2026-11-25", 6);
	check_found(bed, "to=2026-11-23", 0);
	check_found(bed, "issuer=seoul.example", 11);
	check_found(bed, "issuer=tokyo.example", 0);
	check_found(bed, "verdict=bad-signature", 1);
	check_found(bed, "verdict=accepted&to=2026-11-24", 6);
	check_found(bed, "kiosk=0011223344556677", 0);
	hex_encode(bed_kid(bed, 2), 8, kid);
	snprintf(query, sizeof query, "kiosk=%s", kid);
	check_found(bed, query, 3);
	bed_close(bed);
}

/* What was told goes before what was answered. */
static void a_search_goes_by_what_was_told(void **state)
{
	struct bed *bed = bed_open();
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r = bed_ask(bed, &v);

	(void)state;
	check_found(bed, "verdict=accepted", 1);
	reportbed_tell(bed, &v, VERDICT_BUNDLE_STALE, &r.answer);
	check_found(bed, "verdict=accepted", 0);
	check_found(bed, "verdict=bundle-stale", 1);
	bed_close(bed);
}

/* -------------------------------------------------------------- paging */

static void visits(struct bed *bed, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct visit v = bed_visit(bed, i % 2, i, BED_ONCE);

		assert_false(bed_ask(bed, &v).failed);
	}
}

static const char *id_at(const json_t *o, size_t i)
{
	return json_string_value(json_object_get(
	    json_array_get(json_object_get(o, "attempts"), i), "id"));
}

/* While pages are turned, others are added: today's in front of the first
 * page, and yesterday's, late, where the cursor has not come yet. */
static void pages_neither_repeat_nor_leave_out(void **state)
{
	struct bed *bed = bed_open();
	char seen[64][33], query[128] = "limit=7";
	size_t n = 0, pages = 0;
	const char *cursor;

	(void)state;
	visits(bed, 20);
	bed_pass_time(bed, DAY_MS);
	visits(bed, 20);
	do {
		json_t *o = search(bed, query);

		assert_true(found(o) <= 7);
		for (size_t i = 0; i < found(o); i++) {
			for (size_t j = 0; j < n; j++)
				assert_string_not_equal(seen[j], id_at(o, i));
			assert_true(n < 64);
			snprintf(seen[n++], sizeof seen[0], "%s", id_at(o, i));
		}
		cursor = json_string_value(json_object_get(o, "cursor"));
		if (cursor)
			snprintf(query, sizeof query, "limit=7&cursor=%s",
			         cursor);
		json_decref(o);
		visits(bed, 3);
		if (pages++ == 0) {
			bed_at(bed, BED_NOW);
			visits(bed, 2);
			bed_at(bed, BED_NOW + DAY_MS);
		}
	} while (cursor);
	assert_int_equal(n, 42);
	bed_close(bed);
}

static void the_latest_come_first(void **state)
{
	struct bed *bed = bed_open();
	json_t *o;

	(void)state;
	visits(bed, 5);
	o = search(bed, "limit=2");
	assert_string_equal(id_at(o, 0), "00000000000000050000000000000000");
	assert_string_equal(id_at(o, 1), "00000000000000040000000000000000");
	json_decref(o);
	/* exactly a page: nothing more to come */
	o = search(bed, "limit=5");
	assert_true(json_is_null(json_object_get(o, "cursor")));
	json_decref(o);
	bed_close(bed);
}

/* A row like the first, over and over; they are of no kiosk's chain. */
#define COPIES                                                              \
	"WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i"    \
	" WHERE x < 100050) INSERT INTO attempt (kiosk, id, counts,"        \
	" answer, told, given_up, judgement, admission, marks, flags,"      \
	" online, facility, benefit, issuer, class, currency, party,"       \
	" reversal_minutes, at_ms, offset_ms, left_ms, effective_ms,"       \
	" asked_ms, received_ms, day, month, hour, uses, use_limit, stale)" \
	" SELECT kiosk, randomblob(16), 0, 64, 64, 0, 0, 0, 0, 0, 1,"       \
	" 'museum', benefit, issuer, class, currency, party, 0, at_ms,"     \
	" 0, 0, effective_ms, asked_ms, received_ms, day, month, hour, 0,"  \
	" 0, 0 FROM attempt, i WHERE n = 1"
static enum store_result add_copies(struct store *s, struct ledger_job *job,
                                    int64_t now_ms)
{
	sqlite3_stmt *q = store_sql(s, COPIES);

	(void)job;
	(void)now_ms;
	return q ? store_run(s, q) : STORE_FAILED;
}

/* What it looks at for a page is bounded; it goes on from there. */
static void a_search_that_finds_nothing_leads_on(void **state)
{
	struct bed *bed = bed_open();
	struct visit v = bed_visit(bed, 2, 1, BED_ONCE);
	char query[128];
	json_t *o;

	(void)state;
	assert_int_equal(reportbed_redeem(bed, &v), VERDICT_ACCEPTED);
	assert_int_equal(bed_call(bed, add_copies).result, STORE_OK);
	o = search(bed, "facility=palace");
	assert_int_equal(found(o), 0);
	snprintf(query, sizeof query, "facility=palace&cursor=%s",
	         json_string_value(json_object_get(o, "cursor")));
	json_decref(o);
	o = search(bed, query);
	assert_int_equal(found(o), 1);
	assert_true(json_is_null(json_object_get(o, "cursor")));
	json_decref(o);
	bed_close(bed);
}

static void a_search_reads_only_the_days_asked(void **state)
{
	struct bed *bed = bed_open();
	struct store *reader = reportbed_reader(bed);

	(void)state;
	json_decref(search_with(reader, "from=2026-11-24&facility=museum"));
	assert_int_equal(reportbed_plans(reader, "FROM attempt WHERE day",
	                                 "SEARCH attempt USING INDEX"
	                                 " attempt_day (day>? AND day<?)",
	                                 "TEMP B-TREE"),
	                 1);
	store_close(reader);
	bed_close(bed);
}

/* ----------------------------------------------------------- bad input */

static void each_bad_parameter_is_told(void **state)
{
	static const struct {
		const char *query, *says;
	} bad[] = {
	    {"from=yesterday", "\"from\": \"yesterday\" is no day"},
	    {"to=2026-13-01", "\"to\""},
	    {"from=2026-11-24&to=2026-11-23", "is before"},
	    {"facility=The+Museum", "oapctl facility list"},
	    {"facility=", "\"facility\""},
	    {"benefit=Once", "oapctl benefit list"},
	    {"issuer=", "oapctl issuer list"},
	    {"issuer=0123456789012345678901234567890123", "\"issuer\""},
	    {"verdict=fine", "\"verdict\": \"fine\""},
	    {"kiosk=12", "16 hexadecimal digits"},
	    {"limit=0", "from 1 to 500"},
	    {"limit=501", "from 1 to 500"},
	    {"limit=-1", "from 1 to 500"},
	    {"limit=99999999999999999999", "from 1 to 500"},
	    {"cursor=x", "\"cursor\""},
	    {"cursor=20261124", "\"cursor\""},
	    {"cursor=20261324-1", "\"cursor\""},
	    {"cursor=20261124-99999999999999999999", "\"cursor\""},
	    {"cursor=20261124-", "\"cursor\""},
	    {"page=2", "\"page\": not known here"},
	    {"limit=1&limit=1", "given twice"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct problem problem;

		assert_null(query_of(bad[i].query, &problem));
		assert_int_equal(problem.status, 400);
		if (!strstr(problem.detail, bad[i].says) ||
		    strchr(problem.detail, '\n'))
			fail_msg("%s: %s", bad[i].query, problem.detail);
	}
}

/* A cursor of another search leads no further than this one may go. */
static void a_foreign_cursor_stays_within_the_days(void **state)
{
	struct bed *bed = bed_open();

	(void)state;
	visits(bed, 4);
	bed_pass_time(bed, DAY_MS);
	visits(bed, 4);
	check_found(bed, "to=2026-11-24&cursor=20261125-9999", 4);
	check_found(bed, "from=2026-11-25&cursor=20261124-9999", 0);
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_attempt_is_shown_whole),
	    cmocka_unit_test(what_is_not_known_is_null),
	    cmocka_unit_test(one_is_found_by_its_name),
	    cmocka_unit_test(all_of_a_pass_are_found_at_every_door),
	    cmocka_unit_test(filters_narrow_a_search),
	    cmocka_unit_test(a_search_goes_by_what_was_told),
	    cmocka_unit_test(pages_neither_repeat_nor_leave_out),
	    cmocka_unit_test(the_latest_come_first),
	    cmocka_unit_test(a_search_that_finds_nothing_leads_on),
	    cmocka_unit_test(a_search_reads_only_the_days_asked),
	    cmocka_unit_test(each_bad_parameter_is_told),
	    cmocka_unit_test(a_foreign_cursor_stays_within_the_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
