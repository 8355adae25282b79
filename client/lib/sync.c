/* SPDX-License-Identifier: Apache-2.0 */
/* sync.c: a batch is a kiosk report and up to 256 entries. */
#include "sync.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "record.h"
#include "refresh.h"

#define BATCH_BODY_MAX                                                       \
	(REPORT_MAX + 16 + ITEMS_PER_UPLOAD_MAX * (ITEM_MAX + 8))

struct upload {
	uint8_t *items_buf, *body_buf;
	struct outbuf items, body;
	uint64_t seqs[ITEMS_PER_UPLOAD_MAX];
	size_t count;
	struct net_place place;
	struct moment sent;
};

static void collect(void *arg, uint64_t seq, struct bytes message,
		    struct bytes salt, struct bytes scanned)
{
	struct upload *u = arg;
	struct item item = {.entry = message, .salt = salt, .scanned = scanned};

	body_put_item(&u->items, &item);
	u->seqs[u->count++] = seq;
}

static bool put_report(struct oap *o, const struct moment *now,
		       struct outbuf *out)
{
	struct report r = {.at_ms = now->raw_ms,
			   .epoch = handle_epoch(o),
			   .offset_ms = o->clock.offset_ms,
			   .version = bytes_text(OAP_VERSION)};
	struct journal_queue queue;
	struct journal_tip tip;

	if (!journal_queue(o->journal, &queue) ||
	    !journal_tip(o->journal, &tip))
		return false;
	memcpy(r.kid, o->key.kid, sizeof(r.kid));
	r.next_seq = tip.next_seq;
	r.has_unsent = queue.depth > 0;
	r.oldest_unsent = queue.oldest_seq;
	r.queue_depth = queue.depth;
	report_put(out, &r, o->mac);
	return true;
}

static bool collect_unsent(struct oap *o, uint64_t reversal, struct upload *u)
{
	return reversal != 0
		   ? journal_unsent_with(o->journal, reversal,
					 ITEMS_PER_ASK_MAX, collect, u)
		   : journal_unsent(o->journal, NULL, ITEMS_PER_UPLOAD_MAX,
				    collect, u);
}

/* Under the lock. */
static enum oap_result build(struct oap *o, uint64_t reversal,
			     struct upload *u, struct oap_problem *why)
{
	uint8_t head[REPORT_MAX];
	struct outbuf report = outbuf_in(head, sizeof(head));
	enum oap_result result = handle_need_enrolled(o, why);

	if (result != OAP_OK)
		return result;
	journal_make_sure(o->journal);
	u->sent = handle_now(o);
	if (!put_report(o, &u->sent, &report) ||
	    !collect_unsent(o, reversal, u))
		return handle_journal_failed(o, why);
	body_put_head(&u->body, out_view(&report), u->count);
	out_bytes(&u->body, out_view(&u->items));
	u->place = handle_place(o);
	if (report.failed || u->items.failed || u->body.failed)
		return fault(why, OAP_JOURNAL_FAILED,
			     "%s: an entry in the journal is too long to be "
			     "sent", o->dir.path);
	return OAP_OK;
}

/* Under the lock: what the service said, in one transaction. */
static enum oap_result settle(struct oap *o, const struct upload *u,
			      const struct entries_answer *a,
			      struct batch *out, struct oap_problem *why)
{
	struct journal_queue queue;
	bool ok;

	handle_contact(o, &u->sent, a->service_ms);
	memcpy(out->device, a->device, sizeof(out->device));
	if (!journal_begin(o->journal))
		return handle_journal_failed(o, why);
	ok = record_results(o, &a->results, u->seqs, &out->marked) &&
	     (a->held_seq == 0 ||
	      journal_settle_held(o->journal, a->held_seq, a->held_hash)) &&
	     journal_prune(o->journal, handle_effective(o, &u->sent));
	if (ok)
		ok = journal_commit(o->journal);
	else
		journal_rollback(o->journal);
	if (!ok || !journal_queue(o->journal, &queue))
		return handle_journal_failed(o, why);
	out->unsent = queue.depth;
	return OAP_OK;
}

static enum oap_result read_reply(struct oap *o, const struct upload *u,
				  const struct net_reply *reply,
				  struct batch *out, struct oap_problem *why)
{
	struct entries_answer answer;
	enum oap_result result;

