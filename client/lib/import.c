/* SPDX-License-Identifier: Apache-2.0 */
/* import.c: applies a file that came back: the bundle as a refresh does, then
 * each receipt as the answer to an upload. The lock is held for no longer than
 * a batch takes, since a visitor may be at the door. */
#include "import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fault.h"
#include "key.h"
#include "record.h"
#include "refresh.h"
#include "sync.h"
#include "there.h"

/* -------------------------------------------------------------- bundle */

static bool is_older(const struct held *held, const struct bundle *b)
{
	return b->epoch < held->epoch ||
	       (b->epoch == held->epoch && b->made_at < held->made_at);
}

/* One that went bad here is not made good by an older one: that is a fault,
 * as it is with a refresh. */
static enum oap_result apply_bundle(struct import *im, struct oap_problem *why)
{
	struct oap *o = im->o;
	enum oap_result result;
	struct bundle b;
	bool changed;
	uint8_t *message = im->bytes;

	if (!bundle_read(bytes_of(message, im->n), &b))
		return import_bad(im, "it has changed meanwhile", why);
	handle_lock(o);
	im->out->bundle_older = o->held.there && !handle_bundle_damaged(o) &&
				is_older(&o->held, &b);
	handle_unlock(o);
	if (im->out->bundle_older)
		return OAP_OK;
	im->bytes = NULL;
	result = refresh_apply(o, message, im->n, "", &changed, why);
	im->out->bundle_changed = result == OAP_OK && changed;
	return result;
}

/* ------------------------------------------------------------- receipt */

/* A receipt is taken in steps, a transaction each. */
enum step { STEP_HEAR, STEP_RESULTS, STEP_REST, STEP_FORGET, STEP_DONE };

struct settling {
	enum step step; /* the next */
	struct there there; /* as it will be */
	bool lost; /* the service holds less than it said before */
	struct answer_results results; /* of entries that are unsent here */
	uint64_t seqs[ITEMS_PER_UPLOAD_MAX];
	uint64_t sent, marked;
	bool unreadable; /* the service has kept an item that is no entry */
	bool more;	 /* to be forgotten by age */
};

/* Those that the queue still has: what was told before is not told again. */
static bool take_result(struct oap *o, struct settling *s, uint64_t seq,
			unsigned verdict, unsigned marks)
{
	struct journal_at at;
	size_t i = s->results.count;

	if (seq == 0) {
		s->unreadable |= (marks & MARK_QUARANTINED) != 0;
		return true;
	}
	if (!journal_entry_at(o->journal, seq, &at))
		return false;
	if (!at.there || at.sent || !record_is_final(verdict))
		return true;
	s->seqs[i] = seq;
	s->results.at[i] = (struct answer_result){
	    .verdict = verdict, .marks = marks, .has_seq = true, .seq = seq};
	s->results.count++;
	return true;
}

/* First of all: what the service lost is unsent before what it took since is
 * settled. Of two receipts the older one may be read last, and says nothing of
 * what is held now. */
static bool hear(struct oap *o, struct settling *s, const struct receipt *r)
{
	struct there_word w = {.seq = r->held_seq,
			       .count = r->held_count,
			       .at_ms = r->at_ms};
	struct there_asked asked = {.seq = o->there.seq,
				    .count = o->there.count};

	memcpy(w.hash, r->held_hash, sizeof(w.hash));
	s->there = o->there;
	return r->at_ms < o->there.at_ms ||
	       there_hear(o, &w, &asked, &s->there, &s->lost);
}

/* When it was heard, by a clock that may be behind; how long what is settled
 * is kept begins then. */
static int64_t heard_ms(const struct oap *o, const struct receipt *r)
{
	struct moment now = handle_now(o);
	int64_t now_ms = handle_effective(o, &now);

	return now_ms > r->at_ms ? now_ms : r->at_ms;
}

