/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_schedule.c: the interval, or the doubled time after a failure. */
#include "fetch_schedule.h"

#include "limits.h"

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t seconds_after(int64_t interval_s, unsigned failures)
{
	int64_t longest = most(interval_s, FETCH_BACKOFF_MAX_S);
	int64_t s = least(interval_s, FETCH_RETRY_S);

	if (failures == 0)
		return interval_s;
	while (--failures > 0 && s < longest)
		s *= 2;
	return least(s, longest);
}

int64_t fetch_delay_ms(int64_t interval_s, unsigned failures, uint32_t dice)
{
	int64_t ms = seconds_after(interval_s, failures) * 1000;

	return ms - ms / 10 + ms / 5 * (int64_t)(dice >> 16) / 65536;
}
