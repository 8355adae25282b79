/* SPDX-License-Identifier: Apache-2.0 */
/* setup_issuer.c: issuers: the pinned root, the document under it, and status
 * tokens under the document. Neither goes back: a document's number never
 * falls, and a token's iat never does for its (uri, signer). */
#include "setup_act.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuerdoc.h"
#include "statuslist.h"

static const char *const add_fields[] = {"root", "document", "tokens", NULL};
static const char *const set_fields[] = {"document", "tokens", "withdrawn",
					 NULL};

/* One after another, as they come; a city with more lists sends them in
 * several requests. */
#define TOKENS_PER_REQUEST_MAX LISTS_PER_ISSUER_MAX

/* What an act on an issuer works with. */
struct issuer_form {
	uint8_t root[32];
	bool is_there; /* stored already: number and document are its */
	uint64_t number;
	bool withdrawn;
	struct bytes document; /* owned; in force when the tokens are read */
	struct issuerdoc doc;
	struct policy_holder policy;
};

static bool take_document(const struct taker *t, struct bytes *out)
{
	const json_t *value = take(t, "document");

	return value == NULL || take_base64(t, "document", value,
					    ISSUERDOC_MAX, out);
}

static struct outbuf scratch_for(struct bytes message)
{
	size_t cap = message.n + 64;
	uint8_t *p = malloc(cap);

	return outbuf_in(p, p != NULL ? cap : 0);
}

/* ----------------------------------------------------------- document */

static bool open_document(struct act_run *run, struct bytes document,
			  const uint8_t *root, struct issuerdoc *doc)
{
	struct outbuf scratch = scratch_for(document);
	bool good;

	if (scratch.p == NULL)
		return problem_unavailable(run->problem);
	good = issuerdoc_open(document, root, doc, &scratch);
	free(scratch.p);
	return good || problem_set(run->problem, 400, "bad-document",
				   "field \"document\": is no issuer document "
				   "signed by root %02x%02x%02x%02x…; take "
				   "both from the city's office again",
				   root[0], root[1], root[2], root[3]);
}

static bool is_dated_ahead(struct act_run *run, const struct issuer_form *form,
			   uint64_t seconds)
{
	uint64_t now_s = (uint64_t)(run->now_ms / 1000);

	return seconds > now_s + form->policy.policy.skew_s;
}

/* Keys that were declared compromised take their tokens with them, and so the
 * floors that a thief could have set. */
static enum store_result forget_compromised(struct act_run *run,
					    const struct issuerdoc *doc)
{
	struct cbor_in in = cbor_members(doc->keys);
	enum store_result r = STORE_OK;
	struct issuer_key key;

	while (r == STORE_OK && issuerdoc_next_key(&in, &key)) {
		if (key.state == KEY_COMPROMISED)
			r = store_tokens_forget(
			    run->store, doc->iss,
			    bytes_of(key.kid, sizeof(key.kid)));
	}
	return r;
}

static bool document_goes_back(struct act_run *run,
			       const struct issuer_form *form,
			       const struct issuerdoc *doc)
{
	if (doc->number > form->number)
		return false;
	problem_set(run->problem, 409, "rollback",
		    doc->number < form->number
			? "field \"document\": has number %" PRIu64
			  ", but %" PRIu64 " is known; an older document is "
			  "never taken again"
			: "field \"document\": has number %" PRIu64
			  " like the one that is known (%" PRIu64 "), but says "
			  "something else; ask the city's office which is "
			  "right",
		    doc->number, form->number);
	return true;
}

/* Puts a newer document into form and store. */
static enum store_result save_document(struct act_run *run,
				       struct issuer_form *form,
				       struct bytes document)
{
	struct issuerdoc doc;
	struct issuer_row row;
	enum store_result r;

	if (!open_document(run, document, form->root, &doc))
		return STORE_NONE;
	if (is_dated_ahead(run, form, doc.made_at)) {
		problem_set(run->problem, 400, "dated-ahead",
			    "field \"document\": is dated in the future; set "
			    "the clock of the city's office");
		return STORE_NONE;
	}
	row = (struct issuer_row){doc.iss, bytes_of(form->root, 32), document,
				  doc.number, form->withdrawn};
	if (!form->is_there) {
		r = store_issuer_add(run->store, &row);
	} else if (!bytes_is_text(doc.iss, run->id)) {
		problem_set(run->problem, 400, "other-issuer",
			    "field \"document\": is of issuer \"%.*s\", not "
			    "\"%s\"",
			    (int)doc.iss.n, (const char *)doc.iss.p, run->id);
		return STORE_NONE;
	} else if (bytes_equal(document, form->document)) {
		r = STORE_OK;
	} else if (document_goes_back(run, form, &doc)) {
		return act_alarm(run, "issuer.document-refused", NULL);
	} else {
		r = store_issuer_set(run->store, &row);
	}
	form->doc = doc;
	return r == STORE_OK ? forget_compromised(run, &doc) : r;
}

