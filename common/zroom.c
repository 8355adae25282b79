/* SPDX-License-Identifier: Apache-2.0 */
/* zroom.c: see zroom.h. */
#include "zroom.h"

static voidpf take(voidpf opaque, uInt items, uInt size)
{
	struct zroom *room = opaque;

	if (room->taken || (uint64_t)items * size > sizeof(room->p))
		return Z_NULL;
	room->taken = true;
	return room->p;
}

static void give(voidpf opaque, voidpf p)
{
	(void)opaque;
	(void)p;
}

void zroom_lend(struct zroom *room, z_stream *z)
{
	room->taken = false;
	z->zalloc = take;
	z->zfree = give;
	z->opaque = room;
}
