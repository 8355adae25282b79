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

/* Under the lock, in the caller's transaction, before the results that came
 * with it are settled. *there: what was said before; then this, to be kept in
 * the handle once that is committed. *lost: it holds less than before, so it
 * was restored: what it may have lost is unsent again. False: I/O. */
bool there_hear(struct oap *o, const struct there_word *w, struct there *there,
		bool *lost) OAP_CHECKED;

#endif
