/* SPDX-License-Identifier: Apache-2.0 */
/* cborput.c: writes CBOR, every head in its shortest form. */
#include "cbor.h"

static void put_head(struct outbuf *out, enum cbor_major major, uint64_t arg)
{
	unsigned n = arg <= 0xff         ? 1
	             : arg <= 0xffff     ? 2
	             : arg <= 0xffffffff ? 4
	                                 : 8;
	unsigned info = n == 1 ? 24 : n == 2 ? 25 : n == 4 ? 26 : 27;
	uint8_t be[8];

	if (arg < 24) {
		out_u8(out, (uint8_t)((unsigned)major << 5 | arg));
		return;
	}
	put_be64(be, arg);
	out_u8(out, (uint8_t)((unsigned)major << 5 | info));
	out_put(out, be + 8 - n, n);
}

void cbor_put_uint(struct outbuf *out, uint64_t v)
{
	put_head(out, CBOR_MAJOR_UINT, v);
}

void cbor_put_int(struct outbuf *out, int64_t v)
{
	if (v < 0)
		put_head(out, CBOR_MAJOR_NEGATIVE, (uint64_t)(-1 - v));
	else
		put_head(out, CBOR_MAJOR_UINT, (uint64_t)v);
}

void cbor_put_bytes(struct outbuf *out, struct bytes v)
{
	put_head(out, CBOR_MAJOR_BYTES, v.n);
	out_bytes(out, v);
}

void cbor_put_text(struct outbuf *out, struct bytes v)
{
	put_head(out, CBOR_MAJOR_TEXT, v.n);
	out_bytes(out, v);
}

void cbor_put_array(struct outbuf *out, size_t count)
{
	put_head(out, CBOR_MAJOR_ARRAY, count);
}

void cbor_put_map(struct outbuf *out, size_t pairs)
{
	put_head(out, CBOR_MAJOR_MAP, pairs);
}

void cbor_put_tag(struct outbuf *out, uint64_t tag)
{
	put_head(out, CBOR_MAJOR_TAG, tag);
}

void cbor_put_bool(struct outbuf *out, bool v)
{
	put_head(out, CBOR_MAJOR_SIMPLE, v ? CBOR_TRUE : CBOR_FALSE);
}

void cbor_put_null(struct outbuf *out)
{
	put_head(out, CBOR_MAJOR_SIMPLE, CBOR_NULL);
}

void cbor_put_bytes_head(struct outbuf *out, size_t n)
{
	put_head(out, CBOR_MAJOR_BYTES, n);
}
