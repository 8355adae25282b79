/* SPDX-License-Identifier: Apache-2.0 */
/* issuerbench.h: an issuer's registry on a fresh directory, and a signing key,
 * for tests of what is entered in it. */
#ifndef ISSUERBENCH_H
#define ISSUERBENCH_H

#include "enlist.h"
#include "press.h"

#define NOW UINT64_C(1795478400)

struct bench {
	char dir[32], path[64];
	struct identity identity;
	struct city_key *key;
	struct press press;
	struct enlisting e;
};

/* False: there is no such directory or registry. */
bool bench_open(struct bench *b, uint32_t capacity);
/* The registry alone, as the next command would find it. */
void bench_reopen(struct bench *b);
void bench_close(struct bench *b);

#endif
