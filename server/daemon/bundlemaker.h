/* SPDX-License-Identifier: Apache-2.0 */
/* bundlemaker.h: makes and signs the bundle from what is stored. Its epoch
 * rises when the content changes; old versions of what changed are kept under
 * the epoch that ended them. Signed anew when its signature is old. */
#ifndef OAP_BUNDLEMAKER_H
#define OAP_BUNDLEMAKER_H

#include "bundle.h"
#include "servicekeys.h"
#include "snapshot.h"
#include "store.h"

/* A kiosk's soft age is 36 h: one that asks once a night has a fresh one. */
#define BUNDLE_RESIGN_S (6 * 3600)

struct made_bundle {
	uint8_t *p; /* the signed message; free(3) */
	size_t n;
	uint64_t epoch, made_at; /* seconds */
	char etag[33];
	uint8_t content[32];
};

/* Ledger thread, inside a transaction. previous may be NULL; when nothing has
 * changed and it is fresh, *out stays empty (p NULL): keep the previous. */
enum store_result bundle_make(struct store *s, const struct service_keys *keys,
			      const struct snapshot *previous, int64_t now_ms,
			      struct made_bundle *out) OAP_CHECKED;

#endif
