/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kioskworld.h"

#define KILLS 30
#define FAULTS_MAX 200

static struct kioskworld world;

static int set_up(void **state)
{
	(void)state;
	kioskworld_make(&world, 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kioskworld_end(&world);
	return 0;
}

static void assert_chain(uint64_t entries)
{
	struct journal_tip tip;
	uint64_t bad;

	assert_true(journal_verify(world.o->journal, &bad));
	assert_int_equal(bad, 0);
	assert_true(journal_tip(world.o->journal, &tip));
	assert_int_equal(tip.next_seq, entries + 1);
}

static void reopen(void)
{
	struct oap_problem why = {.text = ""};

	kioskworld_close(&world);
	if (kioskworld_open(&world, &why) != OAP_OK)
		fail_msg("%s", why.text);
}

static bool has_entry(const char *hex, struct journal_found *found)
{
	uint8_t id[16];
	bool there;

	assert_true(hex_decode(bytes_text(hex), id, sizeof(id)));
	assert_true(journal_find(world.o->journal, id, found, &there));
	return there;
}

static void entries_are_chained_across_openings(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 20; i++) {
		kioskworld_redeem(&world, "rubbish", 0);
		if (i % 5 == 0)
			reopen();
		assert_chain(i);
	}
}

static void edited_entry_shows(void **state)
{
	uint64_t bad;

	(void)state;
	for (int i = 0; i < 5; i++)
		kioskworld_redeem(&world, "rubbish", 0);
	kioskworld_close(&world);
	kioskworld_change(&world, "UPDATE entry SET message = (SELECT message"
				  " FROM entry WHERE seq = 2) WHERE seq = 3");
	reopen();
	assert_true(journal_verify(world.o->journal, &bad));
	assert_int_equal(bad, 3);
}

static void missing_entry_shows(void **state)
{
	uint64_t bad;

	(void)state;
	for (int i = 0; i < 5; i++)
		kioskworld_redeem(&world, "rubbish", 0);
	kioskworld_close(&world);
	kioskworld_change(&world, "DELETE FROM entry WHERE seq = 4");
	reopen();
	assert_true(journal_verify(world.o->journal, &bad));
	assert_int_equal(bad, 5);
}

static void nothing_is_chained_to_an_edited_last_entry(void **state)
{
	struct oap_problem why;

	(void)state;
	kioskworld_redeem(&world, "rubbish", 0);
	kioskworld_close(&world);
	kioskworld_change(&world, "UPDATE entry SET message = x'00'");
	assert_int_equal(kioskworld_open(&world, &why), OAP_JOURNAL_FAILED);
	assert_non_null(strstr(why.text, "entry 1"));
}

static void newer_schema_is_left_alone(void **state)
{
	struct oap_problem why;

	(void)state;
	kioskworld_close(&world);
	kioskworld_change(&world, "PRAGMA user_version = 99");
	assert_int_equal(kioskworld_open(&world, &why), OAP_JOURNAL_FAILED);
	assert_non_null(strstr(why.text, "newer version"));
}

/* In a child: opens the kiosk, redeems for ever, and writes each id that was
 * told to the pipe. */
static void redeem_for_ever(int out)
{
	struct oap_problem why;

	if (kioskworld_open(&world, &why) != OAP_OK)
		_exit(1);
	for (;;) {
		struct oap_told told = kioskworld_redeem(&world, "rubbish", 0);

		if (write(out, told.id, OAP_ID_TEXT) != OAP_ID_TEXT)
			_exit(2);
	}
}

static void check_told(int in)
{
	struct journal_found found;
	char id[OAP_ID_TEXT];
	ssize_t n;

	while ((n = read(in, id, sizeof(id))) > 0) {
		assert_int_equal(n, sizeof(id));
		assert_true(has_entry(id, &found));
		assert_int_equal(found.told, VERDICT_UNKNOWN_FORMAT);
	}
}

static void run_child(void (*prepare)(unsigned), unsigned n, bool kill_it)
{
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	kioskworld_close(&world);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		prepare(n);
		redeem_for_ever(ends[1]);
	}
	close(ends[1]);
	if (kill_it) {
		usleep(randombytes_uniform(60000));
		kill(child, SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(kill_it || WEXITSTATUS(status) == 9);
	reopen();
	check_told(ends[0]);
	close(ends[0]);
}

static void assert_sound(void)
{
	uint64_t bad;

	assert_true(journal_verify(world.o->journal, &bad));
	assert_int_equal(bad, 0);
}

static void prepare_nothing(unsigned n)
{
	(void)n;
}

static void prepare_exit(unsigned n)
{
	world.env.vfs = "faulty";
	faulty_vfs_arm(n, FAULT_EXIT);
}

static void what_was_told_survives_kill_at_any_time(void **state)
{
	(void)state;
	for (int i = 0; i < KILLS; i++) {
		run_child(prepare_nothing, 0, true);
		assert_sound();
	}
}

static void what_was_told_survives_an_end_at_any_write(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 40; n++) {
		run_child(prepare_exit, n, false);
		assert_sound();
	}
}

/* A disk that fails once, at any place: what was told is there; what could
 * not be written was told as journal-failed, whatever the answer was. */
static void fail_everywhere(enum fault_kind kind)
{
	struct listener service;
	unsigned n, failures = 0;
	char code[CODE_MAX + 1];

	kioskworld_end(&world);
	listener_start(&service, DO_ACCEPT);
	kioskworld_make(&world, service.port);
	world.env.vfs = "faulty";
	for (n = 1; n < FAULTS_MAX; n++) {
		struct journal_found found;
		struct oap_told told;
		bool there, fired;

		reopen();
		kioskworld_pass(&world, code);
		faulty_vfs_arm(n, kind);
		told = kioskworld_redeem(&world, code, 5000);
		fired = faulty_vfs_fired();
		faulty_vfs_arm(0, kind);
		reopen();
		there = has_entry(told.id, &found);
		if (told.verdict == OAP_ACCEPTED) {
			assert_true(there);
			assert_int_equal(found.told, VERDICT_ACCEPTED);
		} else {
			assert_int_equal(told.verdict,
					 OAP_VERDICT_JOURNAL_FAILED);
			assert_true(!there ||
				    found.told == VERDICT_JOURNAL_FAILED);
			failures++;
		}
		assert_sound();
		if (!fired)
			break;
	}
	assert_true(n < FAULTS_MAX);
	assert_true(failures > 0);
	listener_stop(&service);
}

static void failing_write_is_never_an_accept(void **state)
{
	(void)state;
	fail_everywhere(FAULT_IOERR);
}

static void full_disk_is_never_an_accept(void **state)
{
	(void)state;
	fail_everywhere(FAULT_FULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(entries_are_chained_across_openings),
		TEST(edited_entry_shows),
		TEST(missing_entry_shows),
		TEST(nothing_is_chained_to_an_edited_last_entry),
		TEST(newer_schema_is_left_alone),
		TEST(what_was_told_survives_kill_at_any_time),
		TEST(what_was_told_survives_an_end_at_any_write),
		TEST(failing_write_is_never_an_accept),
		TEST(full_disk_is_never_an_accept),
	};

	faulty_vfs_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
