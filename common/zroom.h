/* SPDX-License-Identifier: Apache-2.0 */
/* zroom.h: the memory of one inflation, in a caller's variable: so that zlib
 * allocates nothing. It asks once, for its state; a second time only for a
 * window, when a stream goes past what there is room for, and is refused then:
 * such a stream is refused anyway. */
#ifndef OAP_ZROOM_H
#define OAP_ZROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#define ZLIB_CONST /* its input pointer is const then */
#include <zlib.h>

#include "limits.h"

struct zroom {
	_Alignas(max_align_t) uint8_t p[INFLATE_ROOM];
	bool taken;
};

/* The stream's zalloc, zfree and opaque. room outlives the stream. */
void zroom_lend(struct zroom *room, z_stream *z);

#endif
