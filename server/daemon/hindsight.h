/* SPDX-License-Identifier: Apache-2.0 */
/* hindsight.h: an accept that a kiosk told by itself, judged again by what it
 * can have known: the facility, benefit, policy, issuer document and status
 * list of the bundle that it named, with the same decide(). And by what the
 * service knew at that time and the kiosk could not. */
#ifndef OAP_HINDSIGHT_H
#define OAP_HINDSIGHT_H

#include "inforce.h"

/* The attempt in question. */
struct past {
	uint64_t epoch; /* of the bundle that the kiosk went by */
	int64_t at_ms;	/* effective */
	struct bytes facility, benefit;
	uint32_t party;
	bool has_list;
	int64_t list;
	const struct admitted *admitted; /* what a loop found out */
	bool shown_before; /* the presentation, at this kiosk */
};

struct view_back {
	/* What that kiosk had to tell: `accepted-offline`, or else. */
	enum verdict knew;
	bool has_price;
	struct price price;
	/* Then: what the service refused by a newer document or list; NONE
	 * when it would have accepted, too. */
	enum verdict refused;
	/* Under that epoch; NULL: there was none. They hold until the next
	 * call. */
	const struct facility *facility;
	const struct benefit *benefit;
	/* What such a kiosk may accept alone, between two contacts. */
	uint64_t uses_max;
	int64_t amount_max;
};

enum store_result look_back(struct inforce *f, struct store *s,
			    const struct past *past,
			    struct view_back *out) OAP_CHECKED;

#endif
