/* SPDX-License-Identifier: Apache-2.0 */
/* api_attempts.c: /v1/attempts and /v1/passes/lookup: attempts found and
 * shown. */
#include <stdlib.h>

#include "api.h"
#include "attempts.h"
#include "reply.h"
#include "taker.h"
#include "viewcall.h"

static enum store_result view_search(struct store *reader,
				     struct viewcall *view)
{
	return attempts_search(reader, view->query, &view->json);
}

static void free_search(void *query)
{
	attempts_query_free(query);
}

void api_attempts(struct request *r)
{
	struct problem p = {.status = 0};
	struct attempts_query *query =
	    attempts_query_read(request_params(r), &p);

	if (query == NULL)
		reply_problem(r, &p);
	else
		viewcall_submit(r, query, free_search, view_search);
}

static enum store_result view_attempt(struct store *reader,
				      struct viewcall *view)
{
	return attempts_one(reader, view->r->arg[0], view->r->arg[1],
			    &view->json, &view->problem);
}

void api_attempt(struct request *r)
{
	viewcall_submit(r, NULL, NULL, view_attempt);
}

/* -------------------------------------------------------------- lookup */

struct lookup {
	uint8_t hash[PASS_HASH];
	json_t *pass;
};

static void free_lookup(void *query)
{
	struct lookup *lookup = query;

	json_decref(lookup->pass);
	free(lookup);
}

static enum store_result view_pass(struct store *reader, struct viewcall *view)
{
	struct lookup *lookup = view->query;
	json_t *attempts = NULL;
	enum store_result result =
	    attempts_of_pass(reader, lookup->hash, &attempts);

	if (result != STORE_OK)
		return result;
	view->json = json_pack("{s:O, s:o}", "pass", lookup->pass, "attempts",
			       attempts);
	return view->json != NULL ? STORE_OK : STORE_FAILED;
}

static bool read_code(const json_t *body, struct bytes *code, struct problem *p)
{
	static const char *const FIELDS[] = {"code", NULL};
	struct taker t;

	return taker_open(&t, body, p) && take_known(&t, FIELDS) &&
	       take_text(&t, "code", TAKE_NEEDED, CODE_MAX, code);
}

void api_pass_lookup(struct request *r)
{
	struct problem p = {.status = 0};
	struct lookup *lookup = calloc(1, sizeof(*lookup));
	struct bytes code;

	if (lookup == NULL || r->snapshot == NULL) {
		free(lookup);
		reply_unavailable(r);
		return;
	}
	if (read_code(r->json, &code, &p))
		lookup->pass =
		    attempts_pass(r->snapshot, code, r->service->keys->pass_key,
				  lookup->hash, &p);
	if (lookup->pass != NULL) {
		viewcall_submit(r, lookup, free_lookup, view_pass);
		return;
	}
	free(lookup);
	if (p.status != 0)
		reply_problem(r, &p);
	else
		reply_unavailable(r);
}
