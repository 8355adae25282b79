/* SPDX-License-Identifier: Apache-2.0 */
/* hindsight.c: what was in force under an epoch, and decide() over it. */
#include "hindsight.h"

#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "store_setup.h"

/* Two cities with two lists each, before and after an hourly change. */
#define LISTS_KEPT 8

/* A status list as it was from an epoch on. */
struct kept_list {
	uint64_t since; /* 0: an empty slot */
	uint64_t used;	/* the least goes first */
	char uri[URI_MAX + 1];
	uint8_t *bytes; /* malloc'd */
	struct status_view view;
	uint8_t signer[8];
};

struct hindsight {
	struct kept_list list[LISTS_KEPT];
	uint64_t clock;
	uint8_t *inflated; /* STATUS_INFLATED_MAX */
};

struct hindsight *hindsight_new(void)
{
	struct hindsight *h = calloc(1, sizeof(*h));

	if (h != NULL)
		h->inflated = malloc(STATUS_INFLATED_MAX);
	if (h != NULL && h->inflated == NULL) {
		free(h);
		return NULL;
	}
	return h;
}

void hindsight_forget(struct hindsight *h)
{
	for (size_t i = 0; i < LISTS_KEPT; i++) {
		free(h->list[i].bytes);
		memset(&h->list[i], 0, sizeof(h->list[i]));
	}
}

void hindsight_free(struct hindsight *h)
{
	if (h == NULL)
		return;
	hindsight_forget(h);
	free(h->inflated);
	free(h);
}

/* ------------------------------------------------------------- versions */

/* What was in force, copied out of the store. */
struct body {
	uint8_t *p; /* malloc'd; NULL: it was not there */
	size_t n;
};

static bool copy_body(void *arg, const void *row)
{
	const struct bytes *from = row;
	struct body *to = arg;

	to->p = malloc(from->n + 1);
	if (to->p == NULL)
		return false;
	memcpy(to->p, from->p, from->n);
	to->n = from->n;
	return true;
}

static enum store_result load(struct store *s, enum version_kind kind,
			      struct bytes id, uint64_t epoch,
			      struct body *out)
{
	enum store_result r = store_version(s, kind, id, epoch, copy_body, out);

	return r == STORE_NONE ? STORE_OK : r;
}

static struct bytes view_of(const struct body *b)
{
	return bytes_of(b->p, b->n);
}

/* --------------------------------------------------------- status lists */

static struct kept_list *find_kept(struct hindsight *h, struct bytes uri,
				   uint64_t since)
{
	for (size_t i = 0; i < LISTS_KEPT; i++)
		if (h->list[i].since == since && since != 0 &&
		    bytes_is_text(uri, h->list[i].uri))
			return &h->list[i];
	return NULL;
}

static struct kept_list *oldest(struct hindsight *h)
{
	struct kept_list *found = &h->list[0];

	for (size_t i = 1; i < LISTS_KEPT; i++)
		if (h->list[i].used < found->used)
			found = &h->list[i];
	return found;
}

/* What cannot be read any more is a list that is missing. */
static bool inflate(struct hindsight *h, struct bytes message,
		    struct kept_list *to)
{
	struct status_token token;
	struct statuslist list;

	if (!status_token_read(message, &token) ||
	    !statuslist_inflate(token.lst, token.bits, h->inflated,
				STATUS_INFLATED_MAX, &list))
		return false;
	to->bytes = malloc(list.n + 1);
	if (to->bytes == NULL)
		return false;
	memcpy(to->bytes, list.p, list.n);
	to->view = (struct status_view){{list.bits, to->bytes, list.n},
					token.iat, token.exp, token.ttl};
	memcpy(to->signer, token.kid, sizeof(to->signer));
	return true;
}

