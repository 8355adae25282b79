/* SPDX-License-Identifier: Apache-2.0 */
/* cbor.h: strict deterministic CBOR (RFC 8949 section 4.2.1).
 *
 * cbor_check judges a whole item in one pass; the readers below then walk it
 * and only say whether the next thing is what was asked for. Readers are
 * bounded by themselves: without cbor_check they are safe, but do not see
 * unsorted keys. Nothing allocates. */
#ifndef OAP_CBOR_H
#define OAP_CBOR_H

#include "bytes.h"

enum cbor_major {
	CBOR_MAJOR_UINT,
	CBOR_MAJOR_NEGATIVE,
	CBOR_MAJOR_BYTES,
	CBOR_MAJOR_TEXT,
	CBOR_MAJOR_ARRAY,
	CBOR_MAJOR_MAP,
	CBOR_MAJOR_TAG,
	CBOR_MAJOR_SIMPLE
};

/* The simple values that there are for us. */
enum cbor_simple { CBOR_FALSE = 20, CBOR_TRUE = 21, CBOR_NULL = 22 };

enum cbor_fault {
	CBOR_OK = 0,
	CBOR_TRUNCATED,	  /* a length runs past the end */
	CBOR_TRAILING,	  /* bytes after the item */
	CBOR_NOT_SHORTEST,
	CBOR_INDEFINITE,
	CBOR_FLOAT,
	CBOR_SIMPLE,	  /* a simple value other than false, true, null */
	CBOR_TAG,	  /* a tag other than 17 and 18 */
	CBOR_UNSORTED,
	CBOR_DUPLICATE,
	CBOR_BAD_TEXT,	  /* not UTF-8 */
	CBOR_TOO_DEEP,	  /* more than CBOR_DEPTH_MAX arrays, maps, tags open */
	CBOR_RESERVED	  /* additional information 28..30 */
};

/* Judges exactly one item that fills the view. *at (may be NULL) is the
 * offset of the fault. */
enum cbor_fault cbor_check(struct bytes item, size_t *at) OAP_CHECKED;
/* A short English phrase, for messages to people. */
const char *cbor_fault_text(enum cbor_fault fault);

struct cbor_in {
	const uint8_t *p, *end;
};

struct cbor_in cbor_reader(struct bytes item);
bool cbor_at_end(const struct cbor_in *in);
/* Reads the members of an encoded array; what is no array, or absent (n == 0),
 * has none. */
struct cbor_in cbor_members(struct bytes array);
/* The enum cbor_major of the next item, or -1 at the end. */
int cbor_peek(const struct cbor_in *in);

/* Each reads one thing; on false the reader has not moved. */
bool cbor_uint(struct cbor_in *in, uint64_t *v) OAP_CHECKED;
bool cbor_int(struct cbor_in *in, int64_t *v) OAP_CHECKED;
bool cbor_bytes(struct cbor_in *in, struct bytes *v) OAP_CHECKED;
bool cbor_text(struct cbor_in *in, struct bytes *v) OAP_CHECKED;
bool cbor_array(struct cbor_in *in, size_t *count) OAP_CHECKED;
bool cbor_map(struct cbor_in *in, size_t *pairs) OAP_CHECKED;
bool cbor_tag(struct cbor_in *in, uint64_t *tag) OAP_CHECKED;
bool cbor_bool(struct cbor_in *in, bool *v) OAP_CHECKED;
bool cbor_null(struct cbor_in *in) OAP_CHECKED;
/* Steps over one whole item and gives its bytes. */
bool cbor_item(struct cbor_in *in, struct bytes *item) OAP_CHECKED;

/* Narrower reads, for payloads. */
bool cbor_uint_max(struct cbor_in *in, uint64_t max, uint64_t *v) OAP_CHECKED;
bool cbor_int_range(struct cbor_in *in, int64_t min, int64_t max,
		    int64_t *v) OAP_CHECKED;
/* A byte string of exactly n bytes, copied to p. */
bool cbor_bytes_exact(struct cbor_in *in, uint8_t *p, size_t n) OAP_CHECKED;
/* Text of min..max bytes. */
bool cbor_text_sized(struct cbor_in *in, size_t min, size_t max,
		     struct bytes *v) OAP_CHECKED;
bool cbor_name_id(struct cbor_in *in, struct bytes *v) OAP_CHECKED;

/* Writing; the caller gives map keys in their order. */
void cbor_put_uint(struct outbuf *out, uint64_t v);
void cbor_put_int(struct outbuf *out, int64_t v);
void cbor_put_bytes(struct outbuf *out, struct bytes v);
void cbor_put_text(struct outbuf *out, struct bytes v);
void cbor_put_array(struct outbuf *out, size_t count);
void cbor_put_map(struct outbuf *out, size_t pairs);
void cbor_put_tag(struct outbuf *out, uint64_t tag);
void cbor_put_bool(struct outbuf *out, bool v);
void cbor_put_null(struct outbuf *out);
/* The head alone of a byte string whose n bytes the caller writes next. */
void cbor_put_bytes_head(struct outbuf *out, size_t n);

#endif
