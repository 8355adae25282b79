/* SPDX-License-Identifier: Apache-2.0 */
/* Benefits: what is taken, whom and when it is for, what it costs. Prices at
 * every rounding edge are compared with exact fractions elsewhere. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "benefit.h"
#include "limits.h"

#define LENGTH(a) (sizeof(a) / sizeof(*(a)))

static struct benefit simple(void)
{
	struct benefit b = {
	    .id = bytes_text("half"),
	    .kind = KIND_PERCENT,
	    .value = 5000,
	    .rounding_unit = 10,
	    .party_max = 4,
	    .limit = 1,
	    .offline = true,
	    .reversal_minutes = 30,
	    .currency = bytes_text("KRW"),
	};

	b.names.text[LANG_EN] = bytes_text("Half price");
	return b;
}

/* Written and read again; what is read is written to the same bytes. */
static bool survives(const struct benefit *b)
{
	uint8_t buf[65536], again_buf[65536];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct outbuf again = outbuf_in(again_buf, sizeof(again_buf));
	struct benefit back;

	benefit_put(&out, b);
	assert_false(out.failed);
	if (!benefit_read(out_view(&out), &back))
		return false;
	benefit_put(&again, &back);
	assert_true(bytes_equal(out_view(&out), out_view(&again)));
	for (size_t n = 0; n < out.n; n++)
		assert_false(benefit_read(bytes_of(buf, n), &back));
	return true;
}

static void a_benefit_with_every_key_is_read_as_written(void **state)
{
	static const uint8_t HOURS[] = {0x82, 0x83, 0x01, 0x00, 0x01,
					0x83, 0x18, 0x7f, 0x19, 0x05,
					0x9f, 0x19, 0x05, 0xa0};
	static const uint8_t CLOSED[] = {0x82, 0x1a, 0x01, 0x35, 0x29, 0x03,
					 0x1a, 0x01, 0x35, 0x29, 0x04};
	struct benefit b = simple();

	(void)state;
	b.facilities = bytes_text("\x82\x64mmca\x63tnm");
	b.issuers = bytes_text("\x81\x6dseoul.example");
	b.classes = bytes_text("\x82\x01\x04");
	b.first_date = 20260101;
	b.last_date = 20261231;
	b.hours = bytes_of(HOURS, sizeof(HOURS));
	b.closed = bytes_of(CLOSED, sizeof(CLOSED));
	b.names.text[LANG_ZH] = bytes_text("半价");
	assert_true(survives(&b));
}

static void a_benefit_with_no_optional_key_is_read_as_written(void **state)
{
	struct benefit b = simple();

	(void)state;
	assert_true(survives(&b));
}

/* One field each; those that must be refused. */
static void nonsense_is_refused(void **state)
{
	static const char *const BAD_LISTS[] = {
	    "\x80",		/* empty: it would be for nobody */
	    "\x81\x01",		/* a number for a name */
	    "\x81\x63TNM",	/* no id */
	    "\x81\x60",		/* empty name */
	    "\x63tnm",		/* no array */
	};
	struct benefit b;

	(void)state;
	for (size_t i = 0; i < LENGTH(BAD_LISTS); i++) {
		b = simple();
		b.facilities = bytes_text(BAD_LISTS[i]);
		assert_false(survives(&b));
	}
	b = simple();
	b.issuers = bytes_text("\x81\x60");
	assert_false(survives(&b));
	b.issuers = bytes_text("\x81\x41x");
	assert_false(survives(&b));
	b = simple();
	b.first_date = 20260102;
	b.last_date = 20260101;
	assert_false(survives(&b));
	b.last_date = 20260102;
	assert_true(survives(&b));
	b.last_date = 20260132;
	assert_false(survives(&b));
	b = simple();
	b.currency = bytes_text("krw");
	assert_false(survives(&b));
	b.currency = bytes_text("KR");
	assert_false(survives(&b));
	b = simple();
	b.id = bytes_text("Half");
	assert_false(survives(&b));
	b = simple();
	b.names.text[LANG_EN].n = 0;
	assert_false(survives(&b));
}

