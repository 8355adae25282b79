/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "zone.h"

#define NOW INT64_C(1795478400) /* 2026-11-24 00:00 UTC */
#define DAY INT64_C(86400)

static void names_of_the_database_are_known(void **state)
{
	static const char *const NAMES[] = {
	    "Asia/Seoul",	"Asia/Tokyo", "America/New_York",
	    "America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC"};

	(void)state;
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++)
		assert_true(zone_known(NAMES[i]));
}

static void anything_else_is_not(void **state)
{
	static const char *const NAMES[] = {
	    "",
	    "Asia",
	    "Asia/",
	    "Asia/Nowhere",
	    "asia/seoul ",
	    "+09:00",
	    "Z",
	    "<+09>-9",
	    "KST-9",
	    "KST-9/2",
	    "AAA1/BBB",
	    "EST5EDT",
	    "Japan",
	    "localtime",
	    "right/Asia/Seoul",
	    "posix/Asia/Seoul",
	    ":Asia/Seoul",
	    "/usr/share/zoneinfo/Asia/Seoul",
	    "../zoneinfo/Asia/Seoul",
	    "Asia//Seoul",
	    "Asia/../Asia/Seoul",
	    "zone.tab",
	    "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	struct zone_span span;

	(void)state;
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++) {
		assert_false(zone_known(NAMES[i]));
		assert_false(zone_span(NAMES[i], NOW, &span));
	}
}

static void places_without_daylight_saving_have_no_changes(void **state)
{
	static const struct {
		const char *name;
		int32_t offset;
	} OF[] = {{"Asia/Seoul", 32400},
		  {"Pacific/Honolulu", -36000},
		  {"Asia/Kathmandu", 20700}};
	struct zone_span span;

	(void)state;
	for (size_t i = 0; i < sizeof(OF) / sizeof(*OF); i++) {
		assert_true(zone_span(OF[i].name, NOW, &span));
		assert_int_equal(span.first, OF[i].offset);
		assert_int_equal(span.count, 0);
	}
}

static void changes_stand_at_their_second(void **state)
{
	static const struct {
		int64_t from;
		int32_t offset;
	} OF[] = {{1793512800, -18000},	 /* 2026-11-01 06:00 UTC */
		  {1805007600, -14400},	 /* 2027-03-14 07:00 UTC */
		  {1825567200, -18000}}; /* 2027-11-07 06:00 UTC */
	struct zone_span span;

	(void)state;
	assert_true(zone_span("America/New_York", NOW, &span));
	assert_int_equal(span.first, -14400);
	assert_int_equal(span.count, 3);
	for (size_t i = 0; i < span.count; i++) {
		assert_int_equal(span.change[i].from, OF[i].from);
		assert_int_equal(span.change[i].offset, OF[i].offset);
	}
}

/* 40 days back and 400 ahead, to the second. */
static void span_ends_where_it_says(void **state)
{
	const int64_t change = 1805007600; /* New York, 2027-03-14 */
	struct zone_span span;

	(void)state;
	assert_true(zone_span("America/New_York", change - 400 * DAY, &span));
	assert_int_equal(span.change[span.count - 1].from, change);
	assert_true(
	    zone_span("America/New_York", change - 400 * DAY - 1, &span));
	assert_true(span.change[span.count - 1].from < change);
	assert_true(zone_span("America/New_York", change + 40 * DAY, &span));
	assert_int_equal(span.first, -14400); /* it is over already */
	assert_true(
	    zone_span("America/New_York", change + 40 * DAY - 1, &span));
	assert_int_equal(span.first, -18000);
	assert_int_equal(span.change[0].from, change);
}

/* Lord Howe changes by half an hour. */
static void half_hours_are_changes_too(void **state)
{
	struct zone_span span;

	(void)state;
	assert_true(zone_span("Australia/Lord_Howe", NOW, &span));
	assert_int_equal(span.first, 39600);
	assert_true(span.count >= 2);
	assert_int_equal(span.change[0].offset, 37800);
	assert_int_equal(span.change[1].offset, 39600);
}

static void clock_before_1970_and_a_day_is_taken(void **state)
{
	struct zone_span span;

	(void)state;
	assert_true(zone_span("Asia/Tokyo", 0, &span));
	assert_int_equal(span.first, 32400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_of_the_database_are_known),
	    cmocka_unit_test(anything_else_is_not),
	    cmocka_unit_test(places_without_daylight_saving_have_no_changes),
	    cmocka_unit_test(changes_stand_at_their_second),
	    cmocka_unit_test(span_ends_where_it_says),
	    cmocka_unit_test(half_hours_are_changes_too),
	    cmocka_unit_test(clock_before_1970_and_a_day_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
