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

/* Nothing of an accept is left of a pass of which that was told. */
static void assert_not_used(const struct oap_told *told, const char *code)
{
	struct oap_attempt a = OAP_ATTEMPT_INIT;
	struct journal_found found;
	struct oap_told now;
	struct oap_problem why;

	if (told->id[0] != '\0') {
		assert_true(has_entry(told->id, &found));
		assert_int_equal(found.told, told->verdict);
	}
	a.code = code;
	a.code_length = strlen(code);
	a.benefit = "half";
	assert_int_equal(oap_check(world.o, &a, &now, &why), OAP_OK);
	assert_int_equal(now.verdict, OAP_ACCEPTED);
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
		bool fired;

		reopen();
		kioskworld_pass(&world, code);
		faulty_vfs_arm(n, kind);
		told = kioskworld_redeem(&world, code, 5000);
		fired = faulty_vfs_fired();
		faulty_vfs_arm(0, kind);
		reopen();
		if (told.verdict == OAP_ACCEPTED) {
			assert_true(has_entry(told.id, &found));
			assert_int_equal(found.told, VERDICT_ACCEPTED);
		} else {
			assert_int_equal(told.verdict,
					 OAP_VERDICT_JOURNAL_FAILED);
			assert_not_used(&told, code);
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

static void copy_file(const char *name, const char *to)
{
	char path[128], buf[65536];
	FILE *in, *out;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", world.dir, name);
	in = fopen(path, "rb");
	if (in == NULL) /* no log at the moment */
		return;
	snprintf(path, sizeof(path), "%s/%s", to, name);
	out = fopen(path, "wb");
	assert_non_null(out);
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		assert_int_equal(fwrite(buf, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* What a process that starts after this one was killed makes of the files. */
struct aftermath {
	char dir[32];
	struct journal *journal;
};

static void look_after_a_kill(struct aftermath *a)
{
	struct oap_problem why = {.text = ""};

	strcpy(a->dir, "/tmp/oap-after-XXXXXX");
	assert_non_null(mkdtemp(a->dir));
	copy_file(JOURNAL_NAME, a->dir);
	copy_file(JOURNAL_NAME "-wal", a->dir);
	if (journal_open(a->dir, false, NULL, &a->journal, &why) != OAP_OK)
		fail_msg("%s", why.text);
}

static void look_no_more(struct aftermath *a)
{
	char path[128];

	journal_close(a->journal);
	snprintf(path, sizeof(path), "%s/" JOURNAL_NAME, a->dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/" JOURNAL_NAME "-wal", a->dir);
	unlink(path);
	assert_int_equal(rmdir(a->dir), 0);
}

/* The same chain as here: nothing that failed has come back. */
static void assert_same_after_a_kill(void)
{
	struct journal_tip here, there;
	struct aftermath after;
	uint64_t bad;

	look_after_a_kill(&after);
	assert_true(journal_verify(after.journal, &bad));
	assert_int_equal(bad, 0);
	assert_true(journal_tip(world.o->journal, &here));
	assert_true(journal_tip(after.journal, &there));
	assert_int_equal(here.next_seq, there.next_seq);
	assert_memory_equal(here.prev, there.prev, sizeof(here.prev));
	look_no_more(&after);
}

/* A kiosk whose disk is to fail: with a log that has frames, or with none. */
static void open_before_faults(unsigned n)
{
	reopen();
	if (n % 2 == 0)
		kioskworld_redeem(&world, "rubbish", 0);
}

/* The sync of a commit, and the write of the next one; the third works. */
static void failures_in_a_row_bring_back_no_accept(void **state)
{
	struct listener service;
	char code[CODE_MAX + 1];
	unsigned failures = 0;

	(void)state;
	kioskworld_end(&world);
	listener_start(&service, DO_ACCEPT);
	kioskworld_make(&world, service.port);
	world.env.vfs = "faulty";
	for (unsigned n = 1; n < 44; n++) {
		for (unsigned times = 1; times <= 3; times++) {
			struct oap_told told;

			open_before_faults(n);
			kioskworld_pass(&world, code);
			faulty_vfs_arm_run(n / 2 + 1, times, FAULT_IOERR);
			told = kioskworld_redeem(&world, code, 5000);
			failures += told.verdict != OAP_ACCEPTED;
			assert_same_after_a_kill();
			faulty_vfs_arm(0, FAULT_IOERR);
		}
	}
	assert_true(failures > 0);
	listener_stop(&service);
}

/* Not even then was anything written: the next chances are a sync, with no
 * service at hand, and the closing, with a log that stays behind. */
static void next_chance(bool closing)
{
	struct oap_synced synced;
	struct oap_problem why;

	if (closing) {
		faulty_vfs_break_database(true);
		kioskworld_close(&world);
		faulty_vfs_break_database(false);
		assert_int_equal(kioskworld_open(&world, &why), OAP_OK);
		return;
	}
	strcpy(world.o->identity.url, "http://127.0.0.1:1");
	assert_int_equal(oap_sync(world.o, &synced, &why), OAP_NO_NETWORK);
	assert_same_after_a_kill();
}

static void longer_failure_brings_back_no_accept_later(void **state)
{
	struct listener service;
	char code[CODE_MAX + 1];
	unsigned failures = 0;

	(void)state;
	kioskworld_end(&world);
	listener_start(&service, DO_ACCEPT);
	kioskworld_make(&world, service.port);
	world.env.vfs = "faulty";
	for (unsigned n = 1; n < 88; n++) {
		struct journal_found found;
		struct oap_told told;

		open_before_faults(n);
		kioskworld_pass(&world, code);
		faulty_vfs_arm_run(n / 4 + 1, 4, FAULT_IOERR);
		told = kioskworld_redeem(&world, code, 5000);
		faulty_vfs_arm(0, FAULT_IOERR);
		failures += told.verdict != OAP_ACCEPTED;
		next_chance(n % 4 < 2);
		if (told.verdict == OAP_ACCEPTED) {
			assert_true(has_entry(told.id, &found));
			assert_int_equal(found.told, VERDICT_ACCEPTED);
		} else {
			assert_not_used(&told, code);
		}
		assert_sound();
	}
	assert_true(failures > 0);
	listener_stop(&service);
}

static void reversal_that_failed_does_not_come_back(void **state)
{
	struct listener service;
	char code[CODE_MAX + 1];
	unsigned failures = 0;

	(void)state;
	kioskworld_end(&world);
	listener_start(&service, DO_ACCEPT);
	kioskworld_make(&world, service.port);
	world.env.vfs = "faulty";
	for (unsigned n = 1; n < 44; n++) {
		struct oap_problem why;
		struct oap_told told;

		open_before_faults(n);
		kioskworld_pass(&world, code);
		told = kioskworld_redeem(&world, code, 5000);
		faulty_vfs_arm(n / 2 + 1, FAULT_IOERR);
		assert_int_equal(oap_reverse(world.o, told.id,
					     OAP_REASON_MISTAKE, &told, &why),
				 OAP_OK);
		failures += told.verdict == OAP_VERDICT_JOURNAL_FAILED;
		assert_same_after_a_kill();
		faulty_vfs_arm(0, FAULT_IOERR);
	}
	assert_true(failures > 0);
	listener_stop(&service);
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
		TEST(failures_in_a_row_bring_back_no_accept),
		TEST(longer_failure_brings_back_no_accept_later),
		TEST(reversal_that_failed_does_not_come_back),
	};

	faulty_vfs_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
