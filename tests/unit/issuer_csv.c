/* SPDX-License-Identifier: Apache-2.0 */
/* The CSV reader and writer, and rows as residents. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "csv.h"
#include "residents.h"

#define NOW UINT64_C(1795478400)
#define DAY 86400

/* Reads all of a text as "field|field;…" with "!name" for a fault, each after
 * its line number. */
static const char *dump(const char *text)
{
	static char out[4096];
	static struct csv_row row;
	struct csv csv;
	enum csv_result result;
	size_t n = 0;

	csv_start(&csv, bytes_text(text));
	out[0] = '\0';
	while ((result = csv_next(&csv, &row)) != CSV_END) {
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%zu:",
				      row.line);
		if (result != CSV_ROW)
			n += (size_t)snprintf(out + n, sizeof(out) - n,
					      "!%d", (int)result);
		for (size_t i = 0; result == CSV_ROW && i < row.count; i++)
			n += (size_t)snprintf(
			    out + n, sizeof(out) - n, "%s%.*s", i ? "|" : "",
			    (int)row.field[i].n,
			    (const char *)row.field[i].p);
		n += (size_t)snprintf(out + n, sizeof(out) - n, ";");
	}
	return out;
}

static void rows_are_read_with_either_line_end(void **state)
{
	(void)state;
	assert_string_equal(dump("a,b\r\nc,d\r\n"), "1:a|b;2:c|d;");
	assert_string_equal(dump("a,b\nc,d"), "1:a|b;2:c|d;");
	assert_string_equal(dump("a,\n,b\n"), "1:a|;2:|b;");
	assert_string_equal(dump("a\n\nb"), "1:a;2:;3:b;");
	assert_string_equal(dump(""), "");
	assert_string_equal(dump("a,"), "1:a|;");
}

static void a_byte_order_mark_is_no_part_of_the_first_field(void **state)
{
	(void)state;
	assert_string_equal(dump("\xef\xbb\xbfref,class\n"), "1:ref|class;");
}

static void quoted_fields_hold_commas_quotes_and_lines(void **state)
{
	(void)state;
	assert_string_equal(dump("\"a,b\",\"c\"\"d\"\r\n"), "1:a,b|c\"d;");
	assert_string_equal(dump("\"\",\"\"\"\"\n"), "1:|\";");
	assert_string_equal(dump("\"a\nb\",c\nd\n"), "1:a\nb|c;3:d;");
}

static void a_fault_costs_its_own_line_only(void **state)
{
	char want[64];

	(void)state;
	snprintf(want, sizeof(want), "1:a;2:!%d;3:c;", CSV_STRAY_QUOTE);
	assert_string_equal(dump("a\nb\"x\nc\n"), want);
	snprintf(want, sizeof(want), "1:a;2:!%d;3:c;", CSV_AFTER_QUOTE);
	assert_string_equal(dump("a\n\"b\"x\nc\n"), want);
	snprintf(want, sizeof(want), "1:a;2:!%d;3:c;", CSV_UNTERMINATED);
	assert_string_equal(dump("a\n\"b\nc\n"), want);
	snprintf(want, sizeof(want), "1:a;2:!%d;3:c;", CSV_LONE_CR);
	assert_string_equal(dump("a\nb\rx\nc\n"), want);
	snprintf(want, sizeof(want), "1:a;2:!%d;3:c;", CSV_NOT_UTF8);
	assert_string_equal(dump("a\nb\xff\nc\n"), want);
}

static void a_row_has_a_longest_length_and_a_most_of_fields(void **state)
{
	char text[CSV_ROW_MAX + 64], want[64];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + CSV_ROW_MAX + 1, "\nb\n", 4);
	snprintf(want, sizeof(want), "1:!%d;2:b;", CSV_LONG_ROW);
	assert_string_equal(dump(text), want);
	text[0] = '"';
	assert_string_equal(dump(text), want);
	memset(text, ',', CSV_FIELDS_MAX);
	memcpy(text + CSV_FIELDS_MAX, "\nb\n", 4);
	snprintf(want, sizeof(want), "1:!%d;2:b;", CSV_MANY_FIELDS);
	assert_string_equal(dump(text), want);
}

static void what_is_written_is_read_back(void **state)
{
	static const char *const FIELDS[] = {
	    "plain", "a,b", "say \"hi\"", "two\r\nlines", "",
	    " kept ", "\xef\xbb\xbfmark", "한국어"};
	struct bytes field[8];
	static struct csv_row row;
	uint8_t buf[512];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct csv csv;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		field[i] = bytes_text(FIELDS[7 - i]);
	csv_put(&out, field, 8);
	csv_put(&out, field + 1, 1);
	assert_false(out.failed);
	csv_start(&csv, out_view(&out));
	assert_int_equal(csv_next(&csv, &row), CSV_ROW);
	assert_int_equal(row.count, 8);
	for (size_t i = 0; i < 8; i++)
		assert_true(bytes_equal(row.field[i], field[i]));
	assert_int_equal(csv_next(&csv, &row), CSV_ROW);
	assert_true(bytes_equal(row.field[0], field[1]));
	assert_int_equal(csv_next(&csv, &row), CSV_END);
}

