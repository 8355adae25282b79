/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_report.c: the reports over what a real ledger wrote, against figures
 * worked out by hand: a list price of 10000 less 20 % gives 2000. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "reportbed.h"

#define DAY_MS (24 * BED_HOUR)

/* ------------------------------------------------------------ figures */

/* Two accepted at the museum (one of them for three persons and without a
 * price), one refused twice, a forged one; one accepted at the palace. */
static void fill_morning(struct bed *bed)
{
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	assert_int_equal(reportbed_redeem(bed, &v), VERDICT_ACCEPTED);
	v = bed_visit(bed, 1, 2, BED_ONCE);
	v.party = 3;
	v.has_list = false;
	assert_int_equal(reportbed_redeem(bed, &v), VERDICT_ACCEPTED);
	v = bed_visit(bed, 0, 1, BED_ONCE);
	assert_int_equal(reportbed_redeem(bed, &v), VERDICT_ALREADY_REDEEMED);
	v = bed_visit(bed, 2, 1, BED_ONCE);
	assert_int_equal(reportbed_redeem(bed, &v), VERDICT_ALREADY_REDEEMED);
	v = bed_visit(bed, 0, 3, BED_ONCE);
	v.forged = true;
	assert_int_equal(reportbed_redeem(bed, &v), VERDICT_BAD_SIGNATURE);
	v = bed_visit(bed, 3, 3, BED_THRICE);
	v.party = 2;
	v.list = 25000;
	assert_int_equal(reportbed_redeem(bed, &v), VERDICT_ACCEPTED);
}

static void a_morning_adds_up(void **state)
{
	struct bed *bed = bed_open();
	json_t *o;

	(void)state;
	fill_morning(bed);
	o = reportbed_json(bed, "redemptions", "from=2026-11-24");
	reportbed_assert(
	    o, "{'report': 'redemptions', 'from': '2026-11-24',"
	       " 'to': '2026-11-24', 'by': 'day', 'rows': [{"
	       "  'key': '2026-11-24', 'currency': 'KRW',"
	       "  'redemptions': 3, 'persons': 6, 'list': 35000,"
	       "  'discount': 7000, 'without_price': 1, 'reversed': 0,"
	       "  'refused': 3, 'refused_by': {'already-redeemed': 2,"
	       "   'bad-signature': 1}}],"
	       " 'total': [{'currency': 'KRW',"
	       "  'redemptions': 3, 'persons': 6, 'list': 35000,"
	       "  'discount': 7000, 'without_price': 1, 'reversed': 0,"
	       "  'refused': 3, 'refused_by': {'already-redeemed': 2,"
	       "   'bad-signature': 1}}]}");
	json_decref(o);
	reportbed_rows(bed, "facilities", "from=2026-11-24",
	               "[{'key': 'museum', 'currency': 'KRW', 'redemptions': 2,"
	               " 'persons': 4, 'list': 10000, 'discount': 2000,"
	               " 'without_price': 1, 'reversed': 0, 'refused': 2,"
	               " 'refused_by': {'already-redeemed': 1,"
	               " 'bad-signature': 1}},"
	               "{'key': 'palace', 'currency': 'KRW', 'redemptions': 1,"
	               " 'persons': 2, 'list': 25000, 'discount': 5000,"
	               " 'without_price': 0, 'reversed': 0, 'refused': 1,"
	               " 'refused_by': {'already-redeemed': 1}}]");
	reportbed_rows(bed, "benefits", "from=2026-11-24",
	               "[{'key': 'once', 'currency': 'KRW', 'redemptions': 2,"
	               " 'persons': 4, 'list': 10000, 'discount': 2000,"
	               " 'without_price': 1, 'reversed': 0, 'refused': 3,"
	               " 'refused_by': {'already-redeemed': 2,"
	               " 'bad-signature': 1}},"
	               "{'key': 'thrice', 'currency': 'KRW', 'redemptions': 1,"
	               " 'persons': 2, 'list': 25000, 'discount': 5000,"
	               " 'without_price': 0, 'reversed': 0, 'refused': 0,"
	               " 'refused_by': {}}]");
	bed_close(bed);
}

