/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR: which encodings are taken, which are refused, why and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cbor.h"
#include "limits.h"
#include "vectors.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const char *const taken[] = {
    "00",
    "17",
    "1818",
    "18ff",
    "190100",
    "19ffff",
    "1a00010000",
    "1affffffff",
    "1b0000000100000000",
    "1bffffffffffffffff",
    "20",
    "37",
    "3818",
    "390100",
    "3a00010000",
    "3bffffffffffffffff",
    "40",
    "43ff00ff",
    "60",
    "6161",
    "63ed959c",
    "64f09f8eab",
    "80",
    "820102",
    "8180",
    "828081a0",
    "a0",
    "a10000",
    "f4",
    "f5",
    "f6",
    "d100",
    "d280",
    "d1d200",
    /* a map's keys in RFC 8949's order: 10, 100, -1, "z", "aa", [100],
     * [-1], false */
    "a80a001864002000617a006261610081186400812000f400",
    /* and keys that are empty, or are maps */
    "a4400060008000a000",
    "a2a1000000a1000100",
    /* eight levels, of each kind */
    "818181818181818100",
    "8181818181818180",
    "a100a100a100a100a100a100a100a0",
    "d2d2d2d2d2d2d2d200",
};

static const struct {
	const char *hex;
	enum cbor_fault fault;
	size_t at;
} refused[] = {
    {"", CBOR_TRUNCATED, 0},
    {"18", CBOR_TRUNCATED, 0},
    {"1901", CBOR_TRUNCATED, 0},
    {"1a010000", CBOR_TRUNCATED, 0},
    {"1b01000000000000", CBOR_TRUNCATED, 0},
    {"38", CBOR_TRUNCATED, 0},
    {"41", CBOR_TRUNCATED, 0},
    {"4200", CBOR_TRUNCATED, 0},
    {"58180000", CBOR_TRUNCATED, 0},
    {"5bffffffffffffffff00", CBOR_TRUNCATED, 0},
    {"5b7fffffffffffffff00", CBOR_TRUNCATED, 0},
    {"61", CBOR_TRUNCATED, 0},
    {"7bffffffffffffffff61", CBOR_TRUNCATED, 0},
    {"81", CBOR_TRUNCATED, 0},
    {"8200", CBOR_TRUNCATED, 0},
    {"828100", CBOR_TRUNCATED, 3},
    {"9a000f42400000", CBOR_TRUNCATED, 0},
    {"9bffffffffffffffff00", CBOR_TRUNCATED, 0},
    {"a1", CBOR_TRUNCATED, 0},
    {"a100", CBOR_TRUNCATED, 0},
    {"a2000001", CBOR_TRUNCATED, 0},
    {"bb80000000000000000000", CBOR_TRUNCATED, 0},
    {"bbffffffffffffffff0000", CBOR_TRUNCATED, 0},
    {"d2", CBOR_TRUNCATED, 1},
    {"d1d2", CBOR_TRUNCATED, 2},
    {"d8", CBOR_TRUNCATED, 0},
    {"0000", CBOR_TRAILING, 1},
    {"8000", CBOR_TRAILING, 1},
    {"a1000000", CBOR_TRAILING, 3},
    {"d20000", CBOR_TRAILING, 2},
    {"6161ff", CBOR_TRAILING, 2},
    {"1800", CBOR_NOT_SHORTEST, 0},
    {"1817", CBOR_NOT_SHORTEST, 0},
    {"190000", CBOR_NOT_SHORTEST, 0},
    {"1900ff", CBOR_NOT_SHORTEST, 0},
    {"1a0000ffff", CBOR_NOT_SHORTEST, 0},
    {"1b00000000ffffffff", CBOR_NOT_SHORTEST, 0},
    {"3817", CBOR_NOT_SHORTEST, 0},
    {"3900ff", CBOR_NOT_SHORTEST, 0},
    {"5800", CBOR_NOT_SHORTEST, 0},
    {"580100", CBOR_NOT_SHORTEST, 0},
    {"780161", CBOR_NOT_SHORTEST, 0},
    {"980100", CBOR_NOT_SHORTEST, 0},
    {"b8010000", CBOR_NOT_SHORTEST, 0},
    {"d81200", CBOR_NOT_SHORTEST, 0},
    {"811817", CBOR_NOT_SHORTEST, 1},
    {"5f4100ff", CBOR_INDEFINITE, 0},
    {"7f6161ff", CBOR_INDEFINITE, 0},
    {"9f00ff", CBOR_INDEFINITE, 0},
    {"bf0000ff", CBOR_INDEFINITE, 0},
    {"ff", CBOR_INDEFINITE, 0},
    {"8200ff", CBOR_INDEFINITE, 2},
    {"1f", CBOR_INDEFINITE, 0},
    {"df00", CBOR_INDEFINITE, 0},
    {"f93c00", CBOR_FLOAT, 0},
    {"fa3f800000", CBOR_FLOAT, 0},
    {"fb3ff0000000000000", CBOR_FLOAT, 0},
    {"81f97e00", CBOR_FLOAT, 1},
    {"f7", CBOR_SIMPLE, 0},
    {"e0", CBOR_SIMPLE, 0},
    {"f3", CBOR_SIMPLE, 0},
    {"f8ff", CBOR_SIMPLE, 0},
    {"f814", CBOR_SIMPLE, 0},
    {"f8", CBOR_SIMPLE, 0},
    {"8200f7", CBOR_SIMPLE, 2},
    {"c000", CBOR_TAG, 0},
    {"d000", CBOR_TAG, 0},
    {"d300", CBOR_TAG, 0},
    {"d81800", CBOR_TAG, 0},
    {"d9d9f700", CBOR_TAG, 0},
    {"d903e600", CBOR_TAG, 0},
    {"dbffffffffffffffff00", CBOR_TAG, 0},
    {"d2c000", CBOR_TAG, 1},
    {"a201000000", CBOR_UNSORTED, 3},
    {"a220000100", CBOR_UNSORTED, 3},
    {"a219010000181800", CBOR_UNSORTED, 5},
    /* RFC 7049's order, the shorter first, which is not ours */
    {"a22000181800", CBOR_UNSORTED, 3},
    {"a262616100617a00", CBOR_UNSORTED, 5},
    {"a2616200616100", CBOR_UNSORTED, 4},
    {"a3000002000100", CBOR_UNSORTED, 5},
    {"a2810100810000", CBOR_UNSORTED, 4},
    {"81a201000000", CBOR_UNSORTED, 4},
    {"a100a201000000", CBOR_UNSORTED, 5},
    {"a200000000", CBOR_DUPLICATE, 3},
    {"a200000001", CBOR_DUPLICATE, 3},
    {"a200010000", CBOR_DUPLICATE, 3},
    {"a2616100616100", CBOR_DUPLICATE, 4},
    {"a3000001000100", CBOR_DUPLICATE, 5},
    {"a2810000810000", CBOR_DUPLICATE, 4},
    {"a2a000a000", CBOR_DUPLICATE, 3},
    {"61ff", CBOR_BAD_TEXT, 0},
    {"62c080", CBOR_BAD_TEXT, 0},
    {"63eda080", CBOR_BAD_TEXT, 0},
    {"8161e2", CBOR_BAD_TEXT, 1},
    {"a161ff00", CBOR_BAD_TEXT, 1},
    {"818181818181818180", CBOR_TOO_DEEP, 8},
    {"d2d2d2d2d2d2d2d2d200", CBOR_TOO_DEEP, 8},
    {"a100a100a100a100a100a100a100a100a0", CBOR_TOO_DEEP, 16},
    {"1c", CBOR_RESERVED, 0},
    {"3d00", CBOR_RESERVED, 0},
    {"5e", CBOR_RESERVED, 0},
    {"9d", CBOR_RESERVED, 0},
    {"dc", CBOR_RESERVED, 0},
    {"fc", CBOR_RESERVED, 0},
    {"fe", CBOR_RESERVED, 0},
};

