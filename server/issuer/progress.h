/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h: one line on the terminal that says how far a long run is and
 * how fast it goes; nothing when stderr is no terminal. */
#ifndef ISSUER_PROGRESS_H
#define ISSUER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool shows;
	bool drawn;
	int64_t start_ms, drawn_ms; /* monotonic */
};

void progress_start(struct progress *p);
/* done passes, part of whole of the way (whole 0: not known). */
void progress_step(struct progress *p, size_t done, size_t part,
		   size_t whole);
/* Clears the line, so that something else can be printed. */
void progress_clear(struct progress *p);
/* Milliseconds since the start. */
int64_t progress_ms(const struct progress *p);

#endif
