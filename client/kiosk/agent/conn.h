/* SPDX-License-Identifier: Apache-2.0 */
/* conn.h: the connections of the agent. evhttp has no limit on connections and
 * its timeouts start anew at each byte, so each connection is tracked from its
 * bufferevent on. All of it belongs to the loop's thread. */
#ifndef OAP_AGENT_CONN_H
#define OAP_AGENT_CONN_H

#include <event2/bufferevent.h>
#include <event2/http.h>
#include <stdbool.h>

struct conn;
struct conn_table;

struct conn_table *conn_table_new(void); /* NULL: out of memory */
void conn_table_free(struct conn_table *table); /* after evhttp_free */

/* What evhttp_set_bevcb asks for; NULL: out of memory. */
struct bufferevent *conn_new(struct event_base *base,
			     struct conn_table *table);
/* The connection that a request came on; NULL: it is not known. */
struct conn *conn_of(struct conn_table *table, struct evhttp_request *ev);

/* A request has come whole and is handled: no clock runs. */
void conn_handle(struct conn *c, struct evhttp_request *ev);
/* Its reply begins to leave. */
void conn_reply(struct conn *c);
/* Its reply is a stream without an end. gone: when the client went, once,
 * whatever the reason; conn is not to be used after it. */
void conn_stream(struct conn *c, void (*gone)(void *arg), void *arg);
/* Bytes that are yet to be taken by the client. */
size_t conn_waiting(const struct conn *c);
/* Its client asked one connection too many: answer 503 and close. */
bool conn_over_limit(const struct conn *c);
/* It ends at the next sweep. */
void conn_doom(struct conn *c);

/* Closes what took too long, and idle ones when all are to go. */
void conn_sweep(struct conn_table *table, bool all_idle);
bool conn_may_accept(const struct conn_table *table);
/* No reply is on its way. */
bool conn_all_replied(const struct conn_table *table);

#endif
