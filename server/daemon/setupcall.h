/* SPDX-License-Identifier: Apache-2.0 */
/* setupcall.h: a request that changes what is set up, on its way through the
 * ledger's thread. */
#ifndef OAP_SETUPCALL_H
#define OAP_SETUPCALL_H

#include "request.h"
#include "setup.h"

/* Takes the change over; r->caller.actor is who did it. */
void setupcall_submit(struct request *r, struct setup_change *change,
		      void (*then)(struct request *r));
/* When it has come back: the reply, a new reference; NULL: it was refused and
 * that was answered, and r is gone. */
json_t *setupcall_reply(struct request *r);
int setupcall_status(const struct request *r);

#endif
