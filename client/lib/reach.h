/* SPDX-License-Identifier: Apache-2.0 */
/* reach.h: whether the service can be asked, as far as is known: so that a
 * door waits for the deadline once, not for every visitor, when the line is
 * down. Pure: time (net_now_ms) and chance come in. */
#ifndef OAP_REACH_H
#define OAP_REACH_H

#include <stdbool.h>
#include <stdint.h>

struct reach {
	unsigned missed;  /* in a row; 0: it answers */
	int64_t again_ms; /* nobody asks before then, when missed */
};

/* False: out of reach, as was seen lately. When the pause is over one caller
 * is let through, and the others wait for what it finds. */
bool reach_may_ask(struct reach *r, int64_t now_ms);
/* Whatever it was, it came from the service. */
void reach_answered(struct reach *r);
/* chance: any 32 random bits, so that doors do not come back all at once.
 * at_least_ms: what the service asked for (Retry-After), or 0. */
void reach_missed(struct reach *r, int64_t now_ms, int64_t at_least_ms,
		  uint32_t chance);

#endif
