/* SPDX-License-Identifier: Apache-2.0 */
/* enlist.h: enters a pass into the registry, before it is signed: a new one,
 * or a new paper of one that is there. Within the caller's transaction. */
#ifndef ISSUER_ENLIST_H
#define ISSUER_ENLIST_H

#include "press.h"

enum enlisted {
	ENLISTED_NEW,	 /* *out is a new row */
	ENLISTED_BEFORE, /* *out is the row that the reference already has */
	ENLISTED_NOT,	 /* refused: *why says why */
	ENLISTED_FAILED	 /* the registry failed: roll back */
};

struct enlisting {
	struct registry *registry;
	const struct press *press; /* that will sign */
	uint64_t now; /* seconds */
	random_fn *random;
	uint8_t kid[8];	 /* of the key that will sign */
	bool again;	 /* a new pass although the old one was revoked */
	bool list_opened; /* set when a new status list was begun */
};

/* ref_hash is looked at only when the request has a reference. A reference
 * whose pass has expired gets a new pass. */
enum enlisted enlist(struct enlisting *e, const struct request *q,
		     const uint8_t ref_hash[static REF_HASH],
		     struct pass_record *out, struct fault *fault)
    OAP_CHECKED;

/* Whether a pass that is there already begins and ends as the request says;
 * days count from when its end was set, so that the same request is the same
 * on a later day, and after its paper was replaced. */
bool enlist_same_validity(struct enlisting *e, const struct request *q,
			  const struct pass_record *record, bool *same,
			  struct fault *fault) OAP_CHECKED;

/* What changes when a pass is issued anew. */
struct renewal {
	uint64_t exp; /* 0: stays */
	const uint8_t *holder; /* NULL: stays */
	struct bytes hint; /* of the new paper; none is kept */
	/* only papers signed by this key are replaced; for the others *out is
	 * the current row and the result ENLISTED_BEFORE; NULL: any */
	const uint8_t *kid;
};

/* Same pass id, new iat and index; the old index is revoked. A suspended pass
 * stays suspended, a revoked one is refused. *why is static. */
enum enlisted enlist_again(struct enlisting *e, const uint8_t cti[static 16],
			   const struct renewal *renewal,
			   struct pass_record *out, const char **why,
			   struct fault *fault) OAP_CHECKED;

#endif
