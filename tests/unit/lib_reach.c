/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "limits.h"
#include "reach.h"

static void a_service_that_answers_is_always_asked(void **state)
{
	struct reach r = {0};

	(void)state;
	for (int64_t now = 0; now < 10; now++) {
		assert_true(reach_may_ask(&r, now));
		reach_answered(&r);
	}
}

static void after_a_miss_nobody_asks_for_a_while(void **state)
{
	struct reach r = {0};

	(void)state;
	reach_missed(&r, 1000, 0, 512);
	assert_false(reach_may_ask(&r, 1000));
	assert_false(reach_may_ask(&r, 1000 + KIOSK_PAUSE_FIRST_MS * 3 / 4 - 1));
	assert_true(reach_may_ask(&r, 1000 + KIOSK_PAUSE_FIRST_MS * 5 / 4));
}

static void one_is_let_through_and_the_others_wait_for_it(void **state)
{
	struct reach r = {0};
	int64_t now = 1000 + 2 * KIOSK_PAUSE_FIRST_MS;

	(void)state;
	reach_missed(&r, 1000, 0, 0);
	assert_true(reach_may_ask(&r, now));
	assert_false(reach_may_ask(&r, now));
	assert_false(reach_may_ask(&r, now + DEADLINE_MAX_MS - 1));
	reach_answered(&r);
	assert_true(reach_may_ask(&r, now));
	assert_true(reach_may_ask(&r, now));
}

static void pauses_grow_to_their_bound_and_differ(void **state)
{
	int64_t before = 0, pause = 0;
	struct reach r = {0}, a, b;

	(void)state;
	for (int i = 0; i < 40; i++) {
		before = pause;
		reach_missed(&r, 0, 0, 512);
		pause = r.again_ms;
		assert_true(pause >= before);
		assert_true(pause <= KIOSK_PAUSE_MAX_MS * 5 / 4);
	}
	assert_true(pause >= KIOSK_PAUSE_MAX_MS * 3 / 4);
	a = b = r;
	reach_missed(&a, 0, 0, 0);
	reach_missed(&b, 0, 0, UINT32_MAX);
	assert_true(a.again_ms < b.again_ms);
}

static void what_the_service_asks_for_is_waited_within_the_bound(void **state)
{
	struct reach r = {0};

	(void)state;
	reach_missed(&r, 0, 9000, 0);
	assert_int_equal(r.again_ms, 9000);
	reach_answered(&r);
	reach_missed(&r, 0, INT64_C(86400000), 0);
	assert_int_equal(r.again_ms, KIOSK_PAUSE_MAX_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_that_answers_is_always_asked),
		cmocka_unit_test(after_a_miss_nobody_asks_for_a_while),
		cmocka_unit_test(one_is_let_through_and_the_others_wait_for_it),
		cmocka_unit_test(pauses_grow_to_their_bound_and_differ),
		cmocka_unit_test(
		    what_the_service_asks_for_is_waited_within_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
