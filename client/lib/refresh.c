/* SPDX-License-Identifier: Apache-2.0 */
/* refresh.c: a bundle is applied whole or not at all, and never goes back: not
 * in (epoch, made_at), not in an issuer document's number, not in the date of
 * a status list of the same signer. */
#include "refresh.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "key.h"
#include "wipe.h"

enum oap_result refresh_refused(const struct net_reply *reply,
				const char *what, struct oap_problem *why)
{
	struct problem_answer p;

	if (reply->status == 0)
		return fault(why, OAP_NO_NETWORK, "%s: %s", what,
			     reply->error);
	problem_answer_read(bytes_of(reply->body, reply->n), &p);
	if (p.detail[0] == '\0')
		return fault(why, OAP_BAD_ANSWER,
			     "%s: the service answered HTTP %d", what,
			     reply->status);
	if (reply->status >= 500)
		return fault(why, OAP_NO_NETWORK, "%s: %s", what, p.detail);
	return fault(why, OAP_REFUSED, "%s: %s", what, p.detail);
}

/* -1 older, 0 the same moment, 1 newer than the one held, be that good still
 * or not. */
static int compare_age(const struct oap *o, const struct bundle *b)
{
	const struct held *held = &o->held;

	if (!held->there)
		return 1;
	if (b->epoch != held->epoch)
		return b->epoch > held->epoch ? 1 : -1;
	if (b->made_at != held->made_at)
		return b->made_at > held->made_at ? 1 : -1;
	return 0;
}

/* Whom to believe. */
struct key_choice {
	uint8_t pk[32];
	bool is_next; /* announced in the bundle held; it becomes the pinned */
};

/* The pinned key, or the announced next one when that signed. */
static struct key_choice choose_key(const struct oap *o, struct bytes message)
{
	const struct held *held = &o->held;
	struct key_choice choice = {.is_next = false};
	uint8_t kid[KEY_KID];
	struct bundle b;

	memcpy(choice.pk, o->identity.service_pk, sizeof(choice.pk));
	if (!held->has_next_key || !bundle_read(message, &b))
		return choice;
	key_kid(held->next_key, kid);
	if (memcmp(kid, b.service_kid, sizeof(kid)) != 0)
		return choice;
	memcpy(choice.pk, held->next_key, sizeof(choice.pk));
	choice.is_next = true;
	return choice;
}

static enum oap_result keep_document(struct oap *o,
				     const struct trust_issuer *issuer,
				     struct oap_problem *why)
{
	const struct issuerdoc *doc = &issuer->doc;
	uint8_t hash[32], floor_hash[32];
	uint64_t floor;

	crypto_hash_sha256(hash, doc->cose.whole.p, doc->cose.whole.n);
	if (!journal_document_floor(o->journal, doc->iss, issuer->root, &floor,
				    floor_hash))
		return handle_journal_failed(o, why);
	if (floor > 0 &&
	    (doc->number < floor ||
	     (doc->number == floor && memcmp(hash, floor_hash, 32) != 0)))
		return fault(why, OAP_BAD_ANSWER,
			     "bundle: issuer %.*s: document %llu where number "
			     "%llu was held; the operator must look into it",
			     (int)doc->iss.n, (const char *)doc->iss.p,
			     (unsigned long long)doc->number,
			     (unsigned long long)floor);
	if (!journal_set_document_floor(o->journal, doc->iss, issuer->root,
					doc->number, hash))
		return handle_journal_failed(o, why);
	return OAP_OK;
}

static enum oap_result drop_compromised(struct oap *o,
					const struct issuerdoc *doc,
					struct oap_problem *why)
{
	struct cbor_in in = cbor_members(doc->keys);
	struct issuer_key key;

	while (issuerdoc_next_key(&in, &key))
		if (key.state == KEY_COMPROMISED &&
		    !journal_drop_token_floors(o->journal, key.kid))
			return handle_journal_failed(o, why);
	return OAP_OK;
}

