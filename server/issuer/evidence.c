/* SPDX-License-Identifier: Apache-2.0 */
/* Loads issuer documents and status lists, and finds those that count. */
#include "evidence.h"

#include <stdlib.h>
#include <string.h>

#include "key.h"

#define SCRATCH (STATUS_TOKEN_MAX + 256)

static bool read_roots(struct evidence *e, const struct options *o,
		       struct fault *fault)
{
	for (; e->roots < o->count[OPT_ROOT]; e->roots++) {
		const char *text = o->value[OPT_ROOT][e->roots];

		if (!hex_decode(bytes_text(text), e->root[e->roots], 32))
			return fault_set(fault, EXIT_USAGE,
					 "--root \"%s\": a fingerprint has 64 "
					 "hexadecimal digits", text);
	}
	return true;
}

static bool read_documents(struct evidence *e, const struct options *o,
			   struct fault *fault)
{
	struct issuerdoc doc;

	for (size_t i = 0; i < o->count[OPT_TRUST]; i++) {
		const char *path = o->value[OPT_TRUST][i];

		if (!file_read(path, ISSUERDOC_MAX, &e->document[i], fault))
			return false;
		e->documents++;
		if (!issuerdoc_read(blob_view(&e->document[i]), &doc))
			return fault_set(fault, EXIT_REFUSED,
					 "%s: not an issuer document", path);
	}
	return true;
}

static bool read_tokens(struct evidence *e, const struct options *o,
			struct fault *fault)
{
	struct status_token token;

	for (size_t i = 0; i < o->count[OPT_STATUS]; i++) {
		const char *path = o->value[OPT_STATUS][i];

		if (!file_read(path, STATUS_TOKEN_MAX, &e->token[i], fault))
			return false;
		e->tokens++;
		if (!status_token_read(blob_view(&e->token[i]), &token))
			return fault_set(fault, EXIT_REFUSED,
					 "%s: not a status list token", path);
	}
	return true;
}

bool evidence_read(struct evidence *e, const struct options *o,
		   struct fault *fault)
{
	e->scratch = malloc(SCRATCH);
	e->bits = malloc(STATUS_INFLATED_MAX);
	if (!e->scratch || !e->bits)
		return fault_set(fault, EXIT_IO, "no memory");
	return read_roots(e, o, fault) && read_documents(e, o, fault) &&
	       read_tokens(e, o, fault);
}

void evidence_free(struct evidence *e)
{
	for (size_t i = 0; i < e->documents; i++)
		blob_free(&e->document[i]);
	for (size_t i = 0; i < e->tokens; i++)
		blob_free(&e->token[i]);
	free(e->scratch);
	free(e->bits);
}

static enum vouched vouch(const struct evidence *e,
			  const struct issuerdoc *doc)
{
	struct outbuf scratch = outbuf_in(e->scratch, SCRATCH);
	uint8_t kid[8];

	if (!e->roots)
		return VOUCHED_GIVEN;
	for (size_t i = 0; i < e->roots; i++) {
		key_kid(e->root[i], kid);
		if (memcmp(kid, doc->root_kid, 8) != 0)
			continue;
		return cose_verify(&doc->cose, e->root[i], &scratch)
			   ? VOUCHED_ROOT
			   : VOUCHED_FALSE;
	}
	return VOUCHED_UNKNOWN;
}

static bool better(enum vouched a, enum vouched b)
{
	static const int rank[] = {
	    [VOUCHED_NONE] = 0,	   [VOUCHED_FALSE] = 1,
	    [VOUCHED_UNKNOWN] = 2, [VOUCHED_GIVEN] = 3,
	    [VOUCHED_ROOT] = 4,
	};

	return rank[a] > rank[b];
}

enum vouched evidence_document(const struct evidence *e, struct bytes iss,
			       struct issuerdoc *out)
{
	enum vouched best = VOUCHED_NONE;

	for (size_t i = 0; i < e->documents; i++) {
		struct issuerdoc doc;
		enum vouched vouched;

		if (!issuerdoc_read(blob_view(&e->document[i]), &doc) ||
		    !bytes_equal(doc.iss, iss))
			continue;
		vouched = vouch(e, &doc);
		if (better(vouched, best) ||
		    (vouched == best && doc.number > out->number)) {
			best = vouched;
			*out = doc;
		}
	}
	return best;
}

/* How far a token gets; status_token_counts is what decides. */
static enum list_fault judge_token(const struct evidence *e,
				   const struct issuerdoc *doc,
				   const struct status_token *token,
				   struct bytes uri)
{
	struct outbuf scratch = outbuf_in(e->scratch, SCRATCH);
	struct issuer_key key;

	if (!bytes_equal(token->uri, uri))
		return LIST_OF_OTHERS;
	if (status_token_counts(token, doc, &scratch))
		return LIST_COUNTS;
	if (!issuerdoc_has_uri(doc, uri))
		return LIST_NOT_NAMED;
	if (!issuerdoc_key(doc, token->kid, &key))
		return LIST_UNKNOWN_KEY;
	if (key.state == KEY_COMPROMISED)
		return LIST_COMPROMISED;
	if (key.state == KEY_RETIRED && token->iat > key.until)
		return LIST_RETIRED;
	return LIST_FALSE;
}

enum list_fault evidence_status(const struct evidence *e,
				const struct issuerdoc *doc, struct bytes uri,
				struct status_view *out)
{
	struct status_token best = {0}, token;
	enum list_fault reached = LIST_NONE;

	for (size_t i = 0; i < e->tokens; i++) {
		enum list_fault fault;

		if (!status_token_read(blob_view(&e->token[i]), &token))
			continue;
		fault = judge_token(e, doc, &token, uri);
		if (fault < reached || (fault == LIST_COUNTS &&
					reached == LIST_COUNTS &&
					token.iat <= best.iat))
			continue;
		best = token;
		reached = fault;
	}
	if (reached != LIST_COUNTS)
		return reached;
	if (!statuslist_inflate(best.lst, best.bits, e->bits,
				STATUS_INFLATED_MAX, &out->list))
		return LIST_DAMAGED;
	out->iat = best.iat;
	out->exp = best.exp;
	out->ttl = best.ttl;
	return LIST_COUNTS;
}
