/* SPDX-License-Identifier: Apache-2.0 */
/* api_ask.c: POST /v1/ask: a kiosk asks about a pass at its door. */
#include "answer.h"
#include "api.h"
#include "kioskcall.h"
#include "reply.h"

/* The answer with names in four languages, every character escaped, and the
 * results of ITEMS_PER_ASK_MAX items comes to under 24 KiB. */
#define ANSWER_TEXT_MAX 32768

static void put_price(struct jsontext *j, const struct kioskcall *call)
{
	const struct ask_result *answer = &call->job.answer;
	const struct facility *facility = call->job.admitted.facility;

	if (!answer->has_price || facility == NULL)
		return;
	jsontext_number(j, "list", answer->price.list);
	jsontext_number(j, "discount", answer->price.discount);
	jsontext_number(j, "price", answer->price.price);
	jsontext_text(j, "currency", facility->currency);
}

static void put_names(struct jsontext *j, const char *name,
		      const struct names *names)
{
	jsontext_open_object(j, name);
	for (unsigned lang = 0; lang < LANG_COUNT; lang++)
		if (names->text[lang].n > 0)
			jsontext_text(j, language_tag((enum language)lang),
				      names->text[lang]);
	jsontext_close_object(j);
}

/* Where it was used is told in full to the same facility alone. */
static void put_first_use(struct jsontext *j, const struct request *r,
			  const struct kioskcall *call)
{
	const struct ask_result *answer = &call->job.answer;
	struct bytes id = bytes_text(answer->first_use_facility);
	const struct facility *facility = snapshot_facility(r->snapshot, id);

	if (!answer->has_first_use)
		return;
	jsontext_open_object(j, "first_use");
	jsontext_number(j, "at_ms", answer->first_use_ms);
	if (facility != NULL)
		jsontext_text(j, "city", facility->city);
	if (facility != NULL && bytes_equal(id, call->job.kiosk.facility)) {
		jsontext_text(j, "facility", id);
		put_names(j, "facility_names", &facility->names);
	}
	jsontext_close_object(j);
}

static void put_stale(struct jsontext *j, unsigned stale)
{
	jsontext_open_array(j, "stale");
	if ((stale & STALE_BUNDLE) != 0)
		jsontext_text(j, NULL, bytes_text("bundle"));
	if ((stale & STALE_STATUS) != 0)
		jsontext_text(j, NULL, bytes_text("status"));
	jsontext_close_array(j);
}

static void put_age(struct jsontext *j, const char *name, int64_t now_ms,
		    bool has, uint64_t made_at_s)
{
	int64_t age = now_ms - (int64_t)made_at_s * 1000;

	if (has)
		jsontext_number(j, name, age > 0 ? age : 0);
	else
		jsontext_null(j, name);
}

/* How old what it was judged by is. */
static void put_ages(struct jsontext *j, const struct kioskcall *call)
{
	const struct admitted *a = &call->job.admitted;
	int64_t now_ms = call->job.answer.service_ms;

	jsontext_open_object(j, "ages");
	put_age(j, "keys_ms", now_ms, a->keys_made_at > 0, a->keys_made_at);
	put_age(j, "status_ms", now_ms, a->has_status, a->status.iat);
	jsontext_close_object(j);
}

static void put_grant(struct jsontext *j, const struct ask_result *answer)
{
	char hex[2 * ENTRY_GRANT + 1];

	if (!answer->has_grant)
		return;
	hex_encode(answer->grant, sizeof(answer->grant), hex);
	jsontext_text(j, "grant", bytes_text(hex));
}

static void reply_answer(struct request *r, const struct kioskcall *call)
{
	const struct ask_result *answer = &call->job.answer;
	uint8_t text[ANSWER_TEXT_MAX];
	struct jsontext j = jsontext_in(text, sizeof(text));

	jsontext_open_object(&j, NULL);
	answer_verdict(&j, answer->verdict);
	jsontext_flag(&j, "stored", answer->stored);
	put_price(&j, call);
	put_first_use(&j, r, call);
	jsontext_number(&j, "uses", (int64_t)answer->uses);
	jsontext_number(&j, "limit", answer->limit);
	put_stale(&j, answer->stale);
	answer_marks(&j, answer->marks);
	put_ages(&j, call);
	jsontext_number(&j, "service_ms", answer->service_ms);
	put_grant(&j, answer);
	answer_bundle(&j, r->service->box);
	answer_results(&j, "items", call->job.items, call->job.item_count);
	jsontext_close_object(&j);
	if (j.out.failed)
		reply_unavailable(r);
	else
		reply_bytes(r, 200, TYPE_JSON, out_view(&j.out));
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
		kioskcall_count_results(r);
		if (!refuse(r, verdict))
			reply_answer(r, call);
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