static bool settle_batch(struct oap *o, struct settling *s,
			 const struct receipt *r, struct bytes *results)
{
	unsigned verdict, marks;
	uint64_t seq, marked;
	size_t looked_at = 0;

	s->results.count = 0;
	while (looked_at++ < ITEMS_PER_UPLOAD_MAX &&
	       receipt_next(results, &seq, &verdict, &marks))
		if (!take_result(o, s, seq, verdict, marks))
			return false;
	if (!record_results(o, &s->results, s->seqs, heard_ms(o, r),
			    &marked))
		return false;
	s->sent += s->results.count;
	s->marked += marked;
	return true;
}

static void note_damaged(void *arg, uint64_t seq, struct bytes message,
			 struct bytes salt, struct bytes scanned)
{
	struct settling *s = arg;
	struct entry e;

	(void)salt, (void)scanned;
	if (!entry_read(message, &e))
		s->seqs[s->results.count++] = seq;
}

/* What the disk has spoiled the service cannot name: it is what cannot be read
 * here, either. */
static bool settle_damaged(struct oap *o, struct settling *s,
			   const struct receipt *r)
{
	s->results.count = 0;
	if (!journal_unsent(o->journal, NULL, ITEMS_PER_UPLOAD_MAX,
			    note_damaged, s))
		return false;
	for (size_t i = 0; i < s->results.count; i++)
		if (!journal_settle(o->journal, s->seqs[i], VERDICT_MALFORMED,
				    MARK_QUARANTINED, heard_ms(o, r)))
			return false;
	s->sent += s->results.count;
	s->marked += s->results.count;
	return true;
}

/* Contact: it cannot be earlier than when the service signed this. How late it
 * was on the way nobody knows, so it says nothing about the clock's offset. */
static bool take_contact(struct oap *o, int64_t at_ms)
{
	kioskclock_raise_floor(&o->clock, at_ms);
	return journal_set_clock(o->journal, &o->clock);
}

/* After the last batch. */
static bool settle_rest(struct oap *o, struct settling *s,
			const struct receipt *r)
{
	if (s->unreadable && !settle_damaged(o, s, r))
		return false;
	/* It had heard of all of those when it signed this. */
	return take_contact(o, r->at_ms) &&
	       journal_contact(o->journal, r->held_seq + 1);
}

/* Until nothing is left: a kiosk without a network has few occasions. A clock
 * that runs ahead is no reason to forget. */
static bool forget(struct oap *o, struct settling *s, const struct receipt *r)
{
	struct moment now = handle_now(o);
	int64_t now_ms = handle_effective(o, &now);

	return journal_prune(o->journal, now_ms < r->at_ms ? now_ms : r->at_ms,
			     o->keep_days, &s->more);
}

/* *results moves on. */
static bool take_step(struct oap *o, struct settling *s,
		      const struct receipt *r, struct bytes *results)
{
	switch (s->step) {
	case STEP_HEAR: return hear(o, s, r);
	case STEP_RESULTS: return settle_batch(o, s, r, results);
	case STEP_REST: return settle_rest(o, s, r);
	case STEP_FORGET: return forget(o, s, r);
	case STEP_DONE: break;
	}
	return true;
}

static enum step step_after(const struct settling *s, struct bytes results)
{
	if (s->step < STEP_REST)
		return results.n > 0 ? STEP_RESULTS : STEP_REST;
	return s->step == STEP_REST || s->more ? STEP_FORGET : STEP_DONE;
}

/* One transaction. */
static enum oap_result settle_some(struct oap *o, struct settling *s,
				   const struct receipt *r,
				   struct bytes *results,
				   struct oap_problem *why)
{
	struct kioskclock before;
	enum oap_result result = OAP_OK;
	bool good;

	handle_lock(o);
	before = o->clock;
	good = journal_begin(o->journal);
	if (good) {
		good = take_step(o, s, r, results);
		if (good)
			good = journal_commit(o->journal);
		else
			journal_rollback(o->journal);
	}
	if (good) {
		if (s->step == STEP_HEAR)
			o->there = s->there;
		s->step = step_after(s, *results);
	} else {
		o->clock = before;
		result = handle_journal_failed(o, why);
	}
	handle_unlock(o);
	return result;
}

/* Whether the service has lost entries since it signed that: it says nothing
 * of them any more. *lost: some of those are still to be sent again. */
