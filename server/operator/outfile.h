/* SPDX-License-Identifier: Apache-2.0 */
/* outfile.h: a file that is there whole or not at all: written beside its name,
 * synced, renamed. */
#ifndef OAP_OUTFILE_H
#define OAP_OUTFILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct outfile {
	char path[PATH_MAX], part[PATH_MAX];
	int fd;
	char error[PATH_MAX + 256]; /* one line, when a call failed */
};

/* For this user alone. What is there already is replaced at the end, when it
 * is a file. Each: false, and why in error. */
bool outfile_open(struct outfile *o, const char *path);
bool outfile_write(struct outfile *o, const void *p, size_t n);
/* Then it is there. Closes it in every case. */
bool outfile_commit(struct outfile *o);
/* Nothing was written. Takes one that is closed, too. */
void outfile_abandon(struct outfile *o);

#endif
