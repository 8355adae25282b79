/* SPDX-License-Identifier: Apache-2.0 */
/* Makes text harmless to a terminal. */
#include "printable.h"

#include <string.h>

#define DOTS "..."

struct range {
	uint32_t first, last;
};

/* What commands a terminal or a printer: control characters, line and
 * paragraph separators, and what turns the direction of the text after it. */
static const struct range commands[] = {
    {0, 0x1f}, {0x7f, 0x9f}, {0x2028, 0x202e}, {0x2066, 0x2069}};
/* What nobody sees at the end of a line. */
static const struct range blanks[] = {
    {' ', ' '},	      {0xa0, 0xa0},	{0x1680, 0x1680}, {0x2000, 0x200b},
    {0x202f, 0x202f}, {0x205f, 0x2060}, {0x3000, 0x3000}, {0xfeff, 0xfeff}};
#define COUNT(ranges) (sizeof(ranges) / sizeof((ranges)[0]))

static bool is_in(const struct range *range, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++)
		if (c >= range[i].first && c <= range[i].last)
			return true;
	return false;
}

/* Bytes of the character that text begins with, and its code point; 0 when it
 * is none. */
static size_t character(struct bytes text, uint32_t *c)
{
	size_t n = utf8_prefix(text, 1);

	*c = 0;
	if (n == 0)
		return 0;
	*c = n == 1 ? text.p[0] : text.p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++)
		*c = *c << 6 | (text.p[i] & 0x3fu);
	return n;
}

/* Likewise; 0 also when it is one that commands. */
static size_t good_character(struct bytes text)
{
	uint32_t c;
	size_t n = character(text, &c);

	return is_in(commands, COUNT(commands), c) ? 0 : n;
}

bool printable_whole(struct bytes text)
{
	size_t n;

	for (size_t at = 0; at < text.n; at += n) {
		n = good_character(bytes_of(text.p + at, text.n - at));
		if (n == 0)
			return false;
	}
	return true;
}

bool printable_padded(struct bytes text)
{
	bool first = false, last = false;
	uint32_t c;
	size_t n;

	for (size_t at = 0; at < text.n; at += n) {
		n = character(bytes_of(text.p + at, text.n - at), &c);
		if (n == 0)
			break;
		last = is_in(blanks, COUNT(blanks), c);
		first = first || (at == 0 && last);
	}
	return first || last;
}

/* Writes what fits into room bytes, and its length to *n; returns how much
 * of text that was. */
static size_t copy(struct bytes text, char *out, size_t room, size_t *n)
{
	size_t at = 0;

	for (*n = 0; at < text.n;) {
		size_t size = good_character(
		    bytes_of(text.p + at, text.n - at));

		if (*n + (size ? size : 1) > room)
			break;
		if (size)
			memcpy(out + *n, text.p + at, size);
		else
			out[*n] = '?';
		*n += size ? size : 1;
		at += size ? size : 1;
	}
	return at;
}

const char *printable(struct bytes text, char *out, size_t cap)
{
	size_t n;

	if (copy(text, out, cap - 1, &n) < text.n) {
		copy(text, out, cap - sizeof(DOTS), &n);
		memcpy(out + n, DOTS, sizeof(DOTS));
	} else {
		out[n] = '\0';
	}
	return out;
}
