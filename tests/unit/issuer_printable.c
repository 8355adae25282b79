/* SPDX-License-Identifier: Apache-2.0 */
/* Text of others in our messages cannot command a terminal. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "printable.h"

static void expect(const char *text, size_t cap, const char *shown)
{
	char out[64];

	memset(out, 'X', sizeof(out));
	assert_string_equal(printable(bytes_text(text), out, cap), shown);
	assert_true(strlen(out) < cap);
	assert_int_equal(out[cap], 'X');
}

static void ordinary_text_stays(void **state)
{
	(void)state;
	expect("", 8, "");
	expect("K.M.", 8, "K.M.");
	expect("한국어 é 👨", 32, "한국어 é 👨");
}

static void control_characters_and_stray_bytes_are_questions(void **state)
{
	(void)state;
	expect("a\033[2Jb\r\n\t\x7f", 32, "a?[2Jb????");
	expect("\xc2\x9b" "31m\xc2\xa0", 32, "?31m\xc2\xa0");
	expect("\xff\xc3X\xed\xa0\x80", 32, "??X???");
	expect("\xe2\x82", 32, "??");
}

static void what_turns_the_text_after_it_is_no_text(void **state)
{
	(void)state;
	expect("a\xe2\x80\xae" "b", 32, "a?b");
	expect("\xe2\x80\x8f" "b\xe2\x81\xa6", 32, "?b?");
}

static void a_blank_at_an_end_is_seen(void **state)
{
	static const char *const padded[] = {
	    " ", "A1 ", " A1", "A1\u00a0", "\u3000A1", "\ufeffA1",
	    "A1\u200b"};
	static const char *const tight[] = {"", "A1", "A 1", "한 국어",
					    "a\u3000b"};

	(void)state;
	for (size_t i = 0; i < sizeof(padded) / sizeof(*padded); i++)
		assert_true(printable_padded(bytes_text(padded[i])));
	for (size_t i = 0; i < sizeof(tight) / sizeof(*tight); i++)
		assert_false(printable_padded(bytes_text(tight[i])));
}

static void long_text_is_cut_to_whole_characters(void **state)
{
	(void)state;
	expect("1234567", 8, "1234567");
	expect("12345678", 8, "1234...");
	expect("12한국어", 8, "12...");
	expect("1한국어", 8, "1한...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ordinary_text_stays),
	    cmocka_unit_test(control_characters_and_stray_bytes_are_questions),
	    cmocka_unit_test(what_turns_the_text_after_it_is_no_text),
	    cmocka_unit_test(a_blank_at_an_end_is_seen),
	    cmocka_unit_test(long_text_is_cut_to_whole_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