static void deterministic_items_are_taken(void **state)
{
	uint8_t buf[64];
	struct bytes item, got;
	struct cbor_in in;

	(void)state;
	for (size_t i = 0; i < LEN(taken); i++) {
		item = from_hex(taken[i], buf, sizeof(buf));
		if (cbor_check(item, NULL) != CBOR_OK)
			fail_msg("%s: refused", taken[i]);
		in = cbor_reader(item);
		assert_true(cbor_item(&in, &got));
		assert_true(bytes_equal(item, got) && cbor_at_end(&in));
	}
}

static void others_are_refused_with_the_fault_and_its_place(void **state)
{
	uint8_t buf[64];
	struct bytes item;

	(void)state;
	for (size_t i = 0; i < LEN(refused); i++) {
		size_t at = 99;
		enum cbor_fault fault;

		item = from_hex(refused[i].hex, buf, sizeof(buf));
		fault = cbor_check(item, &at);
		if (fault != refused[i].fault || at != refused[i].at)
			fail_msg("%s: %s at %zu", refused[i].hex,
			         cbor_fault_text(fault), at);
	}
}

/* Any prefix of a good item is cut short, never good, never read past. */
static void every_prefix_is_truncated(void **state)
{
	uint8_t buf[64];

	(void)state;
	for (size_t i = 0; i < LEN(taken); i++) {
		struct bytes item = from_hex(taken[i], buf, sizeof(buf));

		for (size_t n = 0; n < item.n; n++) {
			uint8_t *copy = test_malloc(n + 1); /* for ASan */
			struct cbor_in in;
			struct bytes got;

			memcpy(copy, item.p, n);
			assert_int_not_equal(
			    cbor_check(bytes_of(copy, n), NULL), CBOR_OK);
			in = cbor_reader(bytes_of(copy, n));
			assert_false(cbor_item(&in, &got));
			assert_int_equal(in.end - in.p, n);
			test_free(copy);
		}
	}
}

