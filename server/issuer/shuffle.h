/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle.h: an order that looks random over 0..size-1, every number once,
 * from a key and a position alone: a Feistel network over the next power of
 * four, walked until it lands inside. So the registry keeps a key and a count
 * instead of a table, handing out the last index costs what the first did,
 * and nothing but the count can be lost. */
#ifndef ISSUER_SHUFFLE_H
#define ISSUER_SHUFFLE_H

#include <stdint.h>

#define SHUFFLE_KEY 16

/* The number at a position; size in 1..2^31, position below size. */
uint32_t shuffle_at(const uint8_t key[static SHUFFLE_KEY], uint32_t size,
		    uint32_t position);

#endif
