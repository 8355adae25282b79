/* SPDX-License-Identifier: Apache-2.0 */
/* chores.h: what a service does without being asked: renewing the bundle,
 * rolling keys, forgetting what is old, and finding out whether a disk that
 * took nothing takes something again. Each is a call of the ledger's. */
#ifndef OAP_CHORES_H
#define OAP_CHORES_H

#include "service.h"

struct chores;

/* service outlives it. NULL: out of memory. For the main thread, as all of
 * this. */
struct chores *chores_new(struct service *service);
/* After the ledger has halted; takes NULL. */
void chores_free(struct chores *c);

/* How long passes are remembered. */
void chores_retain(struct chores *c, int64_t ms);
/* The next time, a new bundle is made whatever else there is. */
void chores_renew(struct chores *c);
/* Does them now, those that are not under way. */
void chores_start(struct chores *c);
/* Once a second: does them once a minute, or at once where the last time left
 * something to do. */
void chores_tick(struct chores *c);

#endif