static enum store_result load_list(struct hindsight *h, struct store *s,
				   struct bytes uri, uint64_t since,
				   struct kept_list **out)
{
	struct kept_list *to = oldest(h);
	struct body body = {.p = NULL};
	enum store_result r = load(s, VERSION_STATUS, uri, since, &body);

	free(to->bytes);
	memset(to, 0, sizeof(*to));
	if (r == STORE_OK && body.p != NULL &&
	    bytes_to_text(uri, to->uri, sizeof(to->uri)) &&
	    inflate(h, view_of(&body), to)) {
		to->since = since;
		*out = to;
	}
	free(body.p);
	return r;
}

/* NULL: there was none. */
static enum store_result list_at(struct hindsight *h, struct store *s,
				 struct bytes uri, uint64_t epoch,
				 struct kept_list **out)
{
	uint64_t since;
	enum store_result r =
	    store_version_epoch(s, VERSION_STATUS, uri, epoch, &since);

	*out = NULL;
	if (r != STORE_OK)
		return r == STORE_NONE ? STORE_OK : r;
	*out = find_kept(h, uri, since);
	if (*out == NULL)
		r = load_list(h, s, uri, since, out);
	if (*out != NULL)
		(*out)->used = ++h->clock;
	return r;
}

/* --------------------------------------------------------------- issuer */

/* What a pass is judged by, as it was. */
struct evidence {
	struct body document;
	struct issuerdoc doc;
	struct issuer_key key;
	struct kept_list *list;
};

/* A key of that id is that key, wherever it is found. */
static bool verified(const struct admitted *admitted,
		     const struct issuer_key *key)
{
	return admitted->has_key
		   ? admitted->pass_verified
		   : cose_verify(&admitted->scan.pass_cose, key->pk, NULL);
}

static enum store_result take_issuer(struct hindsight *h, struct store *s,
				     const struct admitted *admitted,
				     uint64_t epoch, struct evidence *e,
				     struct decide_input *in)
{
	const struct pass *pass = &admitted->scan.pass;
	enum store_result r;

	in->issuer = ISSUER_NOT_HERE;
	in->key = NULL;
	in->status = NULL;
	in->pass_verified = false;
	r = load(s, VERSION_DOCUMENT, pass->iss, epoch, &e->document);
	if (r != STORE_OK || e->document.p == NULL ||
	    !issuerdoc_read(view_of(&e->document), &e->doc))
		return r;
	in->issuer = ISSUER_KNOWN;
	if (!issuerdoc_key(&e->doc, admitted->scan.kid, &e->key))
		return STORE_OK;
	in->key = &e->key;
	in->pass_verified = verified(admitted, &e->key);
	if (!issuerdoc_has_uri(&e->doc, pass->uri))
		return STORE_OK;
	r = list_at(h, s, pass->uri, epoch, &e->list);
	if (r == STORE_OK && e->list != NULL)
		in->status = &e->list->view;
	return r;
}

/* ------------------------------------------------------------- the rest */

struct setting {
	struct body facility, benefit, policy;
	struct facility f;
	struct benefit b;
	struct policy p;
};

static void free_setting(struct setting *set)
{
	free(set->facility.p);
	free(set->benefit.p);
	free(set->policy.p);
}

static enum store_result take_setting(struct store *s, const struct past *past,
				      struct setting *set,
				      struct decide_input *in)
{
	struct epoch_row epoch;
	enum store_result r;

	r = load(s, VERSION_FACILITY, past->facility, past->epoch,
		 &set->facility);
	if (r == STORE_OK)
		r = load(s, VERSION_BENEFIT, past->benefit, past->epoch,
			 &set->benefit);
	if (r == STORE_OK)
		r = load(s, VERSION_POLICY, bytes_text(""), past->epoch,
			 &set->policy);
	if (r != STORE_OK)
		return r;
	if (facility_read(view_of(&set->facility), &set->f))
		in->facility = &set->f;
	if (benefit_read(view_of(&set->benefit), &set->b))
		in->benefit = &set->b;
	if (!policy_read(view_of(&set->policy), &set->p))
		set->p = policy_default();
	in->policy = &set->p;
	r = store_epoch_at(s, past->epoch, &epoch);
	in->has_bundle_age = true;
	in->bundle_made_at = epoch.made_at; /* none: 0, and long over */
	in->bundle_good_until = epoch.made_at + set->p.hard_age_s;
	return r == STORE_NONE ? STORE_OK : r;
}

