/* SPDX-License-Identifier: Apache-2.0 */
/* api_ask.c: POST /v1/ask: a kiosk asks about a pass at its door. */
#include "api.h"
#include "kioskcall.h"
#include "reply.h"
#include "result_json.h"
#include "taker.h"

static bool put(json_t *o, const char *name, json_t *value)
{
	return json_object_set_new_nocheck(o, name, value) == 0;
}

static bool put_number(json_t *o, const char *name, int64_t value)
{
	return put(o, name, json_integer(value));
}

static bool put_price(json_t *o, const struct kioskcall *call)
{
	const struct ask_result *answer = &call->job.answer;
	const struct facility *facility = call->job.admitted.facility;

	if (!answer->has_price || facility == NULL)
		return true;
	return put_number(o, "list", answer->price.list) &&
	       put_number(o, "discount", answer->price.discount) &&
	       put_number(o, "price", answer->price.price) &&
	       put(o, "currency", json_of_bytes(facility->currency));
}

/* Where it was used is told in full to the same facility alone. */
static json_t *first_use(const struct request *r, const struct kioskcall *call)
{
	const struct ask_result *answer = &call->job.answer;
	struct bytes id = bytes_text(answer->first_use_facility);
	const struct facility *facility = snapshot_facility(r->snapshot, id);
	json_t *o = json_object();
	bool good = put_number(o, "at_ms", answer->first_use_ms);

	if (facility != NULL)
		good = good && put(o, "city", json_of_bytes(facility->city));
	if (facility != NULL && bytes_equal(id, call->job.kiosk.facility))
		good = good && put(o, "facility", json_of_bytes(id)) &&
		       put(o, "facility_names",
			   json_of_names(&facility->names));
	if (good)
		return o;
	json_decref(o);
	return NULL;
}

static bool put_use(json_t *o, const struct request *r,
		    const struct kioskcall *call)
{
	const struct ask_result *answer = &call->job.answer;

	if (answer->has_first_use && !put(o, "first_use", first_use(r, call)))
		return false;
	return put_number(o, "uses", (int64_t)answer->uses) &&
	       put_number(o, "limit", answer->limit);
}

static bool put_grant(json_t *o, const struct ask_result *answer)
{
	char hex[2 * ENTRY_GRANT + 1];

	if (!answer->has_grant)
		return true;
	hex_encode(answer->grant, sizeof(answer->grant), hex);
	return put(o, "grant", json_string(hex));
}

static json_t *stale_names(unsigned stale)
{
	json_t *array = json_array();

	if ((stale & STALE_BUNDLE) != 0)
		json_array_append_new(array, json_string("bundle"));
	if ((stale & STALE_STATUS) != 0)
		json_array_append_new(array, json_string("status"));
	return array;
}

static json_t *answer_json(struct request *r, const struct kioskcall *call)
{
	const struct ask_result *answer = &call->job.answer;
	json_t *o = json_object();
	bool good = json_put_verdict(o, answer->verdict) &&
		    put(o, "stored", json_boolean(answer->stored)) &&
		    put_price(o, call) && put_use(o, r, call) &&
		    put(o, "stale", stale_names(answer->stale)) &&
		    put_number(o, "service_ms", answer->service_ms) &&
		    put_grant(o, answer) && kioskcall_put_bundle(r, o) &&
		    put(o, "items",
			json_of_results(call->job.items, call->job.item_count));

	if (good)
		return o;
	json_decref(o);
	return NULL;
}

/* A verdict that is no judgement of the visitor is a problem. */
static bool refuse(struct request *r, enum verdict verdict)
{
	struct problem p = {.status = 0};
	int status = verdict == VERDICT_ID_REUSED ? 409 : 403;

	if (!verdict_is(verdict, CLASS_DEVICE))
		return false;
	problem_set(&p, status, verdict_name(verdict), "%s",
		    verdict == VERDICT_ID_REUSED
			? "question id: used before for something else; take "
			  "a new one"
		    : verdict == VERDICT_DEVICE_REVOKED
			? "this kiosk was revoked by an operator; get the "
			  "bundle, which says so"
			: "this kiosk's key is no longer in use; enrol it");
	p.verdict = verdict;
	reply_problem(r, &p);
	return true;
}

static void count(struct request *r, enum verdict verdict)
{
	struct traffic *t = &r->service->traffic;

	t->answers[verdict]++;
	t->ask_ns += request_age_ns(r);
	t->asks++;
}

static void answered(struct request *r)
{
	const struct kioskcall *call = r->work;
	enum verdict verdict = call->job.answer.verdict;

	if (call->job.failed) {
		count(r, VERDICT_UNAVAILABLE);
		reply_unavailable(r);
	} else if (verdict == VERDICT_NONE) {
		count(r, VERDICT_BUSY);
		reply_busy(r, "the question's time ran out before it could be "
			      "judged");
	} else {
		count(r, verdict);
		if (!refuse(r, verdict))
			reply_json(r, 200, answer_json(r, call));
	}
}

void api_ask(struct request *r)
{
	struct kioskcall *call = kioskcall_open(r, JOB_ASK, ITEMS_PER_ASK_MAX);
	struct admitting by;
	struct question *q;

	if (call == NULL)
		return;
	q = &call->job.question;
	if (!question_read(call->head, q)) {
		reply_refusal(r, 400, "malformed",
			      "the body's first part is no question (typ "
			      "65008) as messages.cddl has it");
		return;
	}
	if (!kioskcall_sender(r, call, q->kid, &q->cose))
		return;
	by = kioskcall_admitting(r);
	call->job.expires_ms =
	    r->service->now_ms(r->service->clock) + q->left_ms;
	admit(&by, q->scanned, q->benefit, q->facility, &call->job.admitted);
	/* They are few: a question does not wait for slices of them. */
	if (upload_check(&call->upload, SIZE_MAX, &by))
		kioskcall_submit(r, call, answered);
}
