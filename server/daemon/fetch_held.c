/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_held.c: two small reads, each waited for. */
#include "fetch_held.h"

#include <semaphore.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct sources {
	struct fetch_source *of;
	size_t count;
};

struct reading {
	struct report_job job;
	sem_t over;
	const char *iss;
	struct fetch_held *held;
	struct sources *sources;
};

static void over(struct report_job *job)
{
	struct reading *reading = job->owner;

	sem_post(&reading->over);
}

static bool read_now(struct report_worker *reader, struct reading *reading)
{
	bool taken;

	sem_init(&reading->over, 0, 0);
	reading->job.owner = reading;
	reading->job.done = over;
	taken = report_worker_submit(reader, &reading->job);
	while (taken && sem_wait(&reading->over) != 0)
		continue;
	sem_destroy(&reading->over);
	return taken && !reading->job.failed;
}

/* ----------------------------------------------------------- one issuer */

static bool take_issuer(void *arg, const void *stored)
{
	const struct issuer_row *row = stored;
	struct fetch_held *held = arg;

	held->document = malloc(row->document.n + 1);
	if (held->document == NULL || row->root.n != sizeof(held->root))
		return false;
	memcpy(held->root, row->root.p, sizeof(held->root));
	memcpy(held->document, row->document.p, row->document.n);
	held->document_n = row->document.n;
	crypto_hash_sha256(held->document_hash, held->document,
			   held->document_n);
	held->found = true;
	return issuerdoc_read(bytes_of(held->document, held->document_n),
			      &held->doc);
}

static bool take_token(void *arg, const void *stored)
{
	const struct token_row *row = stored;
	struct fetch_held *held = arg;
	void *grown = realloc(held->tokens,
			      (held->token_count + 1) * sizeof(*held->tokens));

	if (grown == NULL)
		return false;
	held->tokens = grown;
	crypto_hash_sha256(held->tokens[held->token_count++], row->token.p,
			   row->token.n);
	return true;
}

/* Report thread. */
static enum store_result read_one(struct store *s, struct report_job *job)
{
	struct reading *reading = job->owner;
	struct bytes iss = bytes_text(reading->iss);
	enum store_result r =
	    store_issuers(s, &iss, take_issuer, reading->held);

	return r == STORE_OK ? store_tokens(s, iss, take_token, reading->held)
			     : r;
}

bool fetch_held_read(struct report_worker *reader, const char *iss,
		     struct fetch_held *out)
{
	struct reading reading = {
	    .job.call = read_one, .iss = iss, .held = out};

	memset(out, 0, sizeof(*out));
	if (read_now(reader, &reading))
		return true;
	fetch_held_free(out);
	return false;
}

void fetch_held_free(struct fetch_held *held)
{
	free(held->document);
	free(held->tokens);
	memset(held, 0, sizeof(*held));
}

bool fetch_held_has_token(const struct fetch_held *held,
			  const uint8_t hash[static FETCH_HASH])
{
	for (size_t i = 0; i < held->token_count; i++)
		if (memcmp(held->tokens[i], hash, FETCH_HASH) == 0)
			return true;
	return false;
}

/* ---------------------------------------------------------- all of them */

static bool take_source(void *arg, const void *stored)
{
	const struct issuer_row *row = stored;
	struct sources *sources = arg;
	struct fetch_source *grown, *source;

	grown = realloc(sources->of, (sources->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return false;
	sources->of = grown;
	source = &grown[sources->count++];
	source->withdrawn = row->withdrawn;
	return bytes_to_text(row->iss, source->iss, sizeof(source->iss)) &&
	       bytes_to_text(row->document_url, source->document_url,
			     sizeof(source->document_url)) &&
	       bytes_to_text(row->status_url, source->status_url,
			     sizeof(source->status_url));
}

/* Report thread. */
static enum store_result read_all(struct store *s, struct report_job *job)
{
	struct reading *reading = job->owner;

	return store_issuers(s, NULL, take_source, reading->sources);
}

bool fetch_held_sources(struct report_worker *reader,
			struct fetch_source **out, size_t *count)
{
	struct sources sources = {NULL, 0};
	struct reading reading = {.job.call = read_all, .sources = &sources};
	bool good = read_now(reader, &reading);

	*out = sources.of;
	*count = sources.count;
	return good;
}
