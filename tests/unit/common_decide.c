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

/* What judging a pass cannot bring about, and the test that does: its file, and
 * its function there. */
static const struct elsewhere {
	enum verdict verdict;
	const char *file, *test;
} ELSEWHERE[] = {
    {VERDICT_JOURNAL_FAILED, "system/test_kiosk_use.py",
     "test_checks_go_on_while_the_disk_is_full"},
    {VERDICT_BUSY, "system/test_oapd_ask.py",
     "test_a_full_queue_is_answered_busy_at_once"},
    {VERDICT_UNAVAILABLE, "system/test_oapd_ask.py",
     "test_a_locked_database_is_unavailable_and_never_a_verdict"},
    {VERDICT_DEVICE_UNKNOWN, "unit/daemon_ledger.c",
     "a_kiosk_that_is_not_active_is_not_judged"},
    {VERDICT_DEVICE_REVOKED, "unit/daemon_ledger.c",
     "a_kiosk_that_is_not_active_is_not_judged"},
    {VERDICT_ID_REUSED, "unit/daemon_ledger.c",
     "an_id_with_another_question_is_reused_and_flagged"},
    {VERDICT_REVERSED, "unit/daemon_reversal.c",
     "a_kiosk_of_the_facility_may_for_the_benefits_minutes"},
    {VERDICT_ALREADY_REVERSED, "unit/daemon_reversal.c",
     "a_second_reversal_gives_nothing_back"},
    {VERDICT_NOTHING_TO_REVERSE, "unit/daemon_reversal.c",
     "a_refused_attempt_has_nothing_to_reverse"},
    {VERDICT_REVERSAL_NOT_ALLOWED, "unit/daemon_reversal.c",
     "another_facility_may_not"},
    {VERDICT_REVERSAL_PENDING, "unit/daemon_reversal.c",
     "a_reversal_waits_for_its_attempt"},
};

/* As enum verdict has it: a C test names it so, a system test in quotes. */
static void put_words(const char *verdict, char upper[64], char quoted[64])
{
	int n = snprintf(upper, 64, "VERDICT_%s", verdict);

	for (int i = 0; i < n; i++)
		upper[i] = upper[i] == '-' ? '_' : (char)toupper(upper[i]);
	snprintf(quoted, 64, "\"%s\"", verdict);
}

/* Whether a test function begins here; the suite runs nothing else: unused
 * functions do not compile, and pytest looks for test_. */
static bool begins(const char *line, const char *test)
{
	static const char *const WORDS[] = {"static void ", "def "};

	for (size_t i = 0; i < LENGTH(WORDS); i++) {
		size_t n = strlen(WORDS[i]), m = strlen(test);

		if (strncmp(line, WORDS[i], n) == 0 &&
		    strncmp(line + n, test, m) == 0 && line[n + m] == '(')
			return i == 0 || strncmp(test, "test_", 5) == 0;
	}
	return false;
}

/* Whether the verdict is named within that function. */
static bool test_names(const struct elsewhere *e)
{
	char path[4096], line[512], upper[64], quoted[64];
	bool inside = false, found = false;
	FILE *source;

	put_words(verdict_name(e->verdict), upper, quoted);
	snprintf(path, sizeof(path), "%s/tests/%s", OAP_SOURCE_DIR, e->file);
	source = fopen(path, "r");
	if (source == NULL)
		fail_msg("%s: cannot be read", path);
	while (!found && fgets(line, sizeof(line), source)) {
		if (!inside)
			inside = begins(line, e->test);
		else if (strchr(" \t\n{", line[0]) == NULL)
			break; /* its end: the next thing at the margin */
		found = inside && (strstr(line, upper) || strstr(line, quoted));
	}
	fclose(source);
	if (!found)
		print_error("%s: %s() in it does not bring about %s\n", e->file,
			    e->test, verdict_name(e->verdict));
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
			return test_names(&ELSEWHERE[i]);
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
