/* SPDX-License-Identifier: Apache-2.0 */
/* lines.h: bytes as a scanner gives them, cut into lines. Scanners end a line
 * with CR, LF or both; spaces belong to codes. Pure. */
#ifndef OAP_AGENT_LINES_H
#define OAP_AGENT_LINES_H

#include <stddef.h>

#include "scanner.h"

typedef void lines_taker(void *arg, const char *line, size_t n);

/* All zero at first. */
struct lines {
	char text[SCANNED_TEXT]; /* the line that has begun */
	size_t length;
};

/* Calls take for each line that is whole and not empty; what is over
 * SCANNED_TEXT - 1 bytes of one is dropped. */
void lines_add(struct lines *l, const char *bytes, size_t n,
	       lines_taker *take, void *arg);
/* At the end of input: the last line may have no end. */
void lines_end(struct lines *l, lines_taker *take, void *arg);

#endif
