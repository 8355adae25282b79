/* SPDX-License-Identifier: Apache-2.0 */
/* admission.h: what can be found out about a scanned message and about entries
 * without the ledger: every signature is checked here, nothing is judged. On
 * the loops' threads. */
#ifndef OAP_ADMISSION_H
#define OAP_ADMISSION_H

#include "ledger.h"
#include "passcache.h"
#include "servicekeys.h"
#include "snapshot.h"

/* What admission goes by; all of it outlives the call. */
struct admitting {
	const struct snapshot *snapshot;
	struct passcache *cache;
	const struct service_keys *keys;
};

/* out holds views into scanned and the snapshot. */
void admit(const struct admitting *by, struct bytes scanned,
	   struct bytes benefit, struct bytes facility, struct admitted *out);

/* Entries of one kiosk on their way to the ledger. They are checked from the
 * last to the first, since an entry that a verified one is chained to needs no
 * signature check of its own. */
struct upload {
	struct ledger_item *items;
	size_t count;
	size_t unchecked; /* the first so many */
	const struct snap_kiosk *kiosk;
};

/* items: count encoded byte strings, as body_read gives them; the views go on
 * pointing into it. False: out of memory. */
bool upload_open(struct upload *u, struct bytes items, size_t count,
		 const struct snap_kiosk *kiosk) OAP_CHECKED;
void upload_close(struct upload *u);
/* Checks up to that many more; false when some are left. */
bool upload_check(struct upload *u, size_t most, const struct admitting *by)
    OAP_CHECKED;

#endif
