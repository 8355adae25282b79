/* SPDX-License-Identifier: Apache-2.0 */
/* storage.h: the database and the secrets of a service, which belong together:
 * what the database knows passes by follows from a key in service.key. A
 * database that was used with other keys is not opened, and none is made for
 * it, since every pass would then be new. */
#ifndef OAP_STORAGE_H
#define OAP_STORAGE_H

#include "servicekeys.h"
#include "store.h"

/* Opens both in data_dir, or makes both. False: error has one line, and
 * nothing is left open. */
bool storage_open(const char *data_dir, struct store **store,
		  struct service_keys **keys, char *error,
		  size_t error_size) OAP_CHECKED;

/* A database that was a copy goes on as the service's own from now_ms: so it is
 * written in it and in its audit trail. STORE_NONE: it was none. */
enum store_result storage_restored(struct store *s, int64_t now_ms,
				   int64_t *copied_ms) OAP_CHECKED;

/* The key that is to follow the service's own: made beside it, while a daemon
 * runs or not; and put in its place, while none does (servicenext.h). */
enum next_key_step { NEXT_KEY_MAKE, NEXT_KEY_USE };
bool storage_next_key(const char *data_dir, enum next_key_step step,
		      uint64_t now_s, char *error,
		      size_t error_size) OAP_CHECKED;
/* What bundles are to announce: *has tells whether there is one. */
bool storage_announced(const char *data_dir, uint8_t pk[static KEY_PUBLIC],
		       bool *has, char *error, size_t error_size) OAP_CHECKED;

#endif
