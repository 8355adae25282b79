/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on one attempt: every verdict that an attempt can bring about,
 * from real signed messages, judged as a kiosk judges them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "attempts.h"
#include "code.h"

#define LENGTH(a) (sizeof(a) / sizeof(*(a)))

static const struct attempt *const TABLES[] = {
    ATTEMPTS_ACCEPTED, ATTEMPTS_CODE, ATTEMPTS_PASS, ATTEMPTS_USE,
    ATTEMPTS_UNDECIDED,
};

static const struct attempt *find_attempt(const char *what)
{
	for (size_t t = 0; t < LENGTH(TABLES); t++) {
		for (const struct attempt *a = TABLES[t]; a->what; a++) {
			if (strcmp(a->what, what) == 0)
				return a;
		}
	}
	fail_msg("no attempt \"%s\"", what);
	return NULL;
}

/* Makes the change of that attempt. */
static void change_as(struct world *w, const char *what)
{
	find_attempt(what)->change(w);
}

/* What judging a pass cannot bring about, and the test that does. */
static const struct {
	enum verdict verdict;
	const char *test;
} ELSEWHERE[] = {
    {VERDICT_JOURNAL_FAILED, "lib_journal.c"},
    {VERDICT_BUSY, "../system/test_kiosk.py"},
    {VERDICT_UNAVAILABLE, "lib_deadline.c"},
    {VERDICT_DEVICE_UNKNOWN, "daemon_ledger.c"},
    {VERDICT_DEVICE_REVOKED, "daemon_ledger.c"},
    {VERDICT_ID_REUSED, "daemon_ledger.c"},
    {VERDICT_REVERSED, "daemon_reversal.c"},
    {VERDICT_ALREADY_REVERSED, "daemon_reversal.c"},
    {VERDICT_NOTHING_TO_REVERSE, "daemon_reversal.c"},
    {VERDICT_REVERSAL_NOT_ALLOWED, "daemon_reversal.c"},
    {VERDICT_REVERSAL_PENDING, "daemon_reversal.c"},
};

/* Whether a test's source names the verdict: as people do, or as enum verdict
 * does. */
static bool test_names(const char *test, const char *verdict)
{
	char path[4096], name[64] = "", line[512];
	bool found = false;
	FILE *source;

	for (size_t i = 0; verdict[i] && i + 1 < sizeof(name); i++)
		name[i] = verdict[i] == '-' ? '_'
					    : (char)toupper(verdict[i]);
	snprintf(path, sizeof(path), "%s/tests/unit/%s", OAP_SOURCE_DIR, test);
	source = fopen(path, "r");
	assert_non_null(source);
	while (!found && fgets(line, sizeof(line), source))
		found = strstr(line, name) || strstr(line, verdict);
	fclose(source);
	return found;
}

static bool has_its_verdict(const struct attempt *a)
{
	enum verdict got;
	struct world w;

	city_world_init(&w);
	a->change(&w);
	got = city_judge(&w).verdict;
	if (got == a->verdict)
		return true;
	print_error("%s: %s, not %s\n", a->what, verdict_name(got),
		    verdict_name(a->verdict));
	return false;
}

static void every_attempt_gets_its_verdict(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t t = 0; t < LENGTH(TABLES); t++) {
		for (const struct attempt *a = TABLES[t]; a->what; a++)
			wrong += !has_its_verdict(a);
	}
	assert_int_equal(wrong, 0);
}

static bool has_attempt(enum verdict verdict)
{
	for (size_t t = 0; t < LENGTH(TABLES); t++) {
		for (const struct attempt *a = TABLES[t]; a->what; a++) {
			if (a->verdict == verdict)
				return true;
		}
	}
	return false;
}

static bool comes_from_elsewhere(enum verdict verdict)
{
	for (size_t i = 0; i < LENGTH(ELSEWHERE); i++) {
		if (ELSEWHERE[i].verdict == verdict)
			return test_names(ELSEWHERE[i].test,
					  verdict_name(verdict));
	}
	return false;
}

static void every_verdict_is_brought_about_by_a_test(void **state)
{
	const struct verdict_info *table;
	size_t count;
	int missing = 0;

	(void)state;
	table = verdict_table(&count);
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		bool found = has_attempt(table[i].number);

		if (found != comes_from_elsewhere(table[i].number))
			continue;
		missing++;
		print_error("%s: %s\n", table[i].name,
			    found ? "has an attempt, and is said to come from "
				    "elsewhere"
				  : "no attempt brings it about");
	}
	assert_int_equal(missing, 0);
}

/* One wrong thing after another, each of a later stage than the last: taken
 * away one by one, each shows only when nothing earlier stands before it. */
static void the_first_stage_that_objects_decides(void **state)
{
	static const char *const ORDER[] = {
	    "an address",
	    "a city that the bundle does not have",
	    "a stranger's signature under the city's kid",
	    "a compromised key",
	    "clock behind its floor",
	    "over this second",
	    "bundle past its hard age",
	    "suspended",
	    "bound pass as a photo",
	    "for children",
	    "party of five",
	    "begins tomorrow",
	    "closed today",
	    "used today",
	    "benefit not offline",
	    "allowance spent",
	};

	(void)state;
	for (size_t first = 0; first < LENGTH(ORDER); first++) {
		struct world w;

		city_world_init(&w);
		/* From the back, so that an earlier one that works on the
		 * same thing has the last word. */
		for (size_t i = LENGTH(ORDER); i > first; i--)
			change_as(&w, ORDER[i - 1]);
		assert_int_equal(city_judge(&w).verdict,
				 find_attempt(ORDER[first])->verdict);
	}
}

