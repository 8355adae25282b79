/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict table: numbers that are a contract, and a sentence for
 * everybody. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "bytes.h"
#include "verdict.h"

/* The lists of the design, class by class, each from its base. */
static const struct run {
	unsigned base;
	enum verdict_class class;
	const char *names[12];
} RUNS[] = {
    {1, CLASS_ACCEPT, {"accepted", "accepted-offline"}},
    {16,
     CLASS_REJECT_CODE,
     {"malformed", "unknown-format", "unsupported-version",
      "bad-signature"}},
    {32,
     CLASS_REJECT_PASS,
     {"not-yet-valid", "expired", "revoked", "suspended",
      "issuer-not-trusted", "key-retired", "key-compromised",
      "presentation-required", "presentation-stale",
      "presentation-invalid"}},
    {64,
     CLASS_REJECT_USE,
     {"already-redeemed", "limit-reached", "not-eligible",
      "benefit-unknown", "benefit-not-here", "benefit-not-running",
      "closed-now", "party-too-large"}},
    {96,
     CLASS_UNDECIDED,
     {"unknown-key", "bundle-stale", "status-stale", "clock-untrusted",
      "offline-not-allowed", "offline-allowance-spent",
      "journal-failed"}},
    {112, CLASS_RETRY, {"busy", "unavailable"}},
    {120,
     CLASS_DEVICE,
     {"device-unknown", "device-revoked", "id-reused"}},
    {128,
     CLASS_REVERSAL,
     {"reversed", "already-reversed", "nothing-to-reverse",
      "reversal-not-allowed", "reversal-pending"}},
};

static void numbers_and_names_are_those_of_the_design(void **state)
{
	const struct verdict_info *table;
	size_t count, at = 0;

	(void)state;
	table = verdict_table(&count);
	for (size_t r = 0; r < sizeof(RUNS) / sizeof(*RUNS); r++) {
		for (unsigned i = 0; RUNS[r].names[i] != NULL; i++, at++) {
			assert_true(at < count);
			assert_int_equal(table[at].number, RUNS[r].base + i);
			assert_string_equal(table[at].name, RUNS[r].names[i]);
			assert_int_equal(table[at].class, RUNS[r].class);
		}
	}
	assert_int_equal(at, count);
}

static void numbers_ascend(void **state)
{
	const struct verdict_info *table;
	size_t count;

	(void)state;
	table = verdict_table(&count);
	for (size_t i = 1; i < count; i++)
		assert_true(table[i - 1].number < table[i].number);
}

static void each_text(void (*check)(const char *text))
{
	const struct verdict_info *table;
	size_t count;

	table = verdict_table(&count);
	for (size_t i = 0; i < count; i++) {
		for (int lang = 0; lang < LANG_COUNT; lang++) {
			check(table[i].text[lang]);
			check(table[i].next[lang]);
		}
	}
}

static void assert_sentence(const char *text)
{
	size_t n;

	assert_non_null(text);
	n = strlen(text);
	assert_true(n > 0);
	assert_true(utf8_valid(bytes_text(text)));
	/* A whole sentence, ended as its language ends one. */
	assert_true(text[n - 1] == '.' ||
		    (n > 3 && strcmp(text + n - 3, "。") == 0));
	/* On a kiosk's screen in two lines. */
	assert_true(n <= 160);
}

static void every_text_is_a_sentence_in_four_languages(void **state)
{
	(void)state;
	each_text(assert_sentence);
}

/* Whether a text has a character of one of its language's own ranges: UTF-8
 * lead bytes e3 81..83 kana, ea b0..ed 9f hangul, e4..e9 ideographs. */
static bool has_script(const char *text, unsigned from, unsigned to)
{
	for (const uint8_t *p = (const uint8_t *)text; *p != 0; p++) {
		unsigned pair = (unsigned)p[0] << 8 | p[1];

		if (pair >= from && pair <= to)
			return true;
	}
	return false;
}

