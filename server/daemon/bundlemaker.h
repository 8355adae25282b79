/* SPDX-License-Identifier: Apache-2.0 */
/* bundlemaker.h: makes and signs the bundle from what is stored. Its epoch
 * rises when the content changes; what was in force is kept under the epoch
 * that brought it. Signed anew when its signature is old. */
#ifndef OAP_BUNDLEMAKER_H
#define OAP_BUNDLEMAKER_H

#include "bundle.h"
#include "limits.h"
#include "servicekeys.h"
#include "store.h"

struct made_bundle {
	uint8_t *p; /* the signed message; free(3) */
	size_t n;
	uint64_t epoch, made_at; /* seconds */
	char etag[33];		 /* of content, epoch and made_at */
	uint8_t content[32];
};

struct bundle_order {
	const struct service_keys *keys;
	const uint8_t (*pins)[32]; /* of TLS keys: present, next */
	size_t pin_count;
	const uint8_t *next_key; /* to be announced; NULL: none */
	const struct made_bundle *previous; /* or NULL */
	int64_t now_ms;
	char *error; /* one line, when it fails */
	size_t error_size;
	bool *too_large; /* set when that is why: somebody has to take away */
};

/* For the thread that owns the store, inside a transaction; what is made
 * counts once that is committed. When nothing has changed and the previous one
 * is fresh, out->p stays NULL: keep the previous. False: nothing is made, and
 * the transaction is to be given up. */
bool bundle_make(struct store *s, const struct bundle_order *order,
		 struct made_bundle *out) OAP_CHECKED;

#endif