static void what_nobody_signed_is_no_issuers(void **state)
{
	struct bed *bed = bed_open();

	(void)state;
	fill_morning(bed);
	reportbed_rows(
	    bed, "issuers", "from=2026-11-24",
	    "[{'key': '', 'currency': 'KRW', 'redemptions': 0,"
	    " 'persons': 0, 'list': 0, 'discount': 0,"
	    " 'without_price': 0, 'reversed': 0, 'refused': 1,"
	    " 'refused_by': {'bad-signature': 1}},"
	    "{'key': 'seoul.example', 'currency': 'KRW',"
	    " 'redemptions': 3, 'persons': 6, 'list': 35000,"
	    " 'discount': 7000, 'without_price': 1, 'reversed': 0,"
	    " 'refused': 2, 'refused_by': {'already-redeemed': 2}}]");
	bed_close(bed);
}

static void verdicts_are_counted_by_name_and_class(void **state)
{
	struct bed *bed = bed_open();
	json_t *o;

	(void)state;
	fill_morning(bed);
	o = reportbed_json(bed, "verdicts", "from=2026-11-24&by=facility");
	reportbed_assert(
	    json_object_get(o, "rows"),
	    "[{'key': 'museum', 'verdict': 'accepted', 'class': 'accept',"
	    " 'attempts': 2},"
	    "{'key': 'museum', 'verdict': 'bad-signature',"
	    " 'class': 'reject-code', 'attempts': 1},"
	    "{'key': 'museum', 'verdict': 'already-redeemed',"
	    " 'class': 'reject-use', 'attempts': 1},"
	    "{'key': 'palace', 'verdict': 'accepted', 'class': 'accept',"
	    " 'attempts': 1},"
	    "{'key': 'palace', 'verdict': 'already-redeemed',"
	    " 'class': 'reject-use', 'attempts': 1}]");
	reportbed_assert(
	    json_object_get(o, "total"),
	    "[{'verdict': 'accepted', 'class': 'accept',"
	    " 'attempts': 3},"
	    "{'verdict': 'bad-signature', 'class': 'reject-code',"
	    " 'attempts': 1},"
	    "{'verdict': 'already-redeemed', 'class': 'reject-use',"
	    " 'attempts': 2}]");
	json_decref(o);
	bed_close(bed);
}

static void a_spreadsheet_gets_the_same_figures(void **state)
{
	struct bed *bed = bed_open();
	char *text;

	(void)state;
	fill_morning(bed);
	text = reportbed_text(bed, "facilities", "from=2026-11-24&format=csv",
	                      "text/csv; charset=utf-8");
	assert_string_equal(
	    text, "facility,currency,redemptions,persons,list,discount,"
	          "without_price,reversed,refused,refused_by\r\n"
	          "museum,KRW,2,4,10000,2000,1,0,2,"
	          "bad-signature=1 already-redeemed=1\r\n"
	          "palace,KRW,1,2,25000,5000,0,0,1,already-redeemed=1\r\n");
	free(text);
	text = reportbed_text(bed, "verdicts", "from=2026-11-24&format=csv",
	                      "text/csv; charset=utf-8");
	assert_string_equal(text,
	                    "day,verdict,class,attempts\r\n"
	                    "2026-11-24,accepted,accept,3\r\n"
	                    "2026-11-24,bad-signature,reject-code,1\r\n"
	                    "2026-11-24,already-redeemed,reject-use,2\r\n");
	free(text);
	bed_close(bed);
}

/* ------------------------------------------------- what changes later */

#define FIGURES(n, persons, list, discount, reversed, refused, by)            \
	"[{'key': '2026-11-24', 'currency': 'KRW', 'redemptions': " n         \
	", 'persons': " persons ", 'list': " list ", 'discount': " discount   \
	", 'without_price': 0, 'reversed': " reversed ", 'refused': " refused \
	", 'refused_by': " by "}]"

static void a_reversal_of_tomorrow_is_in_todays_report(void **state)
{
	struct bed *bed = bed_open();
	struct visit kept = bed_visit(bed, 0, 1, BED_ONCE),
	             back = bed_visit(bed, 0, 2, BED_ONCE);

	(void)state;
	assert_int_equal(reportbed_redeem(bed, &kept), VERDICT_ACCEPTED);
	assert_int_equal(reportbed_redeem(bed, &back), VERDICT_ACCEPTED);
	bed_pass_time(bed, DAY_MS);
	assert_int_equal(bed_operator_reversal(bed, &back), VERDICT_REVERSED);
	reportbed_rows(bed, "redemptions", "from=2026-11-01&to=2026-11-30",
	               FIGURES("1", "1", "10000", "2000", "1", "0", "{}"));
	bed_close(bed);
}

