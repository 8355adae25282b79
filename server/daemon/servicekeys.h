/* SPDX-License-Identifier: Apache-2.0 */
/* servicekeys.h: the secrets of a service, in <data_dir>/service.key: its
 * Ed25519 key, the key of pass hashes and the key of grants. Read once at the
 * start; any thread may use them. */
#ifndef OAP_SERVICEKEYS_H
#define OAP_SERVICEKEYS_H

#include "key.h"

struct service_keys {
	uint8_t pk[KEY_PUBLIC];
	uint8_t kid[KEY_KID];
	uint8_t sk[KEY_SECRET];
	uint8_t pass_key[32];  /* of pass hashes */
	uint8_t grant_key[32]; /* of grants */
	/* The key that this one followed: kiosks that have not heard of it yet
	 * still speak under the other. */
	bool has_before;
	uint8_t before_pk[KEY_PUBLIC], before_sk[KEY_SECRET];
};

#define SERVICE_KEY "service.key"
#define SERVICE_KEY_NEXT "service.key.next"
#define SERVICE_KEY_BEFORE "service.key.before"

#define SERVICE_WRAP_KEY 32

/* Opens the file, or, where it may, makes it (0600, O_EXCL, on disk before it
 * returns). wrap:
 * NULL, or 32 bytes under which the file is sealed. A file that is sealed and
 * no wrap, or the other way round, is refused. NULL: error has one line. */
struct service_keys *service_keys_open(const char *data_dir,
				       const uint8_t *wrap, bool may_make,
				       char *error,
				       size_t error_size) OAP_CHECKED;
void service_keys_free(struct service_keys *keys); /* wipes; takes NULL */

/* What counters and sets know a pass by: 16 bytes of the keyed BLAKE2b over
 * iss, a zero byte, and cti. */
void pass_hash(const uint8_t pass_key[static 32], struct bytes iss,
	       const uint8_t cti[static 16], uint8_t out[static 16]);

#endif