/* ------------------------------------------------------------- tokens */

/* The length of the list in a token, which also shows that it inflates. */
static bool count_entries(struct act_run *run, const struct status_token *token,
			  uint64_t *entries)
{
	uint8_t *buf = malloc(STATUS_INFLATED_MAX);
	struct statuslist list;
	bool good;

	if (buf == NULL)
		return problem_unavailable(run->problem);
	good = statuslist_inflate(token->lst, token->bits, buf,
				  STATUS_INFLATED_MAX, &list);
	if (good)
		*entries = (uint64_t)list.n * 8 / list.bits;
	free(buf);
	return good ||
	       problem_set(run->problem, 400, "bad-token",
			   "field \"tokens\": the list of %.*s is damaged or "
			   "longer than %d bytes",
			   (int)token->uri.n, (const char *)token->uri.p,
			   STATUS_INFLATED_MAX);
}

static bool check_token(struct act_run *run, const struct issuer_form *form,
			struct bytes message, struct status_token *token,
			uint64_t *entries)
{
	struct outbuf scratch;
	bool counts;

	if (!status_token_read(message, token))
		return problem_set(run->problem, 400, "bad-token",
				   "field \"tokens\": holds what is no status "
				   "list token");
	scratch = scratch_for(message);
	if (scratch.p == NULL)
		return problem_unavailable(run->problem);
	counts = status_token_counts(token, &form->doc, &scratch);
	free(scratch.p);
	if (!counts)
		return problem_set(run->problem, 400, "bad-token",
				   "field \"tokens\": the one for %.*s does not "
				   "count: its list or its signer is not in "
				   "document %" PRIu64 ", or its signature is "
				   "wrong; send the newest document with it",
				   (int)token->uri.n,
				   (const char *)token->uri.p,
				   form->doc.number);
	if (is_dated_ahead(run, form, token->iat))
		return problem_set(run->problem, 400, "dated-ahead",
				   "field \"tokens\": the one for %.*s is "
				   "dated in the future; set the clock of the "
				   "city's office",
				   (int)token->uri.n,
				   (const char *)token->uri.p);
	return count_entries(run, token, entries);
}

/* What is stored of the same uri and signer. */
struct floor {
	const struct token_row *row;
	bool below, differs, same;
};

static bool compare_floor(void *arg, const void *stored)
{
	struct floor *floor = arg;
	const struct token_row *s = stored;

	if (!bytes_equal(s->uri, floor->row->uri) ||
	    !bytes_equal(s->signer, floor->row->signer))
		return true;
	floor->same = bytes_equal(s->token, floor->row->token);
	floor->below = floor->row->iat < s->iat;
	floor->differs = floor->row->iat == s->iat && !floor->same;
	return true;
}

static enum store_result save_token(struct act_run *run,
				    const struct issuer_form *form,
				    struct bytes message)
{
	struct status_token token;
	struct token_row row = {.iss = form->doc.iss, .token = message};
	struct floor floor = {.row = &row};
	enum store_result r;

	if (!check_token(run, form, message, &token, &row.entries))
		return STORE_NONE;
	row.uri = token.uri;
	row.signer = bytes_of(token.kid, sizeof(token.kid));
	row.iat = token.iat;
	row.exp = token.exp;
	row.ttl = token.ttl;
	r = store_tokens(run->store, form->doc.iss, compare_floor, &floor);
	if (r != STORE_OK || floor.same)
		return r;
	if (!floor.below && !floor.differs)
		return store_token_put(run->store, &row);
	problem_set(run->problem, 409, "rollback",
		    floor.below
			? "field \"tokens\": the one for %.*s is older than "
			  "the one that is known; it is never taken again"
			: "field \"tokens\": the one for %.*s has the date of "
			  "the one that is known, but says something else; "
			  "publish a new one",
		    (int)row.uri.n, (const char *)row.uri.p);
	return act_alarm(run, "issuer.token-refused", NULL);
}

static enum store_result save_tokens(struct act_run *run,
				     const struct issuer_form *form,
				     const struct taker *t)
{
	enum store_result r = STORE_OK;
	struct bytes message;
	const json_t *array;

	if (!take_array(t, "tokens", TOKENS_PER_REQUEST_MAX, &array))
		return STORE_NONE;
	for (size_t i = 0; i < json_array_size(array) && r == STORE_OK; i++) {
		if (!take_base64(t, "tokens", json_array_get(array, i),
				 STATUS_TOKEN_MAX, &message))
			return STORE_NONE;
		r = save_token(run, form, message);
		free((void *)(uintptr_t)message.p);
	}
	return r;
}

