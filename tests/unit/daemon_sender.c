/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_sender.c: what the store keeps in memory of kiosks is what its rows
 * say: with more kiosks than it has room for, after a rollback, around a call,
 * and in whatever order entries come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "store_ledger.h"

/* Kiosks so far apart share a slot, whatever power of two there are up to
 * this. */
#define APART 4096
#define NOW INT64_C(1795478400000)

struct place {
	char dir[64];
	struct store *store;
};

static int begin(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	char error[256] = "";

	assert_non_null(p);
	snprintf(p->dir, sizeof p->dir, "/tmp/oap-sender-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->store = store_open(p->dir, error, sizeof error);
	if (!p->store)
		fail_msg("%s", error);
	*state = p;
	return 0;
}

static int end(void **state)
{
	static const char *const names[] = {"oapd.db", "oapd.db-wal",
	                                    "oapd.db-shm"};
	struct place *p = *state;
	char path[96];

	store_close(p->store);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", p->dir, names[i]);
		unlink(path);
	}
	rmdir(p->dir);
	free(p);
	return 0;
}

static int64_t device(struct store *s, uint64_t who)
{
	enum device_state kiosk_state = DEVICE_PENDING;
	uint8_t kid[8];
	int64_t n = 0;

	put_be64(kid, who);
	assert_int_equal(store_device(s, kid, &n, &kiosk_state), STORE_OK);
	/* None is set up. */
	assert_int_equal(kiosk_state, DEVICE_PENDING);
	assert_true(n > 0);
	return n;
}

/* The hash of entry seq of a kiosk, in these tests. */
static void hash_of(int64_t kiosk, uint64_t seq, uint8_t hash[static 32])
{
	memset(hash, 0, 32);
	if (seq == 0)
		return;
	put_be64(hash, (uint64_t)kiosk);
	put_be64(hash + 8, seq);
}

static void add(struct store *s, int64_t kiosk, uint64_t seq)
{
	uint8_t prev[32], hash[32];
	struct link link = {.seq = seq, .prev = prev, .hash = hash};

	hash_of(kiosk, seq - 1, prev);
	hash_of(kiosk, seq, hash);
	assert_int_equal(store_chain_add(s, kiosk, &link, NOW), STORE_OK);
}

static void assert_held(struct store *s, int64_t kiosk, uint64_t seq,
                        uint64_t count)
{
	uint8_t hash[32];
	struct held held;

	hash_of(kiosk, seq, hash);
	assert_int_equal(store_held(s, kiosk, &held), STORE_OK);
	assert_int_equal(held.seq, seq);
	assert_int_equal(held.count, count);
	assert_memory_equal(held.hash, hash, sizeof hash);
}

static void begin_work(struct store *s)
{
	assert_int_equal(store_begin(s), STORE_OK);
}

static void commit(struct store *s)
{
	assert_int_equal(store_commit(s), STORE_OK);
}

/* By another handle, which has nothing but the rows. */
static void reopen(struct place *p)
{
	char error[256] = "";

	store_close(p->store);
	p->store = store_open(p->dir, error, sizeof error);
	if (!p->store)
		fail_msg("%s", error);
	begin_work(p->store);
}

static void many_kiosks_take_turns_in_a_slot(void **state)
{
	struct place *p = *state;
	struct store *s = p->store;
	int64_t first, last = 0;

	begin_work(s);
	first = device(s, 1);
	for (uint64_t who = 2; last - first < APART; who++)
		last = device(s, who);
	for (uint64_t seq = 1; seq <= 20; seq++) {
		add(s, first, seq);
		add(s, last, seq);
		if (seq % 3 == 0)
			add(s, last - 1, seq / 3);
	}
	assert_held(s, first, 20, 20);
	assert_held(s, last, 20, 20);
	commit(s);
	reopen(p);
	assert_held(p->store, first, 20, 20);
	assert_held(p->store, last, 20, 20);
	assert_held(p->store, last - 1, 6, 6);
	assert_int_equal(device(p->store, 1), first);
	commit(p->store);
}

