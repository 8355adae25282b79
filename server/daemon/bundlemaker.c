/* SPDX-License-Identifier: Apache-2.0 */
/* bundlemaker.c: the epoch, the versions that it brings, and the signature.
 * What the store knows of the newest epoch decides whether the content has
 * changed, so a restart or a commit of unknown end changes no epoch. */
#include "bundlemaker.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle_content.h"
#include "statuslist.h"

/* Of the numbers and the policy, the envelope, and what is signed beside the
 * payload. */
#define REST_MAX (POLICY_ENCODED_MAX + 512)

/* ------------------------------------------------------------- versions */

/* Ids of one kind, ascending, to find those that are gone. */
struct ids {
	struct bytes *id;
	size_t count, cap;
};

static bool ids_add(struct ids *ids, struct bytes id)
{
	if (ids->count == ids->cap) {
		size_t cap = ids->cap > 0 ? 2 * ids->cap : 64;
		struct bytes *p = realloc(ids->id, cap * sizeof(*p));

		if (p == NULL)
			return false;
		ids->id = p;
		ids->cap = cap;
	}
	ids->id[ids->count++] = id;
	return true;
}

static int compare_ids(const void *a, const void *b)
{
	return bytes_compare(*(const struct bytes *)a,
			     *(const struct bytes *)b);
}

static bool is_there(void *arg, struct bytes id)
{
	const struct ids *ids = arg;

	return ids->count > 0 && bsearch(&id, ids->id, ids->count,
					 sizeof(id), compare_ids) != NULL;
}

/* Keeps the versions of one kind: what the next member is called and says. */
struct keeping {
	const struct content *content;
	enum version_kind kind;
	uint64_t epoch;
	struct ids ids;
};

static bool keep(struct keeping *k, struct bytes id, struct bytes body)
{
	if (!ids_add(&k->ids, id))
		return content_fail(k->content, "out of memory");
	return store_version_put(k->content->store, k->kind, id, k->epoch,
				 body) == STORE_OK ||
	       content_store_failed(k->content);
}

static bool keep_facilities(struct keeping *k, const struct bundle *b)
{
	struct cbor_in in = cbor_members(b->facilities);
	struct facility f;
	struct bytes item;

	while (cbor_item(&in, &item)) {
		if (!facility_read(item, &f) || !keep(k, f.id, item))
			return false;
	}
	return true;
}

static bool keep_benefits(struct keeping *k, const struct bundle *b)
{
	struct cbor_in in = cbor_members(b->benefits);
	struct benefit benefit;
	struct bytes item;

	while (cbor_item(&in, &item)) {
		if (!benefit_read(item, &benefit) ||
		    !keep(k, benefit.id, item))
			return false;
	}
	return true;
}

static bool keep_policy(struct keeping *k, const struct bundle *b)
{
	uint8_t buf[POLICY_ENCODED_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	policy_put(&out, &b->policy);
	return !out.failed && keep(k, bytes_text(""), out_view(&out));
}

static bool keep_documents(struct keeping *k, const struct bundle *b)
{
	struct cbor_in in = cbor_members(b->issuers);
	struct bundle_issuer issuer;
	struct issuerdoc doc;

	while (bundle_next_issuer(&in, &issuer)) {
		if (!issuerdoc_read(issuer.document, &doc) ||
		    !keep(k, doc.iss, issuer.document))
			return false;
	}
	return true;
}

static bool keep_lists(struct keeping *k, const struct bundle *b)
{
	struct cbor_in in = cbor_members(b->issuers), tokens;
	struct bundle_issuer issuer;
	struct status_token token;
	struct bytes message;

	while (bundle_next_issuer(&in, &issuer)) {
		tokens = cbor_members(issuer.tokens);
		while (bundle_next_token(&tokens, &message)) {
			if (!status_token_read(message, &token) ||
			    !keep(k, token.uri, message))
				return false;
		}
	}
	return true;
}

typedef bool keep_kind(struct keeping *k, const struct bundle *b);

static keep_kind *const keepers[VERSION_KIND_COUNT] = {
    [VERSION_FACILITY] = keep_facilities, [VERSION_BENEFIT] = keep_benefits,
    [VERSION_POLICY] = keep_policy,	  [VERSION_DOCUMENT] = keep_documents,
    [VERSION_STATUS] = keep_lists,
};

static bool keep_versions(const struct content *c, uint64_t epoch)
{
	bool good = true;

	for (int kind = 0; good && kind < VERSION_KIND_COUNT; kind++) {
		struct keeping k = {.content = c,
				    .kind = (enum version_kind)kind,
				    .epoch = epoch};

		good = keepers[kind](&k, &c->bundle);
		if (good && k.ids.count > 0)
			qsort(k.ids.id, k.ids.count, sizeof(*k.ids.id),
			      compare_ids);
		if (good && store_versions_gone(c->store, k.kind, epoch,
						is_there, &k.ids) != STORE_OK)
			good = content_store_failed(c);
		free(k.ids.id);
	}
	if (!good && c->order->error[0] == '\0')
		content_fail(c, "what was encoded for it cannot be read");
	return good;
}

/* ---------------------------------------------------------------- epoch */

static bool load_epoch(const struct content *c, struct epoch_row *last,
		       bool *first)
{
	enum store_result r = store_epoch(c->store, last);

	*first = r == STORE_NONE;
	return r == STORE_OK || r == STORE_NONE || content_store_failed(c);
}

/* The epoch and date of the bundle to be made; what they were before, when
 * the content is as it was. A clock that was set back dates nothing earlier,
 * and the next epoch is after any that a kiosk has seen: kiosks never go back. */
static struct epoch_row next_epoch(const struct epoch_row *last, bool changed,
				   uint64_t now_s, uint64_t seen,
				   const uint8_t *content)
{
	struct epoch_row next = *last;
	uint64_t before = seen > last->epoch ? seen : last->epoch;

	next.made_at = now_s > last->made_at ? now_s : last->made_at;
	if (changed) {
		next.epoch = before + 1 > next.made_at ? before + 1
						       : next.made_at;
		memcpy(next.content, content, sizeof(next.content));
	}
	return next;
}

static bool is_fresh(const struct made_bundle *previous,
		     const struct epoch_row *last, uint64_t now_s)
{
	return previous != NULL && previous->epoch == last->epoch &&
	       previous->made_at + BUNDLE_RESIGN_S > now_s;
}

/* -------------------------------------------------------------- signing */

static void make_etag(struct made_bundle *out)
{
	uint8_t hash[crypto_hash_sha256_BYTES], epoch[8], made_at[8];
	crypto_hash_sha256_state state;

	put_be64(epoch, out->epoch);
	put_be64(made_at, out->made_at);
	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, out->content, sizeof(out->content));
	crypto_hash_sha256_update(&state, epoch, sizeof(epoch));
	crypto_hash_sha256_update(&state, made_at, sizeof(made_at));
	crypto_hash_sha256_final(&state, hash);
	hex_encode(hash, sizeof(out->etag) / 2, out->etag);
}

