/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_counts.c: whether an attempt counts, for everything that can be known
 * about it; and the mark by which the service knows its own answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "counts.h"
#include "grant.h"

#define YES VERDICT_ACCEPTED
#define OFFLINE VERDICT_ACCEPTED_OFFLINE
#define NO VERDICT_EXPIRED
#define NONE VERDICT_NONE

static void each_case_counts_as_the_rules_say(void **state)
{
	static const struct {
		struct facts facts;
		bool counts, disputed;
	} cases[] = {
	    /* answer, told, given up, judgement, admission, reversed */
	    {{YES, NONE, false, 0, 0, false}, true, false},
	    {{YES, NONE, true, 0, 0, false}, false, false},
	    {{YES, NONE, false, 0, 0, true}, false, false},
	    {{NO, NONE, false, 0, 0, false}, false, false},
	    {{NONE, NONE, false, 0, 0, false}, false, false},
	    /* told is a fact, whatever the answer was */
	    {{YES, YES, false, JUDGEMENT_GRANTED, 0, false}, true, false},
	    {{YES, YES, true, JUDGEMENT_GRANTED, 0, false}, true, false},
	    {{NONE, YES, false, JUDGEMENT_GRANTED, 0, false}, true, false},
	    {{NO, OFFLINE, false, JUDGEMENT_AGREED, 0, false}, true, false},
	    {{NONE, OFFLINE, false, JUDGEMENT_OUTDATED, 0, false}, true, false},
	    {{YES, NO, false, 0, 0, false}, false, false},
	    {{YES, VERDICT_BUNDLE_STALE, false, 0, 0, false}, false, false},
	    /* what is disputed waits for an operator */
	    {{NONE, YES, false, JUDGEMENT_DISPUTED, 0, false}, false, true},
	    {{YES, YES, false, JUDGEMENT_DISPUTED, 0, false}, false, true},
	    {{NONE, OFFLINE, false, JUDGEMENT_DISPUTED, ADMISSION_ADMITTED,
	      false},
	     true,
	     false},
	    {{NONE, OFFLINE, false, JUDGEMENT_DISPUTED, ADMISSION_REJECTED,
	      false},
	     false,
	     true},
	    {{NONE, OFFLINE, false, JUDGEMENT_DISPUTED, ADMISSION_ADMITTED,
	      true},
	     false,
	     false},
	    /* nothing makes a refusal count */
	    {{NONE, NO, false, 0, ADMISSION_ADMITTED, false}, false, false},
	    {{YES, YES, false, JUDGEMENT_GRANTED, 0, true}, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct facts *f = &cases[i].facts;

		if (attempt_counts(f) != cases[i].counts ||
		    attempt_is_disputed(f) != cases[i].disputed)
			fail_msg("case %zu", i);
	}
}

static void the_verdict_is_told_or_the_answer_until_then(void **state)
{
	struct facts f = {.answer = YES};

	(void)state;
	assert_int_equal(attempt_verdict(&f), YES);
	f.told = NO;
	assert_int_equal(attempt_verdict(&f), NO);
}

/* --------------------------------------------------------------- grants */

static const uint8_t grant_key[GRANT_KEY] = {1, 2, 3};

static struct grant a_grant(void)
{
	struct grant g = {.verdict = YES,
	                  .has_list = true,
	                  .list = 24000,
	                  .has_discount = true,
	                  .discount = 4800,
	                  .time_ms = INT64_C(1795478400000)};

	memset(g.kid, 5, sizeof g.kid);
	memset(g.id, 6, sizeof g.id);
	return g;
}

static void a_grant_is_the_same_whenever_it_is_made(void **state)
{
	struct grant g = a_grant();
	uint8_t one[ENTRY_GRANT], two[ENTRY_GRANT];

	(void)state;
	grant_make(&g, grant_key, one);
	grant_make(&g, grant_key, two);
	assert_memory_equal(one, two, sizeof one);
	assert_int_equal(grant_time_ms(one), g.time_ms);
	g.time_ms = 0;
	assert_true(grant_verify(&g, grant_key, one));
	assert_int_equal(g.time_ms, INT64_C(1795478400000));
}

static void a_grant_holds_for_nothing_else(void **state)
{
	static const uint8_t other_key[GRANT_KEY] = {1, 2, 4};
	struct grant g = a_grant(), other;
	uint8_t grant[ENTRY_GRANT];

	(void)state;
	grant_make(&g, grant_key, grant);
	assert_false(grant_verify(&g, other_key, grant));
	other = g;
	other.kid[0]++;
	assert_false(grant_verify(&other, grant_key, grant));
	other = g;
	other.id[15]++;
	assert_false(grant_verify(&other, grant_key, grant));
	other = g;
	other.verdict = NO;
	assert_false(grant_verify(&other, grant_key, grant));
	other = g;
	other.list++;
	assert_false(grant_verify(&other, grant_key, grant));
	other = g;
	other.discount++;
	assert_false(grant_verify(&other, grant_key, grant));
	other = g;
	other.has_discount = false;
	assert_false(grant_verify(&other, grant_key, grant));
	for (size_t bit = 0; bit < sizeof grant * 8; bit++) {
		grant[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(grant_verify(&g, grant_key, grant));
		grant[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(grant_verify(&g, grant_key, grant));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_case_counts_as_the_rules_say),
	    cmocka_unit_test(the_verdict_is_told_or_the_answer_until_then),
	    cmocka_unit_test(a_grant_is_the_same_whenever_it_is_made),
	    cmocka_unit_test(a_grant_holds_for_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
