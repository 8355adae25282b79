/* SPDX-License-Identifier: Apache-2.0 */
/* Names in four languages: as they are carried, and which one is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "limits.h"
#include "names.h"
#include "vectors.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static void names_are_written_as_they_are_read(void **state)
{
	char longest[NAME_TEXT_MAX];
	uint8_t buf[4 * NAME_TEXT_MAX], again[4 * NAME_TEXT_MAX];

	(void)state;
	memset(longest, 'n', sizeof(longest));
	for (unsigned set = 1; set < 16; set++) {
		struct outbuf out = outbuf_in(buf, sizeof(buf));
		struct names names = {0}, back;
		struct cbor_in in;
		struct bytes first;

		for (unsigned l = 0; l < LANG_COUNT; l++) {
			if (set >> l & 1)
				names.text[l] = bytes_of(
				    longest, l ? l : NAME_TEXT_MAX / 2);
		}
		names_put(&out, &names);
		first = out_view(&out);
		assert_int_equal(cbor_check(first, NULL), CBOR_OK);
		in = cbor_reader(first);
		assert_true(names_read(&in, &back) && cbor_at_end(&in));
		for (unsigned l = 0; l < LANG_COUNT; l++)
			assert_true(bytes_equal(names.text[l], back.text[l]));
		out = outbuf_in(again, sizeof(again));
		names_put(&out, &back);
		assert_true(bytes_equal(out_view(&out), first));
	}
}

static void other_names_are_refused(void **state)
{
	static const char *const rows[] = {
	    "a0",
	    "80",
	    "a162656e60",
	    "a162656e4161",
	    "a16266726161",
	    "a165656e2d55536161",
	    "a162454e6161",
	    "a1006161",
	    "a262656e616162656e6161",
	    "a2626b6f6161626a616161",
	    "a162656e61ff",
	};
	uint8_t buf[32];

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct bytes b = from_hex(rows[i], buf, sizeof(buf));
		struct cbor_in in = cbor_reader(b);
		struct names names;

		if (names_read(&in, &names))
			fail_msg("%s", rows[i]);
		assert_ptr_equal(in.p, cbor_reader(b).p);
	}
}

static void a_name_falls_back_to_english_then_to_any(void **state)
{
	struct names names = {0};

	(void)state;
	assert_int_equal(names_in(&names, LANG_KO).n, 0);
	names.text[LANG_ZH] = bytes_text("首尔");
	assert_true(bytes_is_text(names_in(&names, LANG_KO), "首尔"));
	names.text[LANG_EN] = bytes_text("Seoul");
	assert_true(bytes_is_text(names_in(&names, LANG_KO), "Seoul"));
	names.text[LANG_KO] = bytes_text("서울");
	assert_true(bytes_is_text(names_in(&names, LANG_KO), "서울"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_written_as_they_are_read),
	    cmocka_unit_test(other_names_are_refused),
	    cmocka_unit_test(a_name_falls_back_to_english_then_to_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
