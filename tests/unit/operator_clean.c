/* SPDX-License-Identifier: Apache-2.0 */
/* What reaches an operator's terminal of text that others wrote. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "clean.h"

static const struct {
	const char *text, *cleaned;
} TEXTS[] = {
	{"", ""},
	{"National Museum", "National Museum"},
	{"국립중앙박물관 東京 é \U0001F3DB", "국립중앙박물관 東京 é \U0001F3DB"},
	{"\033[31mred\a\r\n\t", "?[31mred????"},
	{"a\177b", "a?b"},
	/* C1: a CSI of one character, and the edges of the range */
	{"\xc2\x9b" "31m", "?31m"},
	{"\xc2\x80\xc2\x9f\xc2\xa0", "??\xc2\xa0"},
	/* no UTF-8: C1 as one byte, a cut character, an overlong one */
	{"\x9b" "31m", "?31m"},
	{"x\xea\xb6", "x??"},
	{"\xc0\xaf", "??"},
	{"\xc2", "?"},
};

static void control_characters_and_broken_text_become_question_marks(
    void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(TEXTS) / sizeof(*TEXTS); i++) {
		char text[128];

		strcpy(text, TEXTS[i].text);
		clean_text(text);
		assert_string_equal(text, TEXTS[i].cleaned);
	}
}

static void json_keeps_its_meaning_and_its_shape(void **state)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	assert_non_null(out);
	clean_json_put("{\n  \"a\": \"\177 \xc2\x9b é 宮\"\n}", out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text,
			    "{\n  \"a\": \"\\u007f \\u009b é 宮\"\n}");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    control_characters_and_broken_text_become_question_marks),
		cmocka_unit_test(json_keeps_its_meaning_and_its_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
