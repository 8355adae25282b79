/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backoff.h"

static void waits_double_up_to_their_bound(void **state)
{
	struct backoff b = {0};
	int64_t span = BACKOFF_FIRST_MS;

	(void)state;
	for (int i = 0; i < 50; i++) {
		assert_int_equal(backoff_next(&b, 0, UINT32_MAX), span);
		span = 2 * span < BACKOFF_MAX_MS ? 2 * span : BACKOFF_MAX_MS;
	}
}

static void chance_takes_up_to_half_of_it(void **state)
{
	struct backoff a = {0}, b = {0};

	(void)state;
	for (int i = 0; i < 12; i++) {
		int64_t least = backoff_next(&a, 0, 0);

		assert_int_equal(2 * least, backoff_next(&b, 0, UINT32_MAX));
	}
}

static void success_begins_anew(void **state)
{
	struct backoff b = {0};

	(void)state;
	for (int i = 0; i < 9; i++)
		backoff_next(&b, 0, 1);
	backoff_reset(&b);
	assert_int_equal(backoff_next(&b, 0, UINT32_MAX), BACKOFF_FIRST_MS);
}

static void what_the_service_asks_for_is_kept_within_reason(void **state)
{
	struct backoff b = {0};

	(void)state;
	assert_int_equal(backoff_next(&b, 50000, 0), 50000);
	assert_int_equal(backoff_next(&b, INT64_MAX, 0), BACKOFF_MAX_MS);
	assert_true(backoff_next(&b, 1, 0) > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_double_up_to_their_bound),
		cmocka_unit_test(chance_takes_up_to_half_of_it),
		cmocka_unit_test(success_begins_anew),
		cmocka_unit_test(
		    what_the_service_asks_for_is_kept_within_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
