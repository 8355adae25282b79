/* SPDX-License-Identifier: Apache-2.0 */
/* backoff.h: how long to wait before a service that failed is tried again:
 * longer each time, and not the same for all doors, so that there is no storm
 * when it is back. Pure. */
#ifndef OAP_KIOSK_BACKOFF_H
#define OAP_KIOSK_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS 2000  /* most troubles are over by then */
#define BACKOFF_MAX_MS 120000  /* a report is due every five minutes */

struct backoff {
	unsigned failures; /* in a row */
};

/* It worked. */
void backoff_reset(struct backoff *b);
/* It failed: milliseconds to wait, between half and all of a span that
 * doubles, but at_least_ms (what the service asked for) when that is more, as
 * far as BACKOFF_MAX_MS. chance: any 32 random bits. */
int64_t backoff_next(struct backoff *b, int64_t at_least_ms, uint32_t chance);

#endif
