/* SPDX-License-Identifier: Apache-2.0 */
/* kioskcall.c: what the two calls of a kiosk have in common. */
#include "kioskcall.h"

#include <stdlib.h>
#include <string.h>

#include "reply.h"

static void free_call(void *work)
{
	struct kioskcall *call = work;

	upload_close(&call->upload);
	free(call);
}

struct kioskcall *kioskcall_open(struct request *r, enum job_kind kind,
				 size_t items_max)
{
	struct kioskcall *call;

	if (r->snapshot == NULL) {
		reply_unavailable(r);
		return NULL;
	}
	call = calloc(1, sizeof(*call));
	if (call == NULL) {
		reply_unavailable(r);
		return NULL;
	}
	r->work = call;
	r->free_work = free_call;
	call->job.kind = kind;
	call->job.snapshot = r->snapshot;
	if (!body_read(r->body, items_max, &call->head, &call->items,
		       &call->count)) {
		reply_refusal(r, 400, "malformed",
			      "the body must be the CBOR array [message, "
			      "[items]], deterministic, with at most %zu "
			      "items, each a byte string",
			      items_max);
		return NULL;
	}
	return call;
}

static void refuse_sender(struct request *r, const uint8_t kid[static 8],
			  const char *why)
{
	struct problem p = {.status = 0};
	char hex[17];

	hex_encode(kid, 8, hex);
	problem_set(&p, 403, "device-unknown", "kiosk %s: %s", hex, why);
	p.verdict = VERDICT_DEVICE_UNKNOWN;
	reply_problem(r, &p);
}

bool kioskcall_is_of(const struct snap_kiosk *kiosk, const struct cose *c)
{
	return cose_verify_mac(c, kiosk->mac) ||
	       (kiosk->has_mac_before &&
		cose_verify_mac(c, kiosk->mac_before));
}

bool kioskcall_sender(struct request *r, struct kioskcall *call,
		      const uint8_t kid[static 8], const struct cose *c)
{
	const struct snap_kiosk *kiosk = snapshot_kiosk(r->snapshot, kid);

	if (kiosk == NULL) {
		refuse_sender(r, kid, "not known to this service; enrol it");
		return false;
	}
	if (!kioskcall_is_of(kiosk, c)) {
		refuse_sender(r, kid,
			      "the message's MAC is not under its key");
		return false;
	}
	if (kiosk->state == DEVICE_PENDING) {
		refuse_sender(r, kid,
			      "an operator has yet to confirm it: oapctl "
			      "kiosk confirm");
		return false;
	}
	memcpy(call->job.kiosk.kid, kiosk->kid, sizeof(kiosk->kid));
	memcpy(call->job.kiosk.pk, kiosk->pk, sizeof(kiosk->pk));
	call->job.kiosk.state = kiosk->state;
	if (kiosk->facility != NULL)
		call->job.kiosk.facility = kiosk->facility->id;
	if (upload_open(&call->upload, call->items, call->count, kiosk))
		return true;
	reply_unavailable(r);
	return false;
}

struct admitting kioskcall_admitting(const struct request *r)
{
	return (struct admitting){r->snapshot, r->service->cache,
				  r->service->keys};
}

void kioskcall_submit(struct request *r, struct kioskcall *call,
		      void (*then)(struct request *r))
{
	call->job.items = call->upload.items;
	call->job.item_count = call->upload.count;
	request_to_ledger(r, &call->job, then);
}

void kioskcall_count_results(struct request *r)
{
	kioskcall_count(r, &((const struct kioskcall *)r->work)->job);
}

void kioskcall_count(struct request *r, const struct ledger_job *job)
{
	for (size_t i = 0; i < job->item_count; i++)
		r->service->traffic.results[job->items[i].result.result]++;
}
