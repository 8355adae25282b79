/* SPDX-License-Identifier: Apache-2.0 */
/* plain.c: one character at a time, by the bytes of its UTF-8. */
#include "plain.h"

#include <string.h>

/* Of the character that text starts with, which is whole and of n bytes. */
static bool is_plain(const uint8_t *p, size_t n)
{
	if (n == 1)
		return p[0] >= 0x20 && p[0] != 0x7f;
	/* U+0080..U+009F; U+061C, Arabic letter mark */
	if (n == 2)
		return !(p[0] == 0xc2 && p[1] < 0xa0) &&
		       !(p[0] == 0xd8 && p[1] == 0x9c);
	if (n != 3 || p[0] != 0xe2)
		return true;
	/* U+200E, U+200F, U+2028..U+202E; U+2066..U+2069 */
	if (p[1] == 0x80)
		return p[2] != 0x8e && p[2] != 0x8f &&
		       !(p[2] >= 0xa8 && p[2] <= 0xae);
	return !(p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

bool plain_valid(struct bytes text)
{
	size_t n;

	for (; text.n > 0; text.p += n, text.n -= n) {
		n = utf8_prefix(text, 1);
		if (n == 0 || !is_plain(text.p, n))
			return false;
	}
	return true;
}

size_t plain_copy(struct bytes text, char *to, size_t cap)
{
	size_t n, at = 0, done;

	for (done = 0; done < text.n; done += n) {
		struct bytes rest = bytes_of(text.p + done, text.n - done);
		bool good;

		n = utf8_prefix(rest, 1);
		good = n > 0 && is_plain(rest.p, n);
		if (n == 0)
			n = 1; /* a byte that is of no character */
		if (at + (good ? n : 1) >= cap)
			break;
		memmove(to + at, good ? (const char *)rest.p : "?",
		       good ? n : 1);
		at += good ? n : 1;
	}
	to[at] = '\0';
	return done;
}
