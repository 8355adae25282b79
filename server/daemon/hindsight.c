/* SPDX-License-Identifier: Apache-2.0 */
/* hindsight.c: decide() over what was in force then. */
#include "hindsight.h"

#include <string.h>

#include "policy.h"
#include "store_setup.h"

/* A key of that id is that key, wherever it is found. */
static bool verified(const struct admitted *admitted,
		     const struct issuer_key *key)
{
	return admitted->has_key
		   ? admitted->pass_verified
		   : cose_verify(&admitted->scan.pass_cose, key->pk, NULL);
}

/* What the pass is judged by, as it was; key is the caller's room for it. */
static enum store_result take_issuer(struct inforce *f, struct store *s,
				     const struct admitted *admitted,
				     uint64_t epoch, struct issuer_key *key,
				     struct decide_input *in)
{
	const struct pass *pass = &admitted->scan.pass;
	const struct issuerdoc *doc;
	enum store_result r;

	in->issuer = ISSUER_NOT_HERE;
	in->key = NULL;
	in->status = NULL;
	in->pass_verified = false;
	r = inforce_issuer(f, s, pass->iss, epoch, &doc);
	if (r != STORE_OK || doc == NULL)
		return r;
	in->issuer = ISSUER_KNOWN;
	if (!issuerdoc_key(doc, admitted->scan.kid, key))
		return STORE_OK;
	in->key = key;
	in->pass_verified = verified(admitted, key);
	if (!issuerdoc_has_uri(doc, pass->uri))
		return STORE_OK;
	return inforce_list(f, s, pass->uri, epoch, &in->status);
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
static enum store_result judge_news(struct inforce *f, struct store *s,
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
	r = take_issuer(f, s, past->admitted, epoch, &key, in);
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

static enum store_result judge_past(struct inforce *f, struct store *s,
				    const struct past *past,
				    struct decide_input *in,
				    struct view_back *out)
{
	struct issuer_key key;
	enum store_result r = STORE_OK;
	struct decision d;

	if (past->admitted->shape == VERDICT_NONE)
		r = take_issuer(f, s, past->admitted, past->epoch, &key, in);
	if (r != STORE_OK)
		return r;
	d = decide(in);
	out->knew = d.verdict;
	out->has_price = d.has_price;
	out->price = d.price;
	return out->knew == VERDICT_ACCEPTED_OFFLINE
		   ? judge_news(f, s, past, in, out)
		   : STORE_OK;
}

static enum store_result look_at(struct inforce *f, struct store *s,
				 const struct past *past,
				 struct view_back *out, bool *held)
{
	const struct setting *set;
	enum store_result r = inforce_setting(f, s, past->facility,
					      past->benefit, past->epoch, &set);
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
	*held = set->epoch == past->epoch;
	in.facility = out->facility =
	    set->has_facility ? &set->facility : NULL;
	in.benefit = out->benefit = set->has_benefit ? &set->benefit : NULL;
	in.policy = &set->policy;
	in.has_bundle_age = true;
	in.bundle_made_at = set->made_at;
	in.bundle_good_until = set->made_at + set->policy.hard_age_s;
	out->uses_max = set->policy.offline_uses;
	if (set->has_facility)
		out->amount_max = policy_offline_amount(
		    &set->policy, set->facility.currency);
	return judge_past(f, s, past, &in, out);
}

/* An epoch that is not held was lost in a restore: what came with it is read as
 * the newest before it, or else as it is now. */
enum store_result look_back(struct inforce *f, struct store *s,
			    const struct past *past, struct view_back *out)
{
	struct past later = *past;
	struct view_back second;
	struct epoch_row newest;
	bool held;
	enum store_result r = look_at(f, s, past, out, &held);

	if (r != STORE_OK || held || out->knew == VERDICT_ACCEPTED_OFFLINE)
		return r;
	r = store_epoch(s, &newest);
	if (r != STORE_OK)
		return r == STORE_NONE ? STORE_OK : r;
	later.epoch = newest.epoch;
	r = look_at(f, s, &later, &second, &held);
	if (r == STORE_OK && second.knew == VERDICT_ACCEPTED_OFFLINE)
		*out = second;
	return r;
}
