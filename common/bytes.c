/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.c: borrowed views, bounded output, hexadecimal, UTF-8. */
#include "bytes.h"

#include <string.h>

#include <sodium.h>

#include "limits.h"

struct bytes bytes_of(const void *p, size_t n)
{
	return (struct bytes){p, n};
}

struct bytes bytes_text(const char *text)
{
	return bytes_of(text, strlen(text));
}

/* memcmp and memcpy may not be given NULL, which an empty view may hold. */
bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool bytes_is_text(struct bytes a, const char *text)
{
	return bytes_equal(a, bytes_text(text));
}

int bytes_compare(struct bytes a, struct bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (order != 0)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

bool bytes_to_text(struct bytes a, char *text, size_t cap)
{
	if (cap == 0)
		return false;
	text[0] = '\0';
	if (a.n >= cap || (a.n > 0 && memchr(a.p, '\0', a.n)))
		return false;
	if (a.n > 0)
		memcpy(text, a.p, a.n);
	text[a.n] = '\0';
	return true;
}

struct outbuf outbuf_in(uint8_t *p, size_t cap)
{
	return (struct outbuf){.p = p, .cap = cap};
}

void out_put(struct outbuf *out, const void *p, size_t n)
{
	if (out->failed || n > out->cap - out->n) {
		out->failed = true;
		return;
	}
	if (n > 0)
		memcpy(out->p + out->n, p, n);
	out->n += n;
}

void out_bytes(struct outbuf *out, struct bytes b)
{
	out_put(out, b.p, b.n);
}

void out_text(struct outbuf *out, const char *text)
{
	out_put(out, text, strlen(text));
}

void out_u8(struct outbuf *out, uint8_t byte)
{
	out_put(out, &byte, 1);
}

struct bytes out_view(const struct outbuf *out)
{
	return bytes_of(out->p, out->n);
}

/* libsodium's take the same time whatever the digits are: some are secret. */
void hex_encode(const uint8_t *p, size_t n, char *text)
{
	sodium_bin2hex(text, 2 * n + 1, p, n);
}

bool hex_decode(struct bytes text, uint8_t *p, size_t n)
{
	size_t got;

	if (text.n % 2 != 0 || text.n / 2 != n)
		return false;
	if (n == 0)
		return true;
	return sodium_hex2bin(p, n, (const char *)text.p, text.n, NULL, &got,
	                      NULL) == 0 &&
	       got == n;
}

/* The well-formed sequences (RFC 3629 section 4): by the range of the first
 * byte, the range of the second and the length; others are 80..BF. */
static const struct utf8_row {
	uint8_t first, last, low, high;
	unsigned length;
} utf8_rows[] = {
    {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static const struct utf8_row *utf8_find(uint8_t first)
{
	size_t i;

	for (i = 0; i < sizeof(utf8_rows) / sizeof(utf8_rows[0]); i++) {
		if (first >= utf8_rows[i].first && first <= utf8_rows[i].last)
			return &utf8_rows[i];
	}
	return NULL;
}

/* Length of the first character, or 0 when it is none. */
static size_t utf8_step(const uint8_t *p, size_t n)
{
	const struct utf8_row *row = utf8_find(p[0]);
	size_t i;

	if (!row || row->length > n)
		return 0;
	if (row->length > 1 && (p[1] < row->low || p[1] > row->high))
		return 0;
	for (i = 2; i < row->length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return row->length;
}

bool utf8_valid(struct bytes text)
{
	return utf8_prefix(text, text.n) == text.n;
}

size_t utf8_prefix(struct bytes text, size_t n)
{
	size_t at = 0, step;

	while (n > 0 && at < text.n) {
		step = utf8_step(text.p + at, text.n - at);
		if (step == 0)
			break;
		at += step;
		n--;
	}
	return at;
}

bool name_id_valid(struct bytes text)
{
	size_t i;
	uint8_t c;

	if (text.n < 1 || text.n > NAME_ID_MAX || text.p[0] == '-')
		return false;
	for (i = 0; i < text.n; i++) {
		c = text.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-')
			return false;
	}
	return true;
}

void put_be64(uint8_t p[static 8], uint64_t v)
{
	int i;

	for (i = 7; i >= 0; i--) {
		p[i] = (uint8_t)(v & 0xff);
		v >>= 8;
	}
}

uint64_t get_be64(const uint8_t p[static 8])
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}