static void told_no_gives_an_accepting_answer_back(void **state)
{
	struct bed *bed = bed_open();
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);
	struct reply r = bed_ask(bed, &v);

	(void)state;
	reportbed_rows(bed, "redemptions", "from=2026-11-24",
	               FIGURES("1", "1", "10000", "2000", "0", "0", "{}"));
	reportbed_tell(bed, &v, VERDICT_BUNDLE_STALE, &r.answer);
	reportbed_rows(
	    bed, "redemptions", "from=2026-11-24",
	    FIGURES("0", "0", "0", "0", "0", "1", "{'bundle-stale': 1}"));
	bed_close(bed);
}

static void an_answer_that_reached_nobody_is_no_redemption(void **state)
{
	struct bed *bed = bed_open();
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	(void)state;
	assert_int_equal(bed_ask(bed, &v).answer.verdict, VERDICT_ACCEPTED);
	bed_pass_time(bed, 11 * BED_SECOND);
	bed_send(bed, 0, NULL, 0, true);
	reportbed_rows(bed, "redemptions", "from=2026-11-24",
	               FIGURES("0", "0", "0", "0", "0", "0", "{}"));
	bed_close(bed);
}

static void what_waits_for_an_operator_is_in_no_report(void **state)
{
	struct bed *bed = bed_open();
	struct visit v = bed_visit(bed, 0, 1, BED_ONCE);

	(void)state;
	reportbed_tell(bed, &v, VERDICT_ACCEPTED, NULL);
	assert_int_equal(bed_number(bed, "SELECT marks FROM attempt"),
	                 MARK_DISPUTED);
	reportbed_rows(bed, "redemptions", "from=2026-11-24", "[]");
	bed_close(bed);
}

/* ----------------------------------------------------------- bad input */

static void each_bad_parameter_is_told(void **state)
{
	static const struct {
		const char *name, *query;
		int status;
		const char *says;
	} bad[] = {
	    {"visits", "from=2026-11-24", 404, "report \"visits\": unknown"},
	    {"redemptions", "", 400, "\"from\": missing"},
	    {"redemptions", "from=2026-11-31", 400, "\"2026-11-31\" is no day"},
	    {"redemptions", "from=24.11.2026", 400, "is no day"},
	    {"redemptions", "from=2026-11-24&to=tomorrow", 400, "\"to\""},
	    {"redemptions", "from=2026-11-24&to=2026-11-23", 400,
	     "\"to\": 2026-11-23 is before"},
	    {"redemptions", "from=2016-11-24&to=2026-12-24", 400,
	     "over 3660 days"},
	    {"redemptions", "from=2026-11-24&by=hour", 400,
	     "\"by\": \"hour\" is none of"},
	    {"redemptions", "from=2026-11-24&format=xml", 400,
	     "\"format\": \"xml\""},
	    {"redemptions", "from=2026-11-24&from=2026-11-25", 400,
	     "given twice"},
	    {"redemptions", "from=2026-11-24&class=adult", 400,
	     "\"class\": not known here"},
	    {"redemptions", "from=2026-11-24&by=", 400, "\"by\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct problem problem;

		assert_null(
		    reportbed_request(bad[i].name, bad[i].query, &problem));
		assert_int_equal(problem.status, bad[i].status);
		if (!strstr(problem.detail, bad[i].says) ||
		    strchr(problem.detail, '\n'))
			fail_msg("%s: %s", bad[i].query, problem.detail);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_morning_adds_up),
	    cmocka_unit_test(what_nobody_signed_is_no_issuers),
	    cmocka_unit_test(verdicts_are_counted_by_name_and_class),
	    cmocka_unit_test(a_spreadsheet_gets_the_same_figures),
	    cmocka_unit_test(a_reversal_of_tomorrow_is_in_todays_report),
	    cmocka_unit_test(told_no_gives_an_accepting_answer_back),
	    cmocka_unit_test(an_answer_that_reached_nobody_is_no_redemption),
	    cmocka_unit_test(what_waits_for_an_operator_is_in_no_report),
	    cmocka_unit_test(each_bad_parameter_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
