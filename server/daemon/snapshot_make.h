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

/* The service key that bundles announce from the next one on; NULL: none. Any
 * thread. */
void snapshot_box_next_key(struct snapshot_box *box, const uint8_t *pk);

enum remake_result {
	REMAKE_DONE,
	REMAKE_TOO_LARGE, /* for a kiosk: what was set up is too much */
	REMAKE_FAILED,	  /* memory or the store: to be tried again */
};

/* For the thread that owns the store, inside the transaction that changes what
 * the snapshot is made of, and at least every BUNDLE_RESIGN_S. What is made
 * waits beside the box for snapshot_install; it replaces one that waits
 * already. Else error gets one line, and what changed is to be undone. */
enum remake_result snapshot_prepare(struct snapshot_box *box, struct store *s,
				    const struct service_keys *keys,
				    int64_t now_ms, char *error,
				    size_t error_size) OAP_CHECKED;
/* After the transaction: what waits goes into the box, or away. */
void snapshot_install(struct snapshot_box *box, bool committed);

/* Both, in a transaction of its own, so none may be open. False: the box keeps
 * what it has. */
bool snapshot_remake(struct snapshot_box *box, struct store *s,
		     const struct service_keys *keys, int64_t now_ms,
		     char *error, size_t error_size) OAP_CHECKED;

/* Seconds: when the bundle in it was signed. */
uint64_t snapshot_made_at(const struct snapshot *s);

#endif
