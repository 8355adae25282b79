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

#define DEADLINE 400 /* ms */

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

static struct oap_told redeem_new(unsigned deadline_ms)
{
	char code[CODE_MAX + 1];

	kioskworld_pass(&world, code);
	return kioskworld_redeem(&world, code, deadline_ms);
}

/* The service never says a word: only the deadline ends the first call, and
 * the next ones are decided here at once, until the pause is over. */
static void silent_service_is_waited_for_once(void **state)
{
	struct journal_queue queue;
	struct oap_told told;
	int64_t start = net_now_ms();

	(void)state;
	assert_int_equal(redeem_new(DEADLINE).verdict, OAP_ACCEPTED_OFFLINE);
	assert_true(net_now_ms() - start >= DEADLINE - 1);
	for (int i = 0; i < 3; i++) {
		handle_lock(world.o);
		world.o->reach.again_ms = net_now_ms() + 60000;
		handle_unlock(world.o);
		told = redeem_new(DEADLINE);
		assert_int_equal(told.verdict, OAP_ACCEPTED_OFFLINE);
		assert_true(told.detail[0] != '\0');
		assert_int_equal(service.silent, 1);
	}
	handle_lock(world.o);
	world.o->reach.again_ms = net_now_ms();
	handle_unlock(world.o);
	redeem_new(DEADLINE);
	assert_int_equal(service.silent, 2);
	assert_true(journal_queue(world.o->journal, &queue));
	assert_int_equal(queue.depth, 5);
}

static void broken_connection_is_asked_again_with_the_same_bytes(void **state)
{
	(void)state;
	service.doing = DO_BREAK_ONCE;
	assert_int_equal(redeem_new(5000).verdict, OAP_ACCEPTED);
	assert_true(service.asked >= 2);
	assert_true(service.same);
}

static void address_of_nobody_does_not_hold_the_door(void **state)
{
	(void)state;
	/* TEST-NET-1 (RFC 5737): nobody answers, or nobody can be reached */
	strcpy(world.o->identity.url, "http://192.0.2.1:9");
	assert_int_equal(redeem_new(DEADLINE).verdict, OAP_ACCEPTED_OFFLINE);
}

/* Where the kiosk thinks its service is, from now on. */
static void move_to(const struct listener *l)
{
	handle_lock(world.o);
	snprintf(world.o->identity.url, sizeof(world.o->identity.url),
		 "http://127.0.0.1:%d", l->port);
	handle_unlock(world.o);
}

static void *ask_until_the_deadline(void *arg)
{
	struct oap_told *told = arg;

	*told = redeem_new(DEADLINE);
	return NULL;
}

/* Whether the service was asked under the id that was told. */
static bool was_asked(const struct oap_told *told)
{
	uint8_t id[16];

	assert_true(hex_decode(bytes_text(told->id), id, sizeof(id)));
	return memmem(service.first, service.first_n, id, sizeof(id)) != NULL;
}

/* Whatever the service made of the question, it was about another place: what
 * is decided here is another attempt. */
static void kiosk_moved_while_it_asks_tells_of_an_attempt_of_its_own(
	void **state)
{
	struct oap_told told;
	pthread_t question;

	(void)state;
	for (int moved = 0; moved < 2; moved++) {
		service.first_n = 0;
		service.asked = 0;
		assert_int_equal(pthread_create(&question, NULL,
						ask_until_the_deadline, &told),
				 0);
		while (service.silent < moved + 1)
			sched_yield();
		handle_lock(world.o);
		if (moved)
			strcpy(world.o->facility, "elsewhere");
		world.o->reach.again_ms = net_now_ms();
		handle_unlock(world.o);
		pthread_join(question, NULL);
		handle_lock(world.o);
		world.o->reach.missed = 0;
		handle_unlock(world.o);
		assert_true(told.id[0] != '\0');
		assert_int_equal(was_asked(&told), !moved);
	}
}

/* Four uploads that nobody hears are one miss, and the pause after it. */
static void uploads_that_nobody_hears_are_one_miss(void **state)
{
	struct oap_synced synced;
	struct oap_problem why;

	(void)state;
	for (int i = 0; i < 3 * ITEMS_PER_UPLOAD_MAX + 1; i++)
		kioskworld_redeem(&world, "no pass", DEADLINE);
	handle_lock(world.o);
	world.o->reach.missed = 0;
	snprintf(world.o->identity.url, sizeof(world.o->identity.url),
		 "http://127.0.0.1:1"); /* tcpmux; nobody listens */
	handle_unlock(world.o);
	assert_int_equal(oap_sync(world.o, &synced, &why), OAP_NO_NETWORK);
	assert_int_equal(world.o->reach.missed, 1);
}

static void *sync_slowly(void *arg)
{
	struct oap_synced synced;
	struct oap_problem why;

	(void)arg;
	assert_int_equal(oap_sync(world.o, &synced, &why), OAP_NO_NETWORK);
	return NULL;
}

