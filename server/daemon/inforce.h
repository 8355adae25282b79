/* SPDX-License-Identifier: Apache-2.0 */
/* inforce.h: what was in force under an epoch: facility, benefit, policy, an
 * issuer's document, a status list. Out of the versions that the store keeps;
 * what was read last stays in memory, inflated lists among it, since one
 * upload mostly wants the same few.
 *
 * Of the ledger's thread alone. What is given out holds until the same is asked for next. */
#ifndef OAP_INFORCE_H
#define OAP_INFORCE_H

#include "store_ledger.h"

struct inforce;

struct inforce *inforce_new(void);	/* NULL: out of memory */
void inforce_free(struct inforce *f);	/* takes NULL */
/* What it keeps may be otherwise: a bundle was made, or a transaction was given
 * up that had made one. */
void inforce_forget(struct inforce *f);

/* NULL in *out: there was none, or it cannot be read any more. */
enum store_result inforce_list(struct inforce *f, struct store *s,
			       struct bytes uri, uint64_t epoch,
			       const struct status_view **out) OAP_CHECKED;
enum store_result inforce_issuer(struct inforce *f, struct store *s,
				 struct bytes iss, uint64_t epoch,
				 const struct issuerdoc **out) OAP_CHECKED;

struct setting {
	bool has_facility, has_benefit;
	struct facility facility;
	struct benefit benefit;
	struct policy policy;
	/* The newest epoch up to it that is held, and when that was made (s
	 * since 1970); 0: there is none. */
	uint64_t epoch, made_at;
};
enum store_result inforce_setting(struct inforce *f, struct store *s,
				  struct bytes facility, struct bytes benefit,
				  uint64_t epoch,
				  const struct setting **out) OAP_CHECKED;

#endif
