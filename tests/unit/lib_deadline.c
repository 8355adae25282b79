/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "kioskworld.h"

#define DEADLINE 400
#define MARGIN 150 /* sanitizers, and a machine that others share */

static struct kioskworld world;
static struct listener service;

static int set_up(void **state)
{
	(void)state;
	listener_start(&service, DO_SILENCE);
	kioskworld_make(&world, service.port);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kioskworld_end(&world);
	listener_stop(&service);
	return 0;
}

static int64_t redeem_timed(struct oap_told *told, unsigned deadline_ms)
{
	char code[CODE_MAX + 1];
	int64_t start;

	kioskworld_pass(&world, code);
	start = net_now_ms();
	*told = kioskworld_redeem(&world, code, deadline_ms);
	return net_now_ms() - start;
}

static void deadline_holds_while_the_service_is_silent(void **state)
{
	struct oap_told told;
	struct journal_queue queue;
	int64_t took;

	(void)state;
	for (int i = 1; i <= 3; i++) {
		took = redeem_timed(&told, DEADLINE);
		assert_int_equal(told.verdict, OAP_UNAVAILABLE);
		assert_in_range(took, DEADLINE - 30, DEADLINE + MARGIN);
		assert_true(journal_queue(world.o->journal, &queue));
		assert_int_equal(queue.depth, i);
	}
}

static void broken_connection_is_asked_again_with_the_same_bytes(void **state)
{
	struct oap_told told;

	(void)state;
	service.doing = DO_BREAK_ONCE;
	redeem_timed(&told, 5000);
	assert_int_equal(told.verdict, OAP_ACCEPTED);
	assert_true(service.asked >= 2);
	assert_true(service.same);
}

static void silent_name_of_an_address_does_not_hold_the_door(void **state)
{
	struct oap_told told;
	int64_t took;

	(void)state;
	/* TEST-NET-1 (RFC 5737): nobody answers, or nobody can be reached */
	strcpy(world.o->identity.url, "http://192.0.2.1:9");
	took = redeem_timed(&told, DEADLINE);
	assert_int_equal(told.verdict, OAP_UNAVAILABLE);
	assert_in_range(took, 0, DEADLINE + MARGIN);
}

static void *sync_slowly(void *arg)
{
	struct oap_synced synced;
	struct oap_problem why;

	(void)arg;
	assert_int_equal(oap_sync(world.o, &synced, &why), OAP_NO_NETWORK);
	return NULL;
}

/* Two connections at once want two listeners: the upload goes to the silent
 * one, whose place the question does not take. */
static void question_does_not_wait_behind_an_upload(void **state)
{
	struct listener door;
	struct oap_told told;
	pthread_t thread;
	int64_t took;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, sync_slowly, NULL), 0);
	while (service.silent == 0)
		sched_yield();
	listener_start(&door, DO_ACCEPT);
	for (int i = 0; i < 5; i++) {
		handle_lock(world.o);
		snprintf(world.o->identity.url, sizeof(world.o->identity.url),
			 "http://127.0.0.1:%d", door.port);
		handle_unlock(world.o);
		took = redeem_timed(&told, 5000);
		assert_int_equal(told.verdict, OAP_ACCEPTED);
		assert_in_range(took, 0, 4000);
	}
	listener_stop(&door);
	service.stop = true; /* breaks the upload's connection off */
	pthread_join(thread, NULL);
}

static void *redeem_some(void *arg)
{
	char code[CODE_MAX + 1];

	strcpy(code, arg);
	for (int i = 0; i < 5; i++)
		kioskworld_redeem(&world, code, 5000);
	return NULL;
}

static void several_threads_share_a_handle(void **state)
{
	char codes[4][CODE_MAX + 1];
	pthread_t threads[4];
	struct oap_status status;
	struct oap_problem why;
	uint64_t bad;

	(void)state;
	service.doing = DO_ACCEPT;
	for (int i = 0; i < 4; i++) {
		kioskworld_pass(&world, codes[i]);
		assert_int_equal(pthread_create(&threads[i], NULL, redeem_some,
						codes[i]),
				 0);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(oap_status(world.o, &status, &why), OAP_OK);
	assert_int_equal(status.entries, 20);
	assert_true(journal_verify(world.o->journal, &bad));
	assert_int_equal(bad, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(deadline_holds_while_the_service_is_silent),
		TEST(broken_connection_is_asked_again_with_the_same_bytes),
		TEST(silent_name_of_an_address_does_not_hold_the_door),
		TEST(question_does_not_wait_behind_an_upload),
		TEST(several_threads_share_a_handle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
