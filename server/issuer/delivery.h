/* SPDX-License-Identifier: Apache-2.0 */
/* delivery.h: where many signed passes go: one CSV file (pass_id, ref, code),
 * or a directory with a file for each and an index.csv (pass_id, ref, file),
 * in which what earlier runs delivered there stays.
 * Files are synced, then renamed, and the directory synced once a batch. */
#ifndef ISSUER_DELIVERY_H
#define ISSUER_DELIVERY_H

#include "options.h"
#include "render.h"

struct delivery;

/* Judges --out, --out-dir and --as, before anything is read. */
bool delivery_form(const struct options *o, enum form *form,
		   struct fault *fault) OAP_CHECKED;
struct delivery *delivery_open(const struct options *o,
			       const struct identity *identity,
			       struct fault *fault) OAP_CHECKED;
bool delivery_put(struct delivery *d, const struct pass_record *record,
		  struct bytes ref, struct bytes hint, struct bytes code,
		  struct fault *fault) OAP_CHECKED;
/* After at most ISSUE_BATCH passes. */
bool delivery_batch_end(struct delivery *d, struct fault *fault) OAP_CHECKED;
/* Makes the whole durable under its name, and frees. */
bool delivery_close(struct delivery *d, struct fault *fault) OAP_CHECKED;
/* Leaves what was delivered whole, removes the rest, frees; takes NULL. */
void delivery_abandon(struct delivery *d);

#endif