static void numbers_are_held_to_their_ranges(void **state)
{
	static const struct {
		enum benefit_kind kind;
		int64_t value;
		bool taken;
	} VALUES[] = {
	    {KIND_PERCENT, 0, true},
	    {KIND_PERCENT, 10000, true},
	    {KIND_PERCENT, 10001, false},
	    {KIND_AMOUNT_OFF, AMOUNT_MAX, true},
	    {KIND_AMOUNT_OFF, AMOUNT_MAX + 1, false},
	    {KIND_FIXED_PRICE, 0, true},
	    {KIND_FIXED_PRICE, AMOUNT_MAX + 1, false},
	    {KIND_FREE, 0, true},
	    {KIND_FREE, 1, false},
	    {KIND_COUNT, 0, false},
	};
	struct benefit b;

	(void)state;
	for (size_t i = 0; i < LENGTH(VALUES); i++) {
		b = simple();
		b.kind = VALUES[i].kind;
		b.value = VALUES[i].value;
		assert_int_equal(survives(&b), VALUES[i].taken);
	}
#define EDGE(field, good, bad)                                                 \
	do {                                                                   \
		b = simple();                                                  \
		b.field = (good);                                              \
		assert_true(survives(&b));                                     \
		b.field = (bad);                                               \
		assert_false(survives(&b));                                    \
	} while (0)
	EDGE(rounding_unit, 1, 0);
	EDGE(rounding_unit, ROUNDING_UNIT_MAX, ROUNDING_UNIT_MAX + 1);
	EDGE(party_max, 1, 0);
	EDGE(party_max, PARTY_MAX, PARTY_MAX + 1);
	EDGE(limit, 1, 0);
	EDGE(limit, LIMIT_USES_MAX, LIMIT_USES_MAX + 1);
	EDGE(per, PER_LIFETIME, PER_COUNT);
	EDGE(scope, SCOPE_SERVICE, SCOPE_COUNT);
	EDGE(live, LIVE_NEVER, LIVE_COUNT);
	EDGE(reversal_minutes, 1440, 1441);
#undef EDGE
}

static void classes_and_closed_days_must_ascend(void **state)
{
	static const uint8_t SAME_DAY[] = {0x82, 0x1a, 0x01, 0x35, 0x29, 0x03,
					   0x1a, 0x01, 0x35, 0x29, 0x03};
	static const uint8_t NO_DAY[] = {0x81, 0x1a, 0x01,
					 0x35, 0x29, 0x0b}; /* 31 Nov */
	struct benefit b = simple();

	(void)state;
	b.classes = bytes_text("\x82\x02\x01");
	assert_false(survives(&b));
	b.classes = bytes_text("\x82\x01\x01");
	assert_false(survives(&b));
	b.classes = bytes_text("\x81\x05");
	assert_false(survives(&b));
	b = simple();
	b.closed = bytes_of(SAME_DAY, sizeof(SAME_DAY));
	assert_false(survives(&b));
	b.closed = bytes_of(NO_DAY, sizeof(NO_DAY));
	assert_false(survives(&b));
}

static void hours_are_intervals_of_one_day(void **state)
{
	static const struct {
		uint8_t item[10];
		size_t n;
		bool taken;
	} CASES[] = {
	    {{0x81, 0x83, 0x18, 0x7f, 0x00, 0x19, 0x05, 0xa0}, 8, true},
	    {{0x81, 0x83, 0x00, 0x00, 0x01}, 5, false}, /* no weekday */
	    {{0x81, 0x83, 0x18, 0x80, 0x00, 0x01}, 6, false},
	    {{0x81, 0x83, 0x01, 0x05, 0x05}, 5, false}, /* empty */
	    {{0x81, 0x83, 0x01, 0x06, 0x05}, 5, false}, /* past midnight */
	    {{0x81, 0x83, 0x01, 0x00, 0x19, 0x05, 0xa1}, 7, false},
	    {{0x81, 0x82, 0x01, 0x00}, 4, false},
	};
	struct benefit b = simple();

	(void)state;
	for (size_t i = 0; i < LENGTH(CASES); i++) {
		b.hours = bytes_of(CASES[i].item, CASES[i].n);
		assert_int_equal(survives(&b), CASES[i].taken);
	}
}

