/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_table.h: the issuers that are fetched, when each is due, and how the
 * last round went. For whoever holds the fetcher's lock. */
#ifndef OAP_FETCH_TABLE_H
#define OAP_FETCH_TABLE_H

#include "fetch_round.h"
#include "fetcher.h"

struct fetch_target {
	struct fetch_target *next;
	struct fetch_source source;
	bool listed; /* it is still set up */
	bool at_work;
	bool changed; /* since the round that is at work was begun */
	int64_t due_ms; /* monotonic */
	unsigned failures; /* rounds in a row */
	/* Real time; 0: never. */
	int64_t tried_ms, good_ms;
	char error[PROBLEM_DETAIL_MAX];
	struct fetch_memory *memory; /* of the thread that is at work */
	struct fetch_job *asked, *answering;
};

struct fetch_table {
	struct fetch_target *first;
};

/* From now on these are all there are. Who is new or fetched from elsewhere is
 * due; who is gone stays while somebody is at work on it or waits for it.
 * False: out of memory, and some are missing. */
bool fetch_table_set(struct fetch_table *t, const struct fetch_source *sources,
		     size_t count, int64_t now_ms) OAP_CHECKED;
void fetch_table_free(struct fetch_table *t);

struct fetch_target *fetch_table_find(const struct fetch_table *t,
				      const char *iss);
bool fetch_target_is_fetched(const struct fetch_target *target);
/* Who is due the longest, of those that nobody is at work on; NULL: nobody.
 * *next_ms: when somebody will be, as far as it is sooner. */
struct fetch_target *fetch_table_due(const struct fetch_table *t,
				     int64_t now_ms, int64_t *next_ms);
/* What a round has brought, at that real time. What changed meanwhile makes it
 * worthless. */
void fetch_target_done(struct fetch_target *target,
		       const struct fetch_outcome *out, int64_t real_ms);

/* {"tried_ms": …}, at that monotonic and real time; NULL without memory. */
json_t *fetch_target_json(const struct fetch_target *target, int64_t now_ms,
			  int64_t real_ms);

#endif
