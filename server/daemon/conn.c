/* SPDX-License-Identifier: Apache-2.0 */
/* conn.c: what is known of each connection beside evhttp's own state.
 *
 *	READING  from accept, or from a request's first byte, to its last;
 *		 ends at the deadline
 *	HANDLING until there is a reply; evhttp reads nothing. No clock
 *	REPLYING until it is out: the bufferevent's own clock ends a client that
 *		 takes nothing, the deadline one that takes too little at a time
 *	IDLE	 between requests; ends at the deadline
 *
 * Deadlines are looked at once a second by conn_sweep: that costs less than a
 * timer for each request, and nobody needs it sharper. */
#include "conn.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>

#include "limits.h"

enum conn_state { CONN_READING, CONN_HANDLING, CONN_REPLYING, CONN_IDLE };

struct conn {
	LIST_ENTRY(conn) link;
	struct conn_table *table;
	struct bufferevent *bev;
	SSL *session; /* the bufferevent's; NULL: plain */
	struct event setup;
	int fd; /* index in by_fd; -1: not there */
	enum conn_state state;
	int64_t deadline_ms; /* monotonic; not HANDLING */
	size_t received;     /* of the request that is arriving */
	bool counted, over_limit, doomed;
	bool local;
	uint32_t uid;
	void (*gone)(void *arg); /* NULL: nobody asks */
	void *gone_arg;
};

struct conn_table {
	const struct conn_limits *limits;
	struct conn_count *count;
	LIST_HEAD(, conn) conns;
	struct conn **by_fd;
	size_t by_fd_size;
	size_t receiving; /* sum of received */
	size_t replying;  /* connections with a reply on its way */
};

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct conn_table *conn_table_new(const struct conn_limits *limits,
				  struct conn_count *count)
{
	struct conn_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->limits = limits;
	t->count = count;
	LIST_INIT(&t->conns);
	return t;
}

void conn_table_free(struct conn_table *t)
{
	if (t == NULL)
		return;
	free(t->by_fd);
	free(t);
}

static void set_state(struct conn *c, enum conn_state state)
{
	const struct conn_limits *limits = c->table->limits;

	c->table->replying -= c->state == CONN_REPLYING;
	c->table->replying += state == CONN_REPLYING;
	c->state = state;
	if (state == CONN_READING)
		c->deadline_ms = monotonic_ms() + limits->request_ms;
	else if (state == CONN_IDLE)
		c->deadline_ms = monotonic_ms() + limits->idle_ms;
}

static void forget_received(struct conn *c)
{
	c->table->receiving -= c->received;
	c->received = 0;
}

/* Each time that bytes come in or are taken out by evhttp. */
static void on_input(struct evbuffer *input,
		     const struct evbuffer_cb_info *info, void *arg)
{
	struct conn *c = arg;
	struct conn_table *t = c->table;

	(void)input;
	if (info->n_added == 0)
		return;
	if (c->state == CONN_IDLE)
		set_state(c, CONN_READING);
	c->received += info->n_added;
	t->receiving += info->n_added;
	/* It cannot be freed here, under evhttp: the next sweep does. */
	if (t->receiving > (size_t)t->limits->receiving &&
	    c->received > HTTP_HEAD_MAX && c->state == CONN_READING) {
		c->doomed = true;
		bufferevent_disable(c->bev, EV_READ);
	}
}

/* evhttp says no farewell, and strict clients take that for a truncation. */
static void say_goodbye(SSL *session)
{
	if (session == NULL || !SSL_is_init_finished(session))
		return;
	SSL_set_shutdown(session,
			 SSL_get_shutdown(session) | SSL_RECEIVED_SHUTDOWN);
	SSL_shutdown(session);
	ERR_clear_error();
}

static void on_close(struct evhttp_connection *evcon, void *arg)
{
	struct conn *c = arg;
	struct conn_table *t = c->table;

	(void)evcon;
	if (c->gone != NULL)
		c->gone(c->gone_arg);
	/* A TLS read that ended in a close still counts its bytes in. */
	evbuffer_remove_cb(bufferevent_get_input(c->bev), on_input, c);
	say_goodbye(c->session);
	forget_received(c);
	set_state(c, CONN_IDLE);
	if (c->fd >= 0)
		t->by_fd[c->fd] = NULL;
	LIST_REMOVE(c, link);
	if (c->counted)
		t->count->open--;
	event_del(&c->setup);
	free(c);
}

static bool index_by_fd(struct conn_table *t, struct conn *c, int fd)
{
	if ((size_t)fd >= t->by_fd_size) {
		size_t size = (size_t)fd + 64;
		struct conn **p =
		    realloc(t->by_fd, size * sizeof(*t->by_fd));
		if (p == NULL)
			return false;
		for (size_t i = t->by_fd_size; i < size; i++)
			p[i] = NULL;
		t->by_fd = p;
		t->by_fd_size = size;
	}
	t->by_fd[fd] = c;
	c->fd = fd;
	return true;
}

static void learn_peer(struct conn *c, int fd)
{
	struct ucred peer;
	int domain = 0;
	socklen_t n = sizeof(domain);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) != 0 ||
	    domain != AF_UNIX)
		return;
	n = sizeof(peer);
	c->local = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0;
	c->uid = c->local ? peer.uid : 0;
}