static const struct validity no_default;

static bool start(struct residents *r, const char *text, struct fault *fault)
{
	return residents_start(r, bytes_text(text), NOW, &no_default, fault);
}

static void columns_go_by_their_names(void **state)
{
	static struct residents r;
	struct request q;
	struct fault fault;

	(void)state;
	assert_true(start(&r, "hint,class,valid_until,ref\n"
			      "K.M.,senior,2027-01-01,S-1\n", &fault));
	assert_int_equal(residents_next(&r, &q, &fault), RESIDENT);
	assert_int_equal(q.line, 2);
	assert_string_equal(q.ref, "S-1");
	assert_string_equal(q.hint, "K.M.");
	assert_int_equal(q.class, CLASS_SENIOR);
	assert_int_equal(q.exp, 1798848000); /* 2027-01-02T00:00:00Z */
	assert_int_equal(residents_next(&r, &q, &fault), RESIDENT_END);
}

static void a_header_that_is_not_understood_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} CASES[] = {
	    {"", "empty"},
	    {"ref,clas\n", "\"clas\": unknown"},
	    {"ref,days\n", "\"class\" is missing"},
	    {"class,days\n", "\"ref\" is missing"},
	    {"ref,class,ref\n", "\"ref\" is there twice"},
	    {"ref,\"class\n", "never closed"},
	};
	static struct residents r;
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		assert_false(start(&r, CASES[i].text, &fault));
		assert_non_null(strstr(fault.text, CASES[i].says));
		assert_int_equal(fault.status, EXIT_REFUSED);
	}
}

static void each_bad_field_is_named_and_the_next_row_is_read(void **state)
{
	static const struct {
		const char *row, *says;
	} CASES[] = {
	    {",adult,1,,,,", "ref: empty"},
	    {"r,grown,1,,,,", "class \"grown\""},
	    {"r,adult,0,,,,", "days \"0\""},
	    {"r,adult,-1,,,,", "days \"-1\""},
	    {"r,adult,99999,,,,", "days"},
	    {"r,adult,,,,,", "no validity"},
	    {"r,adult,1,1800000000,,,", "only one"},
	    {"r,adult,,1795478400,,,", "over"},
	    {"r,adult,,,2027-02-30,,", "not a time"},
	    {"r,adult,,,2199-01-01,,", "over 36600 days"},
	    {"r,adult,1,,,1234567890123456789012345,", "at most 24"},
	    {"r,adult,1,,,a\tb,", "control"},
	    {"r,adult,1,,,a\xc2\x9b" "b,", "hint \"a?b\": a line break"},
	    {"r\xe2\x80\xae,adult,1,,,,", "ref \"r?\": a line break"},
	    {"r ,adult,1,,,,", "ref \"r \": begins or ends with a blank"},
	    {" r,adult,1,,,,", "begins or ends with a blank"},
	    {"r\xe3\x80\x80,adult,1,,,,", "begins or ends with a blank"},
	    {"r,adult,1,,, K.M.,", "hint \" K.M.\": begins or ends"},
	    {"r,adult,1,,,,abcd", "64 hexadecimal"},
	    {"r,adult,1,,,,00000000000000000000000000000000"
	     "00000000000000000000000000000000", "not an Ed25519"},
	    {"r,adult,1", "3 fields; the header row has 7"},
	    {"\"r\nx\",adult,1,,,,", "not closed on its line"},
	    {"r,adult,1,,,\"x,", "never closed"},
	};
	static struct residents r;
	struct request q;
	struct fault fault;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		enum resident_result last;

		snprintf(text, sizeof(text),
			 "ref,class,days,exp,valid_until,hint,holder_key\n"
			 "%s\ngood,adult,1,,,,\n", CASES[i].row);
		assert_true(start(&r, text, &fault));
		assert_int_equal(residents_next(&r, &q, &fault),
				 RESIDENT_BAD);
		assert_int_equal(q.line, 2);
		if (!strstr(fault.text, CASES[i].says))
			fail_msg("%s: %s", CASES[i].row, fault.text);
		do
			last = residents_next(&r, &q, &fault);
		while (last == RESIDENT_BAD);
		assert_int_equal(last, RESIDENT);
		assert_string_equal(q.ref, "good");
	}
}

