/* SPDX-License-Identifier: Apache-2.0 */
/* backoff.c: spans that double, and a random half of each. */
#include "backoff.h"

void backoff_reset(struct backoff *b)
{
	b->failures = 0;
}

int64_t backoff_next(struct backoff *b, int64_t at_least_ms, uint32_t chance)
{
	int64_t span = BACKOFF_FIRST_MS, wait;

	for (unsigned i = 0; i < b->failures && span < BACKOFF_MAX_MS; i++)
		span *= 2;
	if (span > BACKOFF_MAX_MS)
		span = BACKOFF_MAX_MS;
	if (b->failures < UINT32_MAX)
		b->failures++;
	wait = span / 2 + (int64_t)(span / 2 * (uint64_t)chance / UINT32_MAX);
	if (at_least_ms > BACKOFF_MAX_MS)
		at_least_ms = BACKOFF_MAX_MS;
	return wait > at_least_ms ? wait : at_least_ms;
}
