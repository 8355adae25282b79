/* SPDX-License-Identifier: Apache-2.0 */
/* hindsight.c: what was in force under an epoch, and decide() over it. */
#include "hindsight.h"

#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "store_setup.h"

/* Two cities with two lists each, before and after an hourly change. */
#define LISTS_KEPT 8
/* An upload is mostly of one kiosk, which goes by one bundle for hours. */
#define SETTINGS_KEPT 16
#define ISSUERS_KEPT 16
#define SINCES_KEPT 16

/* What was in force, copied out of the store. */
struct body {
	uint8_t *p; /* malloc'd; NULL: it was not there */
	size_t n;
};

/* A status list as it was from an epoch on. */
struct kept_list {
	uint64_t used;	/* the least goes first; 0: an empty slot */
	uint64_t since;
	char uri[URI_MAX + 1];
	uint8_t *bytes; /* malloc'd */
	struct status_view view;
};

/* Which epoch brought the list that was in force under another. */
struct kept_since {
	uint64_t used, epoch, since; /* since 0: there was none */
	char uri[URI_MAX + 1];
};

struct kept_issuer {
	uint64_t used, epoch;
	char iss[ISS_MAX + 1];
	struct body document;
	bool there;
	struct issuerdoc doc; /* views into document */
};

/* Place, benefit and rules under an epoch; what is there views the bodies. */
struct kept_setting {
	uint64_t used, epoch;
	char facility_id[NAME_ID_MAX + 1], benefit_id[NAME_ID_MAX + 1];
	struct body facility_body, benefit_body, policy_body;
	bool has_facility, has_benefit;
	struct facility facility;
	struct benefit benefit;
	struct policy policy;
	uint64_t made_at;
};

