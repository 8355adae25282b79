/* SPDX-License-Identifier: Apache-2.0 */
/* viewcall.c: a request that reads. */
#include "viewcall.h"

#include <stdlib.h>

#include "reply.h"

struct reading {
	struct viewcall view;
	enum store_result (*call)(struct store *reader, struct viewcall *view);
};

static void free_view(void *work)
{
	struct reading *reading = work;

	json_decref(reading->view.json);
	if (reading->view.free_query != NULL)
		reading->view.free_query(reading->view.query);
	free(reading);
}

/* Report thread. */
static enum store_result run_view(struct store *reader, struct report_job *job)
{
	const struct request *r = job->owner;
	struct reading *reading = r->work;

	return reading->call(reader, &reading->view);
}

static void viewed(struct request *r)
{
	struct viewcall *view = r->work;

	if (view->job.failed)
		reply_unavailable(r);
	else if (view->problem.status != 0)
		reply_problem(r, &view->problem);
	else
		reply_json(r, 200, json_incref(view->json));
}

void viewcall_submit(struct request *r, void *query,
		     void (*free_query)(void *query),
		     enum store_result (*call)(struct store *reader,
					       struct viewcall *view))
{
	struct reading *reading = calloc(1, sizeof(*reading));

	if (reading == NULL) {
		if (free_query != NULL)
			free_query(query);
		reply_unavailable(r);
		return;
	}
	reading->view.r = r;
	reading->view.query = query;
	reading->view.free_query = free_query;
	reading->view.job.call = run_view;
	reading->call = call;
	r->work = reading;
	r->free_work = free_view;
	request_to_reader(r, &reading->view.job, viewed);
}
