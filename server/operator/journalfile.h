/* SPDX-License-Identifier: Apache-2.0 */
/* journalfile.h: a kiosk's journal as a file (messages.cddl, journal-file), in
 * pieces that POST /v1/import takes. */
#ifndef OAP_JOURNALFILE_H
#define OAP_JOURNALFILE_H

#include <stdio.h>

#include "limits.h"
#include "parcel.h"

/* As large as one part may be: a request's time is bounded, and so is what a
 * slow line carries in it. */
#define PIECE_MAX BODY_ENTRIES_MAX

struct journalfile {
	FILE *in;
	const char *path;
	struct parcel parcel;
	uint8_t kid[8];	  /* whose it is */
	uint64_t items;	  /* entries in it */
	uint64_t pieces;  /* that it is sent in */
	uint8_t *part;	  /* read already, for the next piece; or NULL */
	size_t part_n;
	bool unreadable;  /* the disk failed, not the file's content */
	char error[512];  /* one line, when a call failed */
};

/* Reads all of it once: whether it is whole, and of one kiosk. */
bool journalfile_open(struct journalfile *j, const char *path) OAP_CHECKED;
/* The next piece into *body, malloc'd; NULL at the end. False: an error. */
bool journalfile_next(struct journalfile *j, uint8_t **body, size_t *n)
    OAP_CHECKED;
void journalfile_close(struct journalfile *j);

#endif
