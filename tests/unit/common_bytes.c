/* SPDX-License-Identifier: Apache-2.0 */
/* Views, bounded output, hexadecimal, UTF-8, ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static void views_compare_by_content_then_length(void **state)
{
	struct bytes none = {NULL, 0};

	(void)state;
	assert_true(bytes_equal(bytes_text("ab"), bytes_of("abc", 2)));
	assert_false(bytes_equal(bytes_text("ab"), bytes_text("abc")));
	assert_false(bytes_equal(bytes_text("ab"), bytes_text("ac")));
	assert_true(bytes_equal(none, bytes_text("")));
	assert_true(bytes_is_text(bytes_of("abc", 2), "ab"));
	assert_int_equal(bytes_compare(none, none), 0);
	assert_true(bytes_compare(bytes_text("ab"), bytes_text("abc")) < 0);
	assert_true(bytes_compare(bytes_text("b"), bytes_text("abc")) > 0);
	assert_true(bytes_compare(bytes_of("\xff", 1), bytes_text("a")) > 0);
	assert_true(bytes_compare(bytes_text("a"), none) > 0);
}

static void text_is_copied_only_when_it_fits(void **state)
{
	char text[4] = "zzz";

	(void)state;
	assert_true(bytes_to_text(bytes_text("abc"), text, sizeof(text)));
	assert_string_equal(text, "abc");
	assert_false(bytes_to_text(bytes_text("abcd"), text, sizeof(text)));
	assert_string_equal(text, "");
	text[0] = 'z';
	assert_false(bytes_to_text(bytes_of("a\0b", 3), text, sizeof(text)));
	assert_string_equal(text, "");
	assert_true(bytes_to_text((struct bytes){NULL, 0}, text, 1));
	assert_false(bytes_to_text(bytes_text(""), text, 0));
}

static void output_stays_in_its_buffer_and_failure_sticks(void **state)
{
	uint8_t buf[5] = {0, 0, 0, 0, 0xee};
	struct outbuf out = outbuf_in(buf, 4);

	(void)state;
	out_text(&out, "abc");
	assert_false(out.failed);
	out_put(&out, "de", 2);
	assert_true(out.failed);
	assert_int_equal(out.n, 3);
	out_u8(&out, 'f'); /* would fit, but comes after what did not */
	assert_int_equal(out.n, 3);
	assert_int_equal(buf[3], 0);
	assert_int_equal(buf[4], 0xee);
	out = outbuf_in(buf, 4);
	out_put(&out, NULL, 0);
	out_put(&out, "abcd", SIZE_MAX);
	assert_true(out.failed);
}

static void hex_goes_there_and_back(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x9a, 0xff};
	uint8_t back[3] = {0};
	char text[7];

	(void)state;
	hex_encode(bytes, sizeof(bytes), text);
	assert_string_equal(text, "009aff");
	assert_true(hex_decode(bytes_text("009AfF"), back, 3));
	assert_memory_equal(back, bytes, 3);
	assert_false(hex_decode(bytes_text("009af"), back, 3));
	assert_false(hex_decode(bytes_text("009aff0"), back, 3));
	assert_false(hex_decode(bytes_text("009aff00"), back, 3));
	assert_false(hex_decode(bytes_text("009aff"), back, 2));
	assert_false(hex_decode(bytes_text("009a"), back, 3));
	assert_false(hex_decode(bytes_text("009a g"), back, 3));
	assert_false(hex_decode(bytes_text("009ag0"), back, 3));
	assert_true(hex_decode(bytes_text(""), back, 0));
}

static void utf8_follows_rfc_3629(void **state)
{
	static const struct {
		const char *text;
		size_t valid; /* bytes that are well-formed, from the start */
	} rows[] = {
	    {"", 0},
	    {"Ae\xcc\x81", 4},
	    {"\xec\x84\x9c\xec\x9a\xb8", 6},
	    {"\xf0\x9f\x8e\xab", 4},
	    {"\xc2\x80", 2},
	    {"\xe0\xa0\x80", 3},
	    {"\xed\x9f\xbf\xee\x80\x80", 6},
	    {"\xf4\x8f\xbf\xbf", 4},
	    {"a\x80", 1},             /* continuation first */
	    {"a\xc0\x80", 1},         /* NUL the long way */
	    {"a\xc1\xbf", 1},         /* overlong */
	    {"a\xe0\x9f\xbf", 1},     /* overlong */
	    {"a\xf0\x8f\xbf\xbf", 1}, /* overlong */
	    {"a\xed\xa0\x80", 1},     /* surrogate */
	    {"a\xf4\x90\x80\x80", 1}, /* past U+10FFFF */
	    {"a\xf5\x80\x80\x80", 1}, /* no lead byte */
	    {"a\xff", 1},
	    {"a\xe2\x82", 1}, /* cut short */
	    {"a\xe2\x82g", 1},
	    {"a\xe2g\x82", 1},
	    {"a\xf0\x9f\x8e", 1},
	    {"a\xf0\x9f\x8eg", 1},
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct bytes text = bytes_text(rows[i].text);

		assert_int_equal(utf8_prefix(text, text.n), rows[i].valid);
		assert_int_equal(utf8_valid(text), rows[i].valid == text.n);
	}
	assert_true(utf8_valid(bytes_of("a\0b", 3)));
}

static void utf8_prefix_counts_characters(void **state)
{
	struct bytes text = bytes_text("a\xec\x84\x9c\xf0\x9f\x8e\xabz");

	(void)state;
	assert_int_equal(utf8_prefix(text, 0), 0);
	assert_int_equal(utf8_prefix(text, 1), 1);
	assert_int_equal(utf8_prefix(text, 2), 4);
	assert_int_equal(utf8_prefix(text, 3), 8);
	assert_int_equal(utf8_prefix(text, 9), 9);
}

static void ids_are_short_lower_case_and_begin_with_no_dash(void **state)
{
	static const char *const good[] = {
	    "a", "0", "z", "9", "tnm", "tnm-2", "a-", "zz9-",
	    "0123456789abcdef0123456789abcdef"};
	static const char *const bad[] = {
	    "",      "-a",
	    "A",     "a b",
	    "a_b",   "a.b",
	    "tnm\n", "\xc3\xa9",
	    "a/b",   "0123456789abcdef0123456789abcdef0"};

	(void)state;
	for (size_t i = 0; i < LEN(good); i++)
		assert_true(name_id_valid(bytes_text(good[i])));
	for (size_t i = 0; i < LEN(bad); i++)
		assert_false(name_id_valid(bytes_text(bad[i])));
	assert_false(name_id_valid(bytes_of("a\0", 2)));
}

static void big_endian_goes_there_and_back(void **state)
{
	uint8_t p[8];

	(void)state;
	put_be64(p, UINT64_C(0x0102030405060708));
	assert_memory_equal(p, "\1\2\3\4\5\6\7\10", 8);
	assert_true(get_be64(p) == UINT64_C(0x0102030405060708));
	put_be64(p, UINT64_MAX);
	assert_true(get_be64(p) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(views_compare_by_content_then_length),
	    cmocka_unit_test(text_is_copied_only_when_it_fits),
	    cmocka_unit_test(output_stays_in_its_buffer_and_failure_sticks),
	    cmocka_unit_test(hex_goes_there_and_back),
	    cmocka_unit_test(utf8_follows_rfc_3629),
	    cmocka_unit_test(utf8_prefix_counts_characters),
	    cmocka_unit_test(ids_are_short_lower_case_and_begin_with_no_dash),
	    cmocka_unit_test(big_endian_goes_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
