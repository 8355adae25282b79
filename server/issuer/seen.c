/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table with open addressing; the keys are hashes already. */
#include "seen.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 4096 /* a power of two */

struct slot {
	size_t line; /* 0: free */
	uint8_t hash[REF_HASH];
};

struct seen {
	size_t slots, used;
	struct slot *slot;
};

struct seen *seen_new(void)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return NULL;
	seen->slots = FIRST_SLOTS;
	seen->slot = calloc(seen->slots, sizeof(struct slot));
	if (seen->slot)
		return seen;
	free(seen);
	return NULL;
}

void seen_free(struct seen *seen)
{
	if (!seen)
		return;
	free(seen->slot);
	free(seen);
}

/* Where the hash is, or the free slot where it belongs. */
static struct slot *place(struct slot *slot, size_t slots,
			  const uint8_t *hash)
{
	size_t at = (size_t)get_be64(hash) & (slots - 1);

	while (slot[at].line && memcmp(slot[at].hash, hash, REF_HASH) != 0)
		at = (at + 1) & (slots - 1);
	return &slot[at];
}

static bool grow(struct seen *seen)
{
	size_t slots = seen->slots * 2;
	struct slot *slot = calloc(slots, sizeof(*slot));

	if (!slot)
		return false;
	for (size_t i = 0; i < seen->slots; i++)
		if (seen->slot[i].line)
			*place(slot, slots, seen->slot[i].hash) =
			    seen->slot[i];
	free(seen->slot);
	seen->slot = slot;
	seen->slots = slots;
	return true;
}

size_t seen_line(const struct seen *seen,
		 const uint8_t hash[static REF_HASH])
{
	return place(seen->slot, seen->slots, hash)->line;
}

bool seen_add(struct seen *seen, const uint8_t hash[static REF_HASH],
	      size_t line)
{
	struct slot *slot;

	if (2 * seen->used >= seen->slots && !grow(seen))
		return false;
	slot = place(seen->slot, seen->slots, hash);
	slot->line = line;
	memcpy(slot->hash, hash, REF_HASH);
	seen->used++;
	return true;
}
