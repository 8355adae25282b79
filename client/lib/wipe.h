/* SPDX-License-Identifier: Apache-2.0 */
/* wipe.h: a kiosk that its service has revoked forgets what is secret or
 * personal: key, bundle, usage counters, sent entries. It does so on a signed
 * bundle that says revoked, and on nothing else; what it still owes the
 * service it sends under a report made before. */
#ifndef OAP_WIPE_H
#define OAP_WIPE_H

#include "handle.h"

/* Under the lock: wipes, when the bundle held says so and nothing is under way.
 * A journal that cannot be written is tried again with the next call. */
void wipe_when_due(struct oap *o);
/* While opening a kiosk that has wiped itself: what a kill left is finished. */
enum oap_result wipe_open(struct oap *o, struct oap_problem *why) OAP_CHECKED;
/* Under the lock: OAP_WIPED, and what it means. */
enum oap_result wipe_problem(const struct oap *o, struct oap_problem *why);
/* Without the lock: oap_sync of such a kiosk. */
enum oap_result wipe_sync(struct oap *o, struct oap_synced *out,
			  struct oap_problem *why) OAP_CHECKED;

#endif
