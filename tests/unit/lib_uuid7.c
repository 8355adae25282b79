/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "uuid7.h"

static const uint8_t ONES[10] = {255, 255, 255, 255, 255,
				 255, 255, 255, 255, 255};

static void example_of_rfc_9562(void **state)
{
	/* appendix A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F */
	static const uint8_t random[10] = {0x0c, 0xc3, 0x18, 0xc4, 0xdc,
					   0x0c, 0x0c, 0x07, 0x39, 0x8f};
	static const uint8_t want[16] = {0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0,
					 0x7c, 0xc3, 0x98, 0xc4, 0xdc, 0x0c,
					 0x0c, 0x07, 0x39, 0x8f};
	uint8_t id[16];

	(void)state;
	uuid7_make(INT64_C(0x017f22e279b0), random, id);
	assert_memory_equal(id, want, 16);
}

static void version_and_variant_stand_over_any_random_bits(void **state)
{
	uint8_t id[16];

	(void)state;
	uuid7_make(0, ONES, id);
	assert_int_equal(id[6], 0x7f);
	assert_int_equal(id[8], 0xbf);
	uuid7_make(0, (const uint8_t[10]){0}, id);
	assert_int_equal(id[6], 0x70);
	assert_int_equal(id[8], 0x80);
}

static void ids_sort_by_time(void **state)
{
	static const uint8_t zeros[10] = {0};
	uint8_t a[16], b[16];

	(void)state;
	for (int64_t ms = 255; ms < INT64_C(1) << 47; ms = ms * 3 + 1) {
		uuid7_make(ms, ONES, a);
		uuid7_make(ms + 1, zeros, b);
		assert_true(memcmp(a, b, 16) < 0);
	}
}

static void times_that_do_not_fit_are_clamped(void **state)
{
	uint8_t id[16];

	(void)state;
	uuid7_make(-1, ONES, id);
	assert_int_equal(id[0] | id[1] | id[2] | id[3] | id[4] | id[5], 0);
	uuid7_make(INT64_MAX, ONES, id);
	assert_int_equal(id[0] & id[1] & id[2] & id[3] & id[4] & id[5], 0xff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example_of_rfc_9562),
		cmocka_unit_test(version_and_variant_stand_over_any_random_bits),
		cmocka_unit_test(ids_sort_by_time),
		cmocka_unit_test(times_that_do_not_fit_are_clamped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
