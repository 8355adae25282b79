/* SPDX-License-Identifier: Apache-2.0 */
/* Makes text harmless to a terminal. */
#include "printable.h"

#include <string.h>

#define DOTS "..."

/* Bytes of the character that text begins with; 0 when it is none, or one
 * that commands a terminal. */
static size_t good_character(struct bytes text)
{
	size_t n = text.p[0] < 0x80 ? 1 : 2;

	if (text.p[0] < ' ' || text.p[0] == 127)
		return 0;
	while (n <= 4 && n <= text.n && !utf8_valid(bytes_of(text.p, n)))
		n++;
	if (n > 4 || n > text.n)
		return 0;
	/* U+0080 to U+009F */
	return n == 2 && text.p[0] == 0xc2 && text.p[1] < 0xa0 ? 0 : n;
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
