/* SPDX-License-Identifier: Apache-2.0 */
/* Times and lengths of time as people write them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "when.h"

static void ends_are_dates_times_or_seconds(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} GOOD[] = {
	    {"0", 0},
	    {"1795478400", 1795478400},
	    {"2026-11-23", 1795478400},
	    {"2026-11-24T00:00:00Z", 1795478400},
	    {"2026-11-24T09:00:00+09:00", 1795478400},
	    {"2026-11-23T19:00:00-05:00", 1795478400},
	    {"2028-02-29", 1835481600},
	};
	static const char *const BAD[] = {
	    "", "tomorrow", "2026-02-30", "2026-11-24T", "2026-13-01",
	    "2026-11-24 00:00:00Z", "2026-11-24T00:00:00", "-5", "1e9",
	    "2026-11-24T24:00:00Z", "2026-11-24T00:60:00Z",
	    "2026-11-24T00:00:00+9:00", "2026-11-24T00:00:00+19:00",
	    "99999999999999999999", "1970-01-01T00:00:00+09:00"};
	uint64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof(GOOD) / sizeof(*GOOD); i++) {
		assert_true(when_parse_end(bytes_text(GOOD[i].text),
					   &seconds));
		assert_int_equal(seconds, GOOD[i].seconds);
	}
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++)
		if (when_parse_end(bytes_text(BAD[i]), &seconds))
			fail_msg("\"%s\" was taken", BAD[i]);
}

static void spans_have_units(void **state)
{
	static const char *const BAD[] = {"", "0", "h", "1y", "-1h", "1.5h",
					  "4000d", "36 h", "36hh"};
	uint64_t seconds;

	(void)state;
	assert_true(when_parse_span("36h", &seconds));
	assert_int_equal(seconds, 129600);
	assert_true(when_parse_span("14d", &seconds));
	assert_int_equal(seconds, 1209600);
	assert_true(when_parse_span("90", &seconds));
	assert_int_equal(seconds, 90);
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++)
		assert_false(when_parse_span(BAD[i], &seconds));
}

static void times_are_written_in_utc(void **state)
{
	char text[WHEN_TEXT];

	(void)state;
	when_format(1795478461, text);
	assert_string_equal(text, "2026-11-24T00:01:01Z");
	when_format(UINT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ends_are_dates_times_or_seconds),
	    cmocka_unit_test(spans_have_units),
	    cmocka_unit_test(times_are_written_in_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
