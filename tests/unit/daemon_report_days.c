/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_report_days.c: the days of reports: each facility's own, and only
 * those that are asked for; and whether all of it adds up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reportbed.h"

#define DAY_MS (24 * BED_HOUR)

/* --------------------------------------------------------------- days */

/* At 00:00 UTC it is 09:00 in Seoul, 14:00 the day before in Honolulu, and
 * 05:45 in Kathmandu. */
static void one_instant_is_three_places_own_days(void **state)
{
	static const char row[] =
	    "[{'key': '%s', 'currency': '%s', 'redemptions': 1, 'persons': 1,"
	    " 'list': 10000, 'discount': 2000, 'without_price': 0,"
	    " 'reversed': 0, 'refused': 0, 'refused_by': {}}%s";
	struct bed *bed = bed_open();
	struct visit seoul = bed_visit(bed, 0, 1, BED_ONCE),
	             honolulu = bed_visit(bed, 4, 1, BED_ONCE_USD),
	             kathmandu = bed_visit(bed, 6, 1, BED_ONCE_NPR);
	char rows[512];
	json_t *o;

	(void)state;
	assert_int_equal(reportbed_redeem(bed, &seoul), VERDICT_ACCEPTED);
	assert_int_equal(reportbed_redeem(bed, &honolulu), VERDICT_ACCEPTED);
	assert_int_equal(reportbed_redeem(bed, &kathmandu), VERDICT_ACCEPTED);
	snprintf(rows, sizeof rows, row, "2026-11-23", "USD", "]");
	reportbed_rows(bed, "redemptions", "from=2026-11-23&to=2026-11-23",
	               rows);
	o = reportbed_json(bed, "redemptions", "from=2026-11-23&to=2026-11-24");
	assert_int_equal(json_array_size(json_object_get(o, "rows")), 3);
	reportbed_assert(
	    json_object_get(json_array_get(json_object_get(o, "rows"), 1),
	                    "key"),
	    "'2026-11-24'");
	/* three currencies, never one sum */
	assert_int_equal(json_array_size(json_object_get(o, "total")), 3);
	json_decref(o);
	bed_close(bed);
}

/* New York, 2027-03-14: the day of 23 hours begins at 05:00 UTC and ends at
 * 04:00 UTC of the next. */
static void a_day_of_23_hours_is_one_day(void **state)
{
	const int64_t begins = INT64_C(1805000400000);
	static const int64_t at[] = {-1000, 0, 23 * BED_HOUR - 1000,
	                             23 * BED_HOUR};
	struct zone_span zone = {.first = -18000, .count = 1};
	struct bed *bed = bed_open();

	(void)state;
	zone.change[0].from = begins / 1000 + 2 * 3600;
	zone.change[0].offset = -14400;
	bed_set_zone(bed, 4, &zone);
	for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++) {
		struct visit v;

		bed_at(bed, begins + at[i]);
		v = bed_visit(bed, 4, i == 2 ? 1 : 0, BED_ONCE_USD);
		assert_int_equal(reportbed_redeem(bed, &v), VERDICT_ACCEPTED);
	}
	reportbed_rows(bed, "redemptions", "from=2027-03-01&to=2027-03-31",
	               "[{'key': '2027-03-13', 'currency': 'USD',"
	               " 'redemptions': 1, 'persons': 1, 'list': 10000,"
	               " 'discount': 2000, 'without_price': 0, 'reversed': 0,"
	               " 'refused': 0, 'refused_by': {}},"
	               "{'key': '2027-03-14', 'currency': 'USD',"
	               " 'redemptions': 2, 'persons': 2, 'list': 20000,"
	               " 'discount': 4000, 'without_price': 0, 'reversed': 0,"
	               " 'refused': 0, 'refused_by': {}},"
	               "{'key': '2027-03-15', 'currency': 'USD',"
	               " 'redemptions': 1, 'persons': 1, 'list': 10000,"
	               " 'discount': 2000, 'without_price': 0, 'reversed': 0,"
	               " 'refused': 0, 'refused_by': {}}]");
	bed_close(bed);
}

static void days_add_up_to_months(void **state)
{
	struct bed *bed = bed_open();

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

		assert_int_equal(reportbed_redeem(bed, &v), VERDICT_ACCEPTED);
		bed_pass_time(bed, DAY_MS);
	}
	/* 24 to 30 November, 1 to 3 December; asked for up to the 2nd */
	reportbed_rows(bed, "redemptions",
	               "from=2026-11-24&to=2026-12-02&by=month",
	               "[{'key': '2026-11', 'currency': 'KRW',"
	               " 'redemptions': 7, 'persons': 7, 'list': 70000,"
	               " 'discount': 14000, 'without_price': 0, 'reversed': 0,"
	               " 'refused': 0, 'refused_by': {}},"
	               "{'key': '2026-12', 'currency': 'KRW',"
	               " 'redemptions': 2, 'persons': 2, 'list': 20000,"
	               " 'discount': 4000, 'without_price': 0, 'reversed': 0,"
	               " 'refused': 0, 'refused_by': {}}]");
	reportbed_rows(bed, "redemptions", "from=2026-11-20&to=2026-11-23",
	               "[]");
	bed_close(bed);
}

/* --------------------------------------------------------- recomputed */

#define TELLS "(CASE WHEN told <> 0 THEN told ELSE answer END)"

