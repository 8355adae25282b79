/* SPDX-License-Identifier: Apache-2.0 */
/* api_reversal.c: POST /v1/attempts/{kid}/{id}/reversal: an operator takes a
 * use back. The service signs what was done (typ 65004), and that is kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "attemptact.h"
#include "reply.h"
#include "taker.h"

struct reversing {
	struct attempt_act act;
	enum reversal_reason reason;
	enum verdict result;
};

/* UUIDv7 (RFC 9562 section 5.7). */
static void make_id(const struct setup_env *env, int64_t now_ms,
		    uint8_t id[static 16])
{
	uint8_t time[8];

	put_be64(time, (uint64_t)now_ms << 16);
	env->random(id, 16);
	memcpy(id, time, 6);
	id[6] = (id[6] & 0x0f) | 0x70;
	id[8] = (id[8] & 0x3f) | 0x80;
}

/* A message names operators by ids; "uid:0" is one of the audit trail's. */
static void name_operator(const struct request *r,
			  char name[static NAME_ID_MAX + 1])
{
	char *colon;

	memcpy(name, r->caller.actor, NAME_ID_MAX + 1);
	colon = strchr(name, ':');
	if (colon != NULL)
		*colon = '-';
}

/* Who and why, where every other change of an operator's is looked for. */
static enum store_result add_to_trail(struct store *s, const struct request *r,
				      int64_t now_ms)
{
	const struct reversing *reversing = r->work;
	char after[64];

	snprintf(after, sizeof(after), "{\"reason\":\"%s\"}",
		 reversal_reason_name(reversing->reason));
	return attempt_act_trail(s, r, &reversing->act, "attempt.reversal",
				 after, now_ms);
}

/* Ledger thread. */
static enum store_result run_reversal(struct store *s, struct ledger_job *job,
				      int64_t now_ms)
{
	const struct request *r = job->owner;
	struct reversing *reversing = r->work;
	struct entry e = {.typ = TYP_REVERSAL,
			  .by_operator = true,
			  .at_ms = now_ms,
			  .reason = reversing->reason};
	uint8_t message[ENTRY_MAX];
	char operator[NAME_ID_MAX + 1];
	struct outbuf out = outbuf_in(message, sizeof(message));
	enum store_result result;
	struct attempt a;

	result = attempt_act_find(s, &reversing->act, &a);
	if (result != STORE_OK)
		return result;
	make_id(&r->service->env, now_ms, e.id);
	memcpy(e.of_kid, reversing->act.kid, sizeof(e.of_kid));
	memcpy(e.of_id, reversing->act.id, sizeof(e.of_id));
	e.facility = bytes_text(a.facility);
	name_operator(r, operator);
	e.operator = bytes_text(operator);
	entry_put(&out, &e, r->service->keys->kid, r->service->keys->sk);
	if (out.failed || !entry_read(out_view(&out), &e))
		return STORE_FAILED;
	result = ledger_operator_reversal(s, &e, now_ms, &reversing->result);
	return result == STORE_OK && reversing->result == VERDICT_REVERSED
		   ? add_to_trail(s, r, now_ms)
		   : result;
}

static void reversed(struct request *r)
{
	const struct reversing *reversing = r->work;

	if (!attempt_act_failed(r, &reversing->act))
		reply_json(r, 200,
			   json_pack("{s:s}", "result",
				     verdict_name(reversing->result)));
}

static bool read_request(struct request *r, struct reversing *reversing,
			 struct problem *p)
{
	static const char *const FIELDS[] = {"reason", NULL};
	int reason = REASON_MISTAKE;
	struct taker t;

	if (!attempt_act_read(r, &reversing->act, p))
		return false;
	if (!taker_open(&t, r->json, p) || !take_known(&t, FIELDS) ||
	    !take_choice(&t, "reason", TAKE_NEEDED, reversal_reason_of,
			 "mistake, visitor-left, wrong-benefit, other",
			 &reason))
		return false;
	reversing->reason = (enum reversal_reason)reason;
	return true;
}

void api_attempt_reversal(struct request *r)
{
	struct reversing *reversing = calloc(1, sizeof(*reversing));
	struct problem p = {.status = 0};

	if (reversing == NULL) {
		reply_unavailable(r);
		return;
	}
	r->work = reversing;
	r->free_work = free;
	if (read_request(r, reversing, &p))
		attempt_act_submit(r, &reversing->act, run_reversal, reversed);
	else
		reply_problem(r, &p);
}
