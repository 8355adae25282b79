/* SPDX-License-Identifier: Apache-2.0 */
/* base45.c: Base45 (RFC 9285). Two bytes are three characters, a last single
 * byte two; the least significant character comes first. */
#include "base45.h"

#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

static void put_digits(struct outbuf *out, unsigned value, int digits)
{
	while (digits-- > 0) {
		out_u8(out, (uint8_t)alphabet[value % 45]);
		value /= 45;
	}
}

void base45_put(struct outbuf *out, struct bytes data)
{
	size_t i;

	for (i = 0; i + 1 < data.n; i += 2)
		put_digits(out, data.p[i] * 256u + data.p[i + 1], 3);
	if (i < data.n)
		put_digits(out, data.p[i], 2);
}

/* The value of n characters, or -1 when one is not in the alphabet. */
static long read_digits(const uint8_t *p, size_t n)
{
	const char *digit;
	long value = 0;

	while (n-- > 0) {
		digit = memchr(alphabet, p[n], sizeof(alphabet) - 1);
		if (!digit)
			return -1;
		value = value * 45 + (digit - alphabet);
	}
	return value;
}

bool base45_read(struct bytes text, struct outbuf *out)
{
	size_t i, n;
	long value;

	for (i = 0; i < text.n; i += n) {
		n = text.n - i < 3 ? text.n - i : 3;
		value = read_digits(text.p + i, n);
		if (n == 1 || value < 0 || value > (n == 3 ? 0xffff : 0xff))
			return false;
		if (n == 3)
			out_u8(out, (uint8_t)(value >> 8));
		out_u8(out, (uint8_t)(value & 0xff));
	}
	return !out->failed;
}
