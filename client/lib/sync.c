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

/* Uploads under way, each with entries of its own. They are built and landed
 * in one order, so that the service always has the next ones to read while
 * this side writes down what came of the last. */
struct stream {
	struct upload *upload[KIOSK_FLIGHTS];
	struct net_flight *flight[KIOSK_FLIGHTS];
	size_t first, count; /* a ring */
	size_t most;	     /* at once */
	uint64_t reversal;   /* see sync_batch */
	uint64_t after;	     /* the last seq that has left */
	bool more;	     /* there may be entries after that */
	bool silent;	     /* the latest one to land had no answer at all */
	struct net_place place;
	int64_t until_ms; /* 0: a while from when it leaves */
	struct entries_answer answer;
};

static struct stream *stream_new(uint64_t reversal, int64_t until_ms)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->most = reversal != 0 ? 1 : KIOSK_FLIGHTS;
	s->more = true;
	s->reversal = reversal;
	s->until_ms = until_ms;
	return s;
}

static void stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < KIOSK_FLIGHTS; i++)
		upload_free(s->upload[i]);
	free(s);
}

static bool note_held(struct oap *o, const struct upload *u,
		      const struct entries_answer *a, struct there *there,
		      bool *lost)
{
	struct there_word w = {.seq = a->held_seq,
			       .count = a->held_count,
			       .at_ms = a->service_ms};

	*lost = false;
	memcpy(w.hash, a->held_hash, sizeof(w.hash));
	return !a->has_held || there_hear(o, &w, &u->asked, there, lost);
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
static enum oap_result settle(struct oap *o, const struct upload *u,
			      const struct entries_answer *a, int64_t got_ms,
			      struct batch *out, struct oap_problem *why)
{
	struct there there = o->there;
	bool ok, lost, more; /* to be forgotten: the next call does it */
	/* The kiosk's clock may have been set since this upload left. */
	int64_t now_ms = a->service_ms;
	uint64_t marked = 0;

	reach_answered(&o->reach);
	out->unheard = !is_contact(o, u, a);
	/* It may have waited for the ones before it to land. */
	handle_contact(o, &u->sent, got_ms, a->service_ms);
	memcpy(out->device, a->device, sizeof(out->device));
	if (!journal_begin(o->journal))
		return handle_journal_failed(o, why);
	ok = note_held(o, u, a, &there, &lost) &&
	     record_results(o, &a->results, u->seqs, now_ms, &marked) &&
	     (out->unheard || journal_contact(o->journal, u->next_seq)) &&
	     journal_prune(o->journal, now_ms, o->keep_days, &more);
	if (ok)
		ok = journal_commit(o->journal);
	else
		journal_rollback(o->journal);
	if (!ok)
		return handle_journal_failed(o, why);
	o->there = there;
	o->former_looked = o->former_looked && !lost;
	out->lost = out->lost || lost;
	out->marked += marked;
	return OAP_OK;
}

static bool is_unknown(const struct net_reply *reply)
{
	struct problem_answer p;

	problem_answer_read(bytes_of(reply->body, reply->n), &p);
	return p.verdict == VERDICT_DEVICE_UNKNOWN;
}

static void note_refusal(const struct net_reply *reply, struct stream *s,
			 struct batch *out)
{
	int64_t again_ms = (int64_t)reply->retry_after_s * 1000;

	s->silent = reply->status == 0;
	out->unknown = out->unknown || is_unknown(reply);
	if (again_ms > out->again_ms)
		out->again_ms = again_ms;
}

static enum oap_result read_reply(const struct net_reply *reply,
				  const struct upload *u, struct stream *s,
				  struct batch *out, struct oap_problem *why)
{
	if (reply == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	if (reply->status != 200) {
		note_refusal(reply, s, out);
		return refresh_refused(reply, "upload", why);
	}
	if (entries_answer_read(bytes_of(reply->body, reply->n), u->seqs,
				u->count, &s->answer))
		return OAP_OK;
	return fault(why, OAP_BAD_ANSWER,
		     "upload: the service's answer cannot be understood; "
		     "nothing was taken off the queue");
}

/* Under the lock: the next upload, unless there is nothing left for one. The
 * first may be without an entry: it is a report. */
static enum oap_result build(struct oap *o, struct stream *s, size_t place,
			     bool *built, struct oap_problem *why)
{
	struct upload **u = &s->upload[place];
	bool first = s->after == 0;
	enum oap_result result;

	*built = false;
	if (*u == NULL)
		*u = upload_new();
	if (*u == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	s->place = handle_place(o);
	result = upload_build(o, s->reversal, s->after, *u, why);
	s->more = result == OAP_OK && s->reversal == 0 &&
		  (*u)->count == ITEMS_PER_UPLOAD_MAX;
	if (result != OAP_OK || ((*u)->count == 0 && !first))
		return result;
	if ((*u)->count > 0)
		s->after = (*u)->seqs[(*u)->count - 1];
	handle_begin_talk(o);
	*built = true;
	return OAP_OK;
}

static enum oap_result launch(struct oap *o, struct stream *s,
			      struct batch *out, struct oap_problem *why)
{
	size_t place = (s->first + s->count) % KIOSK_FLIGHTS;
	struct net_request request = {.method = NET_POST,
				      .path = "/v1/entries",
				      .reply_max = KIOSK_REPLY_MAX,
				      .until_ms = s->until_ms};
	enum oap_result result;
	bool built;

	handle_lock(o);
	result = build(o, s, place, &built, why);
	handle_unlock(o);
	if (!built)
		return result;
	if (request.until_ms == 0)
		request.until_ms = net_now_ms() + KIOSK_CALL_MS;
	request.body = out_view(&s->upload[place]->body);
	s->flight[place] = net_begin(s->reversal != 0 ? o->ask : o->bulk,
				     &s->place, &request);
	out->items += s->upload[place]->count;
	s->count++;
	return OAP_OK;
}

/* The one that left first. */
static enum oap_result land(struct oap *o, struct stream *s,
			    struct batch *out, struct oap_problem *why)
{
	const struct upload *u = s->upload[s->first];
	struct net_flight *flight = s->flight[s->first];
	struct net_reply *reply = flight != NULL ? net_end(flight) : NULL;
	int64_t got_ms = reply != NULL ? reply->got_ms : 0;
	enum oap_result result;

	s->silent = false;
	s->first = (s->first + 1) % KIOSK_FLIGHTS;
	s->count--;
	result = read_reply(reply, u, s, out, why);
	net_reply_free(reply);
	handle_lock(o);
	if (result == OAP_OK)
		result = settle(o, u, &s->answer, got_ms, out, why);
	handle_end_talk(o);
	handle_unlock(o);
	return result;
}

/* Whatever becomes of one, those under way are landed: what was taken is
 * settled. The result is of the first that failed. */
static enum oap_result flow(struct oap *o, struct stream *s,
			    struct batch *out, struct oap_problem *why)
{
	enum oap_result result = OAP_OK, one;

	while (s->more || s->count > 0) {
		struct oap_problem *said = result == OAP_OK ? why : NULL;

		one = s->more && s->count < s->most ? launch(o, s, out, said)
						    : land(o, s, out, said);
		s->more = s->more && one == OAP_OK && !out->lost;
		if (result == OAP_OK)
			result = one;
	}
	return result;
}

enum oap_result sync_batch(struct oap *o, uint64_t reversal, int64_t until_ms,
			   struct batch *out, struct oap_problem *why)
{
	struct stream *s = stream_new(reversal, until_ms);
	struct journal_queue queue = {0};
	enum oap_result result;

	memset(out, 0, sizeof(*out));
	if (s == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	result = flow(o, s, out, why);
	handle_lock(o);
	/* The next visitor need not wait for what is known already. */
	if (s->silent)
		reach_missed(&o->reach, net_now_ms(), 0, handle_chance(o));
	if (!journal_queue(o->journal, &queue) && result == OAP_OK)
		result = handle_journal_failed(o, why);
	handle_unlock(o);
	out->unsent = queue.depth;
	stream_free(s);
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
	enum oap_result result = sync_batch(o, 0, 0, batch, why);
	struct oap_problem problem;
	enum oap_result former;

	if (result == OAP_OK || !batch->unknown)
		return result;
	former = former_send(o, &problem);
	if (former != OAP_OK && former != OAP_REFUSED) {
		if (why != NULL)
			*why = problem;
		return former;
	}
	if (roll_introduce(o, net_now_ms() + KIOSK_CALL_MS, NULL) != OAP_OK)
		return result;
	return sync_batch(o, 0, 0, batch, why);
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
	unsigned losses = 0;
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
		/* What it lost may be little, or all there ever was; but one
		 * that loses all it takes is left alone for a while. */
		losses += batch.lost;
	} while ((batch.items > 0 && after < before) ||
		 (batch.lost && losses < SYNC_LOSSES_MAX) || again);
	if (result == OAP_OK)
		former_look(o);
	out->unsent = count_unsent(o);
	sync_tell_refusals(o, out);
	return result;
}
