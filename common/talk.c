/* SPDX-License-Identifier: Apache-2.0 */
/* talk.c: questions, kiosk reports and enrolments. Receipts are in
 * receipt.c. */
#include "talk.h"

#include <string.h>

#include "cbor.h"
#include "key.h"
#include "mapkey.h"

/* Keys of questions and reports, numbered as in entries. */
#define KEY_ID 1
#define KEY_NEXT_SEQ 2
#define KEY_AT 4
#define KEY_EPOCH 5
#define KEY_BENEFIT 6
#define KEY_PARTY 7
#define KEY_LIST 8
#define KEY_SCANNED 11
#define KEY_OFFSET 12
#define KEY_FACILITY 13
#define KEY_LEFT 14
#define KEY_OLDEST_UNSENT 16
#define KEY_QUEUE_DEPTH 17
#define KEY_VERSION 18

/* Keys of enrolments. */
#define ENROL_PK 1
#define ENROL_PROOF 2
#define ENROL_MADE_AT 3
#define ENROL_SERVICE 4
#define ENROL_VERSION 5
#define ENROL_OLD 6

static bool open_message(struct bytes message, size_t max, enum typ typ,
                         struct cose *cose, uint8_t kid[static 8],
                         struct cbor_in *in)
{
	struct cose_header header;
	size_t pairs;

	if (message.n > max || !cose_open(message, typ, cose, &header))
		return false;
	memcpy(kid, header.kid, KEY_KID);
	*in = cbor_reader(cose->payload);
	return cbor_map(in, &pairs);
}

static bool read_at(struct cbor_in *in, int64_t *at_ms)
{
	return map_key(in, KEY_AT) && cbor_int_range(in, 0, TIME_MS_MAX, at_ms);
}

static bool read_epoch(struct cbor_in *in, uint64_t *epoch)
{
	return map_key(in, KEY_EPOCH) && cbor_uint(in, epoch);
}

static bool read_offset(struct cbor_in *in, int64_t *offset_ms)
{
	return map_key(in, KEY_OFFSET) &&
	       cbor_int_range(in, -CLOCK_OFFSET_MS_MAX, CLOCK_OFFSET_MS_MAX,
	                      offset_ms);
}

static bool read_visit(struct cbor_in *in, struct question *out)
{
	uint64_t party;

	if (!map_key(in, KEY_BENEFIT) || !cbor_name_id(in, &out->benefit) ||
	    !map_key(in, KEY_PARTY) || !cbor_uint_max(in, PARTY_MAX, &party) ||
	    party == 0)
		return false;
	out->party = (uint32_t)party;
	out->has_list = map_key(in, KEY_LIST);
	return !out->has_list || cbor_int_range(in, 0, AMOUNT_MAX, &out->list);
}

static bool read_scanned(struct cbor_in *in, struct question *out)
{
	return map_key(in, KEY_SCANNED) && cbor_bytes(in, &out->scanned) &&
	       out->scanned.n >= 1 && out->scanned.n <= SCANNED_MAX;
}

bool question_read(struct bytes message, struct question *out)
{
	struct cbor_in in;
	uint64_t left;

	memset(out, 0, sizeof(*out));
	if (!open_message(message, QUESTION_MAX, TYP_QUESTION, &out->cose,
	                  out->kid, &in) ||
	    !map_key(&in, KEY_ID) ||
	    !cbor_bytes_exact(&in, out->id, sizeof(out->id)) ||
	    !read_at(&in, &out->at_ms) || !read_epoch(&in, &out->epoch) ||
	    !read_visit(&in, out) || !read_scanned(&in, out) ||
	    !read_offset(&in, &out->offset_ms) || !map_key(&in, KEY_FACILITY) ||
	    !cbor_name_id(&in, &out->facility) || !map_key(&in, KEY_LEFT) ||
	    !cbor_uint_max(&in, LEFT_MS_MAX, &left))
		return false;
	out->left_ms = (uint32_t)left;
	return cbor_at_end(&in);
}

bool report_read(struct bytes message, struct report *out)
{
	struct cbor_in in;

	memset(out, 0, sizeof(*out));
	if (!open_message(message, REPORT_MAX, TYP_REPORT, &out->cose, out->kid,
	                  &in) ||
	    !map_key(&in, KEY_NEXT_SEQ) || !cbor_uint(&in, &out->next_seq) ||
	    out->next_seq == 0 || !read_at(&in, &out->at_ms) ||
	    !read_epoch(&in, &out->epoch) || !read_offset(&in, &out->offset_ms))
		return false;
	out->has_unsent = map_key(&in, KEY_OLDEST_UNSENT);
	if (out->has_unsent && !cbor_uint(&in, &out->oldest_unsent))
		return false;
	return map_key(&in, KEY_QUEUE_DEPTH) &&
	       cbor_uint(&in, &out->queue_depth) && map_key(&in, KEY_VERSION) &&
	       cbor_text_sized(&in, 1, VERSION_MAX, &out->version) &&
	       cbor_at_end(&in);
}

/* A code's secret, or the old key's signature. */
static bool read_proof(struct cbor_in *in, struct enrolment *out)
{
	if (!map_key(in, ENROL_PROOF))
		return false;
	out->roll = !cbor_bytes_exact(in, out->secret, sizeof(out->secret));
	return !out->roll ||
	       cbor_bytes_exact(in, out->signature, sizeof(out->signature));
}