static bool is_news(enum verdict v)
{
	return v == VERDICT_UNKNOWN_KEY || v == VERDICT_KEY_RETIRED ||
	       v == VERDICT_KEY_COMPROMISED || v == VERDICT_REVOKED ||
	       v == VERDICT_SUSPENDED;
}

/* What the service went by at that time. */
static enum store_result find_epoch(struct store *s, const struct past *past,
				    uint64_t *epoch)
{
	uint64_t then = (uint64_t)(past->at_ms > 0 ? past->at_ms / 1000 : 0);
	struct epoch_row row;
	enum store_result r = store_epoch_then(s, then, &row);

	*epoch = r == STORE_OK && row.epoch > past->epoch ? row.epoch
							  : past->epoch;
	return r == STORE_NONE ? STORE_OK : r;
}

/* The service's side: nothing is refused for its own stale data. */
static enum store_result judge_news(struct hindsight *h, struct store *s,
				    const struct past *past,
				    struct decide_input *in,
				    struct view_back *out)
{
	struct evidence e = {.list = NULL};
	uint64_t epoch;
	enum store_result r = find_epoch(s, past, &epoch);

	if (r == STORE_OK)
		r = take_issuer(h, s, past->admitted, epoch, &e, in);
	if (r == STORE_OK) {
		enum verdict v = decide(in).verdict;

		if (v == VERDICT_UNKNOWN_KEY && in->issuer == ISSUER_NOT_HERE)
			v = VERDICT_ISSUER_NOT_TRUSTED;
		out->refused = is_news(v) || v == VERDICT_ISSUER_NOT_TRUSTED
				   ? v
				   : VERDICT_NONE;
	}
	free(e.document.p);
	return r;
}

static enum store_result judge_past(struct hindsight *h, struct store *s,
				    const struct past *past,
				    struct decide_input *in,
				    struct view_back *out)
{
	struct evidence e = {.list = NULL};
	enum store_result r = STORE_OK;
	struct decision d;

	if (past->admitted->shape == VERDICT_NONE)
		r = take_issuer(h, s, past->admitted, past->epoch, &e, in);
	if (r == STORE_OK) {
		d = decide(in);
		out->knew = d.verdict;
		out->has_price = d.has_price;
		out->price = d.price;
	}
	free(e.document.p);
	if (r == STORE_OK && out->knew == VERDICT_ACCEPTED_OFFLINE)
		r = judge_news(h, s, past, in, out);
	return r;
}

enum store_result look_back(struct hindsight *h, struct store *s,
			    const struct past *past, struct view_back *out)
{
	struct setting set = {.facility = {.p = NULL}};
	struct decide_input in = {
	    .shape = past->admitted->shape,
	    .scan = &past->admitted->scan,
	    .presentation_verified = past->admitted->presentation_verified,
	    .presentation_used = past->shown_before,
	    .party = past->party,
	    .has_list = past->has_list,
	    .list = past->list,
	    .clock = {.now_ms = past->at_ms, .anchored = true},
	    .offline = true,
	};
	enum store_result r;

	memset(out, 0, sizeof(*out));
	r = take_setting(s, past, &set, &in);
	if (r == STORE_OK) {
		out->uses_max = set.p.offline_uses;
		out->amount_max =
		    in.facility != NULL
			? policy_offline_amount(&set.p, set.f.currency)
			: 0;
		r = judge_past(h, s, past, &in, out);
	}
	free_setting(&set);
	return r;
}