static void each_text_is_in_its_language(void **state)
{
	const struct verdict_info *table;
	size_t count;

	(void)state;
	table = verdict_table(&count);
	for (size_t i = 0; i < count; i++) {
		const char *const *both[] = {table[i].text, table[i].next};

		for (int g = 0; g < 2; g++) {
			assert_false(has_script(both[g][LANG_EN], 0x8000,
						0xffff));
			assert_true(has_script(both[g][LANG_KO], 0xeab0,
					       0xed9f));
			assert_true(has_script(both[g][LANG_JA], 0xe381,
					       0xe383));
			assert_true(has_script(both[g][LANG_ZH], 0xe480,
					       0xe9bf));
			assert_false(has_script(both[g][LANG_ZH], 0xe381,
						0xe383));
		}
	}
}

static void assert_without(const char *text, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strstr(text, *words) != NULL)
			fail_msg("\"%s\" in: %s", *words, text);
	}
}

/* Words that would call the pass bad, or its holder. */
static void undecided_says_nothing_bad_of_the_pass(void **state)
{
	static const char *const BLAME[LANG_COUNT][8] = {
	    [LANG_EN] = {"invalid", "bad", "forged", "fraud", "not valid",
			 "refused", "expired"},
	    [LANG_KO] = {"무효", "위조", "잘못", "유효하지", "거부", "만료",
			 "불량"},
	    [LANG_JA] = {"無効", "偽", "不正", "失効", "拒否", "期限切れ",
			 "使えません"},
	    [LANG_ZH] = {"无效", "伪", "失效", "拒绝", "作废", "过期",
			 "违规"},
	};
	const struct verdict_info *table;
	size_t count;

	(void)state;
	table = verdict_table(&count);
	for (size_t i = 0; i < count; i++) {
		if (table[i].class != CLASS_UNDECIDED)
			continue;
		for (int lang = 0; lang < LANG_COUNT; lang++) {
			assert_without(table[i].text[lang], BLAME[lang]);
			assert_without(table[i].next[lang], BLAME[lang]);
		}
	}
}

/* A limit may be for a day or for life, closed may be an hour or the whole
 * day: words that hold for one of them alone. */
static void a_sentence_holds_in_every_case_of_its_verdict(void **state)
{
	static const char *const AGAIN[LANG_COUNT][5] = {
	    [LANG_EN] = {"anew", "again", "for now", "when"},
	    [LANG_KO] = {"다시", "지금", "언제", "오늘"},
	    [LANG_JA] = {"次", "現在", "本日", "もう一度"},
	    [LANG_ZH] = {"再次", "目前", "何时", "今日"},
	};
	static const char *const HOURS[LANG_COUNT][4] = {
	    [LANG_EN] = {"hour", "time", "today"},
	    [LANG_KO] = {"시간", "오늘"},
	    [LANG_JA] = {"時間", "本日"},
	    [LANG_ZH] = {"时段", "时间", "今日"},
	};
	const struct verdict_info *limit = verdict_find(VERDICT_LIMIT_REACHED);
	const struct verdict_info *closed = verdict_find(VERDICT_CLOSED_NOW);

	(void)state;
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		assert_without(limit->text[lang], AGAIN[lang]);
		assert_without(limit->next[lang], AGAIN[lang]);
		assert_without(closed->text[lang], HOURS[lang]);
	}
}

static void assert_names_no_city_as_here(const char *text)
{
	static const char *const HERE[] = {"所在城市", "현재 도시", "当地",
					   "当市", NULL};

	assert_without(text, HERE);
}

/* The city that issues is where a visitor lives, not where they stand. */
static void a_visitors_city_is_not_the_one_they_visit(void **state)
{
	(void)state;
	each_text(assert_names_no_city_as_here);
}

static void stale_presentation_says_to_set_the_clock(void **state)
{
	const struct verdict_info *info =
	    verdict_find(VERDICT_PRESENTATION_STALE);

	(void)state;
	assert_non_null(strstr(info->text[LANG_EN], "clock to automatic"));
	assert_non_null(strstr(info->text[LANG_KO], "자동"));
	assert_non_null(strstr(info->text[LANG_JA], "自動"));
	assert_non_null(strstr(info->text[LANG_ZH], "自动"));
}

