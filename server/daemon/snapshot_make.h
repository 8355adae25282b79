/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_make.h: makes a snapshot from the store, with the bundle in it, and
 * puts it into the box. What has not changed since the previous one is shared:
 * the bundle, MAC keys, inflated status lists. */
#ifndef OAP_SNAPSHOT_MAKE_H
#define OAP_SNAPSHOT_MAKE_H

#include "servicekeys.h"
#include "snapshot.h"
#include "store.h"

/* The n TLS keys that bundles name from the next one on: 32 bytes each, the
 * SHA-256 of the SPKI, the present one first; at most PINS_MAX. None until
 * this is called. Any thread. */
void snapshot_box_pins(struct snapshot_box *box, const uint8_t *pins,
		       size_t n);

/* For the thread that owns the store: at the start, from ledger_config.remake,
 * and at least every BUNDLE_RESIGN_S. Runs its own transaction, so none may be
 * open. False: the box keeps what it has, error gets one line; to be tried
 * again. */
bool snapshot_remake(struct snapshot_box *box, struct store *s,
		     const struct service_keys *keys, int64_t now_ms,
		     char *error, size_t error_size) OAP_CHECKED;

/* Seconds: when the bundle in it was signed. */
uint64_t snapshot_made_at(const struct snapshot *s);

#endif