static bool reads_with_facilities(size_t n)
{
	uint8_t list_buf[8192], buf[16384];
	struct outbuf list = outbuf_in(list_buf, sizeof(list_buf));
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct benefit b = simple(), back;

	cbor_put_array(&list, n);
	for (size_t i = 0; i < n; i++)
		cbor_put_text(&list, bytes_text("a"));
	b.facilities = out_view(&list);
	benefit_put(&out, &b);
	assert_false(list.failed || out.failed);
	return benefit_read(out_view(&out), &back);
}

static void lists_are_bounded(void **state)
{
	(void)state;
	assert_true(reads_with_facilities(FACILITIES_PER_BENEFIT_MAX));
	assert_false(reads_with_facilities(FACILITIES_PER_BENEFIT_MAX + 1));
}

static void an_absent_list_is_for_everybody(void **state)
{
	struct benefit b = simple();

	(void)state;
	assert_true(benefit_is_for_facility(&b, bytes_text("tnm")));
	assert_true(benefit_is_for_issuer(&b, bytes_text("seoul.example")));
	for (unsigned class = 0; class < 5; class++)
		assert_true(benefit_is_for_class(&b, class));
}

static void a_list_is_for_its_members_only(void **state)
{
	struct benefit b = simple();

	(void)state;
	b.facilities = bytes_text("\x82\x64mmca\x63tnm");
	b.issuers = bytes_text("\x81\x6dseoul.example");
	b.classes = bytes_text("\x82\x01\x04");
	assert_true(benefit_is_for_facility(&b, bytes_text("mmca")));
	assert_true(benefit_is_for_facility(&b, bytes_text("tnm")));
	assert_false(benefit_is_for_facility(&b, bytes_text("tn")));
	assert_false(benefit_is_for_facility(&b, bytes_text("tnm2")));
	assert_true(benefit_is_for_issuer(&b, bytes_text("seoul.example")));
	assert_false(benefit_is_for_issuer(&b, bytes_text("tokyo.example")));
	assert_false(benefit_is_for_class(&b, 0));
	assert_true(benefit_is_for_class(&b, 1));
	assert_true(benefit_is_for_class(&b, 4));
}

static void it_runs_on_its_first_and_last_day(void **state)
{
	struct benefit b = simple();
	struct local_time t = {.date = 20261124};

	(void)state;
	assert_true(benefit_is_running(&b, &t));
	b.first_date = 20261124;
	b.last_date = 20261124;
	assert_true(benefit_is_running(&b, &t));
	t.date = 20261123;
	assert_false(benefit_is_running(&b, &t));
	t.date = 20261125;
	assert_false(benefit_is_running(&b, &t));
	b.last_date = 0;
	assert_true(benefit_is_running(&b, &t));
}

static void it_is_open_from_the_first_minute_to_before_the_last(void **state)
{
	/* Monday to Friday 9:00 to 17:30, Saturday to midnight. */
	static const uint8_t HOURS[] = {0x82, 0x83, 0x18, 0x1f, 0x19, 0x02,
					0x1c, 0x19, 0x04, 0x1a, 0x83, 0x18,
					0x20, 0x00, 0x19, 0x05, 0xa0};
	static const struct {
		int8_t weekday;
		int16_t minute;
		bool open;
	} CASES[] = {
	    {0, 539, false}, {0, 540, true},   {4, 1049, true},
	    {4, 1050, false}, {5, 0, true},    {5, 1439, true},
	    {6, 600, false},
	};
	struct benefit b = simple();

	(void)state;
	b.hours = bytes_of(HOURS, sizeof(HOURS));
	for (size_t i = 0; i < LENGTH(CASES); i++) {
		struct local_time t = {.date = 20261124,
				       .weekday = CASES[i].weekday,
				       .minute = CASES[i].minute};

		assert_int_equal(benefit_is_open(&b, &t), CASES[i].open);
	}
}

static void a_closed_day_is_closed_at_any_hour(void **state)
{
	static const uint8_t CLOSED[] = {0x81, 0x1a, 0x01, 0x35, 0x29, 0x04};
	struct benefit b = simple();
	struct local_time t = {.date = 20261124, .minute = 720};

	(void)state;
	b.closed = bytes_of(CLOSED, sizeof(CLOSED));
	assert_false(benefit_is_open(&b, &t));
	t.date++;
	assert_true(benefit_is_open(&b, &t));
}

