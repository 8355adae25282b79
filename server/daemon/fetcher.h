/* SPDX-License-Identifier: Apache-2.0 */
/* fetcher.h: the threads that fetch issuers' documents and status lists, each
 * issuer when it is due or when an operator asks for it. */
#ifndef OAP_FETCHER_H
#define OAP_FETCHER_H

#include <jansson.h>

#include "fetch_round.h"

struct fetcher;

/* After the reader and the ledger have started; service outlives it. NULL: one
 * line in error. */
struct fetcher *fetcher_start(struct service *service, char *error,
			      size_t error_size) OAP_CHECKED;
/* Seconds from the next round on. */
void fetcher_set(struct fetcher *f, int64_t interval_s, int64_t timeout_s);
/* Issuers have changed; whose URLs are new is fetched at once. Any thread. */
void fetcher_wake(struct fetcher *f);
/* Before the reader and the ledger are halted: gives up what it waits for,
 * within a second or two, answers all jobs, and joins its threads. Other
 * threads may still call: fetcher_submit returns false. */
void fetcher_halt(struct fetcher *f);
void fetcher_stop(struct fetcher *f); /* halts and frees; takes NULL */

enum fetch_answer {
	FETCH_DONE,
	FETCH_NO_ISSUER,
	FETCH_WITHDRAWN,
	FETCH_NO_URL,
	FETCH_HALTED,
};

/* Somebody who waits for one issuer's next round. It is the fetcher's from a
 * successful submit until done is called (on one of its threads; it must not
 * block). */
struct fetch_job {
	struct fetch_job *next; /* the fetcher's */
	char iss[ISS_MAX + 1];
	void (*done)(struct fetch_job *job);
	void *owner; /* the submitter's */
	/* Out. */
	enum fetch_answer answer;
	char error[PROBLEM_DETAIL_MAX]; /* of the round; "": all is well */
};
/* False: too many wait; the job stays the caller's. */
bool fetcher_submit(struct fetcher *f, struct fetch_job *job) OAP_CHECKED;

/* How it goes with an issuer, {"tried_ms": …}, or null when it is not fetched
 * (yet); a new reference, NULL without memory. Any thread. */
json_t *fetcher_describe(struct fetcher *f, const char *iss);

/* For /metrics. */
void fetcher_results(struct fetcher *f, uint64_t out[static FETCH_RESULTS]);
/* Every issuer that is fetched, with its failures in a row. */
void fetcher_each(struct fetcher *f,
		  void (*visit)(void *arg, const char *iss, unsigned failures),
		  void *arg);

#endif
