/* SPDX-License-Identifier: Apache-2.0 */
/* What is written by hand is what a JSON library reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "jsontext.h"

static uint8_t buf[4096];

static json_t *read_back(const struct jsontext *j)
{
	json_error_t error;
	json_t *root = json_loadb((const char *)buf, j->out.n,
				  JSON_REJECT_DUPLICATES, &error);

	assert_false(j->out.failed);
	if (root == NULL)
		fail_msg("%s: %.*s", error.text, (int)j->out.n, (char *)buf);
	return root;
}

static void values_nest_and_are_parted(void **state)
{
	struct jsontext j = jsontext_in(buf, sizeof(buf));
	static const char expected[] =
	    "{\"a\":1,\"b\":{\"c\":[],\"d\":[null,{},\"x\"]},\"e\":true,"
	    "\"f\":false,\"g\":null}";
	json_t *root;

	(void)state;
	jsontext_open_object(&j, NULL);
	jsontext_number(&j, "a", 1);
	jsontext_open_object(&j, "b");
	jsontext_open_array(&j, "c");
	jsontext_close_array(&j);
	jsontext_open_array(&j, "d");
	jsontext_null(&j, NULL);
	jsontext_open_object(&j, NULL);
	jsontext_close_object(&j);
	jsontext_text(&j, NULL, bytes_text("x"));
	jsontext_close_array(&j);
	jsontext_close_object(&j);
	jsontext_flag(&j, "e", true);
	jsontext_flag(&j, "f", false);
	jsontext_null(&j, "g");
	jsontext_close_object(&j);
	root = read_back(&j);
	assert_int_equal(j.out.n, strlen(expected));
	assert_memory_equal(buf, expected, j.out.n);
	json_decref(root);
}

static void numbers_of_every_size(void **state)
{
	static const int64_t NUMBERS[] = {0, 1, -1, 9, 10, 1234567890123,
					  -1000000000000, INT64_MAX, INT64_MIN};
	struct jsontext j = jsontext_in(buf, sizeof(buf));
	json_t *root;

	(void)state;
	jsontext_open_array(&j, NULL);
	for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(*NUMBERS); i++)
		jsontext_number(&j, NULL, NUMBERS[i]);
	jsontext_close_array(&j);
	root = read_back(&j);
	for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(*NUMBERS); i++)
		assert_true(json_integer_value(json_array_get(root, i)) ==
			    NUMBERS[i]);
	json_decref(root);
}

static void every_text_comes_back(void **state)
{
	struct jsontext j = jsontext_in(buf, sizeof(buf));
	char controls[34] = "";
	const char *texts[] = {"",
			       "a\"b\\c/d",
			       "\"",
			       "\\\\",
			       "국립중앙박물관 東京国立博物館 \U0001F3DB",
			       controls};
	json_t *root;

	(void)state;
	for (char c = 1; c <= 0x20; c++)
		controls[c - 1] = c;
	controls[32] = 0x7f;
	jsontext_open_array(&j, NULL);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		jsontext_text(&j, NULL, bytes_text(texts[i]));
	jsontext_close_array(&j);
	root = read_back(&j);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_string_equal(json_string_value(json_array_get(root, i)),
				    texts[i]);
	json_decref(root);
}

static void what_does_not_fit_is_said(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 8; cap++) {
		struct jsontext j = jsontext_in(buf, cap);

		jsontext_open_array(&j, NULL);
		jsontext_text(&j, NULL, bytes_text("ab"));
		jsontext_close_array(&j);
		assert_true(j.out.failed == (cap < 6));
		assert_true(j.out.n <= cap);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_nest_and_are_parted),
	    cmocka_unit_test(numbers_of_every_size),
	    cmocka_unit_test(every_text_comes_back),
	    cmocka_unit_test(what_does_not_fit_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