static void the_command_line_gives_validity_where_a_row_has_none(void **state)
{
	const struct validity all = {.days = bytes_text("5")};
	static struct residents r;
	struct request q;
	struct fault fault;

	(void)state;
	assert_true(residents_start(&r, bytes_text("ref,class,days\n"
						   "a,child,\nb,child,2\n"),
				    NOW, &all, &fault));
	assert_int_equal(residents_next(&r, &q, &fault), RESIDENT);
	assert_int_equal(q.exp, NOW + 5 * DAY);
	assert_int_equal(residents_next(&r, &q, &fault), RESIDENT);
	assert_int_equal(q.exp, NOW + 2 * DAY);
}

/* NOW is the midnight at which 2026-11-24 begins in UTC. */
static void days_count_from_the_beginning(void **state)
{
	const struct validity all = {.from = bytes_text("2026-12-01"),
				     .days = bytes_text("10")};
	static struct residents r;
	struct request q;
	struct fault fault;

	(void)state;
	assert_true(residents_start(
	    &r, bytes_text("ref,class,valid_from,valid_until\n"
			   "a,child,,\n"
			   "b,child,2026-11-20,\n"
			   "c,child,,2026-12-01\n"
			   "d,child,,2026-11-30\n"
			   "e,child,2026-11-01,\n"
			   "f,child,2026-11-01,2026-11-02\n"
			   "g,child,yesterday,\n"),
	    NOW, &all, &fault));
	assert_int_equal(residents_next(&r, &q, &fault), RESIDENT);
	assert_int_equal(q.iat, 0);
	assert_int_equal(q.nbf, NOW + 7 * DAY);
	assert_int_equal(q.exp, NOW + 17 * DAY);
	assert_int_equal(residents_next(&r, &q, &fault), RESIDENT);
	assert_int_equal(q.iat, NOW - 4 * DAY);
	assert_int_equal(q.nbf, 0);
	assert_int_equal(q.exp, NOW + 6 * DAY);
	assert_int_equal(residents_next(&r, &q, &fault), RESIDENT);
	assert_int_equal(q.exp, NOW + 8 * DAY);
	assert_int_equal(residents_next(&r, &q, &fault), RESIDENT_BAD);
	assert_non_null(strstr(fault.text, "not after the validity's"));
	/* rows of a file are never over already */
	assert_int_equal(residents_next(&r, &q, &fault), RESIDENT_BAD);
	assert_non_null(strstr(fault.text, "that is over"));
	assert_int_equal(residents_next(&r, &q, &fault), RESIDENT_BAD);
	assert_non_null(strstr(fault.text, "that is over"));
	assert_int_equal(residents_next(&r, &q, &fault), RESIDENT_BAD);
	assert_non_null(strstr(fault.text, "not a time"));
	assert_int_equal(residents_next(&r, &q, &fault), RESIDENT_END);
}

/* On the command line, and only after a beginning that was said. */
static void a_pass_that_is_over_must_be_asked_for(void **state)
{
	struct request q = {0};
	struct fault fault;

	(void)state;
	assert_false(request_until(&q, bytes_text("2026-11-20"), NOW, true,
				   &fault));
	assert_true(request_from(&q, bytes_text("2026-11-01"), NOW, &fault));
	assert_false(request_until(&q, bytes_text("2026-11-20"), NOW, false,
				   &fault));
	assert_false(request_until(&q, bytes_text("2026-10-31"), NOW, true,
				   &fault));
	assert_true(request_until(&q, bytes_text("2026-11-20"), NOW, true,
				  &fault));
	assert_int_equal(q.iat, NOW - 23 * DAY);
	assert_int_equal(q.exp, NOW - 3 * DAY);
	assert_true(request_days(&q, bytes_text("2"), NOW, true, &fault));
	assert_int_equal(q.exp, NOW - 21 * DAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_are_read_with_either_line_end),
	    cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_first_field),
	    cmocka_unit_test(quoted_fields_hold_commas_quotes_and_lines),
	    cmocka_unit_test(a_fault_costs_its_own_line_only),
	    cmocka_unit_test(a_row_has_a_longest_length_and_a_most_of_fields),
	    cmocka_unit_test(what_is_written_is_read_back),
	    cmocka_unit_test(columns_go_by_their_names),
	    cmocka_unit_test(a_header_that_is_not_understood_is_refused),
	    cmocka_unit_test(each_bad_field_is_named_and_the_next_row_is_read),
	    cmocka_unit_test(
		the_command_line_gives_validity_where_a_row_has_none),
	    cmocka_unit_test(days_count_from_the_beginning),
	    cmocka_unit_test(a_pass_that_is_over_must_be_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
