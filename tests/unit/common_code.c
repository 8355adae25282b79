/* SPDX-License-Identifier: Apache-2.0 */
/* What a scanned line is, and what is carried of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "code.h"
#include "vectors.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *line;
	enum verdict verdict;
	const char *carried;
} rows[] = {
    {"", VERDICT_UNKNOWN_FORMAT, ""},
    {"\r\n", VERDICT_UNKNOWN_FORMAT, ""},
    {"hello", VERDICT_UNKNOWN_FORMAT, "hello"},
    {"hello\r\n", VERDICT_UNKNOWN_FORMAT, "hello"},
    {" hello ", VERDICT_UNKNOWN_FORMAT, " hello "},
    {"https://museum.example/ticket", VERDICT_UNKNOWN_FORMAT,
     "https://museum.e"},
    {"서울특별시종로구사직로일육일경복궁입니다", VERDICT_UNKNOWN_FORMAT,
     "서울특별시종로구사직로일육일경복"},
    {"\xff\xfe"
     "0123456789abcdef",
     VERDICT_UNKNOWN_FORMAT,
     "\xff\xfe"
     "0123456789abcd"},
    {"oap1:BB8", VERDICT_UNKNOWN_FORMAT, "oap1:BB8"},
    {"OAP:BB8", VERDICT_UNKNOWN_FORMAT, "OAP:BB8"},
    {"OAP1", VERDICT_UNKNOWN_FORMAT, "OAP1"},
    {"OAP1 :", VERDICT_UNKNOWN_FORMAT, "OAP1 :"},
    {" OAP1:BB8", VERDICT_UNKNOWN_FORMAT, " OAP1:BB8"},
    {"OAPX1:", VERDICT_UNKNOWN_FORMAT, "OAPX1:"},
    {"OAP2:BB8", VERDICT_UNSUPPORTED_VERSION, "OAP2:BB8"},
    {"OAP0:", VERDICT_UNSUPPORTED_VERSION, "OAP0:"},
    {"OAP01:BB8", VERDICT_UNSUPPORTED_VERSION, "OAP01:BB8"},
    {"OAP11:0123456789ABCDEF", VERDICT_UNSUPPORTED_VERSION, "OAP11:0123456789"},
    {"OAP1:", VERDICT_MALFORMED, "OAP1:"},
    {"OAP1:\n", VERDICT_MALFORMED, "OAP1:"},
    {"OAP1:bb8", VERDICT_MALFORMED, "OAP1:bb8"},
    {"OAP1:GGW", VERDICT_MALFORMED, "OAP1:GGW"},
    {"OAP1:A", VERDICT_MALFORMED, "OAP1:A"},
    {"OAP1:BB8=", VERDICT_MALFORMED, "OAP1:BB8="},
    {"OAP1:%69 VD92EX0", VERDICT_MALFORMED, "OAP1:%69 VD92EX0"},
};

static void a_line_is_judged_by_what_is_carried_of_it(void **state)
{
	uint8_t buf[SCANNED_MAX];
	struct bytes scanned;

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct bytes line = bytes_text(rows[i].line);

		if (code_read(line, buf, &scanned) != rows[i].verdict ||
		    !bytes_is_text(scanned, rows[i].carried))
			fail_msg("%s", rows[i].line);
		assert_int_equal(code_judge_scanned(scanned), rows[i].verdict);
	}
}

static void a_message_comes_back_from_its_code(void **state)
{
	uint8_t message[SCANNED_MAX + 1], text[CODE_MAX + 3], buf[SCANNED_MAX];
	struct bytes scanned;

	(void)state;
	memset(message, 0xff, sizeof(message));
	memcpy(message, "\xd2\x84", 2);
	for (size_t n = 2; n <= SCANNED_MAX; n++) {
		struct outbuf out = outbuf_in(text, sizeof(text));

		code_put(&out, bytes_of(message, n));
		assert_false(out.failed);
		assert_true(out.n <= CODE_MAX);
		assert_int_equal(code_read(out_view(&out), buf, &scanned), 0);
		assert_true(bytes_equal(scanned, bytes_of(message, n)));
		out_text(&out, "\r\n");
		assert_int_equal(code_read(out_view(&out), buf, &scanned), 0);
		assert_int_equal(scanned.n, n);
		assert_int_equal(code_judge_scanned(scanned), 0);
	}
}

static void a_message_that_is_too_long_is_neither_written_nor_read(void **state)
{
	uint8_t message[SCANNED_MAX + 1] = {0xd2, 0x84};
	uint8_t text[2 * CODE_MAX], buf[SCANNED_MAX];
	struct outbuf out = outbuf_in(text, sizeof(text));
	struct bytes scanned;

	(void)state;
	code_put(&out, bytes_of(message, sizeof(message)));
	assert_true(out.failed);
	out = outbuf_in(text, sizeof(text));
	code_put(&out, bytes_of(message, SCANNED_MAX));
	out_text(&out, "00");
	assert_int_equal(code_read(out_view(&out), buf, &scanned),
	                 VERDICT_MALFORMED);
	assert_int_equal(scanned.n, SCAN_PREFIX_MAX);
	assert_memory_equal(scanned.p, text, scanned.n);
}

static void spaces_of_the_alphabet_stay(void **state)
{
	/* 36 is written as a space and two zeros. */
	uint8_t message[] = {0xd2, 0x84, 0x00, 36};
	uint8_t text[64], buf[SCANNED_MAX];
	struct outbuf out = outbuf_in(text, sizeof(text));
	struct bytes scanned;

	(void)state;
	code_put(&out, bytes_of(message, sizeof(message)));
	assert_int_equal(out.p[out.n - 3], ' ');
	assert_int_equal(code_read(out_view(&out), buf, &scanned), 0);
	assert_memory_equal(scanned.p, message, sizeof(message));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_is_judged_by_what_is_carried_of_it),
	    cmocka_unit_test(a_message_comes_back_from_its_code),
	    cmocka_unit_test(
	        a_message_that_is_too_long_is_neither_written_nor_read),
	    cmocka_unit_test(spaces_of_the_alphabet_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
