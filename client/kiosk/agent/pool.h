/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h: threads for what may wait, so that the loop never does: calls of the
 * library touch the journal's disk and the network. A job goes from the loop
 * to a thread and comes back by the mailbox. */
#ifndef OAP_AGENT_POOL_H
#define OAP_AGENT_POOL_H

#include <stdbool.h>

#include "mailbox.h"

struct job {
	struct mail mail; /* first: a job comes home as mail */
	struct job *next;
	void (*run)(struct job *job);  /* on a thread of the pool */
	void (*done)(struct job *job); /* on the loop's; frees it */
};

struct pool;

/* NULL: out of memory or threads. waiting: jobs that may, beside those that
 * run. */
struct pool *pool_new(struct mailbox *home, unsigned threads,
		      unsigned waiting);
/* False: too many wait already; the job stays the caller's. */
bool pool_submit(struct pool *pool, struct job *job)
    __attribute__((warn_unused_result));
/* After every job has been run; takes NULL. What is posted home by then is
 * the mailbox's. */
void pool_free(struct pool *pool);

#endif
