/* SPDX-License-Identifier: Apache-2.0 */
/* source.h: where a scanner's bytes come from: standard input, a device, or a
 * child process. Used by one thread. */
#ifndef OAP_AGENT_SOURCE_H
#define OAP_AGENT_SOURCE_H

#include <stdbool.h>
#include <sys/types.h>

#include "bounds.h"

struct source {
	const char *spec; /* "-", "exec:COMMAND", or a path */
	int fd;		  /* -1: closed */
	pid_t child;	  /* 0: none */
};

/* False: detail says why it is not to be had now. */
bool source_open(struct source *s, char detail[SCANNER_DETAIL]);
/* Detail says how it ended. error: of the read that failed, or 0 for the end
 * of input. */
void source_close(struct source *s, int error, char detail[SCANNER_DETAIL]);
/* Standard input is not opened again. */
bool source_comes_again(const struct source *s);

#endif
