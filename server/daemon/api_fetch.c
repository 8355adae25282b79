/* SPDX-License-Identifier: Apache-2.0 */
/* api_fetch.c: POST /v1/issuers/{iss}/fetch, which waits for an issuer to be
 * fetched now; and how it goes with fetching, in what is shown of issuers. */
#include <stdlib.h>

#include "api.h"
#include "fetcher.h"
#include "loop.h"
#include "reply.h"
#include "taker.h"
#include "viewcall.h"

static void describe_one(struct fetcher *f, json_t *issuer)
{
	const char *iss = json_string_value(json_object_get(issuer, "iss"));

	if (iss != NULL)
		json_object_set_new(issuer, "fetch", fetcher_describe(f, iss));
}

void api_fetch_describe(struct fetcher *f, json_t *issuers)
{
	json_t *list = json_object_get(issuers, "issuers"), *issuer;
	size_t i;

	if (list == NULL)
		describe_one(f, issuers);
	json_array_foreach(list, i, issuer)
		describe_one(f, issuer);
}

static void come_back(struct mail *mail)
{
	struct request *r = (struct request *)mail;

	r->then(r);
}

/* One of the fetcher's threads. */
static void fetched(struct fetch_job *job)
{
	struct request *r = job->owner;

	r->mail.run = come_back;
	loop_post(r->loop, &r->mail);
}

static enum store_result view_issuer(struct store *reader,
				     struct viewcall *view)
{
	enum store_result result =
	    setup_view_one(reader, SETUP_ISSUER, view->r->arg[0], &view->json,
			   &view->problem);

	api_fetch_describe(view->r->service->fetcher, view->json);
	return result;
}

static void show_issuer(struct request *r)
{
	free(r->work);
	r->work = NULL;
	viewcall_submit(r, NULL, NULL, view_issuer);
}

static void answered(struct request *r)
{
	const struct fetch_job *job = r->work;

	switch (job->answer) {
	case FETCH_DONE:
		if (job->error[0] == '\0')
			show_issuer(r);
		else
			reply_refusal(r, 502, "fetch-failed",
				      "%s; what is held stays", job->error);
		return;
	case FETCH_NO_ISSUER:
		reply_refusal(r, 404, NULL,
			      "issuer \"%s\": unknown; oapctl issuer list "
			      "shows them",
			      r->arg[0]);
		return;
	case FETCH_WITHDRAWN:
		reply_refusal(r, 409, "withdrawn",
			      "issuer \"%s\": is withdrawn, and is not fetched "
			      "until it is trusted again",
			      r->arg[0]);
		return;
	case FETCH_NO_URL:
		reply_refusal(r, 409, "no-url",
			      "issuer \"%s\": nobody has said from where; "
			      "oapctl issuer set --document-url does",
			      r->arg[0]);
		return;
	case FETCH_HALTED: reply_unavailable(r); return;
	}
}

void api_issuer_fetch(struct request *r)
{
	static const char *const NONE[] = {NULL};
	struct problem p = {.status = 0};
	struct fetch_job *job;
	struct taker t;

	if (!taker_open(&t, r->json, &p) || !take_known(&t, NONE)) {
		reply_problem(r, &p);
		return;
	}
	job = calloc(1, sizeof(*job));
	if (job == NULL) {
		reply_unavailable(r);
		return;
	}
	r->work = job;
	r->free_work = free;
	r->then = answered;
	job->owner = r;
	job->done = fetched;
	if (!bytes_to_text(bytes_text(r->arg[0]), job->iss, sizeof(job->iss)))
		job->iss[0] = '\0'; /* too long for any */
	if (!fetcher_submit(r->service->fetcher, job))
		reply_busy(r, "too many operators wait for a fetch");
}
