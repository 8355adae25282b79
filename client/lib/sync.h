/* SPDX-License-Identifier: Apache-2.0 */
/* sync.h: sending entries that the service does not have. */
#ifndef OAP_SYNC_H
#define OAP_SYNC_H

#include "handle.h"

struct batch {
	size_t items; /* that left */
	uint64_t marked;
	uint64_t unsent; /* left afterwards */
	bool lost; /* the service holds less than before: sent again */
	bool unheard; /* by a clock that was not set: no contact yet */
	char device[12];
	bool unknown; /* the service does not know this key */
	int64_t again_ms; /* it asks to be left alone so long; 0: it does not */
};

/* Without the lock: a report, with the oldest unsent entries, and as many more
 * of both as there are entries for, KIOSK_FLIGHTS of them at once; or, when
 * reversal is not 0, one with the reversal of that seq and what else is unsent
 * of its pass, ahead of any backlog: somebody waits at the till. until_ms: net
 * time at which this is given up; 0: KIOSK_CALL_MS after each has left. */
enum oap_result sync_batch(struct oap *o, uint64_t reversal, int64_t until_ms,
			   struct batch *out,
			   struct oap_problem *why) OAP_CHECKED;

/* Without the lock: the refusals that nobody has been told of yet. */
void sync_tell_refusals(struct oap *o, struct oap_synced *out);

#endif
