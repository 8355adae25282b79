/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_take.c: the document under the pinned root, and status tokens under
 * the document. */
#include "issuer_take.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "statuslist.h"

static struct outbuf scratch_for(struct bytes message)
{
	size_t cap = message.n + 64;
	uint8_t *p = malloc(cap);

	return outbuf_in(p, p != NULL ? cap : 0);
}

/* ------------------------------------------------------------- stored */

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

enum store_result issuer_form_load(struct act_run *run,
				   struct issuer_form *form)
{
	struct bytes iss = bytes_text(run->id);
	enum store_result r = policy_load(run->store, &form->policy);

	return r == STORE_OK
		   ? store_issuers(run->store, &iss, take_stored, form)
		   : r;
}

void issuer_form_free(struct issuer_form *form)
{
	free((void *)(uintptr_t)form->document.p);
	form->document = bytes_of(NULL, 0);
}

/* ----------------------------------------------------------- document */

static bool open_document(struct act_run *run, const struct issuer_form *form,
			  struct bytes document, struct issuerdoc *doc)
{
	const uint8_t *root = form->root;
	struct outbuf scratch = scratch_for(document);
	bool good;

	if (scratch.p == NULL)
		return problem_unavailable(run->problem);
	good = issuerdoc_open(document, root, doc, &scratch);
	free(scratch.p);
	return good || problem_set(run->problem, 400, "bad-document",
				   "%s: is no issuer document signed by root "
				   "%02x%02x%02x%02x…; take both from the "
				   "city's office again",
				   form->called, root[0], root[1], root[2],
				   root[3]);
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
			? "%s: has number %" PRIu64 ", but %" PRIu64
			  " is known; an older document is never taken again"
			: "%s: has number %" PRIu64 " like the one that is "
			  "known (%" PRIu64 "), but says something else; ask "
			  "the city's office which is right",
		    form->called, doc->number, form->number);
	return true;
}

enum store_result issuer_save_document(struct act_run *run,
				       struct issuer_form *form,
				       struct bytes document)
{
	struct issuerdoc doc;
	struct issuer_row row;
	enum store_result r;

	if (!open_document(run, form, document, &doc))
		return STORE_NONE;
	if (is_dated_ahead(run, form, doc.made_at)) {
		problem_set(run->problem, 400, "dated-ahead",
			    "%s: is dated in the future; set the clock of the "
			    "city's office",
			    form->called);
		return STORE_NONE;
	}
	row = (struct issuer_row){.iss = doc.iss,
				  .root = bytes_of(form->root, 32),
				  .document = document,
				  .number = doc.number,
				  .withdrawn = form->withdrawn};
	if (!form->is_there) {
		r = store_issuer_add(run->store, &row);
	} else if (!bytes_is_text(doc.iss, run->id)) {
		problem_set(run->problem, 400, "other-issuer",
			    "%s: is of issuer \"%.*s\", not \"%s\"",
			    form->called, (int)doc.iss.n,
			    (const char *)doc.iss.p, run->id);
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
static bool count_entries(struct act_run *run, const struct issuer_form *form,
			  const struct status_token *token, uint64_t *entries)
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
			   "%s: the list of %.*s is damaged or longer than %d "
			   "bytes",
			   form->called, (int)token->uri.n,
			   (const char *)token->uri.p,
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
				   "%s: holds what is no status list token",
				   form->called);
	scratch = scratch_for(message);
	if (scratch.p == NULL)
		return problem_unavailable(run->problem);
	counts = status_token_counts(token, &form->doc, &scratch);
	free(scratch.p);
	if (!counts)
		return problem_set(run->problem, 400, "bad-token",
				   "%s: the token for %.*s does not count: its "
				   "list or its signer is not in document "
				   "%" PRIu64 ", or its signature is wrong; "
				   "the newest document has to come first",
				   form->called, (int)token->uri.n,
				   (const char *)token->uri.p,
				   form->doc.number);
	if (is_dated_ahead(run, form, token->iat))
		return problem_set(run->problem, 400, "dated-ahead",
				   "%s: the token for %.*s is dated in the "
				   "future; set the clock of the city's office",
				   form->called, (int)token->uri.n,
				   (const char *)token->uri.p);
	return count_entries(run, form, token, entries);
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

enum store_result issuer_save_token(struct act_run *run,
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
			? "%s: the token for %.*s is older than the one that "
			  "is known; it is never taken again"
			: "%s: the token for %.*s has the date of the one that "
			  "is known, but says something else; publish a new "
			  "one",
		    form->called, (int)row.uri.n, (const char *)row.uri.p);
	return act_alarm(run, "issuer.token-refused", NULL);
}
