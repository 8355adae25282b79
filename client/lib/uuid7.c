/* SPDX-License-Identifier: Apache-2.0 */
/* uuid7.c: 48 bits of time, so that ids sort by it, and 74 random ones. */
#include "uuid7.h"

#include <string.h>

#define MS_MAX ((INT64_C(1) << 48) - 1)

void uuid7_make(int64_t ms, const uint8_t random[static 10],
		uint8_t id[static 16])
{
	uint8_t time[8];

	if (ms < 0)
		ms = 0;
	if (ms > MS_MAX)
		ms = MS_MAX;
	put_be64(time, (uint64_t)ms << 16);
	memcpy(id, time, 6);
	memcpy(id + 6, random, 10);
	id[6] = (uint8_t)(0x70 | (id[6] & 0x0f)); /* version */
	id[8] = (uint8_t)(0x80 | (id[8] & 0x3f)); /* variant */
}
