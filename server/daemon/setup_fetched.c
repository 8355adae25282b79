/* SPDX-License-Identifier: Apache-2.0 */
/* setup_fetched.c: one part after another, each within a savepoint of its
 * own. */
#include "setup_fetched.h"

#include <string.h>

#include "issuer_take.h"
#include "statuslist.h"

#define ACTOR "fetch" /* in the audit trail */

typedef enum store_result take_part(struct act_run *run,
				    struct issuer_form *form,
				    struct bytes message);

static bool is_refused_as(const struct act_run *run, enum store_result r,
			  const char *slug)
{
	return r == STORE_NONE && run->problem->slug != NULL &&
	       strcmp(run->problem->slug, slug) == 0;
}

/* A document that reads as one, but is not of the pinned root, did not come
 * there by accident. */
static enum store_result take_document(struct act_run *run,
				       struct issuer_form *form,
				       struct bytes message)
{
	enum store_result r = issuer_save_document(run, form, message);
	struct issuerdoc doc;

	if (is_refused_as(run, r, "bad-document") &&
	    issuerdoc_read(message, &doc))
		return act_alarm(run, "issuer.document-refused", NULL);
	return r;
}

/* Nor one of a list and a key that the document names, when that key has not
 * signed it. */
static enum store_result take_token(struct act_run *run,
				    struct issuer_form *form,
				    struct bytes message)
{
	enum store_result r = issuer_save_token(run, form, message);
	struct status_token token;
	struct issuer_key signer;

	if (is_refused_as(run, r, "bad-token") &&
	    status_token_read(message, &token) &&
	    status_token_signer(&token, &form->doc, &signer))
		return act_alarm(run, "issuer.token-refused", NULL);
	return r;
}

/* STORE_OK also when it was refused. */
static enum store_result take_in(struct act_run *run, struct issuer_form *form,
				 struct fetched_part *part, take_part *part_in)
{
	enum store_result r = store_savepoint(run->store);

	if (r != STORE_OK)
		return r;
	run->problem = &part->problem;
	run->alarm = NULL;
	form->called = part->url;
	r = part_in(run, form, part->message);
	if (r == STORE_OK)
		return store_release(run->store);
	store_undo(run->store);
	if (r == STORE_FAILED || !store_in_transaction(run->store))
		return STORE_FAILED;
	if (run->alarm != NULL &&
	    act_write_alarm(run) == STORE_FAILED)
		return STORE_FAILED;
	return STORE_OK;
}

static enum store_result take_parts(struct act_run *run,
				    struct issuer_form *form,
				    struct fetched *f)
{
	enum store_result r = STORE_OK;

	if (f->document != NULL)
		r = take_in(run, form, f->document, take_document);
	for (size_t i = 0; i < f->token_count && r == STORE_OK; i++)
		r = take_in(run, form, f->tokens[i], take_token);
	return r;
}

static void refuse_all(struct fetched *f, const char *why)
{
	if (f->document != NULL)
		problem_set(&f->document->problem, 409, NULL, "%s: %s",
			    f->document->url, why);
	for (size_t i = 0; i < f->token_count; i++)
		problem_set(&f->tokens[i]->problem, 409, NULL, "%s: %s",
			    f->tokens[i]->url, why);
}

static enum store_result take_and_tell(struct act_run *run,
				       struct issuer_form *form,
				       struct fetched *f)
{
	enum store_result r;

	run->before = act_view(run, SETUP_ISSUER, run->id, &r);
	if (r == STORE_OK)
		r = take_parts(run, form, f);
	if (r == STORE_OK)
		run->after = act_view(run, SETUP_ISSUER, run->id, &r);
	if (r != STORE_OK)
		return STORE_FAILED;
	f->changed = !json_equal(run->before, run->after);
	return f->changed ? act_write_audit(run, "issuer.fetch") : STORE_OK;
}

enum store_result setup_fetched(struct store *s, struct fetched *f,
				int64_t now_ms)
{
	struct issuer_form form = {0};
	struct problem unused = {0};
	struct act_run run = {.store = s,
			      .actor = ACTOR,
			      .now_ms = now_ms,
			      .id = f->iss,
			      .problem = &unused};
	enum store_result r = issuer_form_load(&run, &form);

	if (r == STORE_OK && !form.withdrawn)
		r = take_and_tell(&run, &form, f);
	else if (r != STORE_FAILED)
		refuse_all(f, "its city is not trusted any more");
	issuer_form_free(&form);
	json_decref(run.before);
	json_decref(run.after);
	return r == STORE_NONE ? STORE_OK : r;
}
