/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment codes, as a service shows them and a kiosk is given them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "enrolcode.h"

static struct enrolcode example(void)
{
	struct enrolcode code = {.url = bytes_text("https://pass.example"),
				 .has_pin = true,
				 .expires = 1795478400};

	memset(code.service_pk, 1, sizeof(code.service_pk));
	memset(code.pin, 2, sizeof(code.pin));
	memset(code.secret, 3, sizeof(code.secret));
	return code;
}

static struct bytes write_code(const struct enrolcode *code, uint8_t *text)
{
	struct outbuf out = outbuf_in(text, ENROLCODE_MAX);

	enrolcode_put(&out, code);
	assert_false(out.failed);
	return out_view(&out);
}

static void assert_reads(struct bytes text, const struct enrolcode *expected)
{
	uint8_t buf[ENROLCODE_MAX];
	struct enrolcode got;

	assert_true(enrolcode_read(text, buf, sizeof(buf), &got));
	assert_true(bytes_equal(got.url, expected->url));
	assert_memory_equal(got.service_pk, expected->service_pk, 32);
	assert_int_equal(got.has_pin, expected->has_pin);
	assert_memory_equal(got.pin, expected->pin, 32);
	assert_memory_equal(got.secret, expected->secret, 16);
	assert_int_equal(got.expires, expected->expires);
}

static void a_code_is_read_as_it_was_written(void **state)
{
	struct enrolcode code = example();
	uint8_t text[ENROLCODE_MAX];

	(void)state;
	assert_reads(write_code(&code, text), &code);
	code.has_pin = false;
	memset(code.pin, 0, sizeof(code.pin));
	assert_reads(write_code(&code, text), &code);
}

static void the_longest_code_fits(void **state)
{
	struct enrolcode code = example();
	uint8_t text[ENROLCODE_MAX];
	char url[URL_MAX + 1];

	(void)state;
	memset(url, 'h', sizeof(url));
	code.url = bytes_of(url, URL_MAX);
	code.expires = TIME_S_MAX;
	assert_reads(write_code(&code, text), &code);
}

static void a_longer_url_is_not_written(void **state)
{
	struct enrolcode code = example();
	uint8_t text[2 * ENROLCODE_MAX];
	struct outbuf out = outbuf_in(text, sizeof(text));
	char url[URL_MAX + 1];

	(void)state;
	memset(url, 'h', sizeof(url));
	code.url = bytes_of(url, sizeof(url));
	enrolcode_put(&out, &code);
	assert_true(out.failed);
}

static void blanks_around_it_are_dropped(void **state)
{
	struct enrolcode code = example();
	uint8_t text[ENROLCODE_MAX], line[ENROLCODE_MAX + 8];
	struct outbuf out = outbuf_in(line, sizeof(line));

	(void)state;
	out_text(&out, " \t");
	out_bytes(&out, write_code(&code, text));
	out_text(&out, " \r\n");
	assert_reads(out_view(&out), &code);
}

/* Cut off, with another prefix, or into too small a buffer. */
static void damaged_codes_are_refused(void **state)
{
	struct enrolcode code = example(), got;
	uint8_t text[ENROLCODE_MAX], buf[ENROLCODE_MAX];
	struct bytes whole = write_code(&code, text);

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		uint8_t *cut = malloc(n > 0 ? n : 1);

		assert_non_null(cut);
		memcpy(cut, whole.p, n);
		assert_false(enrolcode_read(bytes_of(cut, n), buf,
					    sizeof(buf), &got));
		free(cut);
	}
	for (size_t i = 0; i < strlen("OAPE1:"); i++) {
		text[i] ^= 1;
		assert_false(enrolcode_read(whole, buf, sizeof(buf), &got));
		text[i] ^= 1;
	}
	assert_false(enrolcode_read(whole, buf, 100, &got));
}

static void other_cbor_is_refused(void **state)
{
	static const char *const TEXTS[] = {
	    "OAPE1:",	  /* nothing */
	    "OAPE1:%2",	  /* an array */
	    "OAPE1:P3",	  /* an empty map */
	    "OAPE1:ZBN00", /* a map whose head is not the shortest */
	    "OAPE1:PPP0",  /* no Base45 */
	};
	uint8_t buf[ENROLCODE_MAX];
	struct enrolcode got;

	(void)state;
	for (size_t i = 0; i < sizeof(TEXTS) / sizeof(*TEXTS); i++)
		assert_false(enrolcode_read(bytes_text(TEXTS[i]), buf,
					    sizeof(buf), &got));
}

static void blanks_alone_are_no_code(void **state)
{
	uint8_t *blanks = malloc(3), buf[ENROLCODE_MAX];
	struct enrolcode got;

	(void)state;
	assert_non_null(blanks);
	memset(blanks, ' ', 3);
	for (size_t n = 0; n <= 3; n++)
		assert_false(enrolcode_read(bytes_of(blanks + 3 - n, n), buf,
					    sizeof(buf), &got));
	free(blanks);
}

static void other_urls_are_refused(void **state)
{
	static const char *const URLS[] = {"", "http://a b", "http://a\n",
					   "http://\x7f", "http://\xc3\xa9"};

	(void)state;
	for (size_t i = 0; i < sizeof(URLS) / sizeof(*URLS); i++) {
		struct enrolcode code = example(), got;
		uint8_t text[ENROLCODE_MAX], buf[ENROLCODE_MAX];

		code.url = bytes_text(URLS[i]);
		assert_false(enrolcode_read(write_code(&code, text), buf,
					    sizeof(buf), &got));
	}
}

static void a_code_past_the_last_second_is_refused(void **state)
{
	struct enrolcode code = example(), got;
	uint8_t text[ENROLCODE_MAX], buf[ENROLCODE_MAX];

	(void)state;
	code.expires = TIME_S_MAX + 1;
	assert_false(enrolcode_read(write_code(&code, text), buf, sizeof(buf),
				    &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_code_is_read_as_it_was_written),
	    cmocka_unit_test(the_longest_code_fits),
	    cmocka_unit_test(a_longer_url_is_not_written),
	    cmocka_unit_test(blanks_around_it_are_dropped),
	    cmocka_unit_test(damaged_codes_are_refused),
	    cmocka_unit_test(other_cbor_is_refused),
	    cmocka_unit_test(blanks_alone_are_no_code),
	    cmocka_unit_test(other_urls_are_refused),
	    cmocka_unit_test(a_code_past_the_last_second_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
