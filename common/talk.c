/* SPDX-License-Identifier: Apache-2.0 */
/* talk.c: questions, kiosk reports and enrolments. Receipts are in
 * receipt.c. */
#include "talk.h"

#include <string.h>

#include "cbor.h"
#include "key.h"
#include "kioskfield.h"

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

static bool read_scanned(struct cbor_in *in, struct question *out)
{
	return map_key(in, KEY_SCANNED) && cbor_bytes(in, &out->scanned) &&
	       out->scanned.n >= 1 && out->scanned.n <= SCANNED_MAX;
}

static bool read_left(struct cbor_in *in, struct question *out)
{
	uint64_t left;

	if (!map_uint(in, KEY_LEFT, LEFT_MS_MAX, &left))
		return false;
	out->left_ms = (uint32_t)left;
	return true;
}

bool question_read(struct bytes message, struct question *out)
{
	struct cbor_in in;

	memset(out, 0, sizeof(*out));
	return open_message(message, QUESTION_MAX, TYP_QUESTION, &out->cose,
			    out->kid, &in) &&
	       map_bytes(&in, KEY_ID, out->id, sizeof(out->id)) &&
	       kiosk_read_at(&in, &out->at_ms) &&
	       kiosk_read_epoch(&in, &out->epoch) &&
	       map_name_id(&in, KEY_BENEFIT, &out->benefit) &&
	       kiosk_read_party(&in, &out->party) &&
	       kiosk_read_amount(&in, KEY_LIST, &out->has_list, &out->list) &&
	       read_scanned(&in, out) &&
	       kiosk_read_offset(&in, &out->offset_ms) &&
	       map_name_id(&in, KEY_FACILITY, &out->facility) &&
	       read_left(&in, out) && cbor_at_end(&in);
}

static bool read_unsent(struct cbor_in *in, struct report *out)
{
	out->has_unsent = map_key(in, KEY_OLDEST_UNSENT);
	return !out->has_unsent || (cbor_uint(in, &out->oldest_unsent) &&
				    out->oldest_unsent > 0 &&
				    out->oldest_unsent < out->next_seq);
}

bool report_read(struct bytes message, struct report *out)
{
	struct cbor_in in;

	memset(out, 0, sizeof(*out));
	return open_message(message, REPORT_MAX, TYP_REPORT, &out->cose,
			    out->kid, &in) &&
	       kiosk_read_seq(&in, &out->next_seq) &&
	       kiosk_read_at(&in, &out->at_ms) &&
	       kiosk_read_epoch(&in, &out->epoch) &&
	       kiosk_read_offset(&in, &out->offset_ms) &&
	       read_unsent(&in, out) &&
	       map_uint(&in, KEY_QUEUE_DEPTH, UINT64_MAX,
			&out->queue_depth) &&
	       map_text(&in, KEY_VERSION, VERSION_MAX, &out->version) &&
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

static bool read_old(struct cbor_in *in, struct enrolment *out)
{
	return !out->roll ||
	       map_bytes(in, ENROL_OLD, out->old_kid, sizeof(out->old_kid));
}

bool enrolment_read(struct bytes message, struct enrolment *out)
{
	struct cbor_in in;

	memset(out, 0, sizeof(*out));
	return open_message(message, ENROLMENT_MAX, TYP_ENROLMENT, &out->cose,
			    out->kid, &in) &&
	       map_bytes(&in, ENROL_PK, out->pk, sizeof(out->pk)) &&
	       read_proof(&in, out) &&
	       map_seconds(&in, ENROL_MADE_AT, &out->made_at) &&
	       map_bytes(&in, ENROL_SERVICE, out->service_kid,
			 sizeof(out->service_kid)) &&
	       map_text(&in, ENROL_VERSION, VERSION_MAX, &out->version) &&
	       read_old(&in, out) && cbor_at_end(&in) && is_own_key(out);
}

void question_put(struct outbuf *out, const struct question *q,
                  const uint8_t mac[static 32])
{
	uint8_t buf[QUESTION_MAX];
	struct outbuf payload = outbuf_in(buf, sizeof(buf));

	cbor_put_map(&payload, 9u + q->has_list);
	map_put_bytes(&payload, KEY_ID, q->id, sizeof(q->id));
	map_put_int(&payload, KEY_AT, q->at_ms);
	map_put_uint(&payload, KEY_EPOCH, q->epoch);
	map_put_text(&payload, KEY_BENEFIT, q->benefit);
	map_put_uint(&payload, KEY_PARTY, q->party);
	if (q->has_list)
		map_put_int(&payload, KEY_LIST, q->list);
	map_put_bytes(&payload, KEY_SCANNED, q->scanned.p, q->scanned.n);
	map_put_int(&payload, KEY_OFFSET, q->offset_ms);
	map_put_text(&payload, KEY_FACILITY, q->facility);
	map_put_uint(&payload, KEY_LEFT, q->left_ms);
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
	map_put_uint(&payload, KEY_SEQ, r->next_seq);
	map_put_int(&payload, KEY_AT, r->at_ms);
	map_put_uint(&payload, KEY_EPOCH, r->epoch);
	map_put_int(&payload, KEY_OFFSET, r->offset_ms);
	if (r->has_unsent)
		map_put_uint(&payload, KEY_OLDEST_UNSENT, r->oldest_unsent);
	map_put_uint(&payload, KEY_QUEUE_DEPTH, r->queue_depth);
	map_put_text(&payload, KEY_VERSION, r->version);
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
	map_put_bytes(&payload, ENROL_PK, e->pk, sizeof(e->pk));
	if (e->roll)
		map_put_bytes(&payload, ENROL_PROOF, e->signature,
			      sizeof(e->signature));
	else
		map_put_bytes(&payload, ENROL_PROOF, e->secret,
			      sizeof(e->secret));
	map_put_uint(&payload, ENROL_MADE_AT, e->made_at);
	map_put_bytes(&payload, ENROL_SERVICE, e->service_kid,
		      sizeof(e->service_kid));
	map_put_text(&payload, ENROL_VERSION, e->version);
	if (e->roll)
		map_put_bytes(&payload, ENROL_OLD, e->old_kid,
			      sizeof(e->old_kid));
	if (payload.failed)
		out->failed = true;
	else
		cose_put_sign1(out, TYP_ENROLMENT, e->kid, out_view(&payload),
		               sk, NULL);
}
