/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_table.c: a list; a service knows some dozens of issuers. */
#include "fetch_table.h"

#include <stdlib.h>
#include <string.h>

bool fetch_target_is_fetched(const struct fetch_target *t)
{
	const struct fetch_source *source = &t->source;

	return t->listed && !source->withdrawn &&
	       (source->document_url[0] != '\0' ||
		source->status_url[0] != '\0');
}

static struct fetch_target *find(const struct fetch_table *t, const char *iss)
{
	struct fetch_target *at = t->first;

	while (at != NULL && strcmp(at->source.iss, iss) != 0)
		at = at->next;
	return at;
}

struct fetch_target *fetch_table_find(const struct fetch_table *t,
				      const char *iss)
{
	struct fetch_target *at = find(t, iss);

	return at != NULL && at->listed ? at : NULL;
}

static struct fetch_target *add(struct fetch_table *t, const char *iss)
{
	struct fetch_target *at = calloc(1, sizeof(*at));

	if (at == NULL)
		return NULL;
	at->memory = fetch_memory_new();
	if (at->memory == NULL) {
		free(at);
		return NULL;
	}
	strcpy(at->source.iss, iss);
	at->next = t->first;
	t->first = at;
	return at;
}

static bool is_same(const struct fetch_source *a, const struct fetch_source *b)
{
	return strcmp(a->document_url, b->document_url) == 0 &&
	       strcmp(a->status_url, b->status_url) == 0 &&
	       a->withdrawn == b->withdrawn;
}

/* What went wrong at another place says nothing of this one. */
static void put(struct fetch_target *at, const struct fetch_source *source,
		int64_t now_ms)
{
	if (at->listed && is_same(&at->source, source))
		return;
	at->listed = true;
	at->source = *source;
	at->due_ms = now_ms;
	at->changed = at->at_work;
	at->failures = 0;
	at->tried_ms = at->good_ms = 0;
	at->error[0] = '\0';
}

static bool is_among(const char *iss, const struct fetch_source *sources,
		     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(sources[i].iss, iss) == 0)
			return true;
	return false;
}

static void free_target(struct fetch_target *at)
{
	fetch_memory_free(at->memory);
	free(at);
}

static void drop_gone(struct fetch_table *t)
{
	struct fetch_target **at = &t->first;

	while (*at != NULL) {
		struct fetch_target *gone = *at;

		if (gone->listed || gone->at_work || gone->asked != NULL) {
			at = &gone->next;
			continue;
		}
		*at = gone->next;
		free_target(gone);
	}
}

bool fetch_table_set(struct fetch_table *t, const struct fetch_source *sources,
		     size_t count, int64_t now_ms)
{
	bool whole = true;

	for (struct fetch_target *at = t->first; at != NULL; at = at->next)
		at->listed = at->listed &&
			     is_among(at->source.iss, sources, count);
	for (size_t i = 0; i < count; i++) {
		struct fetch_target *at = find(t, sources[i].iss);

		if (at == NULL)
			at = add(t, sources[i].iss);
		if (at != NULL)
			put(at, &sources[i], now_ms);
		else
			whole = false;
	}
	drop_gone(t);
	return whole;
}

void fetch_table_free(struct fetch_table *t)
{
	while (t->first != NULL) {
		struct fetch_target *gone = t->first;

		t->first = gone->next;
		free_target(gone);
	}
}

struct fetch_target *fetch_table_due(const struct fetch_table *t,
				     int64_t now_ms, int64_t *next_ms)
{
	struct fetch_target *due = NULL;

	for (struct fetch_target *at = t->first; at != NULL; at = at->next) {
		if (at->at_work || !fetch_target_is_fetched(at))
			continue;
		if (at->due_ms < *next_ms)
			*next_ms = at->due_ms;
		if (at->due_ms <= now_ms &&
		    (due == NULL || at->due_ms < due->due_ms))
			due = at;
	}
	return due;
}

void fetch_target_done(struct fetch_target *at,
		       const struct fetch_outcome *out, int64_t real_ms)
{
	at->at_work = false;
	if (at->changed || out->given_up) {
		at->changed = false;
		return;
	}
	at->tried_ms = real_ms;
	if (out->error[0] == '\0')
		at->good_ms = real_ms;
	at->failures = out->error[0] == '\0' ? 0 : at->failures + 1;
	strcpy(at->error, out->error);
}

static json_t *time_or_null(int64_t ms)
{
	return ms > 0 ? json_integer(ms) : json_null();
}

json_t *fetch_target_json(const struct fetch_target *at, int64_t now_ms,
			  int64_t real_ms)
{
	int64_t left_ms = at->due_ms > now_ms ? at->due_ms - now_ms : 0;

	return json_pack("{s:o, s:o, s:I, s:i, s:s?}", "tried_ms",
			 time_or_null(at->tried_ms), "good_ms",
			 time_or_null(at->good_ms), "next_ms",
			 (json_int_t)(real_ms + left_ms), "failures",
			 (int)at->failures, "error",
			 at->error[0] != '\0' ? at->error : NULL);
}
