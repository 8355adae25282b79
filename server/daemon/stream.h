/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h: a reply that is a file, sent piece by piece as its client takes it,
 * so that it costs the memory of a piece, and other connections have their
 * turn between two. */
#ifndef OAP_STREAM_H
#define OAP_STREAM_H

#include "request.h"

/* Replies 200 with size bytes of fd, from its start. fd stays the caller's; it
 * is read until the request is freed, which is when the last piece is out, the
 * client has gone, or the daemon ends. When not all of it can be read the
 * connection breaks off, short of its Content-Length. */
void stream_file(struct request *r, const char *type, int fd, uint64_t size);

#endif
