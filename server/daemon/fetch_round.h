/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_round.h: one round for one issuer: what is at hand of it, its document
 * and its lists from where they are published, and all of that to the ledger.
 * What cannot be had or is refused leaves what is held. */
#ifndef OAP_FETCH_ROUND_H
#define OAP_FETCH_ROUND_H

#include "fetch_get.h"
#include "fetch_held.h"
#include "service.h"

/* What was got of an issuer before, so as not to get it again. */
struct fetch_memory;
struct fetch_memory *fetch_memory_new(void); /* NULL: out of memory */
void fetch_memory_free(struct fetch_memory *memory); /* takes NULL */

/* What became of a document or a list. */
enum fetch_result {
	FETCH_TAKEN,	    /* new, and taken */
	FETCH_SAME,	    /* it is what is held */
	FETCH_NOT_MODIFIED, /* its server, or the disk, says so */
	FETCH_REFUSED,	    /* it came, and must not be taken */
	FETCH_FAILED,	    /* it did not come */
	FETCH_RESULTS
};

struct fetch_outcome {
	bool given_up; /* stopped meanwhile: nothing is known */
	unsigned results[FETCH_RESULTS];
	char error[PROBLEM_DETAIL_MAX]; /* the first; "": all is well */
};

struct fetch_order {
	struct fetch_source source;
	int64_t timeout_ms; /* for each document and list */
	const atomic_bool *stop;
};

/* For a thread that neither serves connections nor writes. */
void fetch_round(struct service *service, struct fetch_line *line,
		 const struct fetch_order *order, struct fetch_memory *memory,
		 struct fetch_outcome *out);

#endif
