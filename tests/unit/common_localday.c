/* SPDX-License-Identifier: Apache-2.0 */
/* Local days: the same in kiosk and daemon, wherever the facility is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "localday.h"

#define DAY_MS INT64_C(86400000)

static struct zone_span fixed(int32_t offset)
{
	return (struct zone_span){.first = offset};
}

static int64_t utc_ms(int32_t date, int hour, int minute, int second)
{
	return ((int64_t)day_of_date(date) * 86400 + hour * 3600 +
		minute * 60 + second) *
	       1000;
}

static void assert_local(const struct zone_span *zone, int64_t t_ms,
			 int32_t date, int minute)
{
	struct local_time t = local_time_at(zone, t_ms);

	assert_int_equal(t.date, date);
	assert_int_equal(t.minute, minute);
	assert_int_equal(t.day, day_of_date(date));
	assert_int_equal(t.year, date / 10000);
	assert_int_equal(t.month, date / 100 % 100);
	assert_int_equal(t.mday, date % 100);
}

static void one_instant_is_another_day_in_another_place(void **state)
{
	struct zone_span seoul = fixed(9 * 3600);
	struct zone_span honolulu = fixed(-10 * 3600);
	struct zone_span kathmandu = fixed(5 * 3600 + 45 * 60);
	int64_t t = utc_ms(20261123, 20, 0, 0);

	(void)state;
	assert_local(&seoul, t, 20261124, 5 * 60);
	assert_local(&honolulu, t, 20261123, 10 * 60);
	assert_local(&kathmandu, t, 20261124, 60 + 45);
	assert_int_equal(local_time_at(&honolulu, t).weekday, 0); /* Monday */
	assert_int_equal(local_time_at(&seoul, t).weekday, 1);
}

static void the_day_turns_at_local_midnight(void **state)
{
	struct zone_span kathmandu = fixed(5 * 3600 + 45 * 60);
	int64_t midnight = utc_ms(20261123, 18, 15, 0);

	(void)state;
	assert_local(&kathmandu, midnight - 1, 20261123, 1439);
	assert_int_equal(local_time_at(&kathmandu, midnight - 1).second, 59);
	assert_local(&kathmandu, midnight, 20261124, 0);
	assert_int_equal(local_time_at(&kathmandu, midnight).second, 0);
}

/* Paris, 2026: clocks go to +2 h on 29 March 01:00 UTC, back on 25 October. */
static void daylight_saving_moves_the_minute_not_the_count(void **state)
{
	struct zone_span paris = {.first = 3600, .count = 2};
	int64_t spring = utc_ms(20260329, 1, 0, 0);
	int64_t autumn = utc_ms(20261025, 1, 0, 0);

	(void)state;
	paris.change[0].from = spring / 1000;
	paris.change[0].offset = 7200;
	paris.change[1].from = autumn / 1000;
	paris.change[1].offset = 3600;
	assert_local(&paris, spring - 1, 20260329, 119);
	assert_local(&paris, spring, 20260329, 180);
	assert_local(&paris, autumn - 1, 20261025, 179);
	assert_local(&paris, autumn, 20261025, 120);
	/* The short day has 23 hours: midnights that far apart. */
	assert_local(&paris, utc_ms(20260328, 23, 0, 0), 20260329, 0);
	assert_local(&paris, utc_ms(20260329, 22, 0, 0), 20260330, 0);
	assert_local(&paris, utc_ms(20260329, 22, 0, 0) - 1, 20260329, 1439);
	assert_int_equal(local_time_at(&paris, spring).offset, 7200);
}

static void leap_years_have_their_day(void **state)
{
	(void)state;
	assert_true(date_valid(20240229));
	assert_true(date_valid(20000229));
	assert_false(date_valid(21000229));
	assert_false(date_valid(20260229));
	assert_int_equal(date_of_day(day_of_date(20240228) + 1), 20240229);
	assert_int_equal(date_of_day(day_of_date(21000228) + 1), 21000301);
	assert_int_equal(day_of_date(20250101) - day_of_date(20240101), 366);
}

/* Against libc's own calendar, which the code itself does not use. */
static void days_and_dates_are_each_others_inverse(void **state)
{
	int32_t last = day_of_date(24001231);

	(void)state;
	assert_int_equal(day_of_date(19700101), 0);
	for (int32_t day = 0; day <= last; day++) {
		time_t t = (time_t)day * 86400;
		struct tm tm;
		int32_t date = date_of_day(day);
		struct zone_span utc = fixed(0);

		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(date, (tm.tm_year + 1900) * 10000 +
					   (tm.tm_mon + 1) * 100 + tm.tm_mday);
		assert_int_equal(day_of_date(date), day);
		assert_true(date_valid(date));
		assert_int_equal(local_time_at(&utc, day * DAY_MS).weekday,
				 (tm.tm_wday + 6) % 7);
	}
}

