/* SPDX-License-Identifier: Apache-2.0 */
/* Questions, reports, enrolments and receipts, as messages and as payloads
 * alone: what decodes is written to the same payload. */
#include <string.h>

#include "cbor.h"
#include "fuzz.h"
#include "key.h"
#include "talk.h"

#define ROOM 65536

/* What was written, opened again, carries the payload that was read. */
static void check_payload(const struct outbuf *out, enum typ typ,
                          const struct cose *read)
{
	struct cose_header header;
	struct cose c;

	check(!out->failed && cose_open(out_view(out), typ, &c, &header));
	check(bytes_equal(c.payload, read->payload));
}

static void check_question(struct bytes message, struct outbuf out)
{
	struct fuzz_key key = fuzz_key();
	struct question q;

	if (!question_read(message, &q))
		return;
	check(q.party >= 1 && q.scanned.n >= 1);
	question_put(&out, &q, key.pk);
	check_payload(&out, TYP_QUESTION, &q.cose);
}

static void check_report(struct bytes message, struct outbuf out)
{
	struct fuzz_key key = fuzz_key();
	struct report r;

	if (!report_read(message, &r))
		return;
	check(r.next_seq >= 1);
	check(!r.has_unsent || r.oldest_unsent < r.next_seq);
	report_put(&out, &r, key.pk);
	check_payload(&out, TYP_REPORT, &r.cose);
}

/* Signed by a key of ours, it is read again only when that is its own. */
static void check_enrolment(struct bytes message, struct outbuf out)
{
	struct fuzz_key key = fuzz_key();
	struct enrolment e, back;

	if (!enrolment_read(message, &e))
		return;
	enrolment_put(&out, &e, key.sk);
	check_payload(&out, TYP_ENROLMENT, &e.cose);
	check(enrolment_read(out_view(&out), &back) ==
	      (memcmp(e.pk, key.pk, sizeof(e.pk)) == 0));
}

static void check_receipt(struct bytes message, struct outbuf out)
{
	static uint8_t room[2 * ROOM], again[ROOM];
	struct outbuf scratch = outbuf_in(room, sizeof(room));
	struct outbuf results = outbuf_in(again, sizeof(again));
	struct fuzz_key key = fuzz_key();
	unsigned verdict, marks;
	struct receipt r;
	struct bytes left;
	size_t seen = 0;
	uint64_t seq;

	if (!receipt_read(message, &r))
		return;
	for (left = r.results; receipt_next(&left, &seq, &verdict, &marks);
	     seen++)
		receipt_put_result(&results, seq, verdict, marks);
	check(seen == r.result_count && left.n == 0);
	check_written(&results, r.results);
	receipt_put(&out, &r, key.sk, &scratch);
	check_payload(&out, TYP_RECEIPT, &r.cose);
}

static void check_message(struct bytes message, struct outbuf out)
{
	check_question(message, out);
	check_report(message, out);
	check_enrolment(message, out);
	check_receipt(message, out);
}

/* The input as the payload of each typ, sealed by a key of ours: an enrolment
 * is read only when it is signed, and no change of one would be. */
static void check_as_payload(struct bytes payload, struct outbuf out)
{
	static uint8_t buf[2 * ROOM], room[2 * ROOM];
	static const enum typ MACED[] = {TYP_QUESTION, TYP_REPORT};
	static const enum typ SIGNED[] = {TYP_ENROLMENT, TYP_RECEIPT};
	struct fuzz_key key = fuzz_key();
	uint8_t kid[KEY_KID];

	if (cbor_check(payload, NULL) != CBOR_OK)
		return; /* no message of ours, whoever signs it */
	key_kid(key.pk, kid);
	for (int i = 0; i < 2; i++) {
		struct outbuf message = outbuf_in(buf, sizeof(buf));
		struct outbuf scratch = outbuf_in(room, sizeof(room));

		cose_put_mac0(&message, MACED[i], kid, payload, key.pk);
		check(!message.failed);
		check_message(out_view(&message), out);
		message = outbuf_in(buf, sizeof(buf));
		cose_put_sign1(&message, SIGNED[i], kid, payload, key.sk,
			       &scratch);
		check(!message.failed);
		check_message(out_view(&message), out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[2 * ROOM];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct bytes input = bytes_of(data, size < ROOM / 2 ? size : ROOM / 2);

	check_message(input, out);
	check_as_payload(input, out);
	return 0;
}
