/* SPDX-License-Identifier: Apache-2.0 */
/* mapkey.c: see mapkey.h. */
#include "mapkey.h"

bool map_key(struct cbor_in *in, int64_t key)
{
	struct cbor_in at = *in;
	int64_t found;

	if (!cbor_int(&at, &found) || found != key)
		return false;
	*in = at;
	return true;
}