	if (reply->status != 200)
		return refresh_refused(reply, "upload", why);
	if (!entries_answer_read(bytes_of(reply->body, reply->n), &answer) ||
	    !answer_results_fit(&answer.results, u->seqs, u->count))
		return fault(why, OAP_BAD_ANSWER,
			     "upload: the service's answer cannot be "
			     "understood; nothing was taken off the queue");
	handle_lock(o);
	result = settle(o, u, &answer, out, why);
	handle_unlock(o);
	return result;
}

static enum oap_result send(struct oap *o, uint64_t reversal, int64_t until_ms,
			    struct upload *u, struct batch *out,
			    struct oap_problem *why)
{
	struct net_request request = {.method = NET_POST,
				      .path = "/v1/entries",
				      .reply_max = KIOSK_REPLY_MAX,
				      .until_ms = until_ms};
	enum oap_result result;
	struct net_reply *reply;

	handle_lock(o);
	result = build(o, reversal, u, why);
	handle_unlock(o);
	if (result != OAP_OK)
		return result;
	out->items = u->count;
	request.body = out_view(&u->body);
	reply = net_call(reversal != 0 ? o->ask : o->bulk, &u->place, &request);
	if (reply == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	result = read_reply(o, u, reply, out, why);
	net_reply_free(reply);
	return result;
}

enum oap_result sync_batch(struct oap *o, uint64_t reversal, int64_t until_ms,
			   struct batch *out, struct oap_problem *why)
{
	struct upload *u = calloc(1, sizeof(*u));
	enum oap_result result;

	memset(out, 0, sizeof(*out));
	if (u == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	u->items_buf = malloc(BATCH_BODY_MAX);
	u->body_buf = malloc(BATCH_BODY_MAX);
	u->items = outbuf_in(u->items_buf, BATCH_BODY_MAX);
	u->body = outbuf_in(u->body_buf, BATCH_BODY_MAX);
	if (u->items_buf == NULL || u->body_buf == NULL)
		result = fault(why, OAP_NO_MEMORY, "out of memory");
	else
		result = send(o, reversal, until_ms, u, out, why);
	free(u->items_buf);
	free(u->body_buf);
	free(u);
	return result;
}

static uint64_t count_unsent(struct oap *o)
{
	struct journal_queue queue = {0};

	handle_lock(o);
	if (!journal_queue(o->journal, &queue))
		queue.depth = 0;
	handle_unlock(o);
	return queue.depth;
}

/* Of its own accepts a kiosk has only those taken back that it told: there was
 * something to reverse, though the service no longer knows whose. */
static void tell_refusal(const struct oap *o, const struct journal_refused *r,
			 struct oap_refusal *out)
{
	bool own = memcmp(r->kid, o->key.kid, sizeof(r->kid)) == 0;

	out->entry = r->seq;
	hex_encode(r->kid, sizeof(r->kid), out->attempt);
	out->attempt[2 * sizeof(r->kid)] = '/';
	hex_encode(r->id, sizeof(r->id),
		   out->attempt + 2 * sizeof(r->kid) + 1);
	out->verdict = r->verdict;
	out->counts = own || r->verdict != VERDICT_NOTHING_TO_REVERSE;
}

void sync_tell_refusals(struct oap *o, struct oap_synced *out)
{
	struct journal_refused r = {.seq = 0};
	bool there;

	handle_lock(o);
	while (out->refused < OAP_REFUSALS_MAX &&
	       journal_refused(o->journal, r.seq, &r, &there) && there)
		tell_refusal(o, &r, &out->refusals[out->refused++]);
	handle_unlock(o);
}

OAP_API void oap_refusals_told(struct oap *o, const struct oap_synced *told)
{
	handle_lock(o);
	for (unsigned i = 0; i < told->refused; i++)
		if (!journal_drop_refused(o->journal, told->refusals[i].entry))
			break; /* and they are told once more */
	handle_unlock(o);
}

/* Until a report could say that all is sent, or nothing moves any more. */
OAP_API enum oap_result oap_sync(struct oap *o, struct oap_synced *out,
				 struct oap_problem *why)
{
	enum oap_result result;
	struct batch batch;
	uint64_t before, after = count_unsent(o);

	memset(out, 0, sizeof(*out));
	fault_none(why);
	do {
		before = after;
		result = sync_batch(o, 0, net_now_ms() + KIOSK_CALL_MS, &batch,
				    why);
		if (result != OAP_OK)
			break;
		after = batch.unsent;
		out->sent += before > after ? before - after : 0;
		out->marked += batch.marked;
		memcpy(out->device, batch.device, sizeof(out->device));
	} while (batch.items > 0 && after < before);
	out->unsent = count_unsent(o);
	sync_tell_refusals(o, out);
	return result;
}