static enum oap_result keep_token(struct oap *o,
				  const struct trust_token *token,
				  struct oap_problem *why)
{
	uint64_t floor;

	if (!journal_token_floor(o->journal, token->uri, token->signer,
				 &floor))
		return handle_journal_failed(o, why);
	if (token->view.iat < floor)
		return fault(why, OAP_BAD_ANSWER,
			     "bundle: status list %.*s: older than the one "
			     "held; the service must fetch the newer one again",
			     (int)token->uri.n, (const char *)token->uri.p);
	if (!journal_set_token_floor(o->journal, token->uri, token->signer,
				     token->view.iat))
		return handle_journal_failed(o, why);
	return OAP_OK;
}

static enum oap_result keep_floors(struct oap *o, const struct trust *t,
				   struct oap_problem *why)
{
	enum oap_result result = OAP_OK;

	for (size_t i = 0; result == OAP_OK && i < trust_issuer_count(t);
	     i++) {
		const struct trust_issuer *issuer = trust_issuer_at(t, i);

		result = keep_document(o, issuer, why);
		if (result == OAP_OK)
			result = drop_compromised(o, &issuer->doc, why);
		for (size_t k = 0; result == OAP_OK && k < issuer->token_count;
		     k++)
			result = keep_token(o, &issuer->tokens[k], why);
	}
	return result;
}

/* One transaction: floors, bundle and what is kept of it, clock, and the
 * service's key if it is new. Nothing of the handle changes before it is
 * durable. */
static enum oap_result keep(struct oap *o, const struct trust *t,
			    const struct held *held, const char *etag,
			    const struct identity *identity,
			    const struct kioskclock *clock,
			    struct oap_problem *why)
{
	enum oap_result result;

	if (!journal_begin(o->journal))
		return handle_journal_failed(o, why);
	result = keep_floors(o, t, why);
	if (result == OAP_OK &&
	    (!journal_set_bundle(o->journal, trust_message(t), etag) ||
	     !journal_set_held(o->journal, held) ||
	     !journal_set_identity(o->journal, identity) ||
	     !journal_set_clock(o->journal, clock)))
		result = handle_journal_failed(o, why);
	if (result != OAP_OK) {
		journal_rollback(o->journal);
		return result;
	}
	if (!journal_commit(o->journal))
		return handle_journal_failed(o, why);
	return OAP_OK;
}

static void set_etag(struct oap *o, const char *etag)
{
	memset(o->etag, 0, sizeof(o->etag));
	strncpy(o->etag, etag, sizeof(o->etag) - 1);
}

static enum oap_result adopt(struct oap *o, struct trust *t, const char *etag,
			     const struct key_choice *choice,
			     struct oap_problem *why)
{
	struct identity identity = o->identity;
	struct kioskclock clock = o->clock;
	enum oap_result result;
	struct held held;

	held_of(t, o->key.kid, &o->held, &held);
	memcpy(identity.service_pk, choice->pk, sizeof(identity.service_pk));
	kioskclock_raise_floor(&clock,
			       (int64_t)trust_bundle(t)->made_at * 1000);
	result = keep(o, t, &held, etag, &identity, &clock, why);
	if (result != OAP_OK)
		return result;
	o->identity = identity;
	o->clock = clock;
	set_etag(o, etag);
	handle_adopt_trust(o, t, &held);
	return choice->is_next && !key_derive_mac(o->key.sk, choice->pk, o->mac)
		   ? fault(why, OAP_BAD_KEY, "the service's new key is no "
					     "usable key")
		   : OAP_OK;
}

/* Under the lock: a bundle that verified under choice's key. */
static enum oap_result apply(struct oap *o, struct trust *t, const char *etag,
			     const struct key_choice *choice, bool *changed,
			     struct oap_problem *why)
{
	enum oap_result result = OAP_OK;
	int age = compare_age(o, trust_bundle(t));
	bool same = age == 0 && held_is(&o->held, t);