/* Its own key must have signed it, and be the one that its kid names. */
static bool is_own_key(const struct enrolment *e)
{
	uint8_t kid[KEY_KID];

	key_kid(e->pk, kid);
	return memcmp(kid, e->kid, sizeof(kid)) == 0 &&
	       cose_verify(&e->cose, e->pk, NULL);
}

bool enrolment_read(struct bytes message, struct enrolment *out)
{
	struct cbor_in in;

	memset(out, 0, sizeof(*out));
	if (!open_message(message, ENROLMENT_MAX, TYP_ENROLMENT, &out->cose,
	                  out->kid, &in) ||
	    !map_key(&in, ENROL_PK) ||
	    !cbor_bytes_exact(&in, out->pk, sizeof(out->pk)) ||
	    !read_proof(&in, out) || !map_key(&in, ENROL_MADE_AT) ||
	    !cbor_uint_max(&in, TIME_S_MAX, &out->made_at) ||
	    !map_key(&in, ENROL_SERVICE) ||
	    !cbor_bytes_exact(&in, out->service_kid,
	                      sizeof(out->service_kid)) ||
	    !map_key(&in, ENROL_VERSION) ||
	    !cbor_text_sized(&in, 1, VERSION_MAX, &out->version))
		return false;
	if (out->roll &&
	    (!map_key(&in, ENROL_OLD) ||
	     !cbor_bytes_exact(&in, out->old_kid, sizeof(out->old_kid))))
		return false;
	return cbor_at_end(&in) && is_own_key(out);
}

static void put_int(struct outbuf *out, int64_t key, int64_t v)
{
	cbor_put_int(out, key);
	cbor_put_int(out, v);
}

static void put_uint(struct outbuf *out, int64_t key, uint64_t v)
{
	cbor_put_int(out, key);
	cbor_put_uint(out, v);
}

static void put_text(struct outbuf *out, int64_t key, struct bytes v)
{
	cbor_put_int(out, key);
	cbor_put_text(out, v);
}

static void put_bytes(struct outbuf *out, int64_t key, const uint8_t *p,
                      size_t n)
{
	cbor_put_int(out, key);
	cbor_put_bytes(out, bytes_of(p, n));
}

void question_put(struct outbuf *out, const struct question *q,
                  const uint8_t mac[static 32])
{
	uint8_t buf[QUESTION_MAX];
	struct outbuf payload = outbuf_in(buf, sizeof(buf));

	cbor_put_map(&payload, 9u + q->has_list);
	put_bytes(&payload, KEY_ID, q->id, sizeof(q->id));
	put_int(&payload, KEY_AT, q->at_ms);
	put_uint(&payload, KEY_EPOCH, q->epoch);
	put_text(&payload, KEY_BENEFIT, q->benefit);
	put_uint(&payload, KEY_PARTY, q->party);
	if (q->has_list)
		put_int(&payload, KEY_LIST, q->list);
	put_bytes(&payload, KEY_SCANNED, q->scanned.p, q->scanned.n);
	put_int(&payload, KEY_OFFSET, q->offset_ms);
	put_text(&payload, KEY_FACILITY, q->facility);
	put_uint(&payload, KEY_LEFT, q->left_ms);
	if (payload.failed)
		out->failed = true;
	else
		cose_put_mac0(out, TYP_QUESTION, q->kid, out_view(&payload),
		              mac);
}

void report_put(struct outbuf *out, const struct report *r,
                const uint8_t mac[static 32])
{
	uint8_t buf[REPORT_MAX];
	struct outbuf payload = outbuf_in(buf, sizeof(buf));

	cbor_put_map(&payload, 6u + r->has_unsent);
	put_uint(&payload, KEY_NEXT_SEQ, r->next_seq);
	put_int(&payload, KEY_AT, r->at_ms);
	put_uint(&payload, KEY_EPOCH, r->epoch);
	put_int(&payload, KEY_OFFSET, r->offset_ms);
	if (r->has_unsent)
		put_uint(&payload, KEY_OLDEST_UNSENT, r->oldest_unsent);
	put_uint(&payload, KEY_QUEUE_DEPTH, r->queue_depth);
	put_text(&payload, KEY_VERSION, r->version);
	if (payload.failed)
		out->failed = true;
	else
		cose_put_mac0(out, TYP_REPORT, r->kid, out_view(&payload), mac);
}

void enrolment_put(struct outbuf *out, const struct enrolment *e,
                   const uint8_t sk[static 64])
{
	uint8_t buf[ENROLMENT_MAX];
	struct outbuf payload = outbuf_in(buf, sizeof(buf));

	cbor_put_map(&payload, 5u + e->roll);
	put_bytes(&payload, ENROL_PK, e->pk, sizeof(e->pk));
	if (e->roll)
		put_bytes(&payload, ENROL_PROOF, e->signature,
		          sizeof(e->signature));
	else
		put_bytes(&payload, ENROL_PROOF, e->secret, sizeof(e->secret));
	put_uint(&payload, ENROL_MADE_AT, e->made_at);
	put_bytes(&payload, ENROL_SERVICE, e->service_kid,
	          sizeof(e->service_kid));
	put_text(&payload, ENROL_VERSION, e->version);
	if (e->roll)
		put_bytes(&payload, ENROL_OLD, e->old_kid, sizeof(e->old_kid));
	if (payload.failed)
		out->failed = true;
	else
		cose_put_sign1(out, TYP_ENROLMENT, e->kid, out_view(&payload),
		               sk, NULL);
}
