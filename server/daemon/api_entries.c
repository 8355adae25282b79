/* SPDX-License-Identifier: Apache-2.0 */
/* api_entries.c: POST /v1/entries: a kiosk reports, and sends what it told. */
#include "answer.h"
#include "api.h"
#include "kioskcall.h"
#include "loop.h"
#include "reply.h"

#define RESULTS_TEXT_MAX (ITEMS_PER_UPLOAD_MAX * ANSWER_RESULT_MAX + 1024)

static void reply_results(struct request *r, const struct kioskcall *call)
{
	const struct ledger_job *job = &call->job;
	const char *device = device_state_name(job->kiosk.state);
	int64_t now_ms = r->service->now_ms(r->service->clock);
	uint8_t text[RESULTS_TEXT_MAX];
	struct jsontext j = jsontext_in(text, sizeof(text));

	jsontext_open_object(&j, NULL);
	answer_results(&j, "results", job->items, job->item_count);
	jsontext_text(&j, "device", bytes_text(device));
	jsontext_number(&j, "service_ms", now_ms);
	answer_held(&j, &job->held);
	answer_bundle(&j, r->service->box);
	jsontext_close_object(&j);
	if (j.out.failed)
		reply_unavailable(r);
	else
		reply_bytes(r, 200, TYPE_JSON, out_view(&j.out));
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
	reply_results(r, call);
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
	if (!kioskcall_sender(r, call, report->kid, &report->cose))
		return;
	if (report->epoch > snapshot_epoch(r->snapshot))
		atomic_store(&r->service->kiosk_ahead, true);
	check_slice(r);
}
