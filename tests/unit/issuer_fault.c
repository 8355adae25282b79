/* SPDX-License-Identifier: Apache-2.0 */
/* A disk or a memory that fails at any moment: no pass is signed that the
 * registry does not know, what was done stays done, and when the fault has
 * passed, work goes on. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include <unistd.h>

#include "enlist.h"
#include "storefault.h"

#define NOW UINT64_C(1795478400)
#define CAPACITY 2000
#define SIGNED_MAX CAPACITY
#define REST 1000000 /* the fault stays until it is disarmed */

struct bench {
	char dir[32], path[64];
	struct identity identity;
	struct city_key *key;
	struct enlisting e;
	/* what left the office */
	struct pass_record gone[SIGNED_MAX];
	bool seen[SIGNED_MAX]; /* of the check that is going on */
	size_t n;
	long failures;
};

static void reopen(struct bench *b)
{
	struct fault fault;

	registry_close(b->e.registry);
	b->e.registry = registry_open(b->path, &fault);
	if (!b->e.registry)
		fail_msg("%s", fault.text);
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct fault fault;

	strcpy(b->dir, "/tmp/issuer.XXXXXX");
	if (!mkdtemp(b->dir))
		return -1;
	snprintf(b->path, sizeof(b->path), "%s/registry.db", b->dir);
	b->identity = (struct identity){.iss = "seoul.example",
					.status_uri = "https://s.example",
					.capacity = CAPACITY,
					.made_at = NOW};
	b->key = city_key_make(ROLE_SIGNING, NULL, randombytes_buf);
	if (!registry_create(b->path, &b->identity, b->key->pk,
			     randombytes_buf, &fault))
		return -1;
	b->e = (struct enlisting){.now = NOW, .random = randombytes_buf};
	memcpy(b->e.kid, b->key->kid, 8);
	*state = b;
	reopen(b);
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	registry_close(b->e.registry);
	unlink(b->path);
	rmdir(b->dir);
	city_key_free(b->key);
	free(b);
	return 0;
}

/* A transaction around one step, as every command has it. */
typedef bool step_fn(struct bench *b, struct pass_record *record,
		     struct fault *fault);

static bool in_transaction(struct bench *b, step_fn *step,
			   struct pass_record *record)
{
	struct fault fault = {0};
	bool done = registry_begin(b->e.registry, &fault) &&
		    step(b, record, &fault) &&
		    registry_commit(b->e.registry, &fault);

	if (done)
		return true;
	assert_int_equal(fault.status, EXIT_IO);
	assert_true(fault.text[0] != '\0');
	registry_rollback(b->e.registry);
	b->failures++;
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

static void sign(struct bench *b, const struct pass_record *record)
{
	assert_true(b->n < SIGNED_MAX);
	b->gone[b->n++] = *record;
}

/* That a paper was revoked has been acknowledged. */
static void note_ended(struct bench *b, const struct pass_record *record)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->gone[i].idx == record->idx)
			b->gone[i].state = STATUS_INVALID;
}

/* Everything that left the office is known, with its own index and at least
 * the state that was acknowledged. */
static bool check_row(void *arg, const struct pass_record *row)
{
	struct bench *b = arg;

	for (size_t i = 0; i < b->n; i++) {
		const struct pass_record *gone = &b->gone[i];

		if (row->idx != gone->idx)
			continue;
		assert_memory_equal(row->cti, gone->cti, 16);
		assert_int_equal(row->iat, gone->iat);
		if (gone->state == STATUS_INVALID)
			assert_int_equal(row->state, STATUS_INVALID);
		b->seen[i] = true;
	}
	return true;
}

static void check(struct bench *b)
{
	struct fault fault;

	reopen(b);
	memset(b->seen, 0, sizeof(b->seen));
	for (size_t i = 0; i < b->n; i++)
		assert_true(registry_each_of_cti(b->e.registry, b->gone[i].cti,
						 check_row, b, &fault));
	for (size_t i = 0; i < b->n; i++)
		assert_true(b->seen[i]);
}

/* The n-th call fails, until there are fewer; far out not every n is tried,
 * for there a statement is much like the one before it. */
static void run(struct bench *b, enum fault_kind kind, long how_many)
{
	bool fired = true;

	for (long n = 1; fired; n += 1 + n / 32) {
		struct pass_record first, record;

		assert_true(in_transaction(b, issue, &first));
		sign(b, &first);
		reopen(b);
		fault_arm(kind, n, how_many);
		if (in_transaction(b, issue, &record))
			sign(b, &record);
		record = first;
		if (in_transaction(b, reissue, &record)) {
			note_ended(b, &first);
			sign(b, &record);
		}
		record = first;
		if (in_transaction(b, end, &record))
			note_ended(b, &record);
		fired = fault_disarm();
		check(b);
	}
	assert_true(b->failures > 0);
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