static void look_ups_agree_with_the_table(void **state)
{
	const struct verdict_info *table;
	size_t count, found = 0;

	(void)state;
	table = verdict_table(&count);
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(verdict_find(table[i].number), &table[i]);
		assert_ptr_equal(verdict_find_name(table[i].name), &table[i]);
		assert_string_equal(verdict_name(table[i].number),
				    table[i].name);
		assert_true(verdict_is(table[i].number, table[i].class));
	}
	for (unsigned number = 0; number < 512; number++)
		found += verdict_find(number) != NULL;
	assert_int_equal(found, count);
	assert_null(verdict_find_name("acc"));
	assert_string_equal(verdict_name(0), "unknown");
	assert_false(verdict_is(0, CLASS_ACCEPT));
}

static void exit_status_follows_the_class(void **state)
{
	(void)state;
	assert_int_equal(verdict_exit_status(VERDICT_ACCEPTED), 0);
	assert_int_equal(verdict_exit_status(VERDICT_ACCEPTED_OFFLINE), 0);
	assert_int_equal(verdict_exit_status(VERDICT_MALFORMED), 1);
	assert_int_equal(verdict_exit_status(VERDICT_EXPIRED), 1);
	assert_int_equal(verdict_exit_status(VERDICT_ALREADY_REDEEMED), 1);
	assert_int_equal(verdict_exit_status(VERDICT_STATUS_STALE), 3);
	assert_int_equal(verdict_exit_status(VERDICT_BUSY), 4);
	assert_int_equal(verdict_exit_status(VERDICT_ID_REUSED), 4);
	assert_int_equal(verdict_exit_status(VERDICT_REVERSED), 0);
	assert_int_equal(verdict_exit_status(VERDICT_ALREADY_REVERSED), 0);
	assert_int_equal(verdict_exit_status(VERDICT_REVERSAL_PENDING), 0);
	assert_int_equal(verdict_exit_status(VERDICT_NOTHING_TO_REVERSE), 1);
	assert_int_equal(verdict_exit_status(VERDICT_REVERSAL_NOT_ALLOWED), 1);
	assert_int_equal(verdict_exit_status(VERDICT_NONE), 4);
}

static void language_tags_are_read_by_their_first_part(void **state)
{
	(void)state;
	assert_int_equal(language_of("ko"), LANG_KO);
	assert_int_equal(language_of("ko-KR"), LANG_KO);
	assert_int_equal(language_of("JA_JP.UTF-8"), LANG_JA);
	assert_int_equal(language_of("zh-Hans-CN"), LANG_ZH);
	assert_int_equal(language_of("kok"), LANG_EN);
	assert_int_equal(language_of("k"), LANG_EN);
	assert_int_equal(language_of(""), LANG_EN);
	assert_int_equal(language_of(NULL), LANG_EN);
	for (int lang = 0; lang < LANG_COUNT; lang++)
		assert_int_equal(
		    language_of(language_tag((enum language)lang)), lang);
}

static void classes_and_marks_have_names(void **state)
{
	(void)state;
	assert_string_equal(verdict_class_name(CLASS_ACCEPT), "accept");
	assert_string_equal(verdict_class_name(CLASS_REJECT_CODE),
			    "reject-code");
	assert_string_equal(verdict_class_name(CLASS_REVERSAL), "reversal");
	assert_string_equal(mark_name(MARK_CONFLICT), "conflict");
	assert_string_equal(mark_name(MARK_QUARANTINED), "quarantined");
	for (int bit = 0; bit < MARK_COUNT; bit++)
		assert_string_not_equal(mark_name((enum mark)(1 << bit)),
					"unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_and_names_are_those_of_the_design),
	    cmocka_unit_test(numbers_ascend),
	    cmocka_unit_test(every_text_is_a_sentence_in_four_languages),
	    cmocka_unit_test(each_text_is_in_its_language),
	    cmocka_unit_test(undecided_says_nothing_bad_of_the_pass),
	    cmocka_unit_test(a_sentence_holds_in_every_case_of_its_verdict),
	    cmocka_unit_test(a_visitors_city_is_not_the_one_they_visit),
	    cmocka_unit_test(stale_presentation_says_to_set_the_clock),
	    cmocka_unit_test(look_ups_agree_with_the_table),
	    cmocka_unit_test(exit_status_follows_the_class),
	    cmocka_unit_test(language_tags_are_read_by_their_first_part),
	    cmocka_unit_test(classes_and_marks_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
