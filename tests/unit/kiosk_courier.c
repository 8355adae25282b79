/* SPDX-License-Identifier: Apache-2.0 */
/* kiosk_courier.c: when the courier calls the service, of which the library's
 * calls are replaced here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "courier.h"

#define CALLS_MAX 16
#define LONG_MS 20000 /* on a busy machine, too; far under a report's time */

static _Atomic int calls;
static _Atomic int64_t called_ms[CALLS_MAX];
static _Atomic int64_t again_ms; /* 0: it works */
static _Atomic bool unreached;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

OAP_API enum oap_result oap_sync(struct oap *o, struct oap_synced *out,
				 struct oap_problem *why)
{
	(void)o;
	memset(out, 0, sizeof(*out));
	memset(why, 0, sizeof(*why));
	out->again_ms = again_ms;
	if (calls < CALLS_MAX)
		called_ms[calls++] = now_ms();
	return again_ms > 0 || unreached ? OAP_NO_NETWORK : OAP_OK;
}

OAP_API enum oap_result oap_refresh(struct oap *o, struct oap_refreshed *out,
				    struct oap_problem *why)
{
	(void)o;
	memset(out, 0, sizeof(*out));
	memset(why, 0, sizeof(*why));
	return OAP_OK;
}

static struct courier *start(void)
{
	struct courier *c;

	calls = 0;
	again_ms = 0;
	unreached = false;
	c = courier_start(NULL, NULL);
	assert_non_null(c);
	return c;
}

/* A visitor every 50 ms, and a strange one, until there were so many calls. */
static void crowd_until(struct courier *c, int count, bool strange)
{
	int64_t until = now_ms() + LONG_MS;

	while (calls < count) {
		courier_nudge(c, false);
		if (strange)
			courier_hurry(c);
		usleep(50000);
		if (now_ms() > until)
			fail_msg("%d calls instead of %d", calls, count);
	}
}

static void visitors_do_not_put_it_off(void **state)
{
	struct courier *c = start();

	(void)state;
	crowd_until(c, 3, false);
	courier_stop(c);
	/* and not one each */
	assert_true(called_ms[2] - called_ms[1] >= 1000);
}

static void a_stranger_reports_at_once(void **state)
{
	struct courier *c = start();
	int64_t began = now_ms(), until = began + LONG_MS;

	(void)state;
	courier_nudge(c, false);
	courier_hurry(c);
	while (calls < 1 && now_ms() < until)
		usleep(1000);
	courier_stop(c);
	assert_true(calls >= 1);
	assert_true(called_ms[0] - began < 1500);
}

static void after_a_failure_nobody_is_called_too_early(void **state)
{
	struct courier *c = start();

	(void)state;
	again_ms = 4000;
	crowd_until(c, 2, true);
	courier_stop(c);
	assert_true(called_ms[1] - called_ms[0] >= 4000);
}

static void a_stranger_passes_over_the_calm_of_a_line_but_hammers_nobody(
    void **state)
{
	struct courier *c = start();

	(void)state;
	unreached = true;
	crowd_until(c, 3, true);
	courier_stop(c);
	assert_true(called_ms[1] - called_ms[0] < 1000);
	assert_true(called_ms[2] - called_ms[1] >= 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(visitors_do_not_put_it_off),
		cmocka_unit_test(a_stranger_reports_at_once),
		cmocka_unit_test(after_a_failure_nobody_is_called_too_early),
		cmocka_unit_test(
		    a_stranger_passes_over_the_calm_of_a_line_but_hammers_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