/* What the attempts of one key and currency come to, out of their rows. */
static int64_t out_of_rows(struct bed *bed, const char *sum, const char *key,
                           const json_t *row)
{
	const char *value = json_string_value(json_object_get(row, "key"));
	const char *currency =
	    json_string_value(json_object_get(row, "currency"));
	char sql[768];

	snprintf(sql, sizeof sql,
	         "SELECT coalesce(sum(%s), 0) FROM attempt WHERE currency ="
	         " '%s' AND %s = '%s' AND NOT (told IN (1, 2) AND judgement ="
	         " 4)",
	         sum, currency, key, value);
	return bed_number(bed, sql);
}

static void check_row(struct bed *bed, const char *key, const json_t *row)
{
	static const char *const of[][2] = {
	    {"redemptions", "counts"},
	    {"persons", "counts * party"},
	    {"list", "counts * coalesce(list, 0)"},
	    {"discount", "counts * coalesce(discount, 0)"},
	    {"without_price", "counts AND list IS NULL"},
	    {"reversed", "reversed_ms IS NOT NULL AND " TELLS " IN (1, 2)"},
	    {"refused", TELLS " NOT IN (1, 2)"},
	};

	for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
		assert_int_equal(
		    json_integer_value(json_object_get(row, of[i][0])),
		    out_of_rows(bed, of[i][1], key, row));
}

static void check_by(struct bed *bed, const char *by, const char *key)
{
	json_int_t redemptions = 0;
	json_t *o, *row;
	char query[80];
	size_t i;

	snprintf(query, sizeof query, "from=2026-11-01&to=2026-12-31&by=%s",
	         by);
	o = reportbed_json(bed, "redemptions", query);
	json_array_foreach(json_object_get(o, "rows"), i, row)
	{
		check_row(bed, key, row);
		redemptions +=
		    json_integer_value(json_object_get(row, "redemptions"));
	}
	assert_true(i > 0);
	assert_int_equal(redemptions,
	                 bed_number(bed, "SELECT sum(counts) FROM attempt"));
	json_decref(o);
}

/* What happens to a visit: by its number. */
static void some_visit(struct bed *bed, unsigned i)
{
	static const enum bed_benefit of[] = {BED_ONCE, BED_THRICE,
	                                      BED_ONCE_USD, BED_ONCE_NPR};
	enum bed_benefit benefit = of[i % 4];
	unsigned kiosk = i % 4 < 2 ? i / 7 % 4 : i % 4 * 2;
	struct visit v = bed_visit(bed, kiosk, i / 3 % 11, benefit);
	struct reply r;

	v.party = 1 + i % 3;
	v.has_list = i % 5 != 0;
	v.list = v.has_list ? 100 * (i % 97) : 0;
	v.forged = i % 23 == 0;
	r = bed_ask(bed, &v);
	if (i % 13 == 0)
		reportbed_tell(bed, &v, VERDICT_STATUS_STALE, &r.answer);
	else if (i % 17 == 0)
		reportbed_tell(bed, &v, VERDICT_ACCEPTED_OFFLINE, NULL);
	else if (i % 11 != 0)
		reportbed_tell(bed, &v, r.answer.verdict, &r.answer);
	if (i % 19 == 0)
		(void)bed_operator_reversal(bed, &v);
	bed_pass_time(bed, 47 * BED_MINUTE);
}

static void every_report_is_what_the_rows_come_to(void **state)
{
	struct bed *bed = bed_open();

	(void)state;
	for (unsigned i = 1; i < 300; i++)
		some_visit(bed, i);
	for (unsigned kiosk = 0; kiosk < 4; kiosk++)
		bed_send(bed, kiosk, NULL, 0, true);
	bed_check(bed);
	check_by(bed, "facility", "facility");
	check_by(bed, "benefit", "benefit");
	check_by(bed, "issuer", "issuer");
	check_by(bed, "day",
	         "(substr(day, 1, 4) || '-' || substr(day, 5, 2) || '-' ||"
	         " substr(day, 7, 2))");
	check_by(bed, "month",
	         "(substr(day, 1, 4) || '-' || substr(day, 5, 2))");
	bed_close(bed);
}

/* ---------------------------------------------------------------- cost */

/* Each of the statements that a report runs reads a range of days. */
static void a_report_reads_only_the_days_asked(void **state)
{
	static const char *const by[] = {"day", "month", "facility", "benefit",
	                                 "issuer"};
	struct bed *bed = bed_open();
	struct store *reader = reportbed_reader(bed);
	size_t looked_at;

	(void)state;
	for (size_t i = 0; i < sizeof by / sizeof by[0]; i++) {
		struct report_output out;
		struct problem problem;
		struct report_request *r;
		char query[64];

		snprintf(query, sizeof query, "from=2026-11-24&by=%s", by[i]);
		r = reportbed_request("redemptions", query, &problem);
		assert_non_null(r);
		assert_int_equal(report_run(reader, r, &out), STORE_OK);
		free(out.body);
		report_request_free(r);
	}
	looked_at = reportbed_plans(reader, "FROM total",
	                            "SEARCH total USING PRIMARY KEY"
	                            " (day>? AND day<?)",
	                            "SCAN");
	assert_int_equal(looked_at, sizeof by / sizeof by[0]);
	store_close(reader);
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_instant_is_three_places_own_days),
	    cmocka_unit_test(a_day_of_23_hours_is_one_day),
	    cmocka_unit_test(days_add_up_to_months),
	    cmocka_unit_test(every_report_is_what_the_rows_come_to),
	    cmocka_unit_test(a_report_reads_only_the_days_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
