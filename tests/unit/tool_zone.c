/* SPDX-License-Identifier: Apache-2.0 */
/* tool_zone: for every line "NAME SECONDS" on stdin, the span of that zone at
 * that time: "FIRST FROM:OFFSET …", or "unknown". */
#include <inttypes.h>
#include <stdio.h>

#include "zone.h"

int main(void)
{
	char name[ZONE_NAME_MAX + 1];
	struct zone_span span;
	int64_t now_s;

	while (scanf("%64s %" SCNd64, name, &now_s) == 2) {
		if (!zone_span(name, now_s, &span)) {
			puts("unknown");
			continue;
		}
		printf("%" PRId32, span.first);
		for (size_t i = 0; i < span.count; i++)
			printf(" %" PRId64 ":%" PRId32, span.change[i].from,
			       span.change[i].offset);
		putchar('\n');
	}
	return ferror(stdin) || fflush(stdout) != 0;
}