struct hindsight {
	struct kept_list list[LISTS_KEPT];
	struct kept_since since[SINCES_KEPT];
	struct kept_issuer issuer[ISSUERS_KEPT];
	struct kept_setting setting[SETTINGS_KEPT];
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

static void clear_setting(struct kept_setting *k)
{
	free(k->facility_body.p);
	free(k->benefit_body.p);
	free(k->policy_body.p);
	memset(k, 0, sizeof(*k));
}

static void clear_issuer(struct kept_issuer *k)
{
	free(k->document.p);
	memset(k, 0, sizeof(*k));
}

static void clear_list(struct kept_list *k)
{
	free(k->bytes);
	memset(k, 0, sizeof(*k));
}

void hindsight_forget(struct hindsight *h)
{
	for (size_t i = 0; i < LISTS_KEPT; i++)
		clear_list(&h->list[i]);
	for (size_t i = 0; i < ISSUERS_KEPT; i++)
		clear_issuer(&h->issuer[i]);
	for (size_t i = 0; i < SETTINGS_KEPT; i++)
		clear_setting(&h->setting[i]);
	memset(h->since, 0, sizeof(h->since));
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

static enum store_result since_of(struct hindsight *h, struct store *s,
				  struct bytes uri, uint64_t epoch,
				  uint64_t *since)
{
	struct kept_since *to = &h->since[0];
	enum store_result r;

	for (size_t i = 0; i < SINCES_KEPT; i++) {
		struct kept_since *k = &h->since[i];

		if (k->used > 0 && k->epoch == epoch &&
		    bytes_is_text(uri, k->uri)) {
			*since = k->since;
			return STORE_OK;
		}
		if (k->used < to->used)
			to = k;
	}
	*since = 0;
	r = store_version_epoch(s, VERSION_STATUS, uri, epoch, since);
	if (r == STORE_FAILED ||
	    !bytes_to_text(uri, to->uri, sizeof(to->uri)))
		return r == STORE_FAILED ? r : STORE_OK;
	to->used = ++h->clock;
	to->epoch = epoch;
	to->since = *since;
	return STORE_OK;
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
	return true;
}

static enum store_result load_list(struct hindsight *h, struct store *s,
				   struct bytes uri, uint64_t since,
				   struct kept_list *to)
{
	struct body body = {.p = NULL};
	enum store_result r = load(s, VERSION_STATUS, uri, since, &body);

	clear_list(to);
	if (r == STORE_OK && body.p != NULL &&
	    bytes_to_text(uri, to->uri, sizeof(to->uri)) &&
	    inflate(h, view_of(&body), to))
		to->since = since;
	free(body.p);
	return r;
}

/* NULL: there was none. */
static enum store_result list_at(struct hindsight *h, struct store *s,
				 struct bytes uri, uint64_t epoch,
				 const struct status_view **out)
{
	struct kept_list *to = &h->list[0];
	uint64_t since;
	enum store_result r = since_of(h, s, uri, epoch, &since);

	*out = NULL;
	if (r != STORE_OK || since == 0)
		return r;
	for (size_t i = 0; i < LISTS_KEPT; i++) {
		struct kept_list *k = &h->list[i];

		if (k->since == since && bytes_is_text(uri, k->uri)) {
			k->used = ++h->clock;
			*out = &k->view;
			return STORE_OK;
		}
		if (k->used < to->used)
			to = k;
	}
	r = load_list(h, s, uri, since, to);
	if (r == STORE_OK && to->since == since) {
		to->used = ++h->clock;
		*out = &to->view;
	}
	return r;
}

/* --------------------------------------------------------------- issuer */

static enum store_result issuer_at(struct hindsight *h, struct store *s,
				   struct bytes iss, uint64_t epoch,
				   const struct kept_issuer **out)
{
	struct kept_issuer *to = &h->issuer[0];
	enum store_result r;

	for (size_t i = 0; i < ISSUERS_KEPT; i++) {
		struct kept_issuer *k = &h->issuer[i];

		if (k->used > 0 && k->epoch == epoch &&
		    bytes_is_text(iss, k->iss)) {
			k->used = ++h->clock;
			*out = k;
			return STORE_OK;
		}
		if (k->used < to->used)
			to = k;
	}
	clear_issuer(to);
	r = load(s, VERSION_DOCUMENT, iss, epoch, &to->document);
	to->there = to->document.p != NULL &&
		    issuerdoc_read(view_of(&to->document), &to->doc);
	/* pass_read has bounded it */
	if (r == STORE_OK && bytes_to_text(iss, to->iss, sizeof(to->iss))) {
		to->epoch = epoch;
		to->used = ++h->clock;
	}
	*out = to;
	return r;
}

/* A key of that id is that key, wherever it is found. */
static bool verified(const struct admitted *admitted,
		     const struct issuer_key *key)
{
	return admitted->has_key
		   ? admitted->pass_verified
		   : cose_verify(&admitted->scan.pass_cose, key->pk, NULL);
}

/* What the pass is judged by, as it was; key is the caller's room for it. */
static enum store_result take_issuer(struct hindsight *h, struct store *s,
				     const struct admitted *admitted,
				     uint64_t epoch, struct issuer_key *key,
				     struct decide_input *in)
{
	const struct pass *pass = &admitted->scan.pass;
	const struct kept_issuer *issuer;
	enum store_result r;

	in->issuer = ISSUER_NOT_HERE;
	in->key = NULL;
	in->status = NULL;
	in->pass_verified = false;
	r = issuer_at(h, s, pass->iss, epoch, &issuer);
	if (r != STORE_OK || !issuer->there)
		return r;
	in->issuer = ISSUER_KNOWN;
	if (!issuerdoc_key(&issuer->doc, admitted->scan.kid, key))
		return STORE_OK;
	in->key = key;
	in->pass_verified = verified(admitted, key);
	if (!issuerdoc_has_uri(&issuer->doc, pass->uri))
		return STORE_OK;
	return list_at(h, s, pass->uri, epoch, &in->status);
}

/* ------------------------------------------------------------- the rest */

static enum store_result load_setting(struct store *s,
				      const struct past *past,
				      struct kept_setting *k)
{
	struct epoch_row epoch;
	enum store_result r;

	r = load(s, VERSION_FACILITY, past->facility, past->epoch,
		 &k->facility_body);
	if (r == STORE_OK)
		r = load(s, VERSION_BENEFIT, past->benefit, past->epoch,
			 &k->benefit_body);
	if (r == STORE_OK)
		r = load(s, VERSION_POLICY, bytes_text(""), past->epoch,
			 &k->policy_body);
	if (r == STORE_OK)
		r = store_epoch_at(s, past->epoch, &epoch);
	if (r == STORE_FAILED)
		return r;
	k->has_facility = facility_read(view_of(&k->facility_body),
					&k->facility);
	k->has_benefit = benefit_read(view_of(&k->benefit_body), &k->benefit);
	if (!policy_read(view_of(&k->policy_body), &k->policy))
		k->policy = policy_default();
	k->made_at = epoch.made_at; /* none: 0, and long over */
	return STORE_OK;
}

static bool is_setting(const struct kept_setting *k, const struct past *past)
{
	return k->used > 0 && k->epoch == past->epoch &&
	       bytes_is_text(past->facility, k->facility_id) &&
	       bytes_is_text(past->benefit, k->benefit_id);
}

static enum store_result setting_at(struct hindsight *h, struct store *s,
				    const struct past *past,
				    struct kept_setting **out)
{
	struct kept_setting *to = &h->setting[0];
	enum store_result r;

	for (size_t i = 0; i < SETTINGS_KEPT; i++) {
		struct kept_setting *k = &h->setting[i];

		if (is_setting(k, past)) {
			k->used = ++h->clock;
			*out = k;
			return STORE_OK;
		}
		if (k->used < to->used)
			to = k;
	}
	clear_setting(to);
	r = load_setting(s, past, to);
	/* entry_read has bounded both */
	if (r == STORE_OK &&
	    bytes_to_text(past->facility, to->facility_id,
			  sizeof(to->facility_id)) &&
	    bytes_to_text(past->benefit, to->benefit_id,
			  sizeof(to->benefit_id))) {
		to->epoch = past->epoch;
		to->used = ++h->clock;
	}
	*out = to;
	return r;
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
	struct issuer_key key;
	uint64_t epoch;
	enum store_result r = find_epoch(s, past, &epoch);
	enum verdict v;

	/* It knew no more than the kiosk. */
	if (r != STORE_OK || epoch == past->epoch)
		return r;
	r = take_issuer(h, s, past->admitted, epoch, &key, in);
	if (r != STORE_OK)
		return r;
	v = decide(in).verdict;
	if (v == VERDICT_UNKNOWN_KEY && in->issuer == ISSUER_NOT_HERE)
		v = VERDICT_ISSUER_NOT_TRUSTED;
	out->refused = is_news(v) || v == VERDICT_ISSUER_NOT_TRUSTED
			   ? v
			   : VERDICT_NONE;
	return STORE_OK;
}

static enum store_result judge_past(struct hindsight *h, struct store *s,
				    const struct past *past,
				    struct decide_input *in,
				    struct view_back *out)
{
	struct issuer_key key;
	enum store_result r = STORE_OK;
	struct decision d;

	if (past->admitted->shape == VERDICT_NONE)
		r = take_issuer(h, s, past->admitted, past->epoch, &key, in);
	if (r != STORE_OK)
		return r;
	d = decide(in);
	out->knew = d.verdict;
	out->has_price = d.has_price;
	out->price = d.price;
	return out->knew == VERDICT_ACCEPTED_OFFLINE
		   ? judge_news(h, s, past, in, out)
		   : STORE_OK;
}

enum store_result look_back(struct hindsight *h, struct store *s,
			    const struct past *past, struct view_back *out)
{
	struct kept_setting *set;
	enum store_result r = setting_at(h, s, past, &set);
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

	memset(out, 0, sizeof(*out));
	if (r != STORE_OK)
		return r;
	in.facility = set->has_facility ? &set->facility : NULL;
	in.benefit = set->has_benefit ? &set->benefit : NULL;
	in.policy = &set->policy;
	in.has_bundle_age = true;
	in.bundle_made_at = set->made_at;
	in.bundle_good_until = set->made_at + set->policy.hard_age_s;
	out->uses_max = set->policy.offline_uses;
	if (set->has_facility)
		out->amount_max = policy_offline_amount(
		    &set->policy, set->facility.currency);
	return judge_past(h, s, past, &in, out);
}