/* evhttp has made its connection around the bufferevent by now. */
static void on_setup(evutil_socket_t none, short events, void *arg)
{
	struct conn *c = arg;
	void *evcon = NULL;
	int fd = bufferevent_getfd(c->bev);

	(void)none, (void)events;
	bufferevent_getcb(c->bev, NULL, NULL, NULL, &evcon);
	evhttp_connection_set_closecb(evcon, on_close, c);
	if (fd < 0 || !index_by_fd(c->table, c, fd))
		c->doomed = true;
	else
		learn_peer(c, fd);
}

static struct bufferevent *new_bufferevent(struct event_base *base,
					   SSL *session)
{
	struct bufferevent *bev;

	if (session == NULL)
		return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	bev = bufferevent_openssl_socket_new(base, -1, session,
					     BUFFEREVENT_SSL_ACCEPTING,
					     BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		SSL_free(session);
	return bev;
}

static void count_in(struct conn *c)
{
	struct conn_table *t = c->table;

	c->counted = true;
	t->count->accepted++;
	if (++t->count->open > t->limits->soft) {
		c->over_limit = true;
		t->count->over_limit++;
	}
}

static struct conn *track(struct event_base *base, struct conn_table *t,
			  SSL *session)
{
	struct bufferevent *bev = new_bufferevent(base, session);
	struct conn *c = calloc(1, sizeof(*c));
	int64_t write_ms = t->limits->write_ms;
	struct timeval write_tv = {.tv_sec = write_ms / 1000,
				   .tv_usec = write_ms % 1000 * 1000};

	if (bev == NULL || c == NULL ||
	    evbuffer_add_cb(bufferevent_get_input(bev), on_input, c) == NULL) {
		if (bev != NULL)
			bufferevent_free(bev);
		free(c);
		return NULL;
	}
	/* Else an endless header or chunk line takes all memory. */
	bufferevent_setwatermark(bev, EV_READ, 0,
				 HTTP_HEAD_MAX + BODY_ISSUER_MAX + 65536);
	bufferevent_set_timeouts(bev, NULL, &write_tv);
	c->table = t;
	c->bev = bev;
	c->session = session;
	c->fd = -1;
	set_state(c, CONN_READING);
	LIST_INSERT_HEAD(&t->conns, c, link);
	event_assign(&c->setup, base, -1, 0, on_setup, c);
	event_active(&c->setup, EV_TIMEOUT, 0);
	return c;
}

struct bufferevent *conn_new(struct event_base *base, struct conn_table *t,
			     SSL *session)
{
	struct conn *c = track(base, t, session);

	if (c == NULL)
		return NULL;
	count_in(c);
	return c->bev;
}

struct bufferevent *conn_new_local(struct event_base *base,
				   struct conn_table *t)
{
	struct conn *c = track(base, t, NULL);

	return c != NULL ? c->bev : NULL;
}

struct conn *conn_of(struct conn_table *t, struct evhttp_request *ev)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(ev);
	int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(evcon));

	if (fd < 0 || (size_t)fd >= t->by_fd_size)
		return NULL;
	return t->by_fd[fd];
}

/* The reply is out. */
static void on_complete(struct evhttp_request *ev, void *arg)
{
	struct conn *c = arg;

	(void)ev;
	/* A pipelined request's bytes may be here already. */
	bool more = evbuffer_get_length(bufferevent_get_input(c->bev)) > 0;
	set_state(c, more ? CONN_READING : CONN_IDLE);
}

void conn_handle(struct conn *c, struct evhttp_request *ev)
{
	forget_received(c);
	set_state(c, CONN_HANDLING);
	evhttp_request_set_on_complete_cb(ev, on_complete, c);
}

void conn_reply(struct conn *c, size_t n)
{
	const struct conn_limits *limits = c->table->limits;

	set_state(c, CONN_REPLYING);
	c->deadline_ms = monotonic_ms() + limits->write_ms +
			 (int64_t)n * 1000 / limits->write_rate;
}

bool conn_over_limit(const struct conn *c)
{
	return c->over_limit;
}

void conn_watch(struct conn *c, void (*gone)(void *arg), void *arg)
{
	c->gone = gone;
	c->gone_arg = arg;
}

bool conn_peer_uid(const struct conn *c, uint32_t *uid)
{
	*uid = c->uid;
	return c->local;
}

/* Ends it as a read timeout would; evhttp then calls on_close. */
void conn_end(struct conn *c)
{
	bufferevent_trigger_event(c->bev,
				  BEV_EVENT_TIMEOUT | BEV_EVENT_READING, 0);
}

void conn_end_soon(struct conn *c)
{
	c->deadline_ms = 0;
}

void conn_sweep(struct conn_table *t, bool all_idle)
{
	int64_t now_ms = monotonic_ms();
	struct conn *c, *next;

	for (c = LIST_FIRST(&t->conns); c != NULL; c = next) {
		next = LIST_NEXT(c, link);
		if (c->state == CONN_HANDLING)
			continue;
		if (c->doomed) {
			t->count->too_much++;
			conn_end(c);
		} else if (now_ms >= c->deadline_ms) {
			t->count->timed_out += c->state != CONN_IDLE;
			conn_end(c);
		} else if (all_idle && c->state == CONN_IDLE) {
			conn_end(c);
		}
	}
}

bool conn_all_replied(const struct conn_table *t)
{
	return t->replying == 0;
}

bool conn_may_accept(const struct conn_table *t)
{
	return t->count->open < t->limits->hard;
}
