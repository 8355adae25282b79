/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_backup.c: a copy of the database beside a ledger that writes, on a
 * disk that fails at any moment: it is whole, or it is none and that is said;
 * and the ledger never notices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "ledgerbed.h"
#include "storefault.h"

#define VISITS 20

static void visit_all(struct bed *bed, unsigned first)
{
	for (unsigned i = first; i < first + VISITS; i++) {
		struct visit v = bed_visit(bed, 0, i, BED_ONCE);

		bed_assert_verdict(bed_redeem(bed, &v), VERDICT_ACCEPTED);
	}
}

static struct store *open_reader(const struct bed *bed)
{
	char error[256];
	struct store *reader =
	    store_open_reader(bed_dir(bed), error, sizeof error);

	assert_non_null(reader);
	assert_int_equal(store_begin(reader), STORE_OK);
	return reader;
}

static bool is_there(const struct bed *bed, const char *name)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", bed_dir(bed), name);
	return stat(path, &st) == 0;
}

static void make(const struct bed *bed, struct store *reader, bool stop,
                 struct backup *out)
{
	atomic_bool stopping = stop;

	backup_make(reader, bed_dir(bed), 1700000000000, &stopping, out);
	assert_false(is_there(bed, "backup.part"));
	assert_false(is_there(bed, "backup.part-journal"));
	/* one or the other */
	assert_true((out->fd < 0) == (out->error[0] != '\0'));
}

/* Version bytes of SQLite's file format, 1.3: no write-ahead log. */
static void assert_stands_alone(const struct backup *b)
{
	struct stat st;
	uint8_t head[20];

	assert_int_equal(pread(b->fd, head, sizeof head, 0), sizeof head);
	assert_memory_equal(head, "SQLite format 3", 16);
	assert_int_equal(head[18], 1);
	assert_int_equal(head[19], 1);
	assert_int_equal(fstat(b->fd, &st), 0);
	assert_int_equal((uint64_t)st.st_size, b->size);
	assert_int_equal(st.st_nlink, 0); /* its name is gone */
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_copy_is_of_the_moment_in_which_it_was_begun(void **state)
{
	struct bed *bed = *state;
	struct store *reader;
	struct backup first, second;

	visit_all(bed, 0);
	reader = open_reader(bed);
	make(bed, reader, false, &first);
	assert_string_equal(first.error, "");
	assert_stands_alone(&first);
	/* The reader's transaction goes on, and sees what it saw. */
	visit_all(bed, VISITS);
	make(bed, reader, false, &second);
	assert_int_equal(second.size, first.size);
	assert_memory_equal(second.sha256, first.sha256, 32);
	backup_close(&second);
	assert_int_equal(store_commit(reader), STORE_OK);
	assert_int_equal(store_begin(reader), STORE_OK);
	make(bed, reader, false, &second);
	assert_memory_not_equal(second.sha256, first.sha256, 32);
	backup_close(&second);
	backup_close(&first);
	store_close(reader);
}

static void a_daemon_that_ends_does_not_wait_for_it(void **state)
{
	struct bed *bed = *state;
	struct store *reader;
	struct backup b;

	visit_all(bed, 0);
	reader = open_reader(bed);
	make(bed, reader, true, &b);
	assert_string_equal(b.error, "the daemon is ending");
	store_close(reader);
}

static void what_a_killed_daemon_left_is_taken_away(void **state)
{
	struct bed *bed = *state;
	char path[256];
	int fd;

	snprintf(path, sizeof path, "%s/backup.part-journal", bed_dir(bed));
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
	backup_clear(bed_dir(bed));
	assert_false(is_there(bed, "backup.part-journal"));
}

static void fail_at_every(enum fault_kind kind, long how_many, const char *why)
{
	struct bed *bed = bed_open();
	struct store *reader;
	struct backup b;
	long n, failures = 0;
	bool reached;

	visit_all(bed, 0);
	for (n = 1;; n++) {
		reader = open_reader(bed);
		fault_arm(kind, n, how_many);
		make(bed, reader, false, &b);
		reached = fault_disarm();
		failures += b.fd < 0;
		if (b.fd < 0)
			assert_non_null(strstr(b.error, why));
		else
			assert_stands_alone(&b);
		backup_close(&b);
		store_close(reader);
		if (!reached)
			break;
	}
	assert_true(failures > 0 && b.error[0] == '\0');
	visit_all(bed, VISITS);
	bed_check(bed);
	bed_close(bed);
}

static void a_write_that_fails_is_no_copy_and_is_said(void **state)
{
	(void)state;
	fail_at_every(FAULT_IO, 1, "disk");
}

static void a_full_disk_is_no_copy_and_is_said(void **state)
{
	(void)state;
	fail_at_every(FAULT_FULL, 1000000, "make room for it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_copy_is_of_the_moment_in_which_it_was_begun),
	    STORY(a_daemon_that_ends_does_not_wait_for_it),
	    STORY(what_a_killed_daemon_left_is_taken_away),
	    cmocka_unit_test(a_write_that_fails_is_no_copy_and_is_said),
	    cmocka_unit_test(a_full_disk_is_no_copy_and_is_said),
	};

	fault_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
