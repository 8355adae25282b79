/* SPDX-License-Identifier: Apache-2.0 */
/* bulk.h: many passes in one run: entered, signed, delivered and counted. */
#ifndef ISSUER_BULK_H
#define ISSUER_BULK_H

#include "delivery.h"
#include "desk.h"
#include "pipeline.h"
#include "progress.h"
#include "seen.h"

/* A run of many. The fields below are set by whoever runs it. */
struct bulk {
	struct desk *desk;
	const char *source; /* in messages: "residents.csv", "stdin" */
	enum form form; /* of the files in a directory */
	struct delivery *delivery;
	struct progress progress;
	struct seen *seen; /* NULL: no two items can be one resident's */
	size_t issued, before, refused;
	bool interrupted;
	bool renews; /* run again, it makes other papers */
	void *reader; /* for the read and enter steps */
	size_t part, whole; /* of the way, for progress */
};

/* "residents.csv:17: why" on stderr; line 0: without a place. */
void bulk_complain(struct bulk *bulk, size_t line, const char *why);
/* Runs the pipeline, delivers, and says the sums; the deliver step is its
 * own. Returns an exit status. */
int bulk_run(struct bulk *bulk,
	     bool (*read)(void *bulk, struct batch *batch),
	     bool (*enter)(void *bulk, struct batch *batch,
			   struct fault *fault));

#endif
