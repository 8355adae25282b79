/* SPDX-License-Identifier: Apache-2.0 */
/* reach.c: a pause after each question that nobody answered. */
#include "reach.h"

#include "limits.h"

bool reach_may_ask(struct reach *r, int64_t now_ms)
{
	if (r->missed == 0)
		return true;
	if (now_ms < r->again_ms)
		return false;
	/* Whoever asks now says within the longest deadline how it went. */
	r->again_ms = now_ms + DEADLINE_MAX_MS;
	return true;
}

void reach_answered(struct reach *r)
{
	r->missed = 0;
}

static int64_t pause_after(unsigned missed)
{
	int64_t ms = KIOSK_PAUSE_FIRST_MS;

	while (--missed > 0 && ms < KIOSK_PAUSE_MAX_MS)
		ms *= 2;
	return ms < KIOSK_PAUSE_MAX_MS ? ms : KIOSK_PAUSE_MAX_MS;
}

void reach_missed(struct reach *r, int64_t now_ms, int64_t at_least_ms,
		  uint32_t chance)
{
	int64_t ms;

	if (r->missed < UINT32_MAX)
		r->missed++;
	ms = pause_after(r->missed);
	/* three quarters of it to five */
	ms += ms / 2 * (int64_t)(chance % 1024) / 1024 - ms / 4;
	if (at_least_ms > KIOSK_PAUSE_MAX_MS)
		at_least_ms = KIOSK_PAUSE_MAX_MS;
	r->again_ms = now_ms + (ms > at_least_ms ? ms : at_least_ms);
}
