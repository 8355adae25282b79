/* SPDX-License-Identifier: Apache-2.0 */
/* report_worker.h: the thread that reads: reports, searches, lists. It has its
 * own read-only handle, so that what operators look at never waits for doors,
 * nor doors for it.
 *
 * A job belongs to the worker from a successful submit until `done` is called
 * (on the worker's thread; it must not block: post to the loop and return). */
#ifndef OAP_REPORT_WORKER_H
#define OAP_REPORT_WORKER_H

#include "store.h"

struct report_worker;

struct report_job {
	struct report_job *next; /* the worker's */
	/* Reads, in one transaction of its own: a consistent view. */
	enum store_result (*call)(struct store *reader,
				  struct report_job *job);
	void (*done)(struct report_job *job);
	void *owner; /* the submitter's */
	enum store_result result; /* what call gave */
	/* Given up at stop, or reading failed: answer `unavailable`. */
	bool failed;
};

struct report_worker *report_worker_start(const char *dir, size_t queue_max,
					  char *error, size_t error_size)
    OAP_CHECKED;
/* False: the queue is full (answer `busy`); the job stays the caller's. */
bool report_worker_submit(struct report_worker *w, struct report_job *job)
    OAP_CHECKED;
/* Refuses new jobs from now on, finishes the one at work, gives up the queued
 * ones, joins the thread. Other threads may still call report_worker_submit:
 * it returns false. */
void report_worker_halt(struct report_worker *w);
/* Halts and frees: nobody calls anything with it any more. Takes NULL. */
void report_worker_stop(struct report_worker *w);

#endif
