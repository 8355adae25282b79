/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h: many kept-alive HTTP/1.1 connections to one address on loopback, one
 * request in flight on each. Just enough of HTTP to put load on a daemon:
 * replies with Content-Length. One thread. */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire;

struct wire_reply {
	int status;	  /* 0: the connection broke before the reply */
	const char *body; /* NUL-terminated, until the callback returns */
	size_t body_n;
	int64_t sent_ns, got_ns; /* CLOCK_MONOTONIC */
};

/* Called from wire_run for each reply; may send the next request on the same
 * connection. */
typedef void wire_done(void *arg, unsigned connection,
		       const struct wire_reply *reply);

/* Connects all of them; NULL with a line on stderr. */
struct wire *wire_open(uint16_t port, unsigned connections, wire_done *done,
		       void *arg);
void wire_close(struct wire *w);

/* Queues a POST of application/cbor; it leaves at wire_run. The connection
 * must be idle; one that broke connects anew. */
void wire_post(struct wire *w, unsigned connection, const char *path,
	       const void *body, size_t n);
/* Until nothing is in flight. */
void wire_run(struct wire *w);

int64_t wire_clock_ns(void);

#endif
