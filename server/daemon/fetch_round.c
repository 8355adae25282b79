/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_round.c: asks for what is not held, and hands it to the ledger in one
 * call, so that a new document and the lists under it come into force at
 * once. */
#include "fetch_round.h"

#include <semaphore.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "setup_fetched.h"
#include "statuslist.h"

#define PARTS_MAX (1 + LISTS_PER_ISSUER_MAX) /* the document is the first */

struct seen {
	char url[FETCH_URL_MAX + 1];
	char validator[FETCH_VALIDATOR_MAX + 1];
	uint8_t hash[FETCH_HASH];
};

struct fetch_memory {
	struct seen seen[PARTS_MAX];
};

/* A document or a list on its way. */
struct part {
	struct fetched_part fetched;
	char url[FETCH_URL_MAX + 1];
	struct fetch_reply reply;
	uint8_t hash[FETCH_HASH];
	struct seen *seen;
	bool to_take; /* it came, and is for the ledger */
	enum fetch_result result;
};

struct round {
	struct service *service;
	struct fetch_line *line;
	const struct fetch_order *order;
	struct fetch_held held;
	size_t room; /* for bodies: what is larger fits no bundle */
	struct part parts[PARTS_MAX];
	size_t count;
};

struct fetch_memory *fetch_memory_new(void)
{
	return calloc(1, sizeof(struct fetch_memory));
}

void fetch_memory_free(struct fetch_memory *memory)
{
	free(memory);
}

/* ------------------------------------------------------------- one part */

static bool is_document(const struct round *r, const struct part *part)
{
	return part == &r->parts[0];
}

static bool is_held(const struct round *r, const struct part *part,
		    const uint8_t hash[static FETCH_HASH])
{
	if (!is_document(r, part))
		return fetch_held_has_token(&r->held, hash);
	return memcmp(hash, r->held.document_hash, FETCH_HASH) == 0;
}

/* It need not be got again as long as its server says that it has not changed;
 * what was refused, or is no longer held, has to come whole. */
static void remember(struct part *part)
{
	struct seen *seen = part->seen;

	strcpy(seen->url, part->url);
	strcpy(seen->validator, part->reply.validator);
	memcpy(seen->hash, part->hash, sizeof(seen->hash));
}

static const char *validator_of(const struct round *r, const struct part *part)
{
	const struct seen *seen = part->seen;

	return strcmp(seen->url, part->url) == 0 &&
		       is_held(r, part, seen->hash)
		   ? seen->validator
		   : "";
}

static void take_body(struct round *r, struct part *part)
{
	r->room -= part->reply.n;
	part->fetched.message = bytes_of(part->reply.body, part->reply.n);
	crypto_hash_sha256(part->hash, part->reply.body, part->reply.n);
	part->to_take = !is_held(r, part, part->hash);
	if (part->to_take)
		return;
	part->result = FETCH_SAME;
	remember(part);
}

static void get(struct round *r, struct part *part, size_t max)
{
	struct fetch_wish wish = {.url = part->url,
				  .validator = validator_of(r, part),
				  .max = max < r->room ? max : r->room,
				  .timeout_ms = r->order->timeout_ms};

	fetch_get(r->line, &wish, &part->reply, &part->fetched.problem);
	part->result = FETCH_FAILED;
	if (part->reply.got == FETCH_GOT_SAME)
		part->result = FETCH_NOT_MODIFIED;
	else if (part->reply.got == FETCH_GOT_BODY)
		take_body(r, part);
}

static struct part *add_part(struct round *r, struct fetch_memory *memory)
{
	struct part *part = &r->parts[r->count];

	part->fetched.url = part->url;
	part->seen = &memory->seen[r->count++];
	return part;
}

/* ------------------------------------------------------------ the lists */

/* The document that names the lists: the new one, when the pinned root has
 * signed it and it does not go back; else the one that is held. */
