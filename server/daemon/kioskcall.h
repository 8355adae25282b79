/* SPDX-License-Identifier: Apache-2.0 */
/* kioskcall.h: what the two calls of a kiosk have in common: a message under
 * its MAC, and entries after it. */
#ifndef OAP_KIOSKCALL_H
#define OAP_KIOSKCALL_H

#include "admission.h"
#include "request.h"

struct kioskcall {
	struct ledger_job job;
	struct upload upload;
	struct bytes head, items;
	size_t count;
};

/* Reads the body's shape into new work of the request. NULL: it has been
 * answered, and r is gone. */
struct kioskcall *kioskcall_open(struct request *r, enum job_kind kind,
				 size_t items_max);
/* Whether a message's MAC is under the kiosk's key: with the service's, or with
 * the one before, which a kiosk goes by that has not heard of the new one. */
bool kioskcall_is_of(const struct snap_kiosk *kiosk, const struct cose *c);
/* Who sent it: by kid, verified by c. False: answered, and r is gone. */
bool kioskcall_sender(struct request *r, struct kioskcall *call,
		      const uint8_t kid[static 8], const struct cose *c);
/* What admission goes by, for this request. */
struct admitting kioskcall_admitting(const struct request *r);
/* Hands the job to the ledger. */
void kioskcall_submit(struct request *r, struct kioskcall *call,
		      void (*then)(struct request *r));
/* What became of its items, for /metrics; after the ledger answered. */
void kioskcall_count_results(struct request *r);
void kioskcall_count(struct request *r, const struct ledger_job *job);

#endif