	if (age > 0 || (same && handle_bundle_damaged(o))) {
		result = adopt(o, t, etag, choice, why);
		*changed = result == OAP_OK;
	} else if (!same) {
		result = fault(why, OAP_BAD_ANSWER,
			       "bundle: epoch %llu is %s%s",
			       (unsigned long long)trust_bundle(t)->epoch,
			       age < 0 ? "older than the one held"
				       : "not the one held under that number",
			       handle_bundle_damaged(o)
				   ? ", which is damaged; the service must "
				     "give a newer one"
				   : "; the one held stays");
	}
	if (t != o->trust)
		trust_free(t);
	return result;
}

/* A large bundle takes long to verify, and a visitor may be at the door; so
 * that is done without the lock. The key that it was verified under must then
 * still be the one to go by: another thread may have taken a newer bundle. */
enum oap_result refresh_apply(struct oap *o, uint8_t *message, size_t n,
			      const char *etag, bool *changed,
			      struct oap_problem *why)
{
	struct key_choice choice, now;
	enum oap_result result;
	struct trust *t;

	*changed = false;
	handle_lock(o);
	choice = choose_key(o, bytes_of(message, n));
	handle_unlock(o);
	result = trust_load(message, n, choice.pk, &t, why);
	if (result != OAP_OK)
		return result;
	handle_lock(o);
	now = choose_key(o, trust_message(t));
	if (o->wiped.there) {
		result = wipe_problem(o, why);
		trust_free(t);
	} else if (memcmp(now.pk, choice.pk, sizeof(now.pk)) == 0) {
		result = apply(o, t, etag, &now, changed, why);
	} else {
		result = fault(why, OAP_BAD_ANSWER,
			       "bundle: signed by a key that has just been "
			       "replaced; the one held stays");
		trust_free(t);
	}
	handle_unlock(o);
	return result;
}

enum oap_result refresh_run(struct oap *o, int64_t until_ms, bool *changed,
			    struct oap_problem *why)
{
	struct net_request request = {.path = "/v1/bundle",
				      .reply_max = BUNDLE_MAX,
				      .until_ms = until_ms};
	enum oap_result result = OAP_OK;
	struct net_place place;
	struct net_reply *reply;
	char etag[ETAG_MAX + 1];

	*changed = false;
	handle_lock(o);
	place = handle_place(o);
	memcpy(etag, o->etag, sizeof(etag));
	handle_unlock(o);
	request.etag = etag;
	reply = net_call(o->bulk, &place, &request);
	if (reply == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	if (reply->status == 200 && reply->body != NULL) {
		uint8_t *message = reply->body;

		reply->body = NULL;
		result = refresh_apply(o, message, reply->n, reply->etag,
				       changed, why);
	} else if (reply->status != 304) {
		result = refresh_refused(reply, "bundle", why);
	}
	net_reply_free(reply);
	handle_lock(o);
	wipe_when_due(o);
	handle_unlock(o);
	return result;
}

OAP_API enum oap_result oap_refresh(struct oap *o, struct oap_refreshed *out,
				    struct oap_problem *why)
{
	enum oap_result result;
	bool changed = false;

	memset(out, 0, sizeof(*out));
	out->made_at_ms = OAP_NO_TIME;
	fault_none(why);
	handle_lock(o);
	result = handle_need_enrolled(o, why);
	handle_unlock(o);
	if (result == OAP_OK)
		result = refresh_run(o, net_now_ms() + KIOSK_CALL_MS, &changed,
				     why);
	handle_lock(o);
	out->changed = changed;
	out->epoch = handle_epoch(o);
	if (o->trust != NULL)
		out->made_at_ms =
		    (int64_t)trust_bundle(o->trust)->made_at * 1000;
	handle_unlock(o);
	return result;
}