static size_t length_of(const struct bundle *b)
{
	return b->issuers.n + b->facilities.n + b->benefits.n + b->kiosks.n +
	       b->pins.n + REST_MAX;
}

static bool fits(const struct content *c, size_t n)
{
	if (n <= BUNDLE_MAX)
		return true;
	*c->order->too_large = true;
	snprintf(c->order->error, c->order->error_size,
		 "%zu bytes, and a kiosk takes %d; withdraw benefits, or have "
		 "the cities publish smaller status lists",
		 n, BUNDLE_MAX);
	return false;
}

static bool sign(struct content *c, const struct epoch_row *epoch,
		 struct made_bundle *out)
{
	const struct service_keys *keys = c->order->keys;
	size_t cap = length_of(&c->bundle), scratch_cap = 2 * cap;
	struct outbuf message, scratch;
	bool good;

	if (!fits(c, cap))
		return false;
	message = outbuf_in(malloc(cap), cap);
	scratch = outbuf_in(malloc(scratch_cap), scratch_cap);
	c->bundle.epoch = epoch->epoch;
	c->bundle.made_at = epoch->made_at;
	c->bundle.good_until = epoch->made_at + c->bundle.policy.hard_age_s;
	good = message.p != NULL && scratch.p != NULL;
	if (good)
		bundle_put(&message, &c->bundle, keys->pk, keys->sk, &scratch);
	free(scratch.p);
	if (!good || message.failed) {
		free(message.p);
		return content_fail(c, "out of memory");
	}
	*out = (struct made_bundle){.p = message.p,
				    .n = message.n,
				    .epoch = epoch->epoch,
				    .made_at = epoch->made_at};
	memcpy(out->content, epoch->content, sizeof(out->content));
	make_etag(out);
	return true;
}

/* ------------------------------------------------------------------ all */

static bool make(struct content *c, struct made_bundle *out)
{
	uint64_t now_s = (uint64_t)(c->order->now_ms / 1000);
	struct epoch_row last, next;
	uint8_t content[32];
	bool first, changed;
	uint64_t seen;

	if (!content_gather(c) || !load_epoch(c, &last, &first))
		return false;
	if (store_epoch_seen(c->store, c->order->now_ms, &seen) != STORE_OK)
		return content_store_failed(c);
	bundle_content_hash(&c->bundle, content);
	changed = first || memcmp(content, last.content, 32) != 0 ||
		  seen > last.epoch;
	if (!changed && is_fresh(c->order->previous, &last, now_s))
		return true;
	next = next_epoch(&last, changed, now_s, seen, content);
	if (!sign(c, &next, out))
		return false;
	if ((!changed || keep_versions(c, next.epoch)) &&
	    (store_epoch_put(c->store, &next) == STORE_OK ||
	     content_store_failed(c)))
		return true;
	free(out->p);
	out->p = NULL;
	return false;
}

bool bundle_make(struct store *s, const struct bundle_order *order,
		 struct made_bundle *out)
{
	struct content *c = calloc(1, sizeof(*c));
	bool good;

	memset(out, 0, sizeof(*out));
	order->error[0] = '\0';
	*order->too_large = false;
	if (c == NULL) {
		snprintf(order->error, order->error_size, "out of memory");
		return false;
	}
	c->order = order;
	c->store = s;
	good = make(c, out);
	content_free(c);
	free(c);
	return good;
}