static struct issuerdoc naming(const struct round *r)
{
	struct bytes message = r->parts[0].fetched.message;
	uint8_t *room = malloc(message.n + 64);
	struct outbuf scratch = outbuf_in(room, room ? message.n + 64 : 0);
	struct issuerdoc doc;
	bool newer = room != NULL && r->parts[0].to_take &&
		     issuerdoc_open(message, r->held.root, &doc, &scratch) &&
		     bytes_equal(doc.iss, r->held.doc.iss) &&
		     doc.number > r->held.doc.number;

	free(room);
	return newer ? doc : r->held.doc;
}

static bool place_list(const struct round *r, struct part *part, size_t n,
		       struct bytes uri)
{
	if (r->order->source.status_url[0] != '\0') {
		fetch_url_of_list(bytes_text(r->order->source.status_url), n,
				  part->url);
		return true;
	}
	if (bytes_to_text(uri, part->url, sizeof(part->url)) &&
	    fetch_url_is_http(uri) && fetch_url_fault(uri, false) == NULL)
		return true;
	part->result = FETCH_FAILED;
	return problem_set(&part->fetched.problem, 502, "fetch-failed",
			   "%.*s: nothing can be fetched from there; oapctl "
			   "issuer set --status-url says where the lists are",
			   (int)uri.n, (const char *)uri.p);
}

/* What is there is the list that is looked for. */
static bool check_list(struct part *part, struct bytes uri)
{
	struct status_token token;

	if (!status_token_read(part->fetched.message, &token))
		return problem_set(&part->fetched.problem, 502, "fetch-failed",
				   "%s: holds what is no status list token",
				   part->url);
	return bytes_equal(token.uri, uri) ||
	       problem_set(&part->fetched.problem, 502, "fetch-failed",
			   "%s: holds the list of %.*s, not of %.*s",
			   part->url, (int)token.uri.n,
			   (const char *)token.uri.p, (int)uri.n,
			   (const char *)uri.p);
}

/* False: who serves the lists is not there; the next one has to wait, too. */
static bool get_list(struct round *r, struct part *part, size_t n,
		     struct bytes uri)
{
	if (!place_list(r, part, n, uri))
		return true;
	get(r, part, STATUS_TOKEN_MAX);
	if (part->reply.got == FETCH_GOT_BODY && !check_list(part, uri)) {
		part->to_take = false;
		part->result = FETCH_REFUSED;
	}
	return part->reply.got != FETCH_GOT_NOBODY;
}

static void get_lists(struct round *r, struct fetch_memory *memory)
{
	struct issuerdoc doc = naming(r);
	struct cbor_in in = cbor_members(doc.uris);
	bool going = true;
	struct bytes uri;

	for (size_t n = 0; going && n < LISTS_PER_ISSUER_MAX &&
			   !atomic_load(r->order->stop) &&
			   issuerdoc_next_uri(&in, &uri);
	     n++)
		going = get_list(r, add_part(r, memory), n, uri);
}

/* ----------------------------------------------------------- the ledger */

struct taking {
	struct ledger_job job;
	struct fetched fetched;
	struct fetched_part *tokens[LISTS_PER_ISSUER_MAX];
	sem_t over;
	char fault[LEDGER_REFUSAL_MAX + 40];
};

static enum store_result run_taking(struct store *s, struct ledger_job *job,
				    int64_t now_ms)
{
	struct taking *taking = job->owner;
	enum store_result r = setup_fetched(s, &taking->fetched, now_ms);

	job->remake_snapshot = r == STORE_OK && taking->fetched.changed;
	return r;
}

static void taken(struct ledger_job *job)
{
	struct taking *taking = job->owner;

	sem_post(&taking->over);
}

