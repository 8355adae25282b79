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
	expect("홍길동 é 👨", 32, "홍길동 é 👨");
}

static void control_characters_and_stray_bytes_are_questions(void **state)
{
	(void)state;
	expect("a\033[2Jb\r\n\t\x7f", 32, "a?[2Jb????");
	expect("\xc2\x9b" "31m\xc2\xa0", 32, "??31m\xc2\xa0");
	expect("\xff\xc3X\xed\xa0\x80", 32, "??X???");
	expect("\xe2\x82", 32, "??");
}

static void long_text_is_cut_to_whole_characters(void **state)
{
	(void)state;
	expect("1234567", 8, "1234567");
	expect("12345678", 8, "1234...");
	expect("12홍길동", 8, "12...");
	expect("1홍길동", 8, "1홍...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ordinary_text_stays),
	    cmocka_unit_test(control_characters_and_stray_bytes_are_questions),
	    cmocka_unit_test(long_text_is_cut_to_whole_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
