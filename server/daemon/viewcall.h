/* SPDX-License-Identifier: Apache-2.0 */
/* viewcall.h: a request that reads, on its way through the report thread. */
#ifndef OAP_VIEWCALL_H
#define OAP_VIEWCALL_H

#include "request.h"

struct viewcall {
	struct report_job job;
	const struct request *r;
	json_t *json; /* what was read; its own reference */
	struct problem problem;
	/* More of a handler's. */
	void *query;
	void (*free_query)(void *query);
};

/* call gets a report_job whose owner's work is a struct viewcall; what it
 * leaves in json or problem is the reply. query is freed with it (NULL: none).
 * On the report thread call may read the request, not change it. */
void viewcall_submit(struct request *r, void *query,
		     void (*free_query)(void *query),
		     enum store_result (*call)(struct store *reader,
					       struct viewcall *view));

#endif
