/* SPDX-License-Identifier: Apache-2.0 */
/* judge.h: one scan, as far as this kiosk can judge it: everything decoded and
 * verified once, then common's decide with the uses counted here. */
#ifndef OAP_JUDGE_H
#define OAP_JUDGE_H

#include "decide.h"
#include "journal.h"
#include "trust.h"

/* What a kiosk judges by. */
struct bench {
	const struct trust *trust;
	struct journal *journal;
	const uint8_t *hash_key; /* HASH_KEY_SIZE */
	struct bytes facility;	 /* id */
	struct clock_view clock;
	bool offline; /* as if the service could not be asked */
	struct allowance_view allowance;
};

struct visit {
	struct bytes line; /* as the scanner gave it */
	struct bytes benefit;
	uint32_t party;
	bool has_list;
	int64_t list;
};

/* Views point into buf, the trust and the visit. */
struct judged {
	uint8_t buf[SCANNED_MAX];
	struct bytes scanned; /* what entries and questions carry */
	struct scan scan;
	bool has_scan; /* it could be decoded */
	bool has_shown; /* it is a live code, of the pass's own key */
	uint8_t pass[PASS_HASH_SIZE];  /* keyed hash; when has_scan */
	uint8_t shown[PASS_HASH_SIZE]; /* of a live presentation */
	bool has_benefit, has_facility;
	struct benefit benefit;
	struct facility facility;
	struct decision decision;
	/* Seconds; 0: not known. When the keys and the list were made. */
	uint64_t keys_made_at, list_made_at;
	uint64_t uses; /* counted here, in the decision's period */
	bool has_first_use;
	int64_t first_use_ms;
	/* No service can see it otherwise: not a code of ours, or forged
	 * under a key that is known here. Else NONE. */
	enum verdict at_once;
};

/* False: the journal could not be read (journal_error says why). */
bool judge(const struct bench *bench, const struct visit *visit,
	   struct judged *out) OAP_CHECKED;
/* Looks up benefit and facility anew: after the lock was free the trust may
 * be another, and views into the old one are gone. */
void judge_places(const struct trust *trust, struct bytes facility,
		  const struct visit *visit, struct judged *out);

#endif
