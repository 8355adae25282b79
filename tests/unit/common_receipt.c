/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts: round trips, of the largest one too, and every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <sodium.h>

#include "city.h"
#include "payload.h"
#include "talk.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define H8 "0011223344556677"
#define H16 H8 H8

static struct receipt make_receipt(struct bytes results, size_t count)
{
	struct receipt r = {
	    .kiosk = {2},
	    .at_ms = INT64_C(1795478400123),
	    .held_seq = 3,
	    .held_hash = {9},
	    .held_count = 4,
	    .results = results,
	    .result_count = count,
	};

	memcpy(r.service_kid, city_key_make(1).kid, 8);
	return r;
}

static void receipts_are_written_as_they_are_read(void **state)
{
	enum { COUNT = 50000 };
	struct city_key key = city_key_make(1);
	uint8_t *list = test_malloc(RECEIPT_MAX);
	uint8_t *buf = test_malloc(RECEIPT_MAX);
	uint8_t *room = test_malloc(2 * RECEIPT_MAX);
	struct outbuf results = outbuf_in(list, RECEIPT_MAX);
	struct outbuf out = outbuf_in(buf, RECEIPT_MAX);
	struct outbuf scratch = outbuf_in(room, 2 * RECEIPT_MAX);
	struct receipt r, back;
	struct bytes left;
	unsigned verdict, marks;
	uint64_t seq, expected = 0;

	(void)state;
	for (unsigned i = 0; i < COUNT; i++)
		receipt_put_result(&results, i, 1 + i % 255, i % 32);
	r = make_receipt(out_view(&results), COUNT);
	receipt_put(&out, &r, key.sk, &scratch);
	assert_false(out.failed);
	assert_true(receipt_read(out_view(&out), &back));
	assert_true(cose_verify(&back.cose, key.pk, &scratch));
	assert_memory_equal(back.service_kid, key.kid, 8);
	assert_memory_equal(back.kiosk, r.kiosk, 8);
	assert_true(back.at_ms == r.at_ms && back.held_seq == 3 &&
	            back.held_count == 4);
	assert_memory_equal(back.held_hash, r.held_hash, 32);
	assert_int_equal(back.result_count, COUNT);
	assert_true(bytes_equal(back.results, r.results));
	left = back.results;
	while (receipt_next(&left, &seq, &verdict, &marks)) {
		assert_true(seq == expected);
		assert_int_equal(verdict, 1 + expected % 255);
		assert_int_equal(marks, expected % 32);
		expected++;
	}
	assert_true(expected == COUNT && left.n == 0);
	test_free(list);
	test_free(buf);
	test_free(room);
}

static void a_receipt_without_room_fails_aloud(void **state)
{
	struct city_key key = city_key_make(1);
	struct receipt r = make_receipt((struct bytes){NULL, 0}, 0);
	uint8_t buf[512], room[512];

	(void)state;
	for (size_t cap = 0; cap < sizeof(room); cap += 8) {
		struct outbuf out = outbuf_in(buf, sizeof(buf));
		struct outbuf scratch = outbuf_in(room, cap);
		struct receipt back;

		receipt_put(&out, &r, key.sk, &scratch);
		assert_true(out.failed || receipt_read(out_view(&out), &back));
		assert_true(cap < 128 ? out.failed : cap < 256 || !out.failed);
	}
}

static bool read_receipt(struct bytes message)
{
	struct receipt r;

	return receipt_read(message, &r);
}

static const struct payload_change receipt_changes[] = {
    {"01", NULL, false},
    {"01", "50" H16, false},
    {"02", NULL, false},
    {"02", "1b0000e677d21fdc00", false},
    {"03", NULL, false},
    {"03", "00", true},
    {"03", "20", false},
    {"04", NULL, false},
    {"04", "50" H16, false},
    {"05", NULL, false},
    {"05", "20", false},
    {"06", NULL, false},
    {"06", "80", true},
    {"06", "8183010100", true},
    {"06", "81831bffffffffffffffff18ff181f", true},
    {"06", "8183010000", false},
    {"06", "81830119010000", false},
    {"06", "818301011b0000000100000000", false},
    {"06", "8183010120", false},
    {"06", "81820101", false},
    {"06", "818401010000", false},
    {"06", "8101", false},
    {"06", "a0", false},
    {"07", "00", false},
};

static void a_receipt_with_one_thing_wrong_is_refused(void **state)
{
	struct receipt r = make_receipt(bytes_of("\x83\x01\x01\x00", 4), 1);
	struct city_key key = city_key_make(1);
	uint8_t buf[512], room[1024];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct outbuf scratch = outbuf_in(room, sizeof(room));

	(void)state;
	receipt_put(&out, &r, key.sk, &scratch);
	assert_false(out.failed);
	payload_check_refusals(out_view(&out), TYP_RECEIPT, read_receipt,
	                       receipt_changes, LEN(receipt_changes));
}

static int start(void **state)
{
	(void)state;
	return sodium_init() < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(receipts_are_written_as_they_are_read),
	    cmocka_unit_test(a_receipt_without_room_fails_aloud),
	    cmocka_unit_test(a_receipt_with_one_thing_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
