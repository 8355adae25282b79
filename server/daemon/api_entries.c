/* SPDX-License-Identifier: Apache-2.0 */
/* api_entries.c: POST /v1/entries: a kiosk reports, and sends what it told. */
#include "api.h"
#include "kioskcall.h"
#include "loop.h"
#include "reply.h"
#include "result_json.h"

static json_t *results_json(struct request *r, const struct kioskcall *call)
{
	const struct ledger_job *job = &call->job;
	json_t *o = json_object();
	int64_t now_ms = r->service->now_ms(r->service->clock);

	if (json_object_set_new_nocheck(
		o, "results", json_of_results(job->items, job->item_count)) ==
		0 &&
	    json_object_set_new_nocheck(
		o, "device",
		json_string(device_state_name(call->kiosk->state))) == 0 &&
	    json_object_set_new_nocheck(o, "service_ms",
					json_integer(now_ms)) == 0 &&
	    json_object_set_new_nocheck(o, "held", json_of_held(&job->held)) ==
		0 &&
	    kioskcall_put_bundle(r, o))
		return o;
	json_decref(o);
	return NULL;
}

static void recorded(struct request *r)
{
	const struct kioskcall *call = r->work;
	struct traffic *t = &r->service->traffic;

	t->upload_ns += request_age_ns(r);
	t->uploads++;
	if (call->job.failed) {
		reply_unavailable(r);
		return;
	}
	kioskcall_count_results(r);
	reply_json(r, 200, results_json(r, call));
}

/* A slice of the items; then others have their turn. */
static void check_slice(struct request *r)
{
	struct admitting by = kioskcall_admitting(r);
	struct kioskcall *call = r->work;

	r->then = check_slice;
	if (upload_check(&call->upload, UPLOAD_SLICE, &by))
		kioskcall_submit(r, call, recorded);
	else
		loop_yield(r->loop, r);
}

void api_entries(struct request *r)
{
	struct kioskcall *call =
	    kioskcall_open(r, JOB_ENTRIES, ITEMS_PER_UPLOAD_MAX);
	struct report *report;

	if (call == NULL)
		return;
	report = &call->job.report;
	if (!report_read(call->head, report)) {
		reply_refusal(r, 400, "malformed",
			      "the body's first part is no kiosk report (typ "
			      "65009) as messages.cddl has it");
		return;
	}
	call->job.has_report = true;
	if (kioskcall_sender(r, call, report->kid, &report->cose))
		check_slice(r);
}
