/* SPDX-License-Identifier: Apache-2.0 */
/* former.c: what was told under a key before this one, sent again. The key
 * itself is gone; the secret that its reports are sealed with has been kept,
 * and its entries as they were signed. */
#include "former.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "enrol.h"
#include "fault.h"
#include "record.h"
#include "refresh.h"
#include "upload.h"

struct sending {
	struct former_key key[FORMER_KEYS_MAX]; /* the newest first */
	size_t count;
	struct upload *upload;
	struct entries_answer *answer;
};

/* Under the lock: up to most entries after seq after, under a report of that
 * key. */
static bool build(struct oap *o, const struct former_key *k, uint64_t after,
		  size_t most, struct upload *u)
{
	uint8_t head[REPORT_MAX];
	struct outbuf report = outbuf_in(head, sizeof(head));
	struct moment now = handle_now(o);
	struct report r = {.next_seq = k->last_seq + 1,
			   .at_ms = now.raw_ms,
			   .epoch = handle_epoch(o),
			   .offset_ms = o->clock.offset_ms,
			   .has_unsent = after < k->last_seq,
			   .oldest_unsent = after + 1,
			   .queue_depth = k->last_seq - after,
			   .version = bytes_text(OAP_VERSION)};

	memcpy(r.kid, k->kid, sizeof(r.kid));
	report_put(&report, &r, k->mac);
	upload_clear(u);
	if (most > 0 &&
	    !journal_former_after(o->journal, k->kid, after, most,
				  upload_collect, u))
		return false;
	body_put_head(&u->body, out_view(&report), u->count);
	out_bytes(&u->body, out_view(&u->items));
	return !report.failed && !u->items.failed && !u->body.failed;
}

/* Whatever it said of an entry is final, or the next key must wait: once that
 * one is known, nobody asks for these again. */
static bool are_final(const struct answer_results *results)
{
	for (size_t i = 0; i < results->count; i++)
		if (!record_is_final(results->at[i].verdict))
			return false;
	return true;
}

static enum oap_result read_reply(const struct net_reply *reply,
				  struct sending *s, struct oap_problem *why)
{
	const struct upload *u = s->upload;

	if (reply == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	if (reply->status != 200)
		return refresh_refused(reply, "upload", why);
	if (!entries_answer_read(bytes_of(reply->body, reply->n), u->seqs,
				 u->count, s->answer) ||
	    !s->answer->has_held)
		return fault(why, OAP_BAD_ANSWER,
			     "upload: the service's answer cannot be "
			     "understood");
	if (!are_final(&s->answer->results))
		return fault(why, OAP_NO_NETWORK,
			     "upload: the service is too busy for what was "
			     "told under a key before; it is sent again");
	return OAP_OK;
}

/* Its place in the handle, which another key may take. */
static struct former_told *place_of(struct oap *o, const struct former_key *k)
{
	return &o->former_told[get_be64(k->kid) % FORMER_KEYS_MAX];
}

static bool was_told_all(struct oap *o, const struct former_key *k,
			 uint64_t held)
{
	const struct former_told *told;
	bool all;

	handle_lock(o);
	told = place_of(o, k);
	all = told->all && told->held == held &&
	      memcmp(told->kid, k->kid, sizeof(told->kid)) == 0;
	handle_unlock(o);
	return all;
}

static void note_told(struct oap *o, const struct former_key *k, uint64_t held)
{
	struct former_told *told;

	handle_lock(o);
	told = place_of(o, k);
	*told = (struct former_told){.all = true, .held = held};
	memcpy(told->kid, k->kid, sizeof(told->kid));
	handle_unlock(o);
}

/* Entries after seq after; *held is what the service has then. */
static enum oap_result send_some(struct oap *o, struct sending *s,
				 const struct former_key *k, uint64_t after,
				 size_t most, uint64_t *held,
				 struct oap_problem *why)
{
	struct net_request request = {.method = NET_POST,
				      .path = "/v1/entries",
				      .reply_max = KIOSK_REPLY_MAX,
				      .until_ms = net_now_ms() + KIOSK_CALL_MS};
	struct net_reply *reply;
	struct net_place place;
	enum oap_result result = OAP_OK;

	handle_lock(o);
	if (!build(o, k, after, most, s->upload))
		result = handle_journal_failed(o, why);
	place = handle_place(o);
	handle_unlock(o);
	if (result != OAP_OK)
		return result;
	request.body = out_view(&s->upload->body);
	reply = net_call(o->bulk, &place, &request);
	result = read_reply(reply, s, why);
	net_reply_free(reply);
	if (result == OAP_OK)
		*held = s->answer->held_seq;
	return result;
}

/* Whether the service may have refused to keep it: the verdict of a visit can
 * be the same. */
static bool may_be_refused(const struct answer_result *r)
{
	return verdict_is(r->verdict, CLASS_REJECT_CODE) ||
	       verdict_is(r->verdict, CLASS_DEVICE) ||
	       (r->marks & MARK_QUARANTINED) != 0;
}

/* What the service has to hold without a gap, now that it took the upload: up
 * to the first entry that is not kept here, or that it may have refused. */
static uint64_t covered_by(const struct sending *s, uint64_t before)
{
	const struct answer_results *results = &s->answer->results;

	for (size_t i = 0; i < s->upload->count; i++) {
		if (s->upload->seqs[i] != before + 1 ||
		    may_be_refused(&results->at[i]))
			break;
		before++;
	}
	return before;
}

/* What it lacks of a key that it knows, unless that is what it lacked before
 * it was told all there is. */
static enum oap_result make_good(struct oap *o, struct sending *s,
				 const struct former_key *k,
				 struct oap_problem *why)
{
	uint64_t after, held, covered;
	enum oap_result result = send_some(o, s, k, 0, 0, &held, why);

