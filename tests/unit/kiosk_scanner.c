/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "options.h"
#include "scanner.h"
#include "words.h"

static size_t choose(const char *printed, struct scanned *out)
{
	memset(out, 0, sizeof(*out));
	return scan_choose(printed, strlen(printed), out);
}

static void one_code_is_taken(void **state)
{
	struct scanned s;

	(void)state;
	assert_int_equal(choose("OAP1:AB C \n", &s), 1);
	assert_string_equal(s.text, "OAP1:AB C ");
	assert_int_equal(choose("https://example.org", &s), 1);
	assert_string_equal(s.text, "https://example.org");
}

static void our_code_is_chosen_among_others(void **state)
{
	struct scanned s;

	(void)state;
	assert_int_equal(choose("x\nOAP1:A\ny\n", &s), 1);
	assert_string_equal(s.text, "OAP1:A");
	assert_int_equal(choose("OAPE1:A\nx\n", &s), 1);
	assert_string_equal(s.text, "OAPE1:A");
}

static void several_codes_are_not_guessed_at(void **state)
{
	struct scanned s;

	(void)state;
	assert_int_equal(choose("OAP1:A\nOAP1:B\n", &s), 2);
	assert_int_equal(choose("a\nb\nc", &s), 3);
	assert_int_equal(choose("", &s), 0);
	assert_int_equal(choose("\n\n", &s), 0);
}

static void lines_keep_their_spaces_and_nuls(void **state)
{
	char text[] = "\n\r\nA B \r\nC\0D\nE\rF\r\rlast";
	FILE *in = fmemopen(text, sizeof(text) - 1, "r");
	struct scanned s;

	(void)state;
	assert_true(scan_line(in, &s));
	assert_string_equal(s.text, "A B ");
	assert_true(scan_line(in, &s));
	assert_int_equal(s.length, 3);
	assert_memory_equal(s.text, "C\0D", 4);
	assert_true(scan_line(in, &s));
	assert_string_equal(s.text, "E"); /* ended as by an old scanner */
	assert_true(scan_line(in, &s));
	assert_string_equal(s.text, "F");
	assert_true(scan_line(in, &s));
	assert_string_equal(s.text, "last");
	assert_false(scan_line(in, &s));
	fclose(in);
}

static void endless_line_is_cut(void **state)
{
	static char text[3 * SCANNED_TEXT];
	FILE *in;
	struct scanned s;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + sizeof(text) - 3, "\nY\n", 3);
	in = fmemopen(text, sizeof(text), "r");
	assert_true(scan_line(in, &s));
	assert_int_equal(s.length, SCANNED_TEXT - 1);
	assert_true(scan_line(in, &s));
	assert_string_equal(s.text, "Y");
	fclose(in);
}

static void wide_characters_take_two_columns(void **state)
{
	(void)state;
	assert_int_equal(text_width("To pay"), 6);
	assert_int_equal(text_width("결제 금액"), 9);
	assert_int_equal(text_width("お支払い"), 8);
}

static void every_word_is_there_in_every_language(void **state)
{
	(void)state;
	for (int w = 0; w < WORD_COUNT; w++)
		for (int l = OAP_EN; l <= OAP_ZH; l++)
			assert_true(
			    word((enum word)w, (enum oap_lang)l)[0] != '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_code_is_taken),
		cmocka_unit_test(our_code_is_chosen_among_others),
		cmocka_unit_test(several_codes_are_not_guessed_at),
		cmocka_unit_test(lines_keep_their_spaces_and_nuls),
		cmocka_unit_test(endless_line_is_cut),
		cmocka_unit_test(wide_characters_take_two_columns),
		cmocka_unit_test(every_word_is_there_in_every_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
