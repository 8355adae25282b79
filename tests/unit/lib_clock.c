/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kioskclock.h"
#include "limits.h"

#define SKEW 120000
#define T INT64_C(1795478400000)

static struct moment at(int64_t raw_ms, int64_t boot_ms)
{
	struct moment m = {.raw_ms = raw_ms, .boot_ms = boot_ms};

	strcpy(m.boot_id, "boot-1");
	return m;
}

static struct kioskclock contacted(int64_t raw_ms, int64_t service_ms)
{
	struct kioskclock c = {0};
	struct moment m = at(raw_ms, 1000);

	assert_true(kioskclock_learn(&c, &m, &m, service_ms));
	return c;
}

static void offset_counts_half_of_the_round_trip(void **state)
{
	struct kioskclock c = {0};
	struct moment sent = at(T, 1000), got = at(T + 400, 1400);

	(void)state;
	assert_true(kioskclock_learn(&c, &sent, &got, T + 5000));
	assert_int_equal(c.offset_ms, 5000 + 200 - 400);
	assert_int_equal(kioskclock_effective(&c, T + 400), T + 5200);
}

static void offset_is_negative_when_the_kiosk_is_fast(void **state)
{
	struct kioskclock c = contacted(T + 60000, T);

	(void)state;
	assert_int_equal(c.offset_ms, -60000);
}

static void an_answer_that_came_before_the_last_one_says_nothing(void **state)
{
	struct kioskclock c = contacted(T + 60000, T); /* at 1000 */
	struct moment sent = at(T + 50000, 500), got = at(T + 50499, 999);
	struct moment booted = got;

	(void)state;
	assert_false(kioskclock_learn(&c, &sent, &got, T + 1));
	assert_int_equal(c.offset_ms, -60000);
	assert_int_equal(c.floor_ms, T);
	strcpy(booted.boot_id, "boot-2");
	assert_true(kioskclock_learn(&c, &sent, &booted, T + 1));
}

static void every_answer_sets_the_floor_anew_also_lower(void **state)
{
	struct kioskclock c = contacted(T, T);
	struct moment m = at(T, 2000);

	(void)state;
	kioskclock_raise_floor(&c, T + 9000000);
	kioskclock_raise_floor(&c, T);
	assert_int_equal(c.floor_ms, T + 9000000);
	assert_true(kioskclock_learn(&c, &m, &m, T + 1000));
	assert_int_equal(c.floor_ms, T + 1000);
}

static void no_contact_is_not_anchored(void **state)
{
	struct kioskclock c = {0};
	struct moment now = at(T, 1000);

	(void)state;
	assert_false(kioskclock_anchored(&c, &now, SKEW));
}

static void contact_since_boot_is_anchored_while_nobody_moves_the_clock(
    void **state)
{
	struct kioskclock c = contacted(T, T);
	struct moment later = at(T + 3600000, 3601000);
	struct moment forward = at(T + 3600000 + SKEW + 1, 3601000);
	struct moment back = at(T + 3600000 - SKEW - 1, 3601000);

	(void)state;
	assert_true(kioskclock_anchored(&c, &later, SKEW));
	assert_false(kioskclock_anchored(&c, &forward, SKEW));
	assert_false(kioskclock_anchored(&c, &back, SKEW));
}

static void another_boot_is_not_anchored(void **state)
{
	struct kioskclock c = contacted(T, T);
	struct moment now = at(T + 1000, 2000);

	(void)state;
	strcpy(now.boot_id, "boot-2");
	assert_false(kioskclock_anchored(&c, &now, SKEW));
	now.boot_id[0] = '\0';
	c.boot_id[0] = '\0';
	assert_false(kioskclock_anchored(&c, &now, SKEW));
}

static void times_that_no_message_can_carry_are_not_learned(void **state)
{
	struct kioskclock c = {.offset_ms = 7};
	struct moment m = at(T, 1000), before = at(T, 999);
	struct moment young = at(0, 1000);

	(void)state;
	assert_false(kioskclock_learn(&c, &m, &m, 0));
	assert_false(kioskclock_learn(&c, &m, &m, -5));
	assert_false(kioskclock_learn(&c, &m, &m, TIME_MS_MAX + 1));
	assert_false(kioskclock_learn(&c, &m, &before, T));
	assert_false(kioskclock_learn(&c, &young, &young, TIME_MS_MAX));
	assert_int_equal(c.offset_ms, 7);
	assert_int_equal(c.contact_ms, 0);
}

static void effective_time_stays_in_range(void **state)
{
	struct kioskclock c = {.offset_ms = -CLOCK_OFFSET_MS_MAX};

	(void)state;
	assert_int_equal(kioskclock_effective(&c, T), 0);
	c.offset_ms = CLOCK_OFFSET_MS_MAX;
	assert_int_equal(kioskclock_effective(&c, TIME_MS_MAX), TIME_MS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offset_counts_half_of_the_round_trip),
		cmocka_unit_test(offset_is_negative_when_the_kiosk_is_fast),
		cmocka_unit_test(every_answer_sets_the_floor_anew_also_lower),
		cmocka_unit_test(an_answer_that_came_before_the_last_one_says_nothing),
		cmocka_unit_test(no_contact_is_not_anchored),
		cmocka_unit_test(
		    contact_since_boot_is_anchored_while_nobody_moves_the_clock),
		cmocka_unit_test(another_boot_is_not_anchored),
		cmocka_unit_test(
		    times_that_no_message_can_carry_are_not_learned),
		cmocka_unit_test(effective_time_stays_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
