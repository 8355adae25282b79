/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_random.c: questions, entries, reversals and reports in random order,
 * each delivered any number of times, and restarts between: whatever comes,
 * everything adds up, and what was told once is told again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledgerbed.h"

#define STEPS 3000
#define VISITS 400
#define PAPERS 1024
#define PASSES 8

struct known {
	struct visit visit;
	bool asked, written, delivered, reversed;
	struct ask_result answer; /* the first */
	enum verdict told;
};

struct history {
	struct bed *bed;
	uint64_t random;
	struct known known[VISITS];
	size_t visits;
	struct {
		struct paper paper;
		size_t of;
		enum verdict result; /* the last, when it was final */
	} paper[PAPERS];
	size_t papers;
};

/* SplitMix64: a test must run the same again. */
static uint64_t random_number(struct history *h)
{
	uint64_t z = h->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned below(struct history *h, size_t n)
{
	return (unsigned)(random_number(h) % n);
}

static struct known *any_visit(struct history *h)
{
	/* mostly recent ones, so that their time has not passed */
	size_t back = below(h, 2) ? 8 : VISITS;

	if (back > h->visits)
		back = h->visits;
	return h->visits ? &h->known[h->visits - 1 - below(h, back)] : NULL;
}

static void come(struct history *h)
{
	static const enum bed_benefit of[] = {BED_ONCE, BED_ONCE, BED_THRICE,
	                                      BED_EVER, BED_UNKNOWN};
	struct known *k = &h->known[h->visits];
	unsigned kiosk = below(h, 4), pass = below(h, PASSES);
	enum bed_benefit benefit = of[below(h, 5)];

	if (h->visits == VISITS)
		return;
	memset(k, 0, sizeof *k);
	k->visit = bed_visit(h->bed, kiosk, pass, benefit);
	k->visit.party = 1 + below(h, 3);
	k->visit.has_list = below(h, 4) != 0;
	k->visit.list = k->visit.has_list ? 1000 * below(h, 30) : 0;
	k->visit.forged = below(h, 12) == 0;
	k->visit.no_code = below(h, 16) == 0;
	h->visits++;
}

static void ask(struct history *h)
{
	struct known *k = any_visit(h);
	struct reply r;

	if (!k)
		return;
	r = bed_ask(h->bed, &k->visit);
	assert_false(r.failed);
	if (k->delivered) {
		assert_int_equal(r.answer.verdict, k->told);
		return;
	}
	if (k->asked) {
		assert_true(r.answer.stored);
		r.answer.stored = false;
		assert_memory_equal(&r.answer, &k->answer, sizeof r.answer);
		return;
	}
	assert_false(r.answer.stored);
	k->asked = true;
	k->answer = r.answer;
}

/* Mostly what was answered; sometimes the kiosk made up its own mind. */
static void write(struct history *h)
{
	struct known *k = any_visit(h);
	const struct ask_result *answer;

	if (!k || k->written || h->papers == PAPERS)
		return;
	answer = k->asked && below(h, 10) ? &k->answer : NULL;
	if (answer && below(h, 10))
		k->told = answer->verdict;
	else
		k->told = below(h, 2) ? VERDICT_ACCEPTED_OFFLINE
		                      : VERDICT_BUNDLE_STALE;
	k->written = true;
	h->paper[h->papers].paper =
	    bed_write(h->bed, &k->visit, k->told, answer);
	h->paper[h->papers].of = (size_t)(k - h->known);
	h->paper[h->papers++].result = VERDICT_NONE;
}

static void write_reversal(struct history *h)
{
	struct known *k = any_visit(h);

	if (!k || h->papers == PAPERS)
		return;
	h->paper[h->papers].paper =
	    bed_write_reversal(h->bed, below(h, 4), &k->visit);
	h->paper[h->papers].of = (size_t)(k - h->known);
	h->paper[h->papers++].result = VERDICT_NONE;
}

static void deliver(struct history *h)
{
	size_t i = h->papers ? below(h, h->papers) : 0;
	enum verdict result, *last = &h->paper[i].result;
	struct known *k;

	if (h->papers == 0)
		return;
	k = &h->known[h->paper[i].of];
	result = bed_send_one(h->bed, &h->paper[i].paper).result;
	if (*last != VERDICT_NONE)
		assert_int_equal(result, *last);
	if (result != VERDICT_REVERSAL_PENDING)
		*last = result;
	if (!h->paper[i].paper.reversal) {
		assert_int_equal(result, k->told);
		k->delivered = true;
	}
}

static void take_back(struct history *h)
{
	struct known *k = any_visit(h);

	if (k && below(h, 3) == 0)
		(void)bed_operator_reversal(h->bed, &k->visit);
}

static void report(struct history *h)
{
	bed_send(h->bed, below(h, 4), NULL, 0, true);
}

static void wait(struct history *h)
{
	bed_pass_time(h->bed,
	              below(h, 60) ? below(h, 20000) : below(h, 7200000));
}

static void restart(struct history *h)
{
	if (below(h, 8) == 0)
		bed_restart(h->bed);
}

static void (*const steps[])(struct history *) = {
    come,           come,      ask,     ask,     ask,     ask,
    write,          write,     deliver, deliver, deliver, deliver,
    write_reversal, take_back, report,  wait,    wait,    restart};

/* The rows say what was said. */
static void check_rows(struct history *h)
{
	for (size_t i = 0; i < h->visits; i++) {
		const struct known *k = &h->known[i];
		const char *kid = (const char *)bed_kid(h->bed, k->visit.kiosk);
		char hex_kid[17], hex_id[33], sql[256];

		if (!k->asked && !k->delivered)
			continue;
		hex_encode((const uint8_t *)kid, 8, hex_kid);
		hex_encode(k->visit.id, 16, hex_id);
		snprintf(sql, sizeof sql,
		         "SELECT told * 256 + answer FROM attempt JOIN device d"
		         " ON d.n = kiosk WHERE id = x'%s' AND kid = x'%s'",
		         hex_id, hex_kid);
		assert_int_equal(bed_number(h->bed, sql),
		                 (k->delivered ? (int)k->told : 0) * 256 +
		                     (k->asked ? (int)k->answer.verdict : 0));
	}
}

static void run_history(uint64_t seed)
{
	struct history *h = calloc(1, sizeof *h);

	assert_non_null(h);
	print_message("seed %llu\n", (unsigned long long)seed);
	h->random = seed;
	h->bed = bed_open();
	for (int i = 0; i < STEPS; i++) {
		steps[below(h, sizeof steps / sizeof steps[0])](h);
		if (i % 100 == 0)
			bed_check(h->bed);
	}
	bed_check(h->bed);
	check_rows(h);
	/* a history in which nothing happened proves nothing */
	assert_true(bed_number(h->bed, "SELECT count(*) FROM conflict") > 0);
	assert_true(bed_number(h->bed, "SELECT sum(counts) FROM attempt") > 9);
	assert_true(bed_number(h->bed, "SELECT count(*) FROM reversal"
	                               " WHERE result = 128") > 5);
	bed_close(h->bed);
	free(h);
}

static void any_order_and_any_number_adds_up(void **state)
{
	const char *seed = getenv("OAP_SEED");

	(void)state;
	if (seed) {
		run_history(strtoull(seed, NULL, 10));
		return;
	}
	for (uint64_t s = 1; s <= 6; s++)
		run_history(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_order_and_any_number_adds_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