/* --------------------------------------------------------------- acts */

/* A city that is withdrawn is in no bundle, and its passes are not trusted.
 * Its document and tokens stay, with their numbers: who is trusted again goes
 * on from there. */
static enum store_result save_trust(struct act_run *run,
				    struct issuer_form *form,
				    const struct taker *t)
{
	struct issuer_row row = {.iss = bytes_text(run->id),
				 .document = form->document,
				 .number = form->number};

	if (!take_flag(t, "withdrawn", TAKE_OPTIONAL, &form->withdrawn))
		return STORE_NONE;
	row.withdrawn = form->withdrawn;
	return store_issuer_set(run->store, &row);
}

static enum store_result save(struct act_run *run, struct issuer_form *form)
{
	struct taker t = {run->body, "", run->problem};
	struct bytes document = {NULL, 0};
	enum store_result r = STORE_OK;
	char iss[ISS_MAX + 1];

	if (!take_document(&t, &document))
		return STORE_NONE;
	if (form->is_there)
		r = save_trust(run, form, &t);
	if (r == STORE_OK && document.n > 0)
		r = save_document(run, form, document);
	if (r == STORE_OK)
		r = save_tokens(run, form, &t);
	if (r == STORE_OK && bytes_to_text(form->doc.iss, iss, sizeof(iss))) {
		run->after = act_view(run, SETUP_ISSUER, iss, &r);
		run->changed = true;
	}
	free((void *)(uintptr_t)document.p);
	return r;
}

static bool check_add(const json_t *body, struct problem *p)
{
	struct taker t = {body, "", p};
	uint8_t root[32];

	return take_hex(&t, "root", root, sizeof(root)) &&
	       (take(&t, "document") != NULL ||
		take_refuse(&t, "document", "is missing"));
}

static enum store_result run_add(struct act_run *run)
{
	struct taker t = {run->body, "", run->problem};
	struct issuer_form form = {0};
	enum store_result r = policy_load(run->store, &form.policy);

	if (r != STORE_OK)
		return r;
	if (!take_hex(&t, "root", form.root, sizeof(form.root)))
		return STORE_NONE;
	run->id = "";
	r = save(run, &form);
	if (r == STORE_EXISTS)
		problem_set(run->problem, 409, "exists",
			    "field \"document\": its issuer is trusted "
			    "already; change it instead (oapctl issuer set)");
	run->id = json_string_value(json_object_get(run->after, "iss"));
	if (run->id == NULL)
		run->id = "";
	return r;
}

static bool take_stored(void *arg, const void *row)
{
	struct issuer_form *form = arg;
	const struct issuer_row *issuer = row;
	uint8_t *copy = malloc(issuer->document.n);

	if (copy == NULL || issuer->root.n != sizeof(form->root)) {
		free(copy);
		return false;
	}
	memcpy(copy, issuer->document.p, issuer->document.n);
	form->document = bytes_of(copy, issuer->document.n);
	memcpy(form->root, issuer->root.p, sizeof(form->root));
	form->number = issuer->number;
	form->withdrawn = issuer->withdrawn;
	form->is_there = true;
	return issuerdoc_read(form->document, &form->doc);
}

static enum store_result run_set(struct act_run *run)
{
	struct issuer_form form = {0};
	struct bytes iss = bytes_text(run->id);
	enum store_result r = policy_load(run->store, &form.policy);

	if (r == STORE_OK)
		r = store_issuers(run->store, &iss, take_stored, &form);
	if (r == STORE_NONE)
		act_not_found(run, "issuer", "oapctl issuer list");
	if (r == STORE_OK)
		run->before = act_view(run, SETUP_ISSUER, run->id, &r);
	if (r == STORE_OK)
		r = save(run, &form);
	free((void *)(uintptr_t)form.document.p);
	return r;
}

static const struct setup_act issuer_add = {"issuer.add", add_fields, 201,
					    check_add, run_add};
static const struct setup_act issuer_set = {"issuer.set", set_fields, 200,
					    NULL, run_set};

struct setup_change *setup_issuer_add(const json_t *body, struct problem *p)
{
	return setup_change_new(&issuer_add, NULL, body, p);
}

struct setup_change *setup_issuer_set(const char *iss, const json_t *body,
				      struct problem *p)
{
	return setup_change_new(&issuer_set, iss, body, p);
}
