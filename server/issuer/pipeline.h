/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.h: batches of passes on their way: read, entered into the registry
 * in one transaction, then signed and delivered. While one batch is with the
 * registry, on a thread of its own, the caller's thread delivers the batch
 * before it and reads the one after it. So a pass is signed only when its
 * row is durable, and a core signs while another one stores. */
#ifndef ISSUER_PIPELINE_H
#define ISSUER_PIPELINE_H

#include "enlist.h"

struct item {
	/* why its row is refused, "" when it is good: bad rows go along, so
	 * that all that is said comes in the order of the rows */
	char bad[ROW_FAULT_MAX];
	struct request request;
	uint8_t ref_hash[REF_HASH];
	struct pass_record record;
	enum enlisted outcome;
	const char *why; /* of ENLISTED_NOT */
	bool other_validity; /* of ENLISTED_BEFORE: than is asked for */
};

struct batch {
	size_t n;
	struct item item[ISSUE_BATCH];
};

struct pipeline_steps {
	/* Caller's thread: fills a batch; false when there is no more. It
	 * must not touch the registry. */
	bool (*read)(void *arg, struct batch *batch);
	/* Registry thread: durable when it returns true. Skips bad items. */
	bool (*enter)(void *arg, struct batch *batch, struct fault *fault);
	/* Caller's thread: the batch has been entered. */
	bool (*deliver)(void *arg, struct batch *batch, struct fault *fault);
};

/* Runs until read says that there is no more. What was entered is delivered
 * even when a later batch fails. */
bool pipeline_run(const struct pipeline_steps *steps, void *arg,
		  struct fault *fault) OAP_CHECKED;

#endif
