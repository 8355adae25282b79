/* SPDX-License-Identifier: Apache-2.0 */
/* A disk or a memory that fails at any moment: no pass is signed that the
 * registry does not know, what was done stays done, and when the fault has
 * passed, work goes on. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sodium.h>

#include "issuerbench.h"
#include "storefault.h"

#define CAPACITY 2000
#define SIGNED_MAX CAPACITY
#define REST 1000000 /* the fault stays until it is disarmed */

/* An office, and what left it. */
struct witness {
	struct bench bench;
	struct pass_record gone[SIGNED_MAX];
	bool seen[SIGNED_MAX]; /* of the check that is going on */
	size_t n;
	long failures;
};

static int set_up(void **state)
{
	struct witness *w = calloc(1, sizeof(*w));

	*state = w;
	return w && bench_open(&w->bench, CAPACITY) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct witness *w = *state;

	bench_close(&w->bench);
	free(w);
	return 0;
}

/* A transaction around one step, as every command has it. */
typedef bool step_fn(struct bench *b, struct pass_record *record,
		     struct fault *fault);

static bool in_transaction(struct witness *w, step_fn *step,
			   struct pass_record *record)
{
	struct bench *b = &w->bench;
	struct fault fault = {0};
	bool done = registry_begin(b->e.registry, &fault) &&
		    step(b, record, &fault) &&
		    registry_commit(b->e.registry, &fault);

	if (done)
		return true;
	assert_int_equal(fault.status, EXIT_IO);
	assert_true(fault.text[0] != '\0');
	registry_rollback(b->e.registry);
	w->failures++;
	return false;
}

static bool issue(struct bench *b, struct pass_record *record,
		  struct fault *fault)
{
	struct request q = {.exp = NOW + 1000, .ref_n = 1, .ref = "R"};
	uint8_t hash[REF_HASH];

	randombytes_buf(hash, sizeof(hash));
	return enlist(&b->e, &q, hash, record, fault) == ENLISTED_NEW;
}

static bool reissue(struct bench *b, struct pass_record *record,
		    struct fault *fault)
{
	const struct renewal renewal = {0};
	uint8_t cti[16];
	const char *why;

	memcpy(cti, record->cti, 16);
	return enlist_again(&b->e, cti, &renewal, record, &why, fault) ==
	       ENLISTED_NEW;
}

static bool end(struct bench *b, struct pass_record *record,
		struct fault *fault)
{
	uint8_t cti[16];

	memcpy(cti, record->cti, 16);
	if (registry_pass(b->e.registry, cti, record, fault) != FOUND)
		return false;
	record->state = STATUS_INVALID;
	return registry_set_state(b->e.registry, record, fault);
}

static void sign(struct witness *w, const struct pass_record *record)
{
	assert_true(w->n < SIGNED_MAX);
	w->gone[w->n++] = *record;
}

/* That a paper was revoked has been acknowledged. */
static void note_ended(struct witness *w, const struct pass_record *record)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->gone[i].idx == record->idx)
			w->gone[i].state = STATUS_INVALID;
}

/* Everything that left the office is known, with its own index and at least
 * the state that was acknowledged. */
static bool check_row(void *arg, const struct pass_record *row)
{
	struct witness *w = arg;

	for (size_t i = 0; i < w->n; i++) {
		const struct pass_record *gone = &w->gone[i];

		if (row->idx != gone->idx)
			continue;
		assert_memory_equal(row->cti, gone->cti, 16);
		assert_int_equal(row->iat, gone->iat);
		if (gone->state == STATUS_INVALID)
			assert_int_equal(row->state, STATUS_INVALID);
		w->seen[i] = true;
	}
	return true;
}

static void check(struct witness *w)
{
	struct fault fault;

	bench_reopen(&w->bench);
	memset(w->seen, 0, sizeof(w->seen));
	for (size_t i = 0; i < w->n; i++)
		assert_true(registry_each_of_cti(w->bench.e.registry,
						 w->gone[i].cti, check_row, w,
						 &fault));
	for (size_t i = 0; i < w->n; i++)
		assert_true(w->seen[i]);
}

/* The n-th call fails, until there are fewer; far out not every n is tried,
 * for there a statement is much like the one before it. */
static void run(struct witness *w, enum fault_kind kind, long how_many)
{
	bool fired = true;

	for (long n = 1; fired; n += 1 + n / 32) {
		struct pass_record first, record;

		assert_true(in_transaction(w, issue, &first));
		sign(w, &first);
		bench_reopen(&w->bench);
		fault_arm(kind, n, how_many);
		if (in_transaction(w, issue, &record))
			sign(w, &record);
		record = first;
		if (in_transaction(w, reissue, &record)) {
			note_ended(w, &first);
			sign(w, &record);
		}
		record = first;
		if (in_transaction(w, end, &record))
			note_ended(w, &record);
		fired = fault_disarm();
		check(w);
	}
	assert_true(w->failures > 0);
}

static void no_write_that_fails_lets_an_unknown_pass_out(void **state)
{
	run(*state, FAULT_IO, 1);
}

static void nor_does_a_disk_that_stays_broken(void **state)
{
	run(*state, FAULT_IO, REST);
}

static void nor_does_a_full_disk(void **state)
{
	run(*state, FAULT_FULL, REST);
}

static void nor_does_memory_that_runs_out(void **state)
{
	run(*state, FAULT_MEMORY, 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(no_write_that_fails_lets_an_unknown_pass_out),
	    T(nor_does_a_disk_that_stays_broken),
	    T(nor_does_a_full_disk),
	    T(nor_does_memory_that_runs_out),
	};

	if (sodium_init() < 0)
		return 1;
	fault_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
