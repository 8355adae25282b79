/* SPDX-License-Identifier: Apache-2.0 */
/* sync.c: uploads, several under way at once when there is a backlog, and what
 * their answers change here. */
#include "sync.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "former.h"
#include "limits.h"
#include "record.h"
#include "refresh.h"
#include "roll.h"
#include "there.h"
#include "upload.h"
#include "wipe.h"

/* Uploads that leave together: each has entries of its own. */
struct wave {
	struct upload *upload[KIOSK_FLIGHTS];
	struct net_flight *flight[KIOSK_FLIGHTS];
	struct entries_answer *answer[KIOSK_FLIGHTS]; /* NULL: there is none */
	size_t count;
	bool silent; /* one of them had no answer at all */
	struct net_place place;
};

static void wave_free(struct wave *w)
{
	for (size_t i = 0; i < KIOSK_FLIGHTS; i++) {
		upload_free(w->upload[i]);
		free(w->answer[i]);
	}
}

static bool note_held(struct oap *o, const struct entries_answer *a,
		      struct there *there, bool *lost)
{
	struct there_word w = {.seq = a->held_seq,
			       .count = a->held_count,
			       .at_ms = a->service_ms};

	*lost = false;
	memcpy(w.hash, a->held_hash, sizeof(w.hash));
	return !a->has_held || there_hear(o, &w, there, lost);
}

/* Replies of one wave overtake each other: the one that knows of most came
 * from the service last. */
static const struct entries_answer *latest(const struct wave *w)
{
	const struct entries_answer *found = NULL;

	for (size_t i = 0; i < w->count; i++) {
		const struct entries_answer *a = w->answer[i];

		if (a != NULL && (found == NULL ||
				  a->held_count > found->held_count))
			found = a;
	}
	return found;
}

static bool settle_items(struct oap *o, const struct wave *w,
			 struct batch *out)
{
	uint64_t marked;

	for (size_t i = 0; i < w->count; i++) {
		if (w->answer[i] == NULL)
			continue;
		if (!record_results(o, &w->answer[i]->results,
				    w->upload[i]->seqs, &marked))
			return false;
		out->marked += marked;
	}
	return true;
}

/* To the service a report is no contact when it does not know what time it is
 * by far; both count alike. */
static bool is_contact(const struct oap *o, const struct upload *u,
		       const struct entries_answer *a)
{
	return u->said_ms >=
	       a->service_ms - handle_skew_ms(o) - REPORT_TALK_MS;
}

/* Under the lock: what the service said, in one transaction. */
static enum oap_result settle(struct oap *o, const struct wave *w,
			      struct batch *out, struct oap_problem *why)
{
	const struct entries_answer *a = latest(w);
	const struct upload *first = w->upload[0];
	struct there there = o->there;
	struct journal_queue queue;
	bool ok, more; /* to be forgotten: the next call does it */

	reach_answered(&o->reach);
	out->unheard = !is_contact(o, first, a);
	handle_contact(o, &first->sent, a->service_ms);
	memcpy(out->device, a->device, sizeof(out->device));
	if (!journal_begin(o->journal))
		return handle_journal_failed(o, why);
	ok = note_held(o, a, &there, &out->lost) && settle_items(o, w, out) &&
	     (out->unheard ||
	      journal_contact(o->journal, first->next_seq)) &&
	     journal_prune(o->journal, handle_effective(o, &first->sent),
			   o->keep_days, &more);
	if (ok)
		ok = journal_commit(o->journal);
	else
		journal_rollback(o->journal);
	if (ok)
		o->there = there;
	if (!ok || !journal_queue(o->journal, &queue))
		return handle_journal_failed(o, why);
	out->unsent = queue.depth;
	return OAP_OK;
}

static bool is_unknown(const struct net_reply *reply)
{
	struct problem_answer p;

	problem_answer_read(bytes_of(reply->body, reply->n), &p);
	return p.verdict == VERDICT_DEVICE_UNKNOWN;
}

static void note_refusal(const struct net_reply *reply, struct wave *w,
			 struct batch *out)
{
	int64_t again_ms = (int64_t)reply->retry_after_s * 1000;

	w->silent = w->silent || reply->status == 0;
	out->unknown = out->unknown || is_unknown(reply);
	if (again_ms > out->again_ms)
		out->again_ms = again_ms;
}

static enum oap_result read_reply(const struct net_reply *reply,
				  struct wave *w, size_t i, struct batch *out,
				  struct oap_problem *why)
{
	const struct upload *u = w->upload[i];
	struct entries_answer *a;

	if (reply->status != 200) {
		note_refusal(reply, w, out);
		return refresh_refused(reply, "upload", why);
	}
	a = malloc(sizeof(*a));
	if (a == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	if (entries_answer_read(bytes_of(reply->body, reply->n), a) &&
	    answer_results_fit(&a->results, u->seqs, u->count)) {
		w->answer[i] = a;
		return OAP_OK;
	}
	free(a);
	return fault(why, OAP_BAD_ANSWER,
		     "upload: the service's answer cannot be understood; "
		     "nothing was taken off the queue");
}

/* Under the lock: as many uploads as there are entries for, one at least. */
static enum oap_result build(struct oap *o, uint64_t reversal, struct wave *w,
			     struct oap_problem *why)
{
	size_t most = reversal != 0 ? 1 : KIOSK_FLIGHTS;
	enum oap_result result = OAP_OK;
	uint64_t after = 0;
	struct upload *u;

