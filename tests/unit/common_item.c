/* SPDX-License-Identifier: Apache-2.0 */
/* How entries travel: items, and the two bodies that hold them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "entry.h"
#include "vectors.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define H8 "0011223344556677"
#define H16 H8 H8

static void an_item_is_three_byte_strings(void **state)
{
	static const struct {
		const char *hex;
		bool taken;
	} rows[] = {
	    {"83404040", true},
	    {"8341d24040", true},
	    {"834150" H16 "40", false},
	    {"83410050" H16 "4101", true},
	    {"8341004f" H8 "0011223344556640", false},
	    {"8341006040", false},
	    {"83410040f6", false},
	    {"82410040", false},
	    {"844100404040", false},
	    {"a141004040", false},
	    {"834100404000", false},
	    {"", false},
	    {"40", false},
	};
	uint8_t buf[64], back_buf[64];
	struct item item;

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct bytes b = from_hex(rows[i].hex, buf, sizeof(buf));
		struct outbuf out = outbuf_in(back_buf, sizeof(back_buf));

		if (item_read(b, &item) != rows[i].taken)
			fail_msg("%s", rows[i].hex);
		if (!rows[i].taken)
			continue;
		item_put(&out, &item);
		assert_true(bytes_equal(out_view(&out), b));
	}
}

static void what_was_scanned_is_bounded(void **state)
{
	static uint8_t scanned[SCANNED_MAX + 1], buf[2 * SCANNED_MAX];
	struct item item = {.scanned = bytes_of(scanned, SCANNED_MAX)}, back;
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	(void)state;
	item_put(&out, &item);
	assert_true(item_read(out_view(&out), &back));
	out = outbuf_in(buf, sizeof(buf));
	item.scanned.n++;
	item_put(&out, &item);
	assert_false(item_read(out_view(&out), &back));
}

static void a_body_carries_its_items_in_order(void **state)
{
	static uint8_t buf[64 * 1024];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct bytes head, items, encoded;
	uint8_t salt[ENTRY_SALT] = {0}, scanned[40] = {0};
	size_t count, seen = 0;

	(void)state;
	body_put_head(&out, bytes_text("report"), 40);
	for (uint8_t i = 0; i < 40; i++) {
		struct item item = {bytes_of(&i, 1), bytes_of(salt, i % 2 * 16),
		                    bytes_of(scanned, i)};

		body_put_item(&out, &item);
	}
	assert_false(out.failed);
	assert_false(body_read(out_view(&out), 39, &head, &items, &count));
	assert_true(body_read(out_view(&out), 40, &head, &items, &count));
	assert_true(bytes_is_text(head, "report"));
	assert_int_equal(count, 40);
	while (body_next_item(&items, &encoded)) {
		struct item item;

		assert_true(item_read(encoded, &item));
		assert_int_equal(item.entry.p[0], seen);
		assert_int_equal(item.scanned.n, seen);
		seen++;
	}
	assert_int_equal(seen, 40);
	assert_int_equal(items.n, 0);
}

static void a_bad_item_hides_no_other(void **state)
{
	uint8_t buf[64];
	struct bytes body, head, items, encoded;
	struct item item;
	size_t count;

	(void)state;
	body = from_hex("82410083448340404042ffff4483404040", buf, 64);
	assert_true(body_read(body, 16, &head, &items, &count));
	assert_int_equal(count, 3);
	assert_true(body_next_item(&items, &encoded));
	assert_true(item_read(encoded, &item));
	assert_true(body_next_item(&items, &encoded));
	assert_false(item_read(encoded, &item));
	assert_true(body_next_item(&items, &encoded));
	assert_true(item_read(encoded, &item));
	assert_false(body_next_item(&items, &encoded));
}

static void other_bodies_are_refused(void **state)
{
	static const char *const bodies[] = {
	    "",         "80",       "8140",         "8240",
	    "824040",   "82a080",   "82408100",     "828080",
	    "83408040", "82408000", "824081816040", "82409f40ff",
	    "82408240", "8240a0",
	};
	struct bytes head, items;
	uint8_t buf[16];
	size_t count;

	(void)state;
	for (size_t i = 0; i < LEN(bodies); i++) {
		if (body_read(from_hex(bodies[i], buf, sizeof(buf)), 16, &head,
		              &items, &count))
			fail_msg("%s", bodies[i]);
	}
	assert_true(body_read(from_hex("824080", buf, sizeof(buf)), 0, &head,
	                      &items, &count));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_item_is_three_byte_strings),
	    cmocka_unit_test(what_was_scanned_is_bounded),
	    cmocka_unit_test(a_body_carries_its_items_in_order),
	    cmocka_unit_test(a_bad_item_hides_no_other),
	    cmocka_unit_test(other_bodies_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
