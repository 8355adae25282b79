/* SPDX-License-Identifier: Apache-2.0 */
/* attemptact.c: what all acts on an attempt share. */
#include "attemptact.h"

#include "reply.h"
#include "store_setup.h"

bool attempt_act_read(const struct request *r, struct attempt_act *act,
		      struct problem *p)
{
	if (hex_decode(bytes_text(r->arg[0]), act->kid, sizeof(act->kid)) &&
	    hex_decode(bytes_text(r->arg[1]), act->id, sizeof(act->id)))
		return true;
	return problem_set(p, 404, NULL,
			   "an attempt is named by its kiosk (16 hexadecimal "
			   "digits) and its id (32)");
}

void attempt_act_submit(struct request *r, struct attempt_act *act,
			enum store_result (*call)(struct store *s,
						  struct ledger_job *job,
						  int64_t now_ms),
			void (*done)(struct request *r))
{
	act->job.kind = JOB_CALL;
	act->job.call = call;
	request_to_ledger(r, &act->job, done);
}

enum store_result attempt_act_find(struct store *s, struct attempt_act *act,
				   struct attempt *a)
{
	enum store_result result;
	int64_t kiosk;
	bool same;

	result = store_device_find(s, act->kid, &kiosk);
	if (result == STORE_OK)
		result = store_attempt_find(s, kiosk, act->id,
					    bytes_of(NULL, 0), a, &same);
	if (result == STORE_NONE)
		problem_set(&act->problem, 404, NULL,
			    "no attempt has that kiosk and id; oapctl "
			    "attempts list finds them");
	return result;
}

enum store_result attempt_act_trail(struct store *s, const struct request *r,
				    const struct attempt_act *act,
				    const char *action, const char *after,
				    int64_t now_ms)
{
	char object[2 * sizeof(act->kid) + 2 * sizeof(act->id) + 2];
	struct audit_row row = {.at_ms = now_ms,
				.actor = r->caller.actor,
				.action = action,
				.object = object,
				.after = after};

	hex_encode(act->kid, sizeof(act->kid), object);
	object[2 * sizeof(act->kid)] = '/';
	hex_encode(act->id, sizeof(act->id),
		   object + 2 * sizeof(act->kid) + 1);
	return store_audit_add(s, &row);
}

bool attempt_act_failed(struct request *r, const struct attempt_act *act)
{
	if (act->problem.status != 0)
		reply_problem(r, &act->problem);
	else if (act->job.failed)
		reply_unavailable(r);
	else
		return false;
	return true;
}
