/* SPDX-License-Identifier: Apache-2.0 */
/* import.h: a file that came back from the service (messages.cddl,
 * return-file), read twice: to verify all of it, and then to apply it. */
#ifndef OAP_IMPORT_H
#define OAP_IMPORT_H

#include <stdio.h>

#include "handle.h"
#include "parcel.h"

struct import_key {
	bool there;
	uint8_t pk[32], kid[8];
};

struct import {
	struct oap *o;
	const char *path;
	FILE *file;
	struct parcel parcel;
	/* whom to believe: the pinned key, or the next that it announced */
	struct import_key pinned, next;
	uint64_t at;	/* of the item, from 0 */
	uint8_t *bytes; /* the item, malloc'd; a visit may take it over */
	size_t n;
	struct oap_imported *out;
};

/* Calls visit for each item, while it gives OAP_OK. */
enum oap_result import_each(struct import *im,
			    enum oap_result (*visit)(struct import *im,
						     struct oap_problem *why),
			    struct oap_problem *why) OAP_CHECKED;
/* A visit: whether the item can be what it has to be at its place, is signed
 * by our service, and is about us. Changes nothing. */
enum oap_result import_check(struct import *im,
			     struct oap_problem *why) OAP_CHECKED;
/* The item as a receipt that import_check would take. */
enum oap_result import_receipt(struct import *im, struct receipt *out,
			       struct oap_problem *why) OAP_CHECKED;
enum oap_result import_bad(const struct import *im, const char *what,
			   struct oap_problem *why);

#endif
