/* SPDX-License-Identifier: Apache-2.0 */
/* Text for screens: what is let through, what is not, and where it is cut. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "plain.h"

#define LENGTH(a) (sizeof(a) / sizeof(*(a)))

static const struct {
	const char *text, *copy;
	bool valid;
} TEXTS[] = {
    {"", "", true},
    {"Tokyo National Museum", "Tokyo National Museum", true},
    {"국립중앙박물관 · 東京国立博物館", "국립중앙박물관 · 東京国立博物館", true},
    {"שלום", "שלום", true},
    {"\xf0\x9f\x8e\xab", "\xf0\x9f\x8e\xab", true},
    {"non\xc2\xa0""breaking", "non\xc2\xa0""breaking", true},
    {"\xe2\x80\xa7\xe2\x80\xaf", "\xe2\x80\xa7\xe2\x80\xaf", true},
    {"\xd8\x9b\xd8\x9d", "\xd8\x9b\xd8\x9d", true},
    {"a\tb", "a?b", false},
    {"a\nb\r", "a?b?", false},
    {"\x1b[31mred", "?[31mred", false},
    {"\x7f", "?", false},
    {"\xc2\x80\xc2\x9b", "??", false},
    {"\xe2\x80\xae""evil", "?evil", false},
    {"\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xa8\xe2\x80\xaa", "????", false},
    {"\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c", "???", false},
    {"cut \xea\xb5", "cut ??", false},
    {"\xed\xa0\x80", "???", false}, /* a surrogate */
    {"\xc0\x9b", "??", false},	    /* ESC in two bytes */
};

static void a_terminal_gets_nothing_to_obey(void **state)
{
	char copy[128];

	(void)state;
	for (size_t i = 0; i < LENGTH(TEXTS); i++) {
		struct bytes text = bytes_text(TEXTS[i].text);

		plain_copy(text, copy, sizeof(copy));
		assert_string_equal(copy, TEXTS[i].copy);
		if (plain_valid(text) != TEXTS[i].valid)
			fail_msg("text %zu", i);
		assert_true(plain_valid(bytes_text(copy)));
	}
	assert_false(plain_valid(bytes_of("a\0b", 3)));
}

static void what_does_not_fit_is_cut_between_characters(void **state)
{
	static const char text[] = "가나\x01다";
	static const char *const CUT[] = {"",	 "",	 "",	 "가",
					  "가",	 "가",	 "가나", "가나?",
					  "가나?", "가나?", "가나?다"};
	char copy[16];

	(void)state;
	for (size_t cap = 1; cap <= LENGTH(CUT); cap++) {
		memset(copy, 'x', sizeof(copy));
		plain_copy(bytes_text(text), copy, cap);
		assert_string_equal(copy, CUT[cap - 1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_terminal_gets_nothing_to_obey),
	    cmocka_unit_test(what_does_not_fit_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
