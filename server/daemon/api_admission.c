/* SPDX-License-Identifier: Apache-2.0 */
/* api_admission.c: POST /v1/attempts/{kid}/{id}/admission and …/rejection: an
 * operator decides about a disputed accept. Admitted, it counts like any
 * other; rejected, it stays in no total. Either may be changed into the other
 * later. */
#include <stdlib.h>

#include "api.h"
#include "attemptact.h"
#include "reply.h"
#include "settle.h"
#include "taker.h"

struct admitting_act {
	struct attempt_act act;
	enum admission to;
	json_t *trail; /* what the trail keeps: {"note": …} */
	bool counts;
};

static void free_admission(void *work)
{
	struct admitting_act *a = work;

	json_decref(a->trail);
	free(a);
}

static enum store_result refuse(struct admitting_act *act)
{
	problem_set(&act->act.problem, 409, "not-disputed",
		    "that attempt is not disputed: there is nothing to "
		    "decide; oapctl disputed lists those that are");
	return STORE_NONE;
}

static enum store_result decide_it(struct store *s, struct admitting_act *act,
				   int64_t now_ms, bool *changed)
{
	struct attempt a, before;
	enum store_result r = attempt_act_find(s, &act->act, &a);

	*changed = false;
	if (r != STORE_OK)
		return r;
	if (!verdict_is(a.facts.told, CLASS_ACCEPT) ||
	    a.facts.judgement != JUDGEMENT_DISPUTED)
		return refuse(act);
	before = a;
	*changed = a.facts.admission != act->to;
	a.facts.admission = act->to;
	if (act->to == ADMISSION_ADMITTED)
		a.marks &= ~(unsigned)MARK_DISPUTED;
	else
		a.marks |= MARK_DISPUTED;
	if (*changed)
		r = settle(s, &before, &a, NULL, now_ms);
	act->counts = attempt_counts(&a.facts);
	return r;
}

static const char *action_of(enum admission to)
{
	return to == ADMISSION_ADMITTED ? "attempt.admission"
					: "attempt.rejection";
}

/* Ledger thread. */
static enum store_result run_admission(struct store *s, struct ledger_job *job,
				       int64_t now_ms)
{
	const struct request *r = job->owner;
	struct admitting_act *act = r->work;
	enum store_result result;
	bool changed;
	char *after;

	result = decide_it(s, act, now_ms, &changed);
	if (result != STORE_OK || !changed)
		return result;
	after = json_dumps(act->trail, JSON_COMPACT);
	if (after == NULL)
		return STORE_FAILED;
	result = attempt_act_trail(s, r, &act->act, action_of(act->to), after,
				   now_ms);
	free(after);
	return result;
}

static void decided(struct request *r)
{
	const struct admitting_act *act = r->work;

	if (!attempt_act_failed(r, &act->act))
		reply_json(r, 200,
			   json_pack("{s:s, s:b}", "admission",
				     admission_name(act->to), "counts",
				     act->counts));
}

static bool read_request(struct request *r, struct admitting_act *act,
			 struct problem *p)
{
	static const char *const FIELDS[] = {"note", NULL};
	struct bytes note = {NULL, 0};
	struct taker t;

	if (!attempt_act_read(r, &act->act, p) || !taker_open(&t, r->json, p) ||
	    !take_known(&t, FIELDS) ||
	    !take_text(&t, "note", TAKE_OPTIONAL, NAME_TEXT_MAX, &note))
		return false;
	act->trail = json_pack("{s:o}", "note",
			       note.n > 0 ? json_of_bytes(note) : json_null());
	return act->trail != NULL || problem_unavailable(p);
}

static void start(struct request *r, enum admission to)
{
	struct admitting_act *act = calloc(1, sizeof(*act));
	struct problem p = {.status = 0};

	if (act == NULL) {
		reply_unavailable(r);
		return;
	}
	act->to = to;
	r->work = act;
	r->free_work = free_admission;
	if (read_request(r, act, &p))
		attempt_act_submit(r, &act->act, run_admission, decided);
	else
		reply_problem(r, &p);
}

void api_attempt_admission(struct request *r)
{
	start(r, ADMISSION_ADMITTED);
}

void api_attempt_rejection(struct request *r)
{
	start(r, ADMISSION_REJECTED);
}
