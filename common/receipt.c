/* SPDX-License-Identifier: Apache-2.0 */
/* receipt.c: what the service answers to an upload that came as a file.
 * Declared in talk.h. */
#include <limits.h>
#include <string.h>

#include "cbor.h"
#include "key.h"
#include "mapkey.h"
#include "talk.h"

#define KEY_KIOSK 1
#define KEY_AT 2
#define KEY_HELD_SEQ 3
#define KEY_HELD_HASH 4
#define KEY_HELD_COUNT 5
#define KEY_RESULTS 6

static bool read_result(struct cbor_in *in, uint64_t *seq, unsigned *verdict,
                        unsigned *marks)
{
	uint64_t number, bits;
	size_t count;

	if (!cbor_array(in, &count) || count != 3 || !cbor_uint(in, seq) ||
	    !cbor_uint_max(in, 0xff, &number) || number == 0 ||
	    !cbor_uint_max(in, UINT_MAX, &bits))
		return false;
	*verdict = (unsigned)number;
	*marks = (unsigned)bits;
	return true;
}

/* The last of the payload: results are what is left of it. */
static bool read_results(struct cbor_in *in, struct receipt *out)
{
	unsigned verdict, marks;
	uint64_t seq;
	size_t i;

	if (!map_key(in, KEY_RESULTS) || !cbor_array(in, &out->result_count))
		return false;
	out->results = bytes_of(in->p, (size_t)(in->end - in->p));
	for (i = 0; i < out->result_count; i++) {
		if (!read_result(in, &seq, &verdict, &marks))
			return false;
	}
	return cbor_at_end(in);
}

bool receipt_read(struct bytes message, struct receipt *out)
{
	struct cose_header header;
	struct cbor_in in;
	size_t pairs;

	memset(out, 0, sizeof(*out));
	if (message.n > RECEIPT_MAX ||
	    !cose_open(message, TYP_RECEIPT, &out->cose, &header))
		return false;
	memcpy(out->service_kid, header.kid, sizeof(out->service_kid));
	in = cbor_reader(out->cose.payload);
	return cbor_map(&in, &pairs) &&
	       map_bytes(&in, KEY_KIOSK, out->kiosk, sizeof(out->kiosk)) &&
	       map_int(&in, KEY_AT, 0, TIME_MS_MAX, &out->at_ms) &&
	       map_uint(&in, KEY_HELD_SEQ, UINT64_MAX, &out->held_seq) &&
	       map_bytes(&in, KEY_HELD_HASH, out->held_hash,
			 sizeof(out->held_hash)) &&
	       map_uint(&in, KEY_HELD_COUNT, UINT64_MAX, &out->held_count) &&
	       read_results(&in, out);
}

bool receipt_next(struct bytes *results, uint64_t *seq, unsigned *verdict,
                  unsigned *marks)
{
	struct cbor_in in = cbor_reader(*results);

	if (!read_result(&in, seq, verdict, marks))
		return false;
	*results = bytes_of(in.p, (size_t)(in.end - in.p));
	return true;
}

void receipt_put_result(struct outbuf *out, uint64_t seq, unsigned verdict,
                        unsigned marks)
{
	cbor_put_array(out, 3);
	cbor_put_uint(out, seq);
	cbor_put_uint(out, verdict);
	cbor_put_uint(out, marks);
}

static void put_payload(struct outbuf *out, const struct receipt *r)
{
	cbor_put_map(out, 6);
	map_put_bytes(out, KEY_KIOSK, r->kiosk, sizeof(r->kiosk));
	map_put_int(out, KEY_AT, r->at_ms);
	map_put_uint(out, KEY_HELD_SEQ, r->held_seq);
	map_put_bytes(out, KEY_HELD_HASH, r->held_hash, sizeof(r->held_hash));
	map_put_uint(out, KEY_HELD_COUNT, r->held_count);
	cbor_put_int(out, KEY_RESULTS);
	cbor_put_array(out, r->result_count);
	out_bytes(out, r->results);
}

void receipt_put(struct outbuf *out, const struct receipt *r,
                 const uint8_t sk[static 64], struct outbuf *scratch)
{
	struct outbuf payload = outbuf_in(scratch->p, scratch->cap);
	struct outbuf rest;

	put_payload(&payload, r);
	if (payload.failed) {
		out->failed = true;
		return;
	}
	rest = outbuf_in(scratch->p + payload.n, scratch->cap - payload.n);
	cose_put_sign1(out, TYP_RECEIPT, r->service_kid, out_view(&payload), sk,
	               &rest);
}
