/* SPDX-License-Identifier: Apache-2.0 */
/* uuid7.h: ids of questions and entries (UUIDv7, RFC 9562 section 5.7). */
#ifndef OAP_UUID7_H
#define OAP_UUID7_H

#include "bytes.h"

/* ms since 1970 in 0..2^48-1 (else clamped), and 10 random bytes. */
void uuid7_make(int64_t ms, const uint8_t random[static 10],
		uint8_t id[static 16]);

#endif
