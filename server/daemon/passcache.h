/* SPDX-License-Identifier: Apache-2.0 */
/* passcache.h: signatures that were verified before. It is keyed by a hash
 * (BLAKE2b, 32 bytes) of the whole message and says one thing only: this
 * message verifies under this public key, the one that (iss, kid) names. Key state,
 * time, status and presentation are judged every time. Fixed memory, made at
 * the start; any thread, short locks. */
#ifndef OAP_PASSCACHE_H
#define OAP_PASSCACHE_H

#include "cose.h"

#define PASSCACHE_ENTRY 64 /* bytes each: the hash and the key */

struct passcache;

/* Room for at least that many; NULL: out of memory. */
struct passcache *passcache_new(size_t entries) OAP_CHECKED;
void passcache_free(struct passcache *cache); /* takes NULL */

/* Whether the message verifies under the key: from memory, or worked out and
 * then remembered. What does not verify is not remembered, so that junk
 * cannot push good passes out. */
bool passcache_verify(struct passcache *cache, const struct cose *message,
		      const uint8_t pk[static 32]) OAP_CHECKED;

struct passcache_figures {
	uint64_t hits, misses, refused; /* misses: verified and remembered */
};
void passcache_figures(struct passcache *cache, struct passcache_figures *out);

#endif
