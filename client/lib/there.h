/* SPDX-License-Identifier: Apache-2.0 */
/* there.h: what the service says it holds of this kiosk's entries, whether it
 * says so over the network or in a receipt; against what it said before and
 * what is in this journal. */
#ifndef OAP_THERE_H
#define OAP_THERE_H

#include "handle.h"

struct there_word {
	uint64_t seq; /* the highest up to which it has all; 0: none */
	uint8_t hash[32]; /* of that entry */
	uint64_t count;	  /* of all it has */
	int64_t at_ms;	  /* service time */
};

/* What was known when the service was asked. */
struct there_asked {
	uint64_t seq, count; /* what it had been heard to hold */
	uint64_t settled; /* it had taken or refused all before this seq; 0:
			   * not known */
};

/* Under the lock, in the caller's transaction, before the results that came
 * with it are settled. *there: what has been said since it was asked, too;
 * then this, to be kept in the handle once that is committed. *lost: it holds
 * less than it had when it was asked, so it was restored: what it may have
 * lost is unsent again. False: I/O. */
bool there_hear(struct oap *o, const struct there_word *w,
		const struct there_asked *asked, struct there *there,
		bool *lost) OAP_CHECKED;

#endif