static void an_accept_says_price_day_and_period(void **state)
{
	struct decision d;
	struct world w;

	(void)state;
	city_world_init(&w);
	d = city_judge(&w);
	assert_int_equal(d.verdict, VERDICT_ACCEPTED);
	assert_true(d.has_price);
	assert_int_equal(d.price.list, 2000);
	assert_int_equal(d.price.discount, 1000);
	assert_int_equal(d.price.price, 1000);
	assert_true(d.has_when);
	assert_int_equal(d.when.date, 20261124);
	assert_int_equal(d.when.minute, 9 * 60);
	assert_int_equal(d.period, day_of_date(20261124));
	assert_int_equal(
	    d.period, decide_period(&w.benefit, &w.place, w.clock.now_ms));
	assert_int_equal(d.stale, 0);
	w.has_list = false;
	assert_false(city_judge(&w).has_price);
}

static void a_refusal_has_no_price(void **state)
{
	struct decision d;
	struct world w;

	(void)state;
	city_world_init(&w);
	change_as(&w, "used today");
	d = city_judge(&w);
	assert_false(d.has_price);
	assert_true(d.has_when);
}

static void soft_ages_warn_and_do_not_decide(void **state)
{
	struct decision d;
	struct world w;

	(void)state;
	city_world_init(&w);
	w.made_at = CITY_NOW - w.policy.soft_age_s;
	d = city_judge(&w);
	assert_int_equal(d.verdict, VERDICT_ACCEPTED);
	assert_int_equal(d.stale, STALE_BUNDLE);
	w.seoul.list_iat = CITY_NOW - w.seoul.list_ttl;
	d = city_judge(&w);
	assert_int_equal(d.verdict, VERDICT_ACCEPTED);
	assert_int_equal(d.stale, STALE_BUNDLE | STALE_STATUS);
	w.made_at++;
	w.seoul.list_iat++;
	assert_int_equal(city_judge(&w).stale, 0);
	/* Said beside a refusal too. */
	w.made_at--;
	change_as(&w, "used today");
	d = city_judge(&w);
	assert_int_equal(d.verdict, VERDICT_ALREADY_REDEEMED);
	assert_int_equal(d.stale, STALE_BUNDLE);
}

static void the_service_has_no_bundle_to_be_old(void **state)
{
	struct world w;

	(void)state;
	city_world_init(&w);
	change_as(&w, "bundle past its hard age");
	ask_service(&w);
	assert_int_equal(city_judge(&w).verdict, VERDICT_ACCEPTED);
	assert_int_equal(city_judge(&w).stale, 0);
}

static void flip_every_bit(const struct world *w)
{
	uint8_t message[CITY_BUF], code[2048];
	uint8_t *bundle_buf = test_malloc(CITY_BUF);
	struct bytes bundle = city_bundle(w, bundle_buf);
	struct bytes m = city_message(w, message);
	struct outbuf out;

	assert_int_equal(city_judge(w).verdict, VERDICT_ACCEPTED);
	for (size_t bit = 0; bit < m.n * 8; bit++) {
		enum verdict got;

		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		out = outbuf_in(code, sizeof(code));
		code_put(&out, m);
		assert_false(out.failed);
		got = city_judge_line(w, out_view(&out), bundle).verdict;
		if (verdict_is(got, CLASS_ACCEPT) || got == VERDICT_NONE)
			fail_msg("bit %zu: %s", bit, verdict_name(got));
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	test_free(bundle_buf);
}

static void one_flipped_bit_is_never_accepted(void **state)
{
	struct world w;

	(void)state;
	city_world_init(&w);
	flip_every_bit(&w);
}

static void one_flipped_bit_of_a_live_code_is_never_accepted(void **state)
{
	struct world w;

	(void)state;
	city_world_init(&w);
	show_live(&w);
	flip_every_bit(&w);
}

static void a_truncated_pass_is_malformed_at_any_length(void **state)
{
	uint8_t message[CITY_BUF], code[2048];
	uint8_t *bundle_buf = test_malloc(CITY_BUF);
	struct bytes bundle, m;
	struct world w;

	(void)state;
	city_world_init(&w);
	show_live(&w);
	bundle = city_bundle(&w, bundle_buf);
	m = city_message(&w, message);
	for (size_t n = 0; n < m.n; n++) {
		struct outbuf out = outbuf_in(code, sizeof(code));

		code_put(&out, bytes_of(m.p, n));
		assert_int_equal(
		    city_judge_line(&w, out_view(&out), bundle).verdict,
		    VERDICT_MALFORMED);
	}
	test_free(bundle_buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_attempt_gets_its_verdict),
	    cmocka_unit_test(every_verdict_is_brought_about_by_a_test),
	    cmocka_unit_test(the_first_stage_that_objects_decides),
	    cmocka_unit_test(an_accept_says_price_day_and_period),
	    cmocka_unit_test(a_refusal_has_no_price),
	    cmocka_unit_test(soft_ages_warn_and_do_not_decide),
	    cmocka_unit_test(the_service_has_no_bundle_to_be_old),
	    cmocka_unit_test(one_flipped_bit_is_never_accepted),
	    cmocka_unit_test(one_flipped_bit_of_a_live_code_is_never_accepted),
	    cmocka_unit_test(a_truncated_pass_is_malformed_at_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
