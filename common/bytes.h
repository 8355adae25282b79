/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h: borrowed views, bounded output, hexadecimal, UTF-8.
 * Nothing here allocates; a view lives as long as what it points into. */
#ifndef OAP_BYTES_H
#define OAP_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OAP_CHECKED __attribute__((warn_unused_result))

/* A view of n bytes that somebody else owns. */
struct bytes {
	const uint8_t *p;
	size_t n;
};

struct bytes bytes_of(const void *p, size_t n);
/* View of a NUL-terminated text, without its NUL. */
struct bytes bytes_text(const char *text);
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_is_text(struct bytes a, const char *text);
/* Order of memcmp, the shorter first when one is the other's prefix. */
int bytes_compare(struct bytes a, struct bytes b);
/* Copies a into text with a NUL; false (and "") when cap is too small or a
 * holds a NUL. */
bool bytes_to_text(struct bytes a, char *text, size_t cap) OAP_CHECKED;

/* Output into a caller's buffer. Once something does not fit, failed stays
 * set and nothing more is written: check it once, at the end. */
struct outbuf {
	uint8_t *p;
	size_t n, cap;
	bool failed;
};

struct outbuf outbuf_in(uint8_t *p, size_t cap);
void out_put(struct outbuf *out, const void *p, size_t n);
void out_bytes(struct outbuf *out, struct bytes b);
void out_text(struct outbuf *out, const char *text);
void out_u8(struct outbuf *out, uint8_t byte);
/* What has been written; meaningful only when !out->failed. */
struct bytes out_view(const struct outbuf *out);

/* Lower-case hexadecimal; text holds 2 * n + 1 characters. */
void hex_encode(const uint8_t *p, size_t n, char *text);
/* Exactly 2 * n hexadecimal digits of either case, n being p's size. */
bool hex_decode(struct bytes text, uint8_t *p, size_t n) OAP_CHECKED;

/* RFC 3629: no surrogates, nothing past U+10FFFF, shortest form. */
bool utf8_valid(struct bytes text);
/* Length of the longest prefix of whole characters, at most n of them. */
size_t utf8_prefix(struct bytes text, size_t n);

/* An id of a facility, benefit or operator: [a-z0-9][a-z0-9-]*, 1..32. */
bool name_id_valid(struct bytes text);

void put_be64(uint8_t p[static 8], uint64_t v);
uint64_t get_be64(const uint8_t p[static 8]);

#endif
