/* SPDX-License-Identifier: Apache-2.0 */
/* api_import.c: POST /v1/import: a kiosk's journal that came as a file. Each of
 * its parts is what POST /v1/entries takes, and goes the same way; the answer
 * is a receipt, which is its own proof, so that it can go back as a file. */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "cbor.h"
#include "kioskcall.h"
#include "loop.h"
#include "reply.h"

#define IMPORT_ITEMS_MAX (IMPORT_PARTS_MAX * ITEMS_PER_UPLOAD_MAX)
#define RESULT_MAX 18 /* [seq, verdict, marks] at their longest */

struct importing {
	struct kioskcall call; /* the part that is at work */
	struct bytes parts[IMPORT_PARTS_MAX];
	size_t count, at;
	uint8_t kid[8]; /* whose it is */
	size_t result_count;
	struct outbuf results;
	uint8_t results_room[IMPORT_ITEMS_MAX * RESULT_MAX];
};

static void free_importing(void *work)
{
	struct importing *in = work;

	upload_close(&in->call.upload);
	free(in);
}

/* -------------------------------------------------------------- receipt */

static void put_receipt(const struct request *r, const struct importing *in,
			struct outbuf *out, struct outbuf *scratch)
{
	const struct service_keys *keys = r->service->keys;
	const struct held *held = &in->call.job.held;
	struct receipt receipt = {
	    .at_ms = r->service->now_ms(r->service->clock),
	    .held_seq = held->seq,
	    .held_count = held->count,
	    .results = out_view(&in->results),
	    .result_count = in->result_count,
	};

	memcpy(receipt.service_kid, keys->kid, sizeof(receipt.service_kid));
	memcpy(receipt.kiosk, in->kid, sizeof(receipt.kiosk));
	memcpy(receipt.held_hash, held->hash, sizeof(receipt.held_hash));
	receipt_put(out, &receipt, keys->sk, scratch);
}

static void reply_receipt(struct request *r, const struct importing *in)
{
	size_t most = in->results.n + 256;
	uint8_t *room = malloc(3 * most);
	struct outbuf out, scratch;

	if (room == NULL || in->results.failed) {
		free(room);
		reply_unavailable(r);
		return;
	}
	out = outbuf_in(room, most);
	scratch = outbuf_in(room + most, 2 * most);
	put_receipt(r, in, &out, &scratch);
	if (out.failed)
		reply_unavailable(r);
	else
		reply_bytes(r, 200, TYPE_COSE, out_view(&out));
	free(room);
}

/* --------------------------------------------------------- part by part */

static void start_part(struct request *r);

static void take_results(struct importing *in)
{
	const struct ledger_job *job = &in->call.job;

	for (size_t i = 0; i < job->item_count; i++) {
		const struct item_result *result = &job->items[i].result;

		receipt_put_result(&in->results, result->seq, result->result,
				   result->marks);
		in->result_count++;
	}
}

static void recorded(struct request *r)
{
	struct importing *in = r->work;

	if (in->call.job.failed) {
		reply_unavailable(r);
		return;
	}
	kioskcall_count(r, &in->call.job);
	take_results(in);
	upload_close(&in->call.upload);
	if (++in->at < in->count)
		start_part(r);
	else
		reply_receipt(r, in);
}

/* As api_entries.c has it: a slice, and then others have their turn. */
static void check_slice(struct request *r)
{
	struct admitting by = kioskcall_admitting(r);
	struct importing *in = r->work;

	r->then = check_slice;
	if (upload_check(&in->call.upload, UPLOAD_SLICE, &by))
		kioskcall_submit(r, &in->call, recorded);
	else
		loop_yield(r->loop, r);
}

/* The shape has been looked at; whose MAC it is has not. */
static void start_part(struct request *r)
{
	struct importing *in = r->work;
	struct kioskcall *call = &in->call;
	struct report *report = &call->job.report;

	memset(call, 0, sizeof(*call));
	call->job.kind = JOB_ENTRIES;
	call->job.snapshot = r->snapshot;
	call->job.has_report = call->job.carried = true;
	if (!body_read(in->parts[in->at], ITEMS_PER_UPLOAD_MAX, &call->head,
		       &call->items, &call->count) ||
	    !report_read(call->head, report))
		reply_unavailable(r);
	else if (kioskcall_sender(r, call, report->kid, &report->cose))
		check_slice(r);
}

/* ---------------------------------------------------------------- shape */

static bool refuse(struct problem *p, const char *what)
{
	return problem_set(p, 400, "malformed",
			   "%s; the body must be what oap-kiosk export wrote "
			   "(messages.cddl, journal-file), of at most %d parts",
			   what, IMPORT_PARTS_MAX);
}

/* A part, and that its report could be of the same kiosk as the first. */
static bool take_part(const struct request *r, struct importing *in,
		      struct bytes part, struct problem *p)
{
	const struct snap_kiosk *kiosk;
	struct bytes head, items;
	struct report report;
	size_t count;

	if (!body_read(part, ITEMS_PER_UPLOAD_MAX, &head, &items, &count) ||
	    !report_read(head, &report))
		return refuse(p, "a part is no upload of a kiosk");
	if (in->count == 0)
		memcpy(in->kid, report.kid, sizeof(in->kid));
	if (memcmp(in->kid, report.kid, sizeof(in->kid)) != 0)
		return refuse(p, "it is of two kiosks");
	/* Nothing of a file is taken that is forged further down; of the first
	 * part, and of who is not known, it is told in its turn. */
	kiosk = snapshot_kiosk(r->snapshot, report.kid);
	if (in->count > 0 && kiosk != NULL &&
	    !kioskcall_is_of(kiosk, &report.cose))
		return refuse(p, "a part's MAC is not under the kiosk's key");
	in->parts[in->count++] = part;
	return true;
}

static bool take_parts(const struct request *r, struct importing *in,
		       struct problem *p)
{
	struct cbor_in reader = cbor_reader(r->body);
	struct bytes part;
	size_t count;

	if (cbor_check(r->body, NULL) != CBOR_OK ||
	    !cbor_array(&reader, &count) || count == 0 ||
	    count > IMPORT_PARTS_MAX)
		return refuse(p, "it is no journal file, or too long a one");
	while (!cbor_at_end(&reader)) {
		if (!cbor_bytes(&reader, &part))
			return refuse(p, "it is no journal file");
		if (!take_part(r, in, part, p))
			return false;
	}
	return true;
}

void api_import(struct request *r)
{
	struct problem p = {.status = 0};
	struct importing *in = calloc(1, sizeof(*in));

	if (in == NULL || r->snapshot == NULL) {
		free(in);
		reply_unavailable(r);
		return;
	}
	in->results = outbuf_in(in->results_room, sizeof(in->results_room));
	r->work = in;
	r->free_work = free_importing;
	if (take_parts(r, in, &p))
		start_part(r);
	else
		reply_problem(r, &p);
}