static void periods_begin_with_the_local_day_month_and_year(void **state)
{
	struct local_time t = {.day = 20781, .year = 2026, .month = 11};
	struct benefit b = simple();

	(void)state;
	b.per = PER_DAY;
	assert_int_equal(benefit_period(&b, &t), 20781);
	b.per = PER_MONTH;
	assert_int_equal(benefit_period(&b, &t), 12 * 2026 + 10);
	b.per = PER_YEAR;
	assert_int_equal(benefit_period(&b, &t), 2026);
	b.per = PER_LIFETIME;
	assert_int_equal(benefit_period(&b, &t), 0);
}

static void names_go_there_and_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < KIND_COUNT; i++)
		assert_int_equal(benefit_kind_of(benefit_kind_name(i)), i);
	for (unsigned i = 0; i < PER_COUNT; i++)
		assert_int_equal(limit_per_of(limit_per_name(i)), i);
	for (unsigned i = 0; i < SCOPE_COUNT; i++)
		assert_int_equal(limit_scope_of(limit_scope_name(i)), i);
	for (unsigned i = 0; i < LIVE_COUNT; i++)
		assert_int_equal(live_rule_of(live_rule_name(i)), i);
	assert_string_equal(benefit_kind_name(KIND_AMOUNT_OFF), "amount-off");
	assert_string_equal(benefit_kind_name(KIND_COUNT), "unknown");
	assert_string_equal(limit_per_name(PER_COUNT), "unknown");
	assert_string_equal(limit_scope_name(SCOPE_COUNT), "unknown");
	assert_string_equal(live_rule_name(LIVE_COUNT), "unknown");
	assert_int_equal(benefit_kind_of("unknown"), -1);
	assert_int_equal(limit_per_of("week"), -1);
	assert_int_equal(limit_scope_of(""), -1);
	assert_int_equal(live_rule_of("Bound"), -1);
}

static void prices_round_in_the_visitors_favour(void **state)
{
	struct benefit b = simple();
	struct price p;

	(void)state;
	b.value = 3333;
	p = benefit_price(&b, 24000, 1); /* 16000.8 */
	assert_int_equal(p.price, 16000);
	assert_int_equal(p.discount, 8000);
	assert_int_equal(p.list, 24000);
	b.kind = KIND_AMOUNT_OFF;
	b.value = 1001;
	assert_int_equal(benefit_price(&b, 24000, 2).price, 21990);
	assert_int_equal(benefit_price(&b, 2001, 2).price, 0);
	b.kind = KIND_FIXED_PRICE;
	assert_int_equal(benefit_price(&b, 24000, 2).price, 2000);
	/* A fixed price over the list costs no more than the list. */
	p = benefit_price(&b, 1995, 2);
	assert_int_equal(p.price, 1995);
	assert_int_equal(p.discount, 0);
	b.kind = KIND_FREE;
	p = benefit_price(&b, 24000, 2);
	assert_int_equal(p.price, 0);
	assert_int_equal(p.discount, 24000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_benefit_with_every_key_is_read_as_written),
	    cmocka_unit_test(
		a_benefit_with_no_optional_key_is_read_as_written),
	    cmocka_unit_test(nonsense_is_refused),
	    cmocka_unit_test(numbers_are_held_to_their_ranges),
	    cmocka_unit_test(classes_and_closed_days_must_ascend),
	    cmocka_unit_test(hours_are_intervals_of_one_day),
	    cmocka_unit_test(lists_are_bounded),
	    cmocka_unit_test(an_absent_list_is_for_everybody),
	    cmocka_unit_test(a_list_is_for_its_members_only),
	    cmocka_unit_test(it_runs_on_its_first_and_last_day),
	    cmocka_unit_test(
		it_is_open_from_the_first_minute_to_before_the_last),
	    cmocka_unit_test(a_closed_day_is_closed_at_any_hour),
	    cmocka_unit_test(periods_begin_with_the_local_day_month_and_year),
	    cmocka_unit_test(names_go_there_and_back),
	    cmocka_unit_test(prices_round_in_the_visitors_favour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
