/* SPDX-License-Identifier: Apache-2.0 */
/* outfile.h: a file that is there whole or not at all: written beside its name,
 * synced, renamed. */
#ifndef OAP_OUTFILE_H
#define OAP_OUTFILE_H

#include "bytes.h"
#include "include/oap.h"

struct outfile {
	char *path, *part;
	int fd;
};

/* For this user alone. What is there already is replaced at the end, when it
 * is a file. Each: a fault, OAP_FILE_FAILED or OAP_NO_MEMORY. */
enum oap_result outfile_open(struct outfile *o, const char *path,
			     struct oap_problem *why) OAP_CHECKED;
enum oap_result outfile_write(struct outfile *o, struct bytes data,
			      struct oap_problem *why) OAP_CHECKED;
/* Then it is there. */
enum oap_result outfile_commit(struct outfile *o,
			       struct oap_problem *why) OAP_CHECKED;
/* Always, at last; what was not committed is gone. */
void outfile_close(struct outfile *o);

#endif