	if (result == OAP_OK && was_told_all(o, k, held))
		return OAP_OK;
	for (after = covered = held; result == OAP_OK && after < k->last_seq;
	     after = s->upload->seqs[s->upload->count - 1]) {
		result = send_some(o, s, k, after, ITEMS_PER_UPLOAD_MAX, &held,
				   why);
		/* what is no longer kept here cannot be made good */
		if (result != OAP_OK || s->upload->count == 0)
			break;
		covered = covered_by(s, covered);
	}
	if (result != OAP_OK)
		return result;
	if (held < covered)
		return fault(why, OAP_NO_NETWORK,
			     "upload: the service does not hold all that it "
			     "took of a key before; it is sent again");
	note_told(o, k, held);
	return OAP_OK;
}

/* The newest key that the service knows: count, when there is none. */
static enum oap_result find_known(struct oap *o, struct sending *s,
				  size_t *known, struct oap_problem *why)
{
	enum oap_result result = OAP_REFUSED;
	uint64_t held;

	for (*known = 0; *known < s->count; ++*known) {
		result = send_some(o, s, &s->key[*known], 0, 0, &held, why);
		if (result != OAP_REFUSED)
			break;
	}
	return result;
}

static enum oap_result introduce(struct oap *o, const struct former_key *k,
				 struct oap_problem *why)
{
	struct introduced got;

	return enrol_post(o, bytes_of(k->enrolment, k->enrolment_n), k->kid,
			  net_now_ms() + KIOSK_CALL_MS, &got, why);
}

static enum oap_result read_keys(struct oap *o, struct sending *s,
				 struct oap_problem *why)
{
	enum oap_result result = OAP_OK;

	handle_lock(o);
	if (!journal_former(o->journal, s->key, &s->count))
		result = handle_journal_failed(o, why);
	handle_unlock(o);
	return result;
}

static enum oap_result send_all(struct oap *o, struct sending *s,
				struct oap_problem *why)
{
	enum oap_result result = read_keys(o, s, why);
	size_t i;

	if (result != OAP_OK)
		return result;
	if (s->count == 0)
		return fault(why, OAP_REFUSED, "%s: it has had no other key",
			     o->dir.path);
	result = find_known(o, s, &i, why);
	if (result != OAP_OK)
		return result;
	for (;; i--) {
		result = make_good(o, s, &s->key[i], why);
		if (result != OAP_OK || i == 0)
			return result;
		result = introduce(o, &s->key[i - 1], why);
		if (result != OAP_OK)
			return result;
	}
}

/* One that the service does not know is none of its past. */
static enum oap_result look_through(struct oap *o, struct sending *s,
				    struct oap_problem *why)
{
	enum oap_result result = read_keys(o, s, why);

	for (size_t i = 0; i < s->count && result == OAP_OK; i++) {
		if (s->key[i].last_seq > 0)
			result = make_good(o, s, &s->key[i], why);
		if (result == OAP_REFUSED)
			result = OAP_OK;
	}
	return result;
}

typedef enum oap_result job(struct oap *o, struct sending *s,
			    struct oap_problem *why);

static enum oap_result with_room(struct oap *o, job *run,
				 struct oap_problem *why)
{
	struct sending *s = calloc(1, sizeof(*s));
	enum oap_result result = OAP_NO_MEMORY;

	if (s != NULL) {
		s->upload = upload_new();
		s->answer = malloc(sizeof(*s->answer));
	}
	if (s != NULL && s->upload != NULL && s->answer != NULL)
		result = run(o, s, why);
	else
		result = fault(why, OAP_NO_MEMORY, "out of memory");
	if (s != NULL) {
		sodium_memzero(s->key, sizeof(s->key));
		upload_free(s->upload);
		free(s->answer);
	}
	free(s);
	return result;
}

enum oap_result former_send(struct oap *o, struct oap_problem *why)
{
	return with_room(o, send_all, why);
}

void former_look(struct oap *o)
{
	int64_t now_ms = net_now_ms();
	bool due;

	handle_lock(o);
	due = !o->former_looked || now_ms >= o->former_look_ms;
	o->former_looked = true;
	o->former_look_ms = now_ms + FORMER_LOOK_MS;
	handle_unlock(o);
	if (due && with_room(o, look_through, NULL) != OAP_OK) {
		handle_lock(o);
		o->former_looked = false; /* the next call does */
		handle_unlock(o);
	}
}
