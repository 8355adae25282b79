/* SPDX-License-Identifier: Apache-2.0 */
/* kioskdir.h: the directory of one kiosk, and the lock that keeps it to one
 * process. */
#ifndef OAP_KIOSKDIR_H
#define OAP_KIOSKDIR_H

#include "bytes.h"
#include "include/oap.h"

struct kioskdir {
	char *path; /* as it was given */
	char *real; /* the same without symbolic links */
	int fd;	    /* the directory */
	int lock;   /* held until close */
};

enum oap_result kioskdir_open(struct kioskdir *d, const char *path,
			      bool create, struct oap_problem *why)
    OAP_CHECKED;
/* Takes one that failed to open, too. */
void kioskdir_close(struct kioskdir *d);

#endif
