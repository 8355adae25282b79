/* SPDX-License-Identifier: Apache-2.0 */
/* forbidden.c: all that common must not do, for common_symbols.sh to find. */
#include <stdlib.h>
#include <time.h>

#include <sodium.h>

void *forbidden(uint8_t key[static crypto_kdf_KEYBYTES]);

void *forbidden(uint8_t key[static crypto_kdf_KEYBYTES])
{
	static time_t last;
	time_t before = last;

	last = time(NULL);
	if (last == before)
		randombytes_buf(key, crypto_kdf_KEYBYTES);
	else
		crypto_kdf_keygen(key);
	return key[0] == 0 ? malloc(1) : sodium_malloc(1);
}
