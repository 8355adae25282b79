/* SPDX-License-Identifier: Apache-2.0 */
/* wipe.c: first the journal, in one transaction with the note that it was done
 * and the last report; then the key files. A kill in between is made good when
 * the directory is opened next. */
#include "wipe.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "localday.h"
#include "record.h"
#include "refresh.h"
#include "sync.h"
#include "upload.h"

/* Nobody waits, and a revoked kiosk owes little. */
#define WIPED_ITEMS_AT_ONCE 64
#define WIPED_BODY_MAX                                                       \
	(REPORT_MAX + 16 + WIPED_ITEMS_AT_ONCE * (ITEM_MAX + 8))

/* ----------------------------------------------------------- forgetting */

static bool is_due(const struct oap *o)
{
	return o->enrolled && !o->wiped.there && o->talking == 0 &&
	       !o->rolling && o->held.there && o->held.listed &&
	       o->held.device == DEVICE_REVOKED;
}

/* Needed for as long as the key is not: when, who, and for what is owed. */
static bool note(struct oap *o, struct wiped *w)
{
	struct outbuf report = outbuf_in(w->report, sizeof(w->report));
	struct moment now = handle_now(o);
	struct journal_queue queue;
	struct reported said;

	*w = (struct wiped){.there = true,
			    .at_ms = handle_effective(o, &now)};
	memcpy(w->kid, o->key.kid, sizeof(w->kid));
	if (!journal_queue(o->journal, &queue))
		return false;
	if (queue.depth > 0 && !upload_put_report(o, &now, &report, &said))
		return false;
	w->report_n = report.n;
	return !report.failed;
}

/* In memory, too. */
static void forget(struct oap *o, const struct identity *left,
		   const struct wiped *w)
{
	keyfile_forget(&o->key);
	o->has_key = o->enrolled = o->has_wrapping = false;
	sodium_memzero(o->mac, sizeof(o->mac));
	sodium_memzero(o->wrapping, sizeof(o->wrapping));
	sodium_memzero(&o->identity, sizeof(o->identity));
	trust_free(o->trust);
	o->trust = NULL;
	memset(o->etag, 0, sizeof(o->etag));
	o->identity = *left;
	o->wiped = *w;
}

void wipe_when_due(struct oap *o)
{
	struct identity left = o->identity;
	struct oap_problem why;
	struct wiped w;

	if (!is_due(o))
		return;
	memset(left.hash_key, 0, sizeof(left.hash_key));
	memset(left.enrolment, 0, sizeof(left.enrolment));
	left.enrolment_n = 0;
	if (!note(o, &w) || !journal_wipe(o->journal, &left, &w))
		return;
	forget(o, &left, &w);
	if (keyfile_erase(o->dir.fd, o->dir.path, &why) != OAP_OK)
		return; /* the next opening does it, or says why it cannot */
}

enum oap_result wipe_open(struct oap *o, struct oap_problem *why)
{
	if (!journal_held(o->journal, &o->held))
		return handle_journal_failed(o, why);
	memcpy(o->facility, o->held.facility, sizeof(o->facility));
	return keyfile_erase(o->dir.fd, o->dir.path, why);
}

enum oap_result wipe_problem(const struct oap *o, struct oap_problem *why)
{
	const struct zone_span utc = {0};
	struct journal_queue queue;
	char day[11];

	date_format(local_time_at(&utc, o->wiped.at_ms).date, day);
	if (!journal_queue(o->journal, &queue))
		queue.depth = 0;
	if (queue.depth > 0)
		return fault(why, OAP_WIPED,
			     "%s: this kiosk was revoked, and wiped itself on "
			     "%s; oap-kiosk sync --dir %s sends the %llu "
			     "entries that it still holds", o->dir.path, day,
			     o->dir.path, (unsigned long long)queue.depth);
	return fault(why, OAP_WIPED,
		     "%s: this kiosk was revoked, and wiped itself on %s; "
		     "enrol a new kiosk in another directory", o->dir.path,
		     day);
}

/* -------------------------------------------------------- what is owed */

struct parcel {
	uint8_t *items_buf, *body_buf;
	struct outbuf items, body;
	uint64_t seqs[WIPED_ITEMS_AT_ONCE];
	size_t count;
	struct net_place place;
};

static void collect(void *arg, uint64_t seq, struct bytes message,
		    struct bytes salt, struct bytes scanned)
{
	struct parcel *p = arg;
	struct item item = {.entry = message, .salt = salt, .scanned = scanned};

	body_put_item(&p->items, &item);
	p->seqs[p->count++] = seq;
}

/* Under the lock. */
static enum oap_result pack(struct oap *o, struct parcel *p,
			    struct oap_problem *why)
{
	const struct wiped *w = &o->wiped;

