/* SPDX-License-Identifier: Apache-2.0 */
/* Questions, reports, enrolments and receipts: what decodes is written to the
 * same payload. */
#include <string.h>

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
	report_put(&out, &r, key.pk);
	check_payload(&out, TYP_REPORT, &r.cose);
}

static void check_enrolment(struct bytes message, struct outbuf out)
{
	struct fuzz_key key = fuzz_key();
	struct enrolment e;

	if (!enrolment_read(message, &e))
		return;
	enrolment_put(&out, &e, key.sk);
	check_payload(&out, TYP_ENROLMENT, &e.cose);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[ROOM];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct bytes input = bytes_of(data, size < ROOM / 2 ? size : ROOM / 2);

	check_question(input, out);
	check_report(input, out);
	check_enrolment(input, out);
	check_receipt(input, out);
	return 0;
}
