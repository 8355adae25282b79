/* SPDX-License-Identifier: Apache-2.0 */
/* The attempts of common's tests, judged by what ships in a kiosk: a bundle
 * loaded and verified, a journal that has counted the uses. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attempts.h"
#include "code.h"
#include "journal.h"
#include "judge.h"

#define LENGTH(a) (sizeof(a) / sizeof(*(a)))

static const struct attempt *const TABLES[] = {
    ATTEMPTS_ACCEPTED, ATTEMPTS_CODE, ATTEMPTS_PASS, ATTEMPTS_USE,
    ATTEMPTS_UNDECIDED,
};

struct kiosk {
	char dir[64];
	struct journal *journal;
	uint8_t hash_key[HASH_KEY_SIZE];
};

static int set_up(void **state)
{
	struct kiosk *k = test_calloc(1, sizeof(*k));
	struct oap_problem why;

	assert_true(sodium_init() >= 0);
	strcpy(k->dir, "/tmp/oap-attempts-XXXXXX");
	assert_non_null(mkdtemp(k->dir));
	assert_int_equal(journal_open(k->dir, true, NULL, &k->journal, &why),
			 OAP_OK);
	*state = k;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const NAMES[] = {JOURNAL_NAME, JOURNAL_NAME "-wal",
					    JOURNAL_NAME "-shm"};
	struct kiosk *k = *state;
	char path[128];

	journal_close(k->journal);
	for (size_t i = 0; i < LENGTH(NAMES); i++) {
		snprintf(path, sizeof(path), "%s/%s", k->dir, NAMES[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(k->dir), 0);
	test_free(k);
	return 0;
}

static struct trust *load(const struct world *w)
{
	struct outbuf message = outbuf_in(malloc(CITY_BUF), CITY_BUF);
	struct oap_problem why = {.text = ""};
	struct trust *trust;

	assert_non_null(message.p);
	message.n = city_bundle(w, message.p).n;
	if (trust_load(message.p, message.n, w->service.pk, &trust, &why) !=
	    OAP_OK)
		fail_msg("%s", why.text);
	return trust;
}

/* Has the journal count what the world says was used before. */
static void use_before(struct kiosk *k, const struct world *w,
		       const struct judged *j)
{
	for (uint64_t i = 0; i < w->uses; i++)
		assert_true(journal_count(k->journal, j->pass, w->benefit_id,
					  j->decision.period,
					  w->clock.now_ms, 1));
	if (w->presentation_used)
		assert_true(journal_show(k->journal, j->shown, w->benefit_id,
					 w->clock.now_ms + 1000));
}

static enum verdict judge_line(struct kiosk *k, const struct world *w,
			       const struct trust *trust, struct bytes line)
{
	struct bench bench = {.trust = trust,
			      .journal = k->journal,
			      .hash_key = k->hash_key,
			      .facility = w->facility,
			      .clock = w->clock,
			      .offline = w->offline,
			      .allowance = w->allowance};
	struct visit visit = {.line = line,
			      .benefit = w->benefit_id,
			      .party = w->party,
			      .has_list = w->has_list,
			      .list = w->list};
	struct judged *j = test_malloc(sizeof(*j));
	enum verdict verdict;

	/* Another key for every attempt: none was seen before. */
	randombytes_buf(k->hash_key, sizeof(k->hash_key));
	assert_true(judge(&bench, &visit, j));
	if (w->uses > 0 || w->presentation_used) {
		use_before(k, w, j);
		assert_true(judge(&bench, &visit, j));
	}
	verdict = j->decision.verdict;
	test_free(j);
	return verdict;
}

static enum verdict judge_world(struct kiosk *k, const struct world *w)
{
	struct trust *trust = load(w);
	uint8_t *code = test_malloc(CITY_BUF);
	struct bytes line = w->line.n > 0 ? w->line : city_code(w, code);
	enum verdict verdict = judge_line(k, w, trust, line);

	test_free(code);
	trust_free(trust);
	return verdict;
}

static bool has_its_verdict(struct kiosk *k, const struct attempt *a)
{
	enum verdict got;
	struct world w;

	city_world_init(&w);
	a->change(&w);
	if (w.at_service)
		return true;
	got = judge_world(k, &w);
	if (got == a->verdict)
		return true;
	print_error("%s: %s, not %s\n", a->what, verdict_name(got),
		    verdict_name(a->verdict));
	return false;
}

static void every_attempt_gets_its_verdict_from_a_kiosk(void **state)
{
	int wrong = 0;

	for (size_t t = 0; t < LENGTH(TABLES); t++) {
		for (const struct attempt *a = TABLES[t]; a->what; a++)
			wrong += !has_its_verdict(*state, a);
	}
	assert_int_equal(wrong, 0);
}

/* Every bit of the message, and every bit of each character of its code. */
static void flip_every_bit(struct kiosk *k, const struct world *w)
{
	static uint8_t message[CITY_BUF], text[CODE_MAX];
	struct bytes m = city_message(w, message), line;
	struct trust *trust = load(w);
	struct outbuf out = outbuf_in(text, sizeof(text));

	for (size_t bit = 0; bit < m.n * 8; bit++) {
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		out.n = 0;
		code_put(&out, m);
		assert_false(out.failed);
		assert_false(verdict_is(
		    judge_line(k, w, trust, out_view(&out)), CLASS_ACCEPT));
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	out.n = 0;
	code_put(&out, m);
	line = out_view(&out);
	assert_int_equal(judge_line(k, w, trust, line), VERDICT_ACCEPTED);
	for (size_t bit = 0; bit < line.n * 8; bit++) {
		text[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(verdict_is(judge_line(k, w, trust, line),
					CLASS_ACCEPT));
		text[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	trust_free(trust);
}

static void no_flipped_bit_is_accepted(void **state)
{
	static const char *const WHAT[] = {
	    "as it should be",
	    "begins within the skew",
	    "bound pass, a photo will do",
	    "old pass of a retired key",
	    "bound pass shown live",
	    "live code for this facility",
	};
	struct world w;
	size_t done = 0;

	for (size_t i = 0; i < LENGTH(WHAT); i++) {
		for (const struct attempt *a = ATTEMPTS_ACCEPTED; a->what;
		     a++) {
			if (strcmp(a->what, WHAT[i]) != 0)
				continue;
			city_world_init(&w);
			a->change(&w);
			flip_every_bit(*state, &w);
			done++;
		}
	}
	assert_int_equal(done, LENGTH(WHAT));
}

static void no_cut_of_a_code_is_accepted(void **state)
{
	struct trust *trust;
	struct world w;
	uint8_t *code = test_malloc(CITY_BUF);
	struct bytes line;

	city_world_init(&w);
	show_live(&w);
	trust = load(&w);
	line = city_code(&w, code);
	for (size_t n = 0; n < line.n; n++) {
		/* In its own size, so that a read past its end is seen. */
		uint8_t *cut = malloc(n > 0 ? n : 1);

		assert_non_null(cut);
		memcpy(cut, line.p, n);
		assert_true(verdict_is(
		    judge_line(*state, &w, trust, bytes_of(cut, n)),
		    CLASS_REJECT_CODE));
		free(cut);
	}
	trust_free(trust);
	test_free(code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_attempt_gets_its_verdict_from_a_kiosk),
	    cmocka_unit_test(no_flipped_bit_is_accepted),
	    cmocka_unit_test(no_cut_of_a_code_is_accepted),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