static void no_depth_of_nesting_overflows_the_stack(void **state)
{
	size_t n = 4 * 1024 * 1024, at = 0;
	uint8_t *deep = test_malloc(n);
	struct cbor_in in;
	struct bytes item;

	(void)state;
	memset(deep, 0x81, n);
	assert_int_equal(cbor_check(bytes_of(deep, n), &at), CBOR_TOO_DEEP);
	assert_int_equal(at, CBOR_DEPTH_MAX);
	in = cbor_reader(bytes_of(deep, n));
	assert_false(cbor_item(&in, &item));
	deep[n - 1] = 0x80;
	assert_true(cbor_item(&in, &item));
	assert_int_equal(item.n, n);
	test_free(deep);
}

/* The work is bounded by the size alone: heads that promise as much as could
 * be there, one in the other, are walked once. */
static void promises_that_add_up_past_the_end_are_refused(void **state)
{
	size_t n = 1024 * 1024;
	uint8_t *p = test_calloc(n, 1);
	struct cbor_in in;
	struct bytes item;

	(void)state;
	for (size_t i = 0; i + 5 < n; i += 5) {
		uint64_t promise = n - i - 5;

		p[i] = 0x9a;
		p[i + 1] = (uint8_t)(promise >> 24);
		p[i + 2] = (uint8_t)(promise >> 16);
		p[i + 3] = (uint8_t)(promise >> 8);
		p[i + 4] = (uint8_t)promise;
	}
	in = cbor_reader(bytes_of(p, n));
	assert_false(cbor_item(&in, &item));
	assert_int_not_equal(cbor_check(bytes_of(p, n), NULL), CBOR_OK);
	test_free(p);
}

static void each_fault_has_words(void **state)
{
	(void)state;
	for (int i = CBOR_OK; i <= CBOR_RESERVED; i++)
		assert_true(strlen(cbor_fault_text((enum cbor_fault)i)) > 5);
	assert_string_equal(cbor_fault_text((enum cbor_fault)99),
	                    "unknown fault");
}

