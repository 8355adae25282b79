/* SPDX-License-Identifier: Apache-2.0 */
/* A keyed permutation: Feistel rounds of SipHash, and cycle walking. */
#include "shuffle.h"

#include <sodium.h>

#define ROUNDS 8 /* four make it a strong permutation; twice that is cheap */

_Static_assert(SHUFFLE_KEY == crypto_shorthash_KEYBYTES, "SipHash's key");

static uint32_t round_value(const uint8_t *key, uint32_t round, uint32_t half)
{
	uint8_t in[5] = {(uint8_t)round, (uint8_t)(half >> 24),
			 (uint8_t)(half >> 16), (uint8_t)(half >> 8),
			 (uint8_t)half};
	uint8_t out[crypto_shorthash_BYTES];

	crypto_shorthash(out, in, sizeof(in), key);
	return (uint32_t)out[0] | (uint32_t)out[1] << 8 |
	       (uint32_t)out[2] << 16;
}

static uint32_t permute(const uint8_t *key, unsigned half_bits, uint32_t v)
{
	uint32_t mask = (UINT32_C(1) << half_bits) - 1;
	uint32_t left = v >> half_bits & mask, right = v & mask;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t next =
		    left ^ (round_value(key, round, right) & mask);

		left = right;
		right = next;
	}
	return left << half_bits | right;
}

uint32_t shuffle_at(const uint8_t key[static SHUFFLE_KEY], uint32_t size,
		    uint32_t position)
{
	unsigned half_bits = 1;
	uint32_t v = position;

	while (UINT64_C(1) << 2 * half_bits < size)
		half_bits++;
	/* A permutation's cycle leads back to where it began, which is
	 * inside; so this ends, after four steps at most on average. */
	do
		v = permute(key, half_bits, v);
	while (v >= size);
	return v;
}
