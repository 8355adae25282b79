/* SPDX-License-Identifier: Apache-2.0 */
/* grant.h: the mark by which the service knows its own answer again, even
 * when it was restored from a backup: service time (8 bytes, big-endian ms)
 * and a 16-byte MAC. Deterministic: asked again, the same bytes. */
#ifndef OAP_GRANT_H
#define OAP_GRANT_H

#include "entry.h"
#include "verdict.h"

#define GRANT_KEY 32

struct grant {
	uint8_t kid[8], id[16];
	enum verdict verdict;
	bool has_list, has_discount;
	int64_t list, discount;
	int64_t time_ms;
};

/* MAC: keyed BLAKE2b over the deterministic CBOR of [kid, id, verdict,
 * list / null, discount / null, time]. */
void grant_make(const struct grant *g, const uint8_t key[static GRANT_KEY],
                uint8_t out[static ENTRY_GRANT]);
/* Whether it is a grant for that answer; g->time_ms is taken from it. */
bool grant_verify(struct grant *g, const uint8_t key[static GRANT_KEY],
                  const uint8_t grant[static ENTRY_GRANT]) OAP_CHECKED;

#endif
