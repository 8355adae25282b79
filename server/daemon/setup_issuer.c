/* SPDX-License-Identifier: Apache-2.0 */
/* setup_issuer.c: issuers: the pinned root, the document under it, and status
 * tokens under the document. Neither goes back: a document's number never
 * falls, and a token's iat never does for its (uri, signer). */
#include "issuer_take.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch_url.h"

static const char *const add_fields[] = {"root",	 "document",   "tokens",
					 "document_url", "status_url", NULL};
static const char *const set_fields[] = {
    "document", "tokens", "document_url", "status_url", "withdrawn", NULL};

/* One after another, as they come; a city with more lists sends them in
 * several requests. */
#define TOKENS_PER_REQUEST_MAX LISTS_PER_ISSUER_MAX

static bool take_document(const struct taker *t, struct bytes *out)
{
	const json_t *value = take(t, "document");

	return value == NULL || take_base64(t, "document", value,
					    ISSUERDOC_MAX, out);
}

static enum store_result save_tokens(struct act_run *run,
				     struct issuer_form *form,
				     const struct taker *t)
{
	enum store_result r = STORE_OK;
	struct bytes message;
	const json_t *array;

	form->called = "field \"tokens\"";
	if (!take_array(t, "tokens", TOKENS_PER_REQUEST_MAX, &array))
		return STORE_NONE;
	for (size_t i = 0; i < json_array_size(array) && r == STORE_OK; i++) {
		if (!take_base64(t, "tokens", json_array_get(array, i),
				 STATUS_TOKEN_MAX, &message))
			return STORE_NONE;
		r = issuer_save_token(run, form, message);
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

/* Where it is to be fetched from; null takes one away, and who says nothing of
 * it leaves it as it is. */
static bool take_url(const struct act_run *run, const char *name,
		     bool is_prefix, struct bytes *out)
{
	struct taker t = {run->body, "", run->problem};
	const json_t *value = json_object_get(run->body, name);
	const char *rule;

	if (value == NULL)
		return true;
	*out = bytes_of("", 0);
	if (json_is_null(value))
		return true;
	if (!take_text(&t, name, TAKE_NEEDED, URL_MAX, out))
		return false;
	rule = fetch_url_fault(*out, is_prefix);
	return rule == NULL || take_refuse(&t, name, rule);
}

static enum store_result save_urls(struct act_run *run,
				   const struct issuer_form *form)
{
	struct bytes document = {NULL, 0}, status = {NULL, 0};

	if (!take_url(run, "document_url", false, &document) ||
	    !take_url(run, "status_url", true, &status))
		return STORE_NONE;
	if (document.p == NULL && status.p == NULL)
		return STORE_OK;
	return store_issuer_urls(run->store, form->doc.iss, document, status);
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
	form->called = "field \"document\"";
	if (r == STORE_OK && document.n > 0)
		r = issuer_save_document(run, form, document);
	if (r == STORE_OK)
		r = save_urls(run, form);
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

static enum store_result run_set(struct act_run *run)
{
	struct issuer_form form = {0};
	enum store_result r = issuer_form_load(run, &form);

	if (r == STORE_NONE)
		act_not_found(run, "issuer", "oapctl issuer list");
	if (r == STORE_OK)
		run->before = act_view(run, SETUP_ISSUER, run->id, &r);
	if (r == STORE_OK)
		r = save(run, &form);
	issuer_form_free(&form);
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