	w->place = handle_place(o);
	while (w->count < most) {
		u = w->upload[w->count] = upload_new();
		if (u == NULL)
			return fault(why, OAP_NO_MEMORY, "out of memory");
		result = upload_build(o, reversal, after, u, why);
		if (result != OAP_OK || (u->count == 0 && w->count > 0))
			return result;
		w->count++;
		if (u->count < ITEMS_PER_UPLOAD_MAX)
			break;
		after = u->seqs[u->count - 1];
	}
	return result;
}

static void launch(struct oap *o, uint64_t reversal, int64_t until_ms,
		   struct wave *w)
{
	struct net *net = reversal != 0 ? o->ask : o->bulk;

	for (size_t i = 0; i < w->count; i++) {
		struct net_request request = {
		    .method = NET_POST,
		    .path = "/v1/entries",
		    .body = out_view(&w->upload[i]->body),
		    .reply_max = KIOSK_REPLY_MAX,
		    .until_ms = until_ms};

		w->flight[i] = net_begin(net, &w->place, &request);
	}
}

/* All of them, whatever became of the first: what was taken is settled. The
 * result is of the first that failed. */
static enum oap_result land(struct wave *w, struct batch *out,
			    struct oap_problem *why)
{
	enum oap_result result = OAP_OK, one;
	struct net_reply *reply;

	for (size_t i = 0; i < w->count; i++) {
		struct oap_problem *said = result == OAP_OK ? why : NULL;

		reply = w->flight[i] != NULL ? net_end(w->flight[i]) : NULL;
		one = reply != NULL
			  ? read_reply(reply, w, i, out, said)
			  : fault(said, OAP_NO_MEMORY, "out of memory");
		net_reply_free(reply);
		if (result == OAP_OK)
			result = one;
	}
	return result;
}

static enum oap_result send(struct oap *o, uint64_t reversal, int64_t until_ms,
			    struct wave *w, struct batch *out,
			    struct oap_problem *why)
{
	enum oap_result result, settled = OAP_OK;

	handle_lock(o);
	result = build(o, reversal, w, why);
	if (result == OAP_OK)
		handle_begin_talk(o);
	handle_unlock(o);
	if (result != OAP_OK)
		return result;
	for (size_t i = 0; i < w->count; i++)
		out->items += w->upload[i]->count;
	launch(o, reversal, until_ms, w);
	result = land(w, out, why);
	handle_lock(o);
	if (latest(w) != NULL)
		settled = settle(o, w, out, result == OAP_OK ? why : NULL);
	else if (w->silent)
		/* The next visitor need not wait for what is known already. */
		reach_missed(&o->reach, net_now_ms(), 0, handle_chance(o));
	handle_end_talk(o);
	handle_unlock(o);
	return result == OAP_OK ? settled : result;
}

enum oap_result sync_batch(struct oap *o, uint64_t reversal, int64_t until_ms,
			   struct batch *out, struct oap_problem *why)
{
	struct wave w = {.count = 0};
	enum oap_result result;

	memset(out, 0, sizeof(*out));
	result = send(o, reversal, until_ms, &w, out, why);
	wave_free(&w);
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
	struct journal_found of;
	bool own;

	if (!journal_find(o->journal, r->id, &of, &own))
		own = memcmp(r->kid, o->key.kid, sizeof(r->kid)) == 0;
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

/* One batch; a service that was put back to before a key roll gets what it
 * lacks of the old key, and is told of the new one, first. */
static enum oap_result send_batch(struct oap *o, struct batch *batch,
				  struct oap_problem *why)
{
	int64_t until_ms = net_now_ms() + KIOSK_CALL_MS;
	enum oap_result result = sync_batch(o, 0, until_ms, batch, why);
	enum oap_result former;

	if (result == OAP_OK || !batch->unknown)
		return result;
	former = former_send(o, NULL);
	if (former != OAP_OK && former != OAP_REFUSED)
		return result;
	until_ms = net_now_ms() + KIOSK_CALL_MS;
	if (roll_introduce(o, until_ms, NULL) != OAP_OK)
		return result;
	return sync_batch(o, 0, until_ms, batch, why);
}

/* Whether it has wiped itself, be it just now. */
static bool is_wiped(struct oap *o)
{
	bool wiped;

	handle_lock(o);
	wipe_when_due(o);
	wiped = o->wiped.there;
	handle_unlock(o);
	return wiped;
}

/* Until a report could say that all is sent, or nothing moves any more. */
OAP_API enum oap_result oap_sync(struct oap *o, struct oap_synced *out,
				 struct oap_problem *why)
{
	enum oap_result result;
	struct batch batch;
	uint64_t before, after = count_unsent(o);
	bool again = false;

	memset(out, 0, sizeof(*out));
	fault_none(why);
	if (is_wiped(o))
		return wipe_sync(o, out, why);
	do {
		before = after;
		result = send_batch(o, &batch, why);
		out->again_ms = batch.again_ms;
		if (result != OAP_OK)
			break;
		after = batch.unsent;
		out->sent += before > after ? before - after : 0;
		out->marked += batch.marked;
		memcpy(out->device, batch.device, sizeof(out->device));
		/* Once it has heard what time it is, it says so. */
		again = batch.unheard && !again;
		/* What it lost may be little, or all there ever was. */
	} while ((batch.items > 0 && after < before) || batch.lost || again);
	out->unsent = count_unsent(o);
	sync_tell_refusals(o, out);
	return result;
}
