/* SPDX-License-Identifier: Apache-2.0 */
/* What is typed at a prompt that shows nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "typed.h"

#define MAX 32

static enum typed_key type(struct typed *t, const char *keys)
{
	enum typed_key last = TYPED_MORE;

	for (; *keys && last == TYPED_MORE; keys++)
		last = typed_take(t, (unsigned char)*keys);
	return last;
}

static void expect(const char *keys, const char *line)
{
	char text[MAX];
	struct typed t = {.text = text, .max = MAX};

	assert_int_equal(type(&t, keys), TYPED_MORE);
	assert_int_equal(type(&t, "\r"), TYPED_END);
	assert_int_equal(t.n, strlen(line));
	assert_memory_equal(text, line, t.n);
	assert_false(t.too_long);
}

static void text_is_taken_as_it_is(void **state)
{
	(void)state;
	expect("", "");
	expect("correct horse 배터리 é", "correct horse 배터리 é");
	expect("[200~O", "[200~O");
}

static void backspace_takes_a_whole_character(void **state)
{
	(void)state;
	expect("abd\x7f" "c", "abc");
	expect("배터라\x7f리", "배터리");
	expect("é\b👨\b\b\bx", "x");
	expect("wrong\x15right", "right");
}

static void other_keys_leave_nothing_behind(void **state)
{
	(void)state;
	expect("a\033[Db\033[1;5Cc\033[3~d", "abcd");
	expect("a\033OPb\033[[Ac", "abc");
	expect("a\033xb", "ab");
	expect("a\tb\x01\x17\x1a", "ab");
	expect("a\033\033[Ab\033", "ab");
	expect("a\033한", "a한");
	/* one that is cut short does not swallow what is typed next */
	expect("a\033[\x7f" "b", "b");
	expect("a\033[한", "a한");
}

static void it_can_be_given_up(void **state)
{
	char text[MAX];
	struct typed t = {.text = text, .max = MAX};

	(void)state;
	assert_int_equal(type(&t, "abc\x03"), TYPED_GIVEN_UP);
	assert_int_equal(type(&t, "\033\x04"), TYPED_GIVEN_UP);
	assert_int_equal(type(&t, "\033[\n"), TYPED_END);
}

static void a_line_that_is_too_long_is_told_and_can_begin_anew(void **state)
{
	char text[MAX];
	struct typed t = {.text = text, .max = 4};

	(void)state;
	assert_int_equal(type(&t, "1234"), TYPED_MORE);
	assert_false(t.too_long);
	assert_int_equal(type(&t, "5\x7f"), TYPED_MORE);
	assert_true(t.too_long);
	assert_int_equal(type(&t, "\x15" "1234"), TYPED_MORE);
	assert_false(t.too_long);
	assert_int_equal(t.n, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_is_taken_as_it_is),
	    cmocka_unit_test(backspace_takes_a_whole_character),
	    cmocka_unit_test(other_keys_leave_nothing_behind),
	    cmocka_unit_test(it_can_be_given_up),
	    cmocka_unit_test(
		a_line_that_is_too_long_is_told_and_can_begin_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