static void a_rollback_takes_back_what_was_only_in_memory(void **state)
{
	struct place *p = *state;
	struct store *s = p->store;
	int64_t kiosk;

	begin_work(s);
	kiosk = device(s, 1);
	add(s, kiosk, 1);
	commit(s);
	begin_work(s);
	add(s, kiosk, 2);
	add(s, kiosk, 3);
	assert_held(s, kiosk, 3, 3);
	store_rollback(s);
	begin_work(s);
	assert_held(s, kiosk, 1, 1);
	add(s, kiosk, 2);
	commit(s);
	reopen(p);
	assert_held(p->store, kiosk, 2, 2);
	commit(p->store);
}

/* The number of a kiosk that a rollback took back may go to another. */
static void a_kiosk_that_was_taken_back_is_made_again(void **state)
{
	struct place *p = *state;
	struct store *s = p->store;
	int64_t lost, other;

	begin_work(s);
	lost = device(s, 1);
	add(s, lost, 1);
	store_rollback(s);
	begin_work(s);
	other = device(s, 2);
	assert_int_equal(other, lost);
	assert_held(s, other, 0, 0);
	assert_true(device(s, 1) != other);
	commit(s);
}

static void a_call_that_is_undone_takes_nothing_else_with_it(void **state)
{
	struct place *p = *state;
	struct store *s = p->store;
	int64_t kiosk;

	begin_work(s);
	kiosk = device(s, 1);
	add(s, kiosk, 1);
	assert_int_equal(store_savepoint(s), STORE_OK);
	add(s, kiosk, 2);
	store_undo(s);
	assert_held(s, kiosk, 1, 1);
	assert_int_equal(store_savepoint(s), STORE_OK);
	add(s, kiosk, 2);
	assert_int_equal(store_release(s), STORE_OK);
	add(s, kiosk, 3);
	assert_held(s, kiosk, 3, 3);
	commit(s);
	reopen(p);
	assert_held(p->store, kiosk, 3, 3);
	commit(p->store);
}

/* Each order of six entries, each at one of three places in a commit. */
static void entries_may_come_in_any_order(void **state)
{
	struct place *p = *state;
	struct store *s = p->store;
	unsigned order[6] = {0, 0, 0, 0, 0, 0};
	uint64_t who = 1;

	begin_work(s);
	do {
		bool there[8] = {false};
		int64_t kiosk = device(s, who++);
		uint64_t whole = 0;

		for (unsigned i = 0; i < 6; i++) {
			unsigned left = order[i], seq = 0;

			/* The left-th that has not come yet. */
			do
				seq++;
			while (there[seq] || left-- > 0);
			there[seq] = true;
			add(s, kiosk, seq);
			while (there[whole + 1])
				whole++;
			assert_held(s, kiosk, whole, i + 1);
			if ((who + i) % 3 == 0) {
				commit(s);
				begin_work(s);
			}
		}
		assert_held(s, kiosk, 6, 6);
		for (unsigned i = 0; i < 6; i++) {
			if (++order[i] < 6 - i)
				break;
			order[i] = 0;
		}
		/* 6! in all */
	} while (who <= 720);
	commit(s);
}

static void a_reader_adds_no_kiosk(void **state)
{
	struct place *p = *state;
	char error[256] = "";
	struct store *reader = store_open_reader(p->dir, error, sizeof error);
	enum device_state kiosk_state;
	static const uint8_t kid[8];
	struct held held;
	int64_t n;

	assert_non_null(reader);
	assert_int_equal(store_device(reader, kid, &n, &kiosk_state),
	                 STORE_FAILED);
	assert_non_null(strstr(store_error(reader), "reader"));
	assert_int_equal(store_held(reader, 1, &held), STORE_FAILED);
	store_close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(many_kiosks_take_turns_in_a_slot),
	    TEST(a_rollback_takes_back_what_was_only_in_memory),
	    TEST(a_kiosk_that_was_taken_back_is_made_again),
	    TEST(a_call_that_is_undone_takes_nothing_else_with_it),
	    TEST(entries_may_come_in_any_order),
	    TEST(a_reader_adds_no_kiosk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
