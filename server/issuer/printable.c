/* SPDX-License-Identifier: Apache-2.0 */
/* printable.c: see printable.h. */
#include "printable.h"

#include <string.h>

#include "plain.h"

#define DOTS "..."

struct range {
	uint32_t first, last;
};

/* What nobody sees at the end of a line. */
static const struct range blanks[] = {
    {' ', ' '},	      {0xa0, 0xa0},	{0x1680, 0x1680}, {0x2000, 0x200b},
    {0x202f, 0x202f}, {0x205f, 0x2060}, {0x3000, 0x3000}, {0xfeff, 0xfeff}};
#define BLANKS (sizeof(blanks) / sizeof(blanks[0]))

static bool is_blank(uint32_t c)
{
	for (size_t i = 0; i < BLANKS; i++)
		if (c >= blanks[i].first && c <= blanks[i].last)
			return true;
	return false;
}

/* Bytes of the character that text begins with, and its code point; 0 when it
 * is none. */
static size_t character(struct bytes text, uint32_t *c)
{
	size_t n = utf8_prefix(text, 1);

	if (n == 0)
		return 0;
	*c = n == 1 ? text.p[0] : text.p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++)
		*c = *c << 6 | (text.p[i] & 0x3fu);
	return n;
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
		last = is_blank(c);
		first = first || (at == 0 && last);
	}
	return first || last;
}

const char *printable(struct bytes text, char *out, size_t cap)
{
	if (plain_copy(text, out, cap) < text.n) {
		plain_copy(text, out, cap - strlen(DOTS));
		strcat(out, DOTS);
	}
	return out;
}
