/* SPDX-License-Identifier: Apache-2.0 */
/* setupcall.c: a change of what is set up, and who made it. */
#include "setupcall.h"

#include <stdlib.h>

#include "reply.h"

struct setupcall {
	struct ledger_job job;
	struct setup_change *change;
};

static void free_call(void *work)
{
	struct setupcall *call = work;

	setup_free(call->change);
	free(call);
}

/* Ledger thread. */
static enum store_result run_change(struct store *s, struct ledger_job *job,
				    int64_t now_ms)
{
	const struct request *r = job->owner;
	struct setupcall *call = r->work;
	enum store_result result =
	    setup_run(call->change, s, &r->service->env, r->caller.actor,
		      now_ms);

	job->remake_snapshot =
	    result == STORE_OK && setup_changed(call->change);
	return result;
}

void setupcall_submit(struct request *r, struct setup_change *change,
		      void (*then)(struct request *r))
{
	struct setupcall *call = calloc(1, sizeof(*call));

	if (call == NULL) {
		setup_free(change);
		reply_unavailable(r);
		return;
	}
	call->change = change;
	call->job.kind = JOB_CALL;
	call->job.call = run_change;
	r->work = call;
	r->free_work = free_call;
	request_to_ledger(r, &call->job, then);
}

json_t *setupcall_reply(struct request *r)
{
	const struct setupcall *call = r->work;
	const struct problem *p = setup_problem(call->change);

	if (call->job.failed)
		reply_unavailable(r);
	else if (call->job.refusal[0] != '\0')
		reply_refusal(r, 409, "bundle-too-large",
			      "nothing was changed: the bundle for kiosks would "
			      "have %s",
			      call->job.refusal);
	else if (p != NULL)
		reply_problem(r, p);
	else
		return json_incref(setup_reply(call->change));
	return NULL;
}

int setupcall_status(const struct request *r)
{
	const struct setupcall *call = r->work;

	return setup_status(call->change);
}