/* NULL: the ledger has seen to all of them. */
static const char *ledger_fault(struct round *r, struct taking *taking)
{
	bool submitted;

	sem_init(&taking->over, 0, 0);
	taking->job.kind = JOB_CALL;
	taking->job.call = run_taking;
	taking->job.done = taken;
	taking->job.owner = taking;
	submitted = ledger_submit(r->service->ledger, &taking->job);
	while (submitted && sem_wait(&taking->over) != 0)
		continue;
	sem_destroy(&taking->over);
	if (!submitted)
		return "the ledger has too much to do; it is tried again";
	if (taking->job.failed)
		return "the service cannot reach its storage; it is tried "
		       "again";
	if (taking->job.refusal[0] == '\0')
		return NULL;
	snprintf(taking->fault, sizeof(taking->fault),
		 "the bundle for kiosks would have %s", taking->job.refusal);
	return taking->fault;
}

static void conclude(struct part *part, const char *fault)
{
	struct problem *p = &part->fetched.problem;

	if (fault != NULL) {
		p->status = 0; /* what was found is undone with it */
		problem_set(p, 502, "fetch-failed", "%s: not taken: %s",
			    part->url, fault);
		part->result = FETCH_FAILED;
	} else if (p->status != 0) {
		part->result = FETCH_REFUSED;
	} else {
		part->result = FETCH_TAKEN;
		remember(part);
	}
}

static void take_in(struct round *r)
{
	struct taking *taking = calloc(1, sizeof(*taking));
	const char *fault = "out of memory";
	size_t n = 0;

	if (taking != NULL) {
		taking->fetched.iss = r->order->source.iss;
		taking->fetched.tokens = taking->tokens;
		if (r->parts[0].to_take)
			taking->fetched.document = &r->parts[0].fetched;
		for (size_t i = 1; i < r->count; i++)
			if (r->parts[i].to_take)
				taking->tokens[n++] = &r->parts[i].fetched;
		taking->fetched.token_count = n;
		fault = ledger_fault(r, taking);
	}
	for (size_t i = 0; i < r->count; i++)
		if (r->parts[i].to_take)
			conclude(&r->parts[i], fault);
	free(taking);
}

/* ------------------------------------------------------------ the round */

static void tell(const struct round *r, struct fetch_outcome *out)
{
	unsigned bad = 0;
	size_t n;

	for (size_t i = 0; i < r->count; i++) {
		const struct part *part = &r->parts[i];

		if (part->url[0] == '\0' && is_document(r, part))
			continue; /* nobody has asked for it */
		out->results[part->result]++;
		if (part->fetched.problem.status != 0 && bad++ == 0)
			snprintf(out->error, sizeof(out->error), "%s",
				 part->fetched.problem.detail);
	}
	n = strlen(out->error);
	if (bad > 1)
		snprintf(out->error + n, sizeof(out->error) - n,
			 " (and %u more)", bad - 1);
}

static void run_round(struct round *r, struct fetch_memory *memory,
		      struct fetch_outcome *out)
{
	struct part *document = add_part(r, memory);
	bool any = false;

	if (r->order->source.document_url[0] != '\0') {
		strcpy(document->url, r->order->source.document_url);
		get(r, document, ISSUERDOC_MAX);
	}
	get_lists(r, memory);
	out->given_up = atomic_load(r->order->stop);
	for (size_t i = 0; i < r->count; i++)
		any = any || r->parts[i].to_take;
	if (any && !out->given_up)
		take_in(r);
	tell(r, out);
}

void fetch_round(struct service *service, struct fetch_line *line,
		 const struct fetch_order *order, struct fetch_memory *memory,
		 struct fetch_outcome *out)
{
	struct round *r = calloc(1, sizeof(*r));

	memset(out, 0, sizeof(*out));
	if (r == NULL) {
		snprintf(out->error, sizeof(out->error), "out of memory");
		return;
	}
	r->service = service;
	r->line = line;
	r->order = order;
	r->room = BUNDLE_MAX;
	if (!fetch_held_read(service->reader, order->source.iss, &r->held))
		snprintf(out->error, sizeof(out->error),
			 "what is held of it cannot be read now");
	else if (r->held.found)
		run_round(r, memory, out);
	for (size_t i = 0; i < r->count; i++)
		free(r->parts[i].reply.body);
	fetch_held_free(&r->held);
	free(r);
}
