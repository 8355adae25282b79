/* SPDX-License-Identifier: Apache-2.0 */
/* attemptact.h: what an operator does to one attempt: a reversal, an
 * admission, a rejection. The attempt is named in the path; what was done, by
 * whom and why goes into the audit trail, in the same transaction. */
#ifndef OAP_ATTEMPTACT_H
#define OAP_ATTEMPTACT_H

#include "request.h"
#include "store_ledger.h"

/* The request's work begins with it. */
struct attempt_act {
	struct ledger_job job; /* its owner is the request */
	struct problem problem;
	uint8_t kid[8], id[16];
};

/* From r's path; false and a 404 problem. */
bool attempt_act_read(const struct request *r, struct attempt_act *act,
		      struct problem *p) OAP_CHECKED;
/* Hands it to the ledger, where call runs; done replies. */
void attempt_act_submit(struct request *r, struct attempt_act *act,
			enum store_result (*call)(struct store *s,
						  struct ledger_job *job,
						  int64_t now_ms),
			void (*done)(struct request *r));

/* Ledger thread: the attempt; STORE_NONE has filled the problem. */
enum store_result attempt_act_find(struct store *s, struct attempt_act *act,
				   struct attempt *a) OAP_CHECKED;
/* action: "attempt.reversal"; after: JSON. */
enum store_result attempt_act_trail(struct store *s, const struct request *r,
				    const struct attempt_act *act,
				    const char *action, const char *after,
				    int64_t now_ms) OAP_CHECKED;
/* On the loop again: whether it failed, and that was said. */
bool attempt_act_failed(struct request *r, const struct attempt_act *act);

#endif
