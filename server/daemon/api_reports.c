/* SPDX-License-Identifier: Apache-2.0 */
/* api_reports.c: GET /v1/reports/{name}. */
#include <stdlib.h>

#include "api.h"
#include "reply.h"
#include "report.h"

struct reporting {
	struct report_job job;
	struct report_request *request;
	struct report_output out;
};

static void free_reporting(void *work)
{
	struct reporting *reporting = work;

	report_request_free(reporting->request);
	free(reporting->out.body);
	free(reporting);
}

/* Report thread. */
static enum store_result run_report(struct store *reader,
				    struct report_job *job)
{
	const struct request *r = job->owner;
	struct reporting *reporting = r->work;

	return report_run(reader, reporting->request, &reporting->out);
}

static void reported(struct request *r)
{
	const struct reporting *reporting = r->work;

	if (reporting->job.failed)
		reply_unavailable(r);
	else
		reply_bytes(r, 200, reporting->out.content_type,
			    bytes_of(reporting->out.body, reporting->out.n));
}

void api_report(struct request *r)
{
	struct problem p = {.status = 0};
	struct report_request *request =
	    report_request_read(r->arg[0], request_params(r), &p);
	struct reporting *reporting;

	if (request == NULL) {
		reply_problem(r, &p);
		return;
	}
	reporting = calloc(1, sizeof(*reporting));
	if (reporting == NULL) {
		report_request_free(request);
		reply_unavailable(r);
		return;
	}
	reporting->request = request;
	reporting->job.call = run_report;
	r->work = reporting;
	r->free_work = free_reporting;
	request_to_reader(r, &reporting->job, reported);
}
