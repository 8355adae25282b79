/* SPDX-License-Identifier: Apache-2.0 */
/* conn.c: what is known of each connection beside evhttp's own state.
 *
 *	READING   from accept, or from a request's first byte, to its last;
 *		  ends at the deadline
 *	HANDLING  until there is a reply; evhttp reads nothing. No clock
 *	REPLYING  until it is out: the bufferevent's own clock ends a client
 *		  that takes nothing, the deadline one that takes too little
 *	STREAMING a reply without an end; only the bufferevent's clock
 *	IDLE	  between requests; ends at the deadline */
#include "conn.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "clock.h"
#include "bounds.h"

enum conn_state { READING, HANDLING, REPLYING, STREAMING, IDLE };

struct conn {
	LIST_ENTRY(conn) link;
	struct conn_table *table;
	struct bufferevent *bev;
	struct event setup;
	enum conn_state state;
	int64_t deadline_ms; /* but HANDLING, STREAMING */
	bool over_limit, doomed;
	void (*gone)(void *arg); /* NULL: nobody asked */
	void *gone_arg;
};

struct conn_table {
	LIST_HEAD(, conn) conns;
	unsigned open, replying;
};

struct conn_table *conn_table_new(void)
{
	struct conn_table *t = calloc(1, sizeof(*t));

	if (t != NULL)
		LIST_INIT(&t->conns);
	return t;
}

void conn_table_free(struct conn_table *t)
{
	free(t);
}

static void set_state(struct conn *c, enum conn_state state)
{
	static const int64_t ALLOWED_MS[] = {
		[READING] = REQUEST_MS,
		[HANDLING] = 0,
		[REPLYING] = REPLY_MS,
		[STREAMING] = 0,
		[IDLE] = IDLE_MS,
	};

	c->table->replying -= c->state == REPLYING;
	c->table->replying += state == REPLYING;
	c->state = state;
	c->deadline_ms = clock_ms() + ALLOWED_MS[state];
}

static void on_input(struct evbuffer *input,
		     const struct evbuffer_cb_info *info, void *arg)
{
	struct conn *c = arg;

	(void)input;
	if (info->n_added > 0 && c->state == IDLE)
		set_state(c, READING);
}

static void on_close(struct evhttp_connection *evcon, void *arg)
{
	struct conn *c = arg;

	(void)evcon;
	evbuffer_remove_cb(bufferevent_get_input(c->bev), on_input, c);
	set_state(c, IDLE);
	LIST_REMOVE(c, link);
	c->table->open--;
	event_del(&c->setup);
	if (c->gone != NULL)
		c->gone(c->gone_arg);
	free(c);
}

/* evhttp has made its connection around the bufferevent by now. */
static void on_setup(evutil_socket_t none, short events, void *arg)
{
	struct conn *c = arg;
	void *evcon = NULL;

	(void)none, (void)events;
	bufferevent_getcb(c->bev, NULL, NULL, NULL, &evcon);
	evhttp_connection_set_closecb(evcon, on_close, c);
}

static void prepare(struct conn *c, struct event_base *base)
{
	static const struct timeval write_tv = {WRITE_MS / 1000, 0};

	/* Else an endless header or chunk line takes all memory. */
	bufferevent_setwatermark(c->bev, EV_READ, 0, HEAD_MAX + BODY_CUT);
	bufferevent_set_timeouts(c->bev, NULL, &write_tv);
	event_assign(&c->setup, base, -1, 0, on_setup, c);
	event_active(&c->setup, EV_TIMEOUT, 0);
}

struct bufferevent *conn_new(struct event_base *base, struct conn_table *t)
{
	struct bufferevent *bev =
	    bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	struct conn *c = calloc(1, sizeof(*c));

	if (bev == NULL || c == NULL ||
	    evbuffer_add_cb(bufferevent_get_input(bev), on_input, c) == NULL) {
		if (bev != NULL)
			bufferevent_free(bev);
		free(c);
		return NULL;
	}
	c->table = t;
	c->bev = bev;
	set_state(c, READING);
	LIST_INSERT_HEAD(&t->conns, c, link);
	c->over_limit = ++t->open > CONNECTIONS;
	prepare(c, base);
	return bev;
}

struct conn *conn_of(struct conn_table *t, struct evhttp_request *ev)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(ev);
	struct bufferevent *bev = evhttp_connection_get_bufferevent(evcon);
	struct conn *c;

	LIST_FOREACH(c, &t->conns, link)
		if (c->bev == bev)
			return c;
	return NULL;
}

/* The reply is out. */
static void on_complete(struct evhttp_request *ev, void *arg)
{
	struct conn *c = arg;
	bool more = evbuffer_get_length(bufferevent_get_input(c->bev)) > 0;

	(void)ev;
	set_state(c, more ? READING : IDLE);
}

void conn_handle(struct conn *c, struct evhttp_request *ev)
{
	set_state(c, HANDLING);
	evhttp_request_set_on_complete_cb(ev, on_complete, c);
}

void conn_reply(struct conn *c)
{
	set_state(c, REPLYING);
}

void conn_stream(struct conn *c, void (*gone)(void *arg), void *arg)
{
	set_state(c, STREAMING);
	c->gone = gone;
	c->gone_arg = arg;
}

size_t conn_waiting(const struct conn *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

bool conn_over_limit(const struct conn *c)
{
	return c->over_limit;
}

void conn_doom(struct conn *c)
{
	c->doomed = true;
}

/* Ends it as a read timeout would; evhttp then calls on_close. */
static void end(struct conn *c)
{
	bufferevent_trigger_event(c->bev,
				  BEV_EVENT_TIMEOUT | BEV_EVENT_READING, 0);
}

void conn_sweep(struct conn_table *t, bool all_idle)
{
	int64_t now_ms = clock_ms();
	struct conn *c, *next;

	for (c = LIST_FIRST(&t->conns); c != NULL; c = next) {
		bool timed = c->state != HANDLING && c->state != STREAMING;

		next = LIST_NEXT(c, link);
		if ((c->doomed && c->state != HANDLING) ||
		    (timed && now_ms >= c->deadline_ms) ||
		    (all_idle && c->state == IDLE))
			end(c);
	}
}

bool conn_may_accept(const struct conn_table *t)
{
	return t->open < CONNECTIONS_HARD;
}

bool conn_all_replied(const struct conn_table *t)
{
	return t->replying == 0;
}
