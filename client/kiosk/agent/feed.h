/* SPDX-License-Identifier: Apache-2.0 */
/* feed.h: the scanner that belongs to the agent: anything that prints lines.
 * It is read on a thread of its own, which opens it again, or starts it again,
 * for as long as it takes. */
#ifndef OAP_AGENT_FEED_H
#define OAP_AGENT_FEED_H

#include <stdbool.h>
#include <stddef.h>

#include "bounds.h"
#include "mailbox.h"

enum feed_state {
	FEED_NONE,  /* there is to be none */
	FEED_READY, /* it is read */
	FEED_DOWN,  /* it went away, or is not there yet; tried again */
	FEED_ENDED  /* standard input is over */
};

/* Both are called on the loop's thread. */
struct feed_ears {
	void (*line)(void *arg, const char *line, size_t n);
	void (*state)(void *arg, enum feed_state state, const char *detail);
	void *arg;
};

struct feed;

/* Whether that names a scanner: "-", "exec:COMMAND" or a device's path. Else
 * what was wrong has been said. */
bool feed_check(const char *spec);
/* spec stays the caller's. NULL: out of memory, threads or descriptors. */
struct feed *feed_start(const char *spec, struct mailbox *home,
			struct feed_ears ears);
/* Ends the child, too, which has CHILD_END_MS for it; nothing is posted home
 * any more. Takes NULL. */
void feed_stop(struct feed *feed);

/* "ready", … */
const char *feed_state_name(enum feed_state state);

#endif
