/* SPDX-License-Identifier: Apache-2.0 */
/* question.c: asking. A connection that breaks is tried again, with the same
 * id and bytes, as long as the deadline allows: the service knows the question
 * again, so that asking twice redeems once. */
#include "question.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fault.h"
#include "plain.h"

#define ASK_BODY_MAX                                                         \
	(QUESTION_MAX + 16 + ITEMS_PER_ASK_MAX * (ITEM_MAX + 8))

struct collected {
	struct ask *ask;
	struct outbuf items;
};

static bool has_seq(const struct ask *a, uint64_t seq)
{
	for (size_t i = 0; i < a->count; i++) {
		if (a->seqs[i] == seq)
			return true;
	}
	return false;
}

static void collect(void *arg, uint64_t seq, struct bytes message,
		    struct bytes salt, struct bytes scanned)
{
	struct collected *c = arg;
	struct item item = {.entry = message, .salt = salt, .scanned = scanned};

	if (c->ask->count == ITEMS_PER_ASK_MAX || has_seq(c->ask, seq))
		return;
	body_put_item(&c->items, &item);
	c->ask->seqs[c->ask->count++] = seq;
}

/* Those of the pass first: the answer depends on them. */
static bool collect_unsent(struct journal *journal, const uint8_t *pass,
			   struct collected *c)
{
	return journal_unsent(journal, pass, ITEMS_PER_ASK_MAX, collect, c) &&
	       journal_unsent(journal, NULL, ASK_OTHERS_MAX, collect, c);
}

static void put_question(struct oap *o, const struct visit *visit,
			 const struct judged *j, const struct moment *now,
			 uint32_t left_ms, const struct ask *ask,
			 struct outbuf *out)
{
	struct question q = {
	    .at_ms = now->raw_ms,
	    .epoch = handle_epoch(o),
	    .benefit = visit->benefit,
	    .party = visit->party,
	    .has_list = visit->has_list,
	    .list = visit->list,
	    .scanned = j->scanned,
	    .offset_ms = o->clock.offset_ms,
	    .facility = bytes_text(o->facility),
	    .left_ms = left_ms,
	};

	memcpy(q.kid, o->key.kid, sizeof(q.kid));
	memcpy(q.id, ask->id, sizeof(q.id));
	question_put(out, &q, o->mac);
}

enum verdict ask_build(struct oap *o, const struct visit *visit,
		       const struct judged *j, const struct moment *now,
		       uint32_t left_ms, struct ask *out)
{
	uint8_t head[QUESTION_MAX];
	struct outbuf question = outbuf_in(head, sizeof(head)), body;
	struct collected c = {.ask = out};
	uint8_t *items = malloc(ASK_BODY_MAX);

	out->count = 0;
	out->list = visit->has_list ? visit->list : OAP_NO_AMOUNT;
	plain_copy(j->has_facility ? j->facility.currency : bytes_of(NULL, 0),
		   out->currency, sizeof(out->currency));
	out->body = malloc(ASK_BODY_MAX);
	c.items = outbuf_in(items, ASK_BODY_MAX);
	body = outbuf_in(out->body, ASK_BODY_MAX);
	if (items == NULL || out->body == NULL ||
	    !collect_unsent(o->journal, j->pass, &c)) {
		free(items);
		return VERDICT_JOURNAL_FAILED;
	}
	put_question(o, visit, j, now, left_ms, out, &question);
	body_put_head(&body, out_view(&question), out->count);
	out_bytes(&body, out_view(&c.items));
	free(items);
	out->n = body.n;
	return question.failed || c.items.failed || body.failed
		   ? VERDICT_UNAVAILABLE
		   : VERDICT_NONE;
}

void ask_free(struct ask *a)
{
	free(a->body);
	a->body = NULL;
}

static void wait_ms(int64_t ms)
{
	struct timespec t = {.tv_sec = (time_t)(ms / 1000),
			     .tv_nsec = (long)(ms % 1000) * 1000000};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

static void set_detail(struct asked *out, const char *text)
{
	plain_copy(bytes_text(text), out->detail, sizeof(out->detail));
}

/* A problem of the service, or whatever else a web server may say. */
static bool read_problem(const struct net_place *place,
			 const struct net_reply *reply, struct asked *out)
{
	struct problem_answer problem;
	struct oap_problem line;

	problem_answer_read(bytes_of(reply->body, reply->n), &problem);
	if (problem.detail[0] == '\0')
		fault(&line, OAP_OK, "%s: the service answered HTTP %d",
		      place->url, reply->status);
	set_detail(out, problem.detail[0] ? problem.detail : line.text);
	if (verdict_is(problem.verdict, CLASS_RETRY) ||
	    verdict_is(problem.verdict, CLASS_DEVICE))
		out->verdict = problem.verdict;
	return reply->status >= 500;
}

/* What the reply settles; true: asking again may help. */
static bool read_reply(const struct net_place *place,
		       const struct net_reply *reply, const struct ask *a,
		       struct asked *out)
{
	struct answer_results *items = &out->answer.items;

	out->verdict = VERDICT_UNAVAILABLE;
	if (reply->status == 0) {
		set_detail(out, reply->error);
		return !reply->late;
	}
	if (reply->status != 200)
		return read_problem(place, reply, out);
	if (!answer_read(bytes_of(reply->body, reply->n), a->list, a->currency,
			 &out->answer)) {
		set_detail(out, "the service's answer cannot be understood; "
				"it and this kiosk may be of different "
				"versions");
		return false;
	}
	/* The visitor has an answer; the entries will be sent again. */
	if (!answer_results_fit(items, a->seqs, a->count))
		items->count = 0;
	out->verdict = VERDICT_NONE;
	out->detail[0] = '\0';
	return false;
}

static int64_t pause_before(const struct net_reply *reply, int64_t *backoff)
{
	int64_t ms = *backoff;

	*backoff *= 2;
	return reply->retry_after_s > 0 ? (int64_t)reply->retry_after_s * 1000
					: ms;
}

void ask_service(struct oap *o, const struct net_place *place,
		 const struct ask *a, int64_t until_ms, struct asked *out)
{
	struct net_request request = {.method = NET_POST,
				      .path = "/v1/ask",
				      .body = bytes_of(a->body, a->n),
				      .reply_max = KIOSK_REPLY_MAX,
				      .until_ms = until_ms};
	int64_t backoff = KIOSK_RETRY_FIRST_MS, pause;
	bool again = true;

	memset(out, 0, sizeof(*out));
	out->verdict = VERDICT_UNAVAILABLE;
	set_detail(out, "no time was left to ask the service; give more than "
			"a moment as the deadline");
	while (again && until_ms - net_now_ms() >= KIOSK_RETRY_LEAST_MS) {
		struct net_reply *reply;

		out->sent = moment_now(&o->env);
		reply = net_call(o->ask, place, &request);
		if (reply == NULL) {
			set_detail(out, "out of memory");
			return;
		}
		out->tried = true;
		out->got_ms = reply->got_ms;
		out->again_ms = (int64_t)reply->retry_after_s * 1000;
		again = read_reply(place, reply, a, out);
		pause = pause_before(reply, &backoff);
		net_reply_free(reply);
		if (again && net_now_ms() + pause + KIOSK_RETRY_LEAST_MS >
				 until_ms)
			return;
		if (again)
			wait_ms(pause);
	}
}
