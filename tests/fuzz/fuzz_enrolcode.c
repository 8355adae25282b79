/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment codes: what is read is written to a text that is the same, but
 * for the blanks around it. */
#include "base45.h"
#include "enrolcode.h"
#include "fuzz.h"

static const uint8_t LONG[URL_MAX + 1];

static bool holds(struct bytes text, struct bytes part)
{
	for (size_t i = 0; i + part.n <= text.n; i++) {
		if (bytes_equal(bytes_of(text.p + i, part.n), part))
			return true;
	}
	return false;
}

static void check_code(struct bytes line)
{
	uint8_t buf[ENROLCODE_MAX], text[ENROLCODE_MAX], tight[8];
	struct outbuf out = outbuf_in(text, sizeof(text));
	struct enrolcode code, again;

	if (!enrolcode_read(line, buf, sizeof(buf), &code))
		return;
	check(code.url.n >= 1 && code.url.n <= URL_MAX);
	check(code.url.p >= buf);
	check(code.url.p + code.url.n <= buf + sizeof(buf));
	enrolcode_put(&out, &code);
	check(!out.failed && holds(line, out_view(&out)));
	check(!enrolcode_read(line, tight, sizeof(tight), &again));
	code.url = bytes_of(LONG, sizeof(LONG));
	enrolcode_put(&out, &code);
	check(out.failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t text[2 * ENROLCODE_MAX];
	struct outbuf line = outbuf_in(text, sizeof(text));
	struct bytes input = bytes_of(data, size);

	check_code(input);
	/* The map alone, which is easier to change than its text. */
	out_text(&line, "OAPE1:");
	base45_put(&line, input);
	if (!line.failed)
		check_code(out_view(&line));
	return 0;
}