static void the_first_and_last_times_stay_in_range(void **state)
{
	struct zone_span west = fixed(-UTC_OFFSET_MAX_S);
	struct zone_span east = fixed(UTC_OFFSET_MAX_S);

	(void)state;
	assert_local(&west, 0, 19691231, 6 * 60);
	assert_int_equal(local_time_at(&west, 0).weekday, 2);
	assert_int_equal(local_time_at(&east, TIME_MS_MAX).date, 100000101);
	/* Past either end it is held there. */
	assert_local(&east, -5, 19700101, 18 * 60);
	assert_int_equal(local_time_at(&east, INT64_MAX).date, 100000101);
}

static void only_real_days_are_dates(void **state)
{
	static const int64_t BAD[] = {
	    0,	      -1,	19691231, 20260001, 20261301, 20260100,
	    20260132, 20260431, 20260631, 100000101, 20261199, INT64_MAX,
	    INT64_MIN, 2026};

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++)
		assert_false(date_valid(BAD[i]));
	assert_true(date_valid(19700101));
	assert_true(date_valid(99991231));
}

static void dates_are_written_and_read(void **state)
{
	static const char *const BAD[] = {
	    "",		  "2026-11-2",	"2026-11-233", "2026/11/23",
	    "2026-13-01", "2026-02-29", "x026-11-23",  "2026-11-2x",
	    "2026-11-2:", "2026-11-2/",
	    "20261123  ", " 2026-11-23"};
	char text[11];
	int32_t date = 0;

	(void)state;
	date_format(20261123, text);
	assert_string_equal(text, "2026-11-23");
	assert_true(date_parse(bytes_text("2026-11-23"), &date));
	assert_int_equal(date, 20261123);
	assert_true(date_parse(bytes_text("1999-09-09"), &date));
	assert_int_equal(date, 19990909);
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++)
		assert_false(date_parse(bytes_text(BAD[i]), &date));
	date_format(0, text);
	assert_string_equal(text, "0000-00-00");
}

static bool changes_read(const struct zone_span *zone, struct zone_span *back)
{
	uint8_t buf[512];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct cbor_in in;

	memset(back, 0, sizeof(*back));
	zone_span_put_changes(&out, zone);
	assert_false(out.failed);
	in = cbor_reader(out_view(&out));
	return zone_span_read_changes(&in, back) && cbor_at_end(&in);
}

static void offset_changes_survive_the_bundle(void **state)
{
	struct zone_span zone = {.count = TRANSITIONS_MAX}, back;

	(void)state;
	for (size_t i = 0; i < zone.count; i++) {
		zone.change[i].from = 1000000 * (int64_t)i;
		zone.change[i].offset = i % 2 ? -UTC_OFFSET_MAX_S : 3600;
	}
	assert_true(changes_read(&zone, &back));
	assert_int_equal(back.count, zone.count);
	for (size_t i = 0; i < zone.count; i++) {
		assert_int_equal(back.change[i].from, zone.change[i].from);
		assert_int_equal(back.change[i].offset,
				 zone.change[i].offset);
	}
}

static void offset_changes_must_ascend_and_be_in_range(void **state)
{
	struct zone_span zone = {.count = 2}, back;

	(void)state;
	zone.change[0].from = 5;
	zone.change[1].from = 5;
	assert_false(changes_read(&zone, &back));
	zone.change[1].from = 4;
	assert_false(changes_read(&zone, &back));
	zone.change[1].from = 6;
	assert_true(changes_read(&zone, &back));
	zone.change[1].offset = UTC_OFFSET_MAX_S + 1;
	assert_false(changes_read(&zone, &back));
	zone.change[1].offset = -UTC_OFFSET_MAX_S - 1;
	assert_false(changes_read(&zone, &back));
	zone.change[1].offset = 0;
	zone.change[1].from = TIME_MS_MAX / 1000 + 1;
	assert_false(changes_read(&zone, &back));
}

static void too_many_offset_changes_are_refused(void **state)
{
	uint8_t buf[512];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct zone_span back;
	struct cbor_in in;

	(void)state;
	cbor_put_array(&out, TRANSITIONS_MAX + 1);
	for (unsigned i = 0; i <= TRANSITIONS_MAX; i++) {
		cbor_put_array(&out, 2);
		cbor_put_uint(&out, i);
		cbor_put_uint(&out, 0);
	}
	in = cbor_reader(out_view(&out));
	assert_false(zone_span_read_changes(&in, &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_instant_is_another_day_in_another_place),
	    cmocka_unit_test(the_day_turns_at_local_midnight),
	    cmocka_unit_test(daylight_saving_moves_the_minute_not_the_count),
	    cmocka_unit_test(leap_years_have_their_day),
	    cmocka_unit_test(days_and_dates_are_each_others_inverse),
	    cmocka_unit_test(the_first_and_last_times_stay_in_range),
	    cmocka_unit_test(only_real_days_are_dates),
	    cmocka_unit_test(dates_are_written_and_read),
	    cmocka_unit_test(offset_changes_survive_the_bundle),
	    cmocka_unit_test(offset_changes_must_ascend_and_be_in_range),
	    cmocka_unit_test(too_many_offset_changes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
