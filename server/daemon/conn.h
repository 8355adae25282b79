/* SPDX-License-Identifier: Apache-2.0 */
/* conn.h: the connections of one loop. evhttp has no limit on connections and
 * its timeouts start anew at each byte, so each connection is tracked from its
 * bufferevent on: how many there are, how long a request takes to arrive, how
 * long nothing is asked, how much is being received.
 *
 * All of it belongs to the loop's thread; struct conn_limits and struct
 * conn_count are shared between loops. */
#ifndef OAP_CONN_H
#define OAP_CONN_H

#include <event2/http.h>
#include <openssl/ssl.h>
#include <stdatomic.h>

#include "bytes.h"

/* What SIGHUP may change. Times in ms. */
struct conn_limits {
	_Atomic int64_t soft, hard; /* connections of the whole daemon */
	_Atomic int64_t request_ms, idle_ms, write_ms;
	_Atomic int64_t write_rate; /* bytes a second, of a whole reply */
	_Atomic int64_t receiving; /* bytes, of one loop */
};

/* Of the whole daemon. */
struct conn_count {
	_Atomic int64_t open; /* but local ones */
	_Atomic uint64_t accepted, over_limit, timed_out, too_much;
};

struct conn;
struct conn_table;

struct conn_table *conn_table_new(const struct conn_limits *limits,
				  struct conn_count *count);
/* After evhttp_free; takes NULL. */
void conn_table_free(struct conn_table *table);

/* What evhttp_set_bevcb asks for; NULL: out of memory. session: TLS, taken
 * over; NULL: plain. */
struct bufferevent *conn_new(struct event_base *base, struct conn_table *table,
			     SSL *session) OAP_CHECKED;
/* The same on the local socket, which has no limit: an operator must get
 * through when everybody else is too many. */
struct bufferevent *conn_new_local(struct event_base *base,
				   struct conn_table *table) OAP_CHECKED;
/* The connection that a request came on; NULL: it is not known (then out of
 * memory had been met). */
struct conn *conn_of(struct conn_table *table, struct evhttp_request *ev);

/* A request has come whole and is handled: no clock runs. */
void conn_handle(struct conn *c, struct evhttp_request *ev);
/* Its reply of so many bytes begins to leave. */
void conn_reply(struct conn *c, size_t n);
/* Its client asked one connection too many: answer 503 and close. */
bool conn_over_limit(const struct conn *c);
/* Has gone called once when the connection closes, for whatever reason; NULL:
 * nobody asks any more. */
void conn_watch(struct conn *c, void (*gone)(void *arg), void *arg);
/* Breaks it off: at once, which calls gone and frees c; or, from a callback of
 * evhttp's, with the next sweep. */
void conn_end(struct conn *c);
void conn_end_soon(struct conn *c);
/* The user on the other side of a local socket; false over TCP. */
bool conn_peer_uid(const struct conn *c, uint32_t *uid);

/* Once a second (while draining, oftener): closes what took too long, and
 * idle ones when all are to go. */
void conn_sweep(struct conn_table *table, bool all_idle);
/* No reply is on its way any more. */
bool conn_all_replied(const struct conn_table *table);
/* No more than the hard limit are open: accepting may go on. */
bool conn_may_accept(const struct conn_table *table);

#endif
