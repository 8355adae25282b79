/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which indices are given out. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "shuffle.h"

static void covers_all(uint32_t size, uint8_t seed)
{
	uint8_t key[SHUFFLE_KEY], *seen = calloc(size, 1);

	memset(key, seed, sizeof(key));
	assert_non_null(seen);
	for (uint32_t i = 0; i < size; i++) {
		uint32_t v = shuffle_at(key, size, i);

		assert_true(v < size);
		assert_false(seen[v]);
		seen[v] = 1;
	}
	free(seen);
}

static void every_index_is_given_once_and_none_is_left_out(void **state)
{
	(void)state;
	for (uint32_t size = 1; size <= 300; size++)
		covers_all(size, (uint8_t)size);
	covers_all(65535, 1);
	covers_all(65536, 2);
	covers_all(65537, 3);
	covers_all(1u << 20, 4);
}

/* Neighbours in time are no neighbours in the list: over many keys, the
 * distance of two passes in a row averages a third of the list. */
static void an_index_does_not_tell_when_it_was_given(void **state)
{
	const uint32_t size = 1000;
	uint64_t sum = 0;

	(void)state;
	for (uint32_t k = 0; k < 2000; k++) {
		uint8_t key[SHUFFLE_KEY] = {(uint8_t)k, (uint8_t)(k >> 8)};
		uint32_t a = shuffle_at(key, size, 10);
		uint32_t b = shuffle_at(key, size, 11);

		sum += a > b ? a - b : b - a;
	}
	assert_in_range(sum / 2000, 310, 357);
}

static void another_key_gives_another_order(void **state)
{
	uint8_t a[SHUFFLE_KEY] = {1}, b[SHUFFLE_KEY] = {2};
	int same = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		same += shuffle_at(a, 1u << 20, i) ==
			shuffle_at(b, 1u << 20, i);
	assert_in_range(same, 0, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_index_is_given_once_and_none_is_left_out),
	    cmocka_unit_test(an_index_does_not_tell_when_it_was_given),
	    cmocka_unit_test(another_key_gives_another_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
