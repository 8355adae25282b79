/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h: what the fuzz targets share. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdlib.h>

#include <sodium.h>

#include "bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void check(bool holds)
{
	if (!holds)
		abort();
}

static inline void check_written(const struct outbuf *out,
                                 struct bytes expected)
{
	check(!out->failed && bytes_equal(out_view(out), expected));
}

/* The key that the seeds are signed with: of the seed 1, 0, 0, ... */
struct fuzz_key {
	uint8_t pk[32], sk[64];
};

static inline struct fuzz_key fuzz_key(void)
{
	static const uint8_t seed[crypto_sign_SEEDBYTES] = {1};
	static struct fuzz_key key;
	static bool made; /* once: it costs as much as a signature */

	if (!made)
		crypto_sign_seed_keypair(key.pk, key.sk, seed);
	made = true;
	return key;
}

#endif