	if (!journal_unsent(o->journal, NULL, WIPED_ITEMS_AT_ONCE, collect, p))
		return handle_journal_failed(o, why);
	if (p->count == 0 || w->report_n == 0)
		return wipe_problem(o, why);
	body_put_head(&p->body, bytes_of(w->report, w->report_n), p->count);
	out_bytes(&p->body, out_view(&p->items));
	p->place = handle_place(o);
	if (p->items.failed || p->body.failed)
		return fault(why, OAP_JOURNAL_FAILED,
			     "%s: an entry in the journal is too long to be "
			     "sent", o->dir.path);
	return OAP_OK;
}

/* Under the lock: what was owed is there; with the last, all goes. */
static enum oap_result settle(struct oap *o, const struct parcel *p,
			      const struct answer_results *results,
			      struct oap_synced *out, struct oap_problem *why)
{
	struct moment now = handle_now(o);
	struct journal_queue queue;
	uint64_t marked = 0;

	if (!journal_begin(o->journal))
		return handle_journal_failed(o, why);
	if (!record_results(o, results, p->seqs, handle_effective(o, &now),
			    &marked)) {
		journal_rollback(o->journal);
		return handle_journal_failed(o, why);
	}
	if (!journal_commit(o->journal) ||
	    !journal_queue(o->journal, &queue) ||
	    (queue.depth == 0 && !journal_wipe_entries(o->journal)))
		return handle_journal_failed(o, why);
	if (queue.depth == 0)
		o->wiped.report_n = 0;
	out->marked += marked;
	out->unsent = queue.depth;
	return OAP_OK;
}

static enum oap_result read_reply(struct oap *o, const struct parcel *p,
				  const struct net_reply *reply,
				  struct oap_synced *out,
				  struct oap_problem *why)
{
	struct entries_answer answer;
	enum oap_result result;

	if (reply->status != 200)
		return refresh_refused(reply, "upload", why);
	if (!entries_answer_read(bytes_of(reply->body, reply->n), p->seqs,
				 p->count, &answer))
		return fault(why, OAP_BAD_ANSWER,
			     "upload: the service's answer cannot be "
			     "understood; nothing was taken off the queue");
	memcpy(out->device, answer.device, sizeof(out->device));
	handle_lock(o);
	result = settle(o, p, &answer.results, out, why);
	handle_unlock(o);
	return result;
}

static enum oap_result send(struct oap *o, struct parcel *p,
			    struct oap_synced *out, struct oap_problem *why)
{
	struct net_request request = {.method = NET_POST,
				      .path = "/v1/entries",
				      .reply_max = KIOSK_REPLY_MAX,
				      .until_ms = net_now_ms() + KIOSK_CALL_MS};
	enum oap_result result;
	struct net_reply *reply;

	p->count = p->items.n = p->body.n = 0;
	handle_lock(o);
	result = pack(o, p, why);
	handle_unlock(o);
	if (result != OAP_OK)
		return result;
	request.body = out_view(&p->body);
	reply = net_call(o->bulk, &p->place, &request);
	if (reply == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	result = read_reply(o, p, reply, out, why);
	net_reply_free(reply);
	return result;
}

/* Until all is sent, or nothing moves any more. */
static enum oap_result send_all(struct oap *o, struct parcel *p,
				struct oap_synced *out,
				struct oap_problem *why)
{
	struct journal_queue queue = {0};
	enum oap_result result;
	uint64_t before;

	handle_lock(o);
	if (!journal_queue(o->journal, &queue))
		queue.depth = 0;
	handle_unlock(o);
	out->unsent = queue.depth;
	do {
		before = out->unsent;
		result = send(o, p, out, why);
		if (result == OAP_OK && out->unsent < before)
			out->sent += before - out->unsent;
	} while (result == OAP_OK && out->unsent > 0 && out->unsent < before);
	return result;
}

enum oap_result wipe_sync(struct oap *o, struct oap_synced *out,
			  struct oap_problem *why)
{
	struct parcel *p = calloc(1, sizeof(*p));
	enum oap_result result;

	if (p == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	p->items_buf = malloc(WIPED_BODY_MAX);
	p->body_buf = malloc(WIPED_BODY_MAX);
	p->items = outbuf_in(p->items_buf, WIPED_BODY_MAX);
	p->body = outbuf_in(p->body_buf, WIPED_BODY_MAX);
	if (p->items_buf == NULL || p->body_buf == NULL)
		result = fault(why, OAP_NO_MEMORY, "out of memory");
	else
		result = send_all(o, p, out, why);
	free(p->items_buf);
	free(p->body_buf);
	free(p);
	return result;
}