static bool is_void(struct oap *o, const struct receipt *r, bool *lost)
{
	struct journal_queue queue;
	bool is;

	handle_lock(o);
	is = r->at_ms < o->there.lost_ms;
	*lost = is && journal_queue(o->journal, &queue) && queue.depth > 0 &&
		queue.oldest_seq <= r->held_seq;
	handle_unlock(o);
	return is;
}

static enum oap_result settle_all(struct import *im, struct settling *s,
				  const struct receipt *r,
				  struct oap_problem *why)
{
	struct bytes left = r->results;
	enum oap_result result = OAP_OK;

	if (is_void(im->o, r, &s->lost))
		s->step = STEP_DONE;
	while (result == OAP_OK && s->step != STEP_DONE)
		result = settle_some(im->o, s, r, &left, why);
	return result;
}

static enum oap_result apply_receipt(struct import *im,
				     struct oap_problem *why)
{
	struct settling *s = calloc(1, sizeof(*s));
	struct receipt r;
	enum oap_result result = import_receipt(im, &r, why);

	if (s == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	if (result == OAP_OK)
		result = settle_all(im, s, &r, why);
	if (result == OAP_OK) {
		im->out->receipts++;
		im->out->receipt_ms = r.at_ms;
		im->out->synced.sent += s->sent;
		im->out->synced.marked += s->marked;
	}
	im->out->lost |= s->lost;
	free(s);
	return result;
}

static enum oap_result apply(struct import *im, struct oap_problem *why)
{
	return im->at == 0 ? apply_bundle(im, why) : apply_receipt(im, why);
}

/* ------------------------------------------------------------ the call */

static enum oap_result open_file(struct import *im, struct oap_problem *why)
{
	struct stat st;

	if (im->path == NULL || im->path[0] == '\0')
		return fault(why, OAP_BAD_ARGUMENT, "path: not given");
	im->file = fopen(im->path, "rbe");
	if (im->file == NULL)
		return fault(why, OAP_FILE_FAILED, "%s: %s", im->path,
			     strerror(errno));
	/* It is read twice. */
	if (fstat(fileno(im->file), &st) != 0 || !S_ISREG(st.st_mode))
		return fault(why, OAP_BAD_FILE, "%s: it is no file", im->path);
	return OAP_OK;
}

static struct import_key key_of(const uint8_t pk[static 32], bool there)
{
	struct import_key key = {.there = there};

	memcpy(key.pk, pk, sizeof(key.pk));
	key_kid(pk, key.kid);
	return key;
}

static enum oap_result begin(struct import *im, struct oap_problem *why)
{
	struct oap *o = im->o;
	enum oap_result result;

	handle_lock(o);
	result = handle_need_enrolled(o, why);
	im->pinned = key_of(o->identity.service_pk, true);
	im->next = key_of(o->held.next_key, o->held.has_next_key);
	handle_unlock(o);
	return result == OAP_OK ? open_file(im, why) : result;
}

static void tell_state(struct oap *o, struct oap_imported *out)
{
	struct journal_queue queue = {0};

	handle_lock(o);
	out->epoch = handle_epoch(o);
	if (journal_queue(o->journal, &queue))
		out->synced.unsent = queue.depth;
	handle_unlock(o);
	/* a later receipt may have told of all of them again */
	out->lost = out->lost && out->synced.unsent > 0;
	sync_tell_refusals(o, &out->synced);
}

OAP_API enum oap_result oap_import(struct oap *o, const char *path,
				   struct oap_imported *out,
				   struct oap_problem *why)
{
	struct import im = {.o = o, .path = path, .out = out};
	enum oap_result result;

	memset(out, 0, sizeof(*out));
	out->receipt_ms = OAP_NO_TIME;
	fault_none(why);
	result = begin(&im, why);
	if (result == OAP_OK)
		result = import_each(&im, import_check, why);
	if (result == OAP_OK)
		result = import_each(&im, apply, why);
	if (im.file != NULL)
		fclose(im.file);
	tell_state(o, out);
	return result;
}