static void *ask_slowly(void *arg)
{
	struct oap_told *told = arg;

	*told = redeem_new(DEADLINE_MAX_MS);
	return NULL;
}

/* An upload and a question that get no answer, on a silent service; then
 * others, on one that answers. */
static void nobody_waits_for_another_call_on_the_network(void **state)
{
	struct oap_told slow, told;
	struct oap_problem why;
	pthread_t upload, question;
	struct listener door;

	(void)state;
	assert_int_equal(pthread_create(&upload, NULL, sync_slowly, NULL), 0);
	while (service.silent < 1)
		sched_yield();
	assert_int_equal(pthread_create(&question, NULL, ask_slowly, &slow), 0);
	while (service.silent < 2)
		sched_yield();
	listener_start(&door, DO_ACCEPT);
	move_to(&door);
	for (int i = 0; i < 5; i++) {
		told = redeem_new(DEADLINE_MAX_MS);
		assert_int_equal(told.verdict, OAP_ACCEPTED);
	}
	assert_int_equal(oap_reverse(world.o, told.id, OAP_REASON_MISTAKE,
				     &told, &why),
			 OAP_OK);
	assert_int_equal(told.verdict, OAP_REVERSED);
	/* neither of the two had ended, or they would not have been silent */
	assert_int_equal(service.silent, 2);
	service.stop = true; /* breaks their connections off */
	pthread_join(upload, NULL);
	pthread_join(question, NULL);
	listener_stop(&door);
}

/* The reversal at the till goes ahead of a morning's entries. */
static void reversal_does_not_wait_behind_a_backlog(void **state)
{
	struct oap_told told, visit;
	struct oap_status status;
	struct oap_problem why;

	(void)state;
	service.doing = DO_ACCEPT;
	visit = redeem_new(5000);
	for (int i = 0; i < ITEMS_PER_UPLOAD_MAX + 20; i++)
		kioskworld_redeem(&world, "no pass", 5000);
	assert_int_equal(oap_reverse(world.o, visit.id, OAP_REASON_MISTAKE,
				     &told, &why),
			 OAP_OK);
	assert_int_equal(told.verdict, OAP_REVERSED);
	assert_int_equal(told.by_service, 1);
	assert_int_equal(oap_status(world.o, &status, &why), OAP_OK);
	assert_int_equal(status.unsent, ITEMS_PER_UPLOAD_MAX + 20);
}

static void *redeem_some(void *arg)
{
	char code[CODE_MAX + 1];

	strcpy(code, arg);
	for (int i = 0; i < 5; i++)
		kioskworld_redeem(&world, code, 5000);
	return NULL;
}

/* Everything else that a program may do meanwhile. */
static void *look_around(void *arg)
{
	struct oap_attempt a = OAP_ATTEMPT_INIT;
	struct oap_synced synced;
	struct oap_status status;
	struct oap_benefit benefit;
	struct oap_problem why;
	struct oap_told told;
	char name[OAP_NAME_TEXT];

	a.code = arg;
	a.code_length = strlen(arg);
	a.benefit = "museum-day";
	for (int i = 0; i < 10; i++) {
		assert_int_equal(oap_check(world.o, &a, &told, &why), OAP_OK);
		assert_int_equal(oap_sync(world.o, &synced, &why), OAP_OK);
		assert_int_equal(oap_status(world.o, &status, &why), OAP_OK);
		assert_int_equal(kioskworld_bundle(&world, &why), OAP_OK);
		assert_int_equal(oap_benefit(world.o, 0, OAP_KO, &benefit,
					     &why),
				 OAP_OK);
		oap_facility_name(world.o, status.facility, OAP_JA, name,
				  sizeof(name));
		world.epoch++;
	}
	return NULL;
}

static void several_threads_share_a_handle(void **state)
{
	char codes[4][CODE_MAX + 1];
	pthread_t threads[4], other;
	struct oap_status status;
	struct oap_problem why;
	uint64_t bad;

	(void)state;
	service.doing = DO_ACCEPT;
	for (int i = 0; i < 4; i++)
		kioskworld_pass(&world, codes[i]);
	assert_int_equal(pthread_create(&other, NULL, look_around, codes[0]), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, redeem_some,
						codes[i]),
				 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	pthread_join(other, NULL);
	assert_int_equal(oap_status(world.o, &status, &why), OAP_OK);
	assert_int_equal(status.entries, 20);
	assert_true(journal_verify(world.o->journal, &bad));
	assert_int_equal(bad, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(silent_service_is_waited_for_once),
		TEST(broken_connection_is_asked_again_with_the_same_bytes),
		TEST(address_of_nobody_does_not_hold_the_door),
		TEST(kiosk_moved_while_it_asks_tells_of_an_attempt_of_its_own),
		TEST(uploads_that_nobody_hears_are_one_miss),
		TEST(nobody_waits_for_another_call_on_the_network),
		TEST(reversal_does_not_wait_behind_a_backlog),
		TEST(several_threads_share_a_handle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
