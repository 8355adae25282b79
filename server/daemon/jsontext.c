/* SPDX-License-Identifier: Apache-2.0 */
/* jsontext.c: commas and quotes. */
#include "jsontext.h"

#include <string.h>

#define DIGITS_MAX 20 /* of 64 bits, with a sign */

struct jsontext jsontext_in(uint8_t *p, size_t cap)
{
	return (struct jsontext){.out = outbuf_in(p, cap)};
}

static void put_string(struct outbuf *out, struct bytes text)
{
	static const char hex[] = "0123456789abcdef";
	size_t done = 0;

	out_u8(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		out_put(out, text.p + done, i - done);
		done = i + 1;
		out_u8(out, '\\');
		if (c >= 0x20) {
			out_u8(out, c);
			continue;
		}
		out_text(out, "u00");
		out_u8(out, (uint8_t)hex[c >> 4]);
		out_u8(out, (uint8_t)hex[c & 15]);
	}
	out_put(out, text.p + done, text.n - done);
	out_u8(out, '"');
}

/* What stands before a value. */
static void begin(struct jsontext *j, const char *name)
{
	if (j->comma)
		out_u8(&j->out, ',');
	j->comma = true;
	if (name == NULL)
		return;
	put_string(&j->out, bytes_text(name));
	out_u8(&j->out, ':');
}

static void open_with(struct jsontext *j, const char *name, char bracket)
{
	begin(j, name);
	out_u8(&j->out, (uint8_t)bracket);
	j->comma = false;
}

static void close_with(struct jsontext *j, char bracket)
{
	out_u8(&j->out, (uint8_t)bracket);
	j->comma = true;
}

void jsontext_open_object(struct jsontext *j, const char *name)
{
	open_with(j, name, '{');
}

void jsontext_open_array(struct jsontext *j, const char *name)
{
	open_with(j, name, '[');
}

void jsontext_close_object(struct jsontext *j)
{
	close_with(j, '}');
}

void jsontext_close_array(struct jsontext *j)
{
	close_with(j, ']');
}

void jsontext_number(struct jsontext *j, const char *name, int64_t value)
{
	char digits[DIGITS_MAX];
	size_t at = sizeof(digits);
	/* The most negative number has no positive one. */
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do
		digits[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (value < 0)
		digits[--at] = '-';
	begin(j, name);
	out_put(&j->out, digits + at, sizeof(digits) - at);
}

void jsontext_flag(struct jsontext *j, const char *name, bool value)
{
	begin(j, name);
	out_text(&j->out, value ? "true" : "false");
}

void jsontext_null(struct jsontext *j, const char *name)
{
	begin(j, name);
	out_text(&j->out, "null");
}

void jsontext_text(struct jsontext *j, const char *name, struct bytes value)
{
	begin(j, name);
	put_string(&j->out, value);
}
