/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c: collects the facts that decide wants. */
#include "judge.h"

#include <sodium.h>
#include <string.h>

#include "code.h"

/* Keyed, so that the journal names no pass to who has only the journal's
 * counters; iss is length-prefixed, so that no two pairs meet. */
static void hash_pass(const uint8_t *key, const struct pass *pass,
		      uint8_t out[static PASS_HASH_SIZE])
{
	crypto_generichash_state state;
	uint8_t n = (uint8_t)pass->iss.n; /* ISS_MAX at most */

	crypto_generichash_init(&state, key, HASH_KEY_SIZE, PASS_HASH_SIZE);
	crypto_generichash_update(&state, &n, 1);
	crypto_generichash_update(&state, pass->iss.p, pass->iss.n);
	crypto_generichash_update(&state, pass->cti, sizeof(pass->cti));
	crypto_generichash_final(&state, out, PASS_HASH_SIZE);
}

static void hash_shown(const uint8_t *key,
		       const uint8_t pass[static PASS_HASH_SIZE], uint64_t iat,
		       uint8_t out[static PASS_HASH_SIZE])
{
	uint8_t both[PASS_HASH_SIZE + 8];

	memcpy(both, pass, PASS_HASH_SIZE);
	put_be64(both + PASS_HASH_SIZE, iat);
	crypto_generichash(out, PASS_HASH_SIZE, both, sizeof(both), key,
			   HASH_KEY_SIZE);
}

static enum verdict read_scan(const struct visit *visit,
			      const uint8_t *hash_key, struct judged *out)
{
	enum verdict shape = code_read(visit->line, out->buf, &out->scanned);

	if (shape == VERDICT_NONE)
		shape = scan_read(out->scanned, &out->scan);
	if (shape != VERDICT_NONE)
		return shape;
	out->has_scan = true;
	hash_pass(hash_key, &out->scan.pass, out->pass);
	if (out->scan.live)
		hash_shown(hash_key, out->pass, out->scan.presentation.iat,
			   out->shown);
	return VERDICT_NONE;
}

/* What the bundle says about the pass's issuer, key and list. */
struct evidence {
	struct issuer_key key;
	const struct trust_token *token;
};

static void find_issuer(const struct trust *trust, struct judged *j,
			struct decide_input *in, struct evidence *e)
{
	const struct pass *pass = &j->scan.pass;
	const struct trust_issuer *issuer = trust_issuer(trust, pass->iss);

	in->issuer = issuer ? ISSUER_KNOWN : ISSUER_NOT_HERE;
	if (issuer != NULL)
		j->keys_made_at = issuer->doc.made_at;
	if (issuer == NULL || !issuerdoc_key(&issuer->doc, j->scan.kid, &e->key))
		return;
	in->key = &e->key;
	in->pass_verified = cose_verify(&j->scan.pass_cose, e->key.pk, NULL);
	if (in->pass_verified && j->scan.live && pass->has_cnf)
		in->presentation_verified =
		    cose_verify(&j->scan.presentation_cose, pass->cnf, NULL);
	j->has_shown = in->presentation_verified;
	e->token = trust_token(issuer, pass->uri);
	if (e->token != NULL)
		j->list_made_at = e->token->view.iat;
	if (e->token != NULL)
		in->status = &e->token->view;
}

static bool find_uses(const struct bench *bench, const struct visit *visit,
		      struct judged *j, struct decide_input *in)
{
	int32_t period;

	if (!j->has_scan || !j->has_benefit || !j->has_facility)
		return true;
	period = decide_period(&j->benefit, &j->facility, in->clock.now_ms);
	if (!journal_uses(bench->journal, j->pass, visit->benefit, period,
			  &j->uses) ||
	    !journal_first_use(bench->journal, j->pass, visit->benefit, period,
			       &j->first_use_ms, &j->has_first_use))
		return false;
	in->uses = j->uses;
	return !j->scan.live ||
	       journal_shown(bench->journal, j->shown, visit->benefit,
			     &in->presentation_used);
}

static enum verdict find_at_once(const struct decide_input *in)
{
	if (in->shape != VERDICT_NONE)
		return in->shape;
	return in->key != NULL && !in->pass_verified ? VERDICT_BAD_SIGNATURE
						     : VERDICT_NONE;
}

void judge_places(const struct trust *trust, struct bytes facility,
		  const struct visit *visit, struct judged *out)
{
	const struct bundle *b = trust_bundle(trust);

	out->has_benefit = bundle_benefit(b, visit->benefit, &out->benefit);
	out->has_facility = bundle_facility(b, facility, &out->facility);
}

bool judge(const struct bench *bench, const struct visit *visit,
	   struct judged *out)
{
	const struct bundle *b = trust_bundle(bench->trust);
	struct evidence evidence = {.token = NULL};
	struct decide_input in = {
	    .scan = &out->scan,
	    .party = visit->party,
	    .has_list = visit->has_list,
	    .list = visit->list,
	    .clock = bench->clock,
	    .policy = &b->policy,
	    .has_bundle_age = true,
	    .bundle_made_at = b->made_at,
	    .bundle_good_until = b->good_until,
	    .offline = bench->offline,
	    .allowance = bench->allowance,
	};

	memset(out, 0, sizeof(*out));
	in.shape = read_scan(visit, bench->hash_key, out);
	judge_places(bench->trust, bench->facility, visit, out);
	in.benefit = out->has_benefit ? &out->benefit : NULL;
	in.facility = out->has_facility ? &out->facility : NULL;
	if (out->has_scan)
		find_issuer(bench->trust, out, &in, &evidence);
	if (!find_uses(bench, visit, out, &in))
		return false;
	out->decision = decide(&in);
	out->at_once = find_at_once(&in);
	return true;
}