static const uint64_t edges[] = {
    0,       23,         24,          0xff,      0x100,      0xffff,
    0x10000, 0xffffffff, 0x100000000, INT64_MAX, UINT64_MAX,
};

static void unsigned_integers_are_written_as_they_are_read(void **state)
{
	uint8_t buf[16];
	uint64_t back;

	(void)state;
	for (size_t i = 0; i < LEN(edges); i++) {
		struct outbuf out = outbuf_in(buf, sizeof(buf));
		struct cbor_in in;

		cbor_put_uint(&out, edges[i]);
		assert_int_equal(cbor_check(out_view(&out), NULL), CBOR_OK);
		in = cbor_reader(out_view(&out));
		assert_true(cbor_uint(&in, &back) && back == edges[i]);
		in = cbor_reader(out_view(&out));
		if (edges[i] < UINT64_MAX)
			assert_true(cbor_uint_max(&in, edges[i], &back));
		in = cbor_reader(out_view(&out));
		assert_true(edges[i] == 0 ||
		            !cbor_uint_max(&in, edges[i] - 1, &back));
	}
}

static void signed_integers_are_written_as_they_are_read(void **state)
{
	static const int64_t values[] = {
	    0, -1, -24, -25, -256, -257, 23, 24, -65537, INT64_MAX, INT64_MIN};
	uint8_t buf[16];
	int64_t back;

	(void)state;
	for (size_t i = 0; i < LEN(values); i++) {
		struct outbuf out = outbuf_in(buf, sizeof(buf));
		struct cbor_in in;

		cbor_put_int(&out, values[i]);
		assert_int_equal(cbor_check(out_view(&out), NULL), CBOR_OK);
		in = cbor_reader(out_view(&out));
		assert_true(cbor_int_range(&in, values[i], values[i], &back));
		assert_true(back == values[i] && cbor_at_end(&in));
	}
	/* -2^63 - 1 and 2^63 do not fit. */
	for (int major = 0; major < 2; major++) {
		struct cbor_in in;

		memcpy(buf, "\x1b\x80\0\0\0\0\0\0\0", 9);
		buf[0] = (uint8_t)(buf[0] | major << 5);
		in = cbor_reader(bytes_of(buf, 9));
		assert_false(cbor_int(&in, &back));
		assert_ptr_equal(in.p, buf);
	}
}

/* One item of each kind; a reader of any other leaves it where it is. */
static void readers_take_their_own_kind_and_else_stay(void **state)
{
	static const struct {
		const char *hex;
		int kind;
	} rows[] = {
	    {"05", 0},     {"25", 1},   {"4161", 2}, {"6161", 3}, {"8100", 4},
	    {"a10000", 5}, {"d200", 6}, {"f5", 7},   {"f6", 8},   {"", 9},
	};
	uint8_t buf[8];

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct bytes item = from_hex(rows[i].hex, buf, sizeof(buf));
		struct cbor_in in = cbor_reader(item), at = in;
		int kind = rows[i].kind;
		uint64_t u;
		int64_t s;
		struct bytes b;
		size_t n;
		bool flag;
		uint8_t one;

#define TAKES(call, when)                             \
	do {                                          \
		at = in;                              \
		assert_int_equal(call, when);         \
		assert_int_equal(at.p != in.p, when); \
	} while (0)
		assert_int_equal(cbor_peek(&in), kind == 9   ? -1
		                                 : kind == 8 ? 7
		                                             : kind);
		TAKES(cbor_uint(&at, &u), kind == 0);
		TAKES(cbor_uint_max(&at, 5, &u), kind == 0);
		TAKES(cbor_uint_max(&at, 4, &u), false);
		TAKES(cbor_int(&at, &s), kind <= 1);
		TAKES(cbor_int_range(&at, -6, 5, &s), kind <= 1);
		TAKES(cbor_int_range(&at, -5, 4, &s), false);
		TAKES(cbor_bytes(&at, &b), kind == 2);
		TAKES(cbor_bytes_exact(&at, &one, 1), kind == 2);
		TAKES(cbor_bytes_exact(&at, &one, 0), false);
		TAKES(cbor_text(&at, &b), kind == 3);
		TAKES(cbor_text_sized(&at, 1, 1, &b), kind == 3);
		TAKES(cbor_text_sized(&at, 2, 3, &b), false);
		TAKES(cbor_text_sized(&at, 0, 0, &b), false);
		TAKES(cbor_name_id(&at, &b), kind == 3);
		TAKES(cbor_array(&at, &n), kind == 4);
		TAKES(cbor_map(&at, &n), kind == 5);
		TAKES(cbor_tag(&at, &u), kind == 6);
		TAKES(cbor_bool(&at, &flag), kind == 7);
		TAKES(cbor_null(&at), kind == 8);
		TAKES(cbor_item(&at, &b), kind != 9);
#undef TAKES
	}
}

