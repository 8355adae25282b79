/* SPDX-License-Identifier: Apache-2.0 */
/* trust.c: verifies what the service put together, as if it were not trusted:
 * a stolen service key must not be able to make passes. */
#include "trust.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "key.h"
#include "limits.h"

struct trust {
	uint8_t *message;
	size_t n;
	uint8_t hash[32];
	struct bundle bundle;
	struct trust_issuer *issuers;
	size_t count;
};

/* Buffers while loading. */
struct load {
	struct trust *t;
	struct outbuf scratch; /* as large as the bundle */
	uint8_t *inflated;     /* STATUS_INFLATED_MAX */
	struct oap_problem *why;
};

static size_t count_of(struct bytes array)
{
	struct cbor_in in = cbor_reader(array);
	size_t n = 0;

	return cbor_array(&in, &n) ? n : 0;
}

static bool keep_list(struct load *l, const struct status_token *token,
		      struct trust_token *out)
{
	struct statuslist list;
	uint8_t *p;

	if (!statuslist_inflate(token->lst, token->bits, l->inflated,
				STATUS_INFLATED_MAX, &list))
		return false;
	p = malloc(list.n > 0 ? list.n : 1);
	if (p == NULL)
		return false;
	memcpy(p, list.p, list.n);
	list.p = p;
	out->uri = token->uri;
	memcpy(out->signer, token->kid, sizeof(out->signer));
	out->view = (struct status_view){.list = list,
					 .iat = token->iat,
					 .exp = token->exp,
					 .ttl = token->ttl};
	return true;
}

static enum oap_result load_tokens(struct load *l, struct bytes tokens,
				   struct trust_issuer *issuer)
{
	struct cbor_in in = cbor_members(tokens);
	struct status_token token;
	struct bytes encoded;

	issuer->tokens = calloc(count_of(tokens) + 1, sizeof(*issuer->tokens));
	if (issuer->tokens == NULL)
		return fault(l->why, OAP_NO_MEMORY, "out of memory");
	while (bundle_next_token(&in, &encoded)) {
		l->scratch.n = 0;
		if (status_token_read(encoded, &token) &&
		    status_token_counts(&token, &issuer->doc, &l->scratch) &&
		    keep_list(l, &token, &issuer->tokens[issuer->token_count]))
			issuer->token_count++;
	}
	return OAP_OK;
}

static enum oap_result load_issuer(struct load *l,
				   const struct bundle_issuer *from)
{
	struct trust_issuer *issuer = &l->t->issuers[l->t->count];

	memcpy(issuer->root, from->root, sizeof(issuer->root));
	l->scratch.n = 0;
	if (!issuerdoc_open(from->document, from->root, &issuer->doc,
			    &l->scratch))
		return fault(l->why, OAP_BAD_ANSWER,
			     "bundle: issuer document %zu does not verify "
			     "under its root; the operator must look at "
			     "oapctl issuer list", l->t->count + 1);
	if (trust_issuer(l->t, issuer->doc.iss) != NULL)
		return fault(l->why, OAP_BAD_ANSWER,
			     "bundle: two documents of one issuer");
	l->t->count++;
	return load_tokens(l, from->tokens, issuer);
}

static enum oap_result load_issuers(struct load *l)
{
	struct cbor_in in = cbor_members(l->t->bundle.issuers);
	struct bundle_issuer from;
	enum oap_result result = OAP_OK;

	l->t->issuers = calloc(count_of(l->t->bundle.issuers) + 1,
			       sizeof(*l->t->issuers));
	if (l->t->issuers == NULL)
		return fault(l->why, OAP_NO_MEMORY, "out of memory");
	while (result == OAP_OK && bundle_next_issuer(&in, &from))
		result = load_issuer(l, &from);
	return result;
}

static enum oap_result verify(struct load *l, const uint8_t pk[static 32])
{
	struct trust *t = l->t;
	uint8_t kid[KEY_KID];

	if (!bundle_read(trust_message(t), &t->bundle))
		return fault(l->why, OAP_BAD_ANSWER,
			     "bundle: not one that this version understands");
	key_kid(pk, kid);
	if (memcmp(kid, t->bundle.service_kid, sizeof(kid)) != 0 ||
	    !cose_verify(&t->bundle.cose, pk, &l->scratch))
		return fault(l->why, OAP_BAD_ANSWER,
			     "bundle: not signed by the service that this "
			     "kiosk was enrolled with");
	crypto_hash_sha256(t->hash, t->message, t->n);
	return load_issuers(l);
}

enum oap_result trust_load(uint8_t *message, size_t n,
			   const uint8_t service_pk[static 32],
			   struct trust **out, struct oap_problem *why)
{
	struct load l = {.why = why, .t = calloc(1, sizeof(*l.t))};
	uint8_t *scratch = malloc(n + 64);
	enum oap_result result;

	l.inflated = malloc(STATUS_INFLATED_MAX);
	l.scratch = outbuf_in(scratch, n + 64);
	*out = NULL;
	if (l.t == NULL || scratch == NULL || l.inflated == NULL) {
		free(message);
		free(l.t);
		result = fault(why, OAP_NO_MEMORY, "out of memory");
	} else {
		l.t->message = message;
		l.t->n = n;
		result = verify(&l, service_pk);
		if (result == OAP_OK)
			*out = l.t;
		else
			trust_free(l.t);
	}
	free(l.inflated);
	free(scratch);
	return result;
}

void trust_free(struct trust *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; t->issuers != NULL && i < t->count; i++) {
		struct trust_issuer *issuer = &t->issuers[i];

		for (size_t k = 0; k < issuer->token_count; k++) {
			union {
				const uint8_t *kept;
				void *mine;
			} list = {.kept = issuer->tokens[k].view.list.p};

			free(list.mine);
		}
		free(issuer->tokens);
	}
	free(t->issuers);
	free(t->message);
	free(t);
}

const struct bundle *trust_bundle(const struct trust *t)
{
	return &t->bundle;
}

struct bytes trust_message(const struct trust *t)
{
	return bytes_of(t->message, t->n);
}

const uint8_t *trust_hash(const struct trust *t)
{
	return t->hash;
}

size_t trust_issuer_count(const struct trust *t)
{
	return t->count;
}

const struct trust_issuer *trust_issuer_at(const struct trust *t, size_t i)
{
	return &t->issuers[i];
}

const struct trust_issuer *trust_issuer(const struct trust *t,
					struct bytes iss)
{
	for (size_t i = 0; i < t->count; i++)
		if (bytes_equal(t->issuers[i].doc.iss, iss))
			return &t->issuers[i];
	return NULL;
}

const struct trust_token *trust_token(const struct trust_issuer *issuer,
				      struct bytes uri)
{
	const struct trust_token *best = NULL;

	for (size_t i = 0; i < issuer->token_count; i++) {
		const struct trust_token *token = &issuer->tokens[i];

		if (bytes_equal(token->uri, uri) &&
		    (best == NULL || token->view.iat > best->view.iat))
			best = token;
	}
	return best;
}

bool trust_kiosk(const struct trust *t, const uint8_t kid[static 8],
		 struct bundle_kiosk *out)
{
	struct cbor_in in = cbor_members(t->bundle.kiosks);

	while (bundle_next_kiosk(&in, out))
		if (memcmp(out->kid, kid, sizeof(out->kid)) == 0)
			return true;
	return false;
}