static void everything_written_is_read_back(void **state)
{
	uint8_t buf[128];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct cbor_in in;
	struct bytes b;
	uint64_t tag;
	size_t n;
	bool flag;

	(void)state;
	cbor_put_tag(&out, 18);
	cbor_put_array(&out, 6);
	cbor_put_map(&out, 1);
	cbor_put_text(&out, bytes_text("tnm"));
	cbor_put_bytes(&out, bytes_text("\xff"));
	cbor_put_bool(&out, true);
	cbor_put_bool(&out, false);
	cbor_put_null(&out);
	cbor_put_bytes_head(&out, 24);
	out_bytes(&out, bytes_text("123456789012345678901234"));
	cbor_put_bytes(&out, (struct bytes){NULL, 0});
	assert_int_equal(cbor_check(out_view(&out), NULL), CBOR_OK);
	in = cbor_reader(out_view(&out));
	assert_true(cbor_tag(&in, &tag) && tag == 18);
	assert_true(cbor_array(&in, &n) && n == 6);
	assert_true(cbor_map(&in, &n) && n == 1);
	assert_true(cbor_name_id(&in, &b) && bytes_is_text(b, "tnm"));
	assert_true(cbor_bytes(&in, &b) && bytes_is_text(b, "\xff"));
	assert_true(cbor_bool(&in, &flag) && flag);
	assert_true(cbor_bool(&in, &flag) && !flag);
	assert_true(cbor_null(&in));
	assert_true(cbor_bytes(&in, &b) && b.n == 24);
	assert_true(cbor_bytes(&in, &b) && b.n == 0);
	assert_true(cbor_at_end(&in));
}

static void what_is_no_array_has_no_members(void **state)
{
	struct cbor_in in = cbor_members(bytes_text("\x82\x01\x02"));
	uint64_t v;

	(void)state;
	assert_true(cbor_uint(&in, &v) && v == 1);
	assert_true(cbor_uint(&in, &v) && v == 2);
	assert_true(cbor_at_end(&in));
	in = cbor_members(bytes_text("\xa1\x01\x02"));
	assert_true(cbor_at_end(&in));
	in = cbor_members((struct bytes){NULL, 0});
	assert_true(cbor_at_end(&in));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(deterministic_items_are_taken),
	    cmocka_unit_test(others_are_refused_with_the_fault_and_its_place),
	    cmocka_unit_test(every_prefix_is_truncated),
	    cmocka_unit_test(no_depth_of_nesting_overflows_the_stack),
	    cmocka_unit_test(promises_that_add_up_past_the_end_are_refused),
	    cmocka_unit_test(each_fault_has_words),
	    cmocka_unit_test(unsigned_integers_are_written_as_they_are_read),
	    cmocka_unit_test(signed_integers_are_written_as_they_are_read),
	    cmocka_unit_test(readers_take_their_own_kind_and_else_stay),
	    cmocka_unit_test(everything_written_is_read_back),
	    cmocka_unit_test(what_is_no_array_has_no_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
