/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c: one thread that serves connections. Two evhttp on one event base:
 * one for TCP (with TLS where there is a certificate), one for the local
 * socket. Other threads reach it through its mailbox alone. */
#include "loop.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "mailbox.h"
#include "reply.h"
#include "request.h"
#include "router.h"

#define SWEEP_MS 1000	    /* see conn.c */
#define SWEEP_DRAIN_MS 20   /* while somebody waits for the end */
#define LAST_ROUNDS 16	    /* of the event loop, for replies to leave */

enum loop_state { LOOP_RUNNING, LOOP_DRAINING, LOOP_ENDING };

/* What the main thread tells a loop. */
struct order {
	struct mail mail;
	struct loop *loop;
};

struct loop {
	struct service *service;
	struct event_base *base;
	struct evhttp *tcp, *local;
	struct evconnlistener *tcp_listener, *local_listener; /* NULL: closed */
	struct evhttp_bound_socket *tcp_bound, *local_bound;
	struct conn_table *conns;
	struct mailbox *mailbox;
	struct event *mail_event, *sweep;
	pthread_t thread;
	bool started;
	enum loop_state state;
	LIST_HEAD(, request) requests;
	/* Those that have yielded: one of them has its turn, then sockets are
	 * looked at, however many there are. */
	TAILQ_HEAD(, request) yielded;
	struct event *turn;
	sem_t *drained; /* NULL: posted, or not asked for */
	sem_t *to_post; /* what drained becomes with the order to drain */
	struct order drain, end;
};

/* ------------------------------------------------------------ requests */

void loop_add(struct loop *loop, struct request *r)
{
	LIST_INSERT_HEAD(&loop->requests, r, link);
}

/* Nobody waits for this loop any more, not for the end of a reply either. */
static void see_drained(struct loop *loop)
{
	if (loop->drained == NULL || !LIST_EMPTY(&loop->requests) ||
	    !conn_all_replied(loop->conns))
		return;
	sem_post(loop->drained);
	loop->drained = NULL;
}

void loop_remove(struct request *r)
{
	LIST_REMOVE(r, link);
	if (r->has_yielded)
		TAILQ_REMOVE(&r->loop->yielded, r, yield_link);
}

bool loop_is_draining(const struct loop *loop)
{
	return loop->state != LOOP_RUNNING;
}

struct conn *loop_conn(struct loop *loop, struct evhttp_request *ev)
{
	return conn_of(loop->conns, ev);
}

void loop_post(struct loop *loop, struct mail *mail)
{
	mailbox_post(loop->mailbox, mail);
}

/* A timer: what is only made active would run before sockets are looked at
 * again. */
static bool next_turn(struct loop *loop)
{
	static const struct timeval soon = {0, 0};

	return event_add(loop->turn, &soon) == 0;
}

static void on_turn(evutil_socket_t none, short events, void *arg)
{
	struct loop *loop = arg;
	struct request *r = TAILQ_FIRST(&loop->yielded);

	(void)none, (void)events;
	if (r == NULL)
		return;
	TAILQ_REMOVE(&loop->yielded, r, yield_link);
	r->has_yielded = false;
	r->then(r);
	/* Without memory for a timer it goes on with the next request. */
	if (!TAILQ_EMPTY(&loop->yielded) && !next_turn(loop))
		event_active(loop->turn, EV_TIMEOUT, 0);
}

void loop_yield(struct loop *loop, struct request *r)
{
	if (TAILQ_EMPTY(&loop->yielded) && !next_turn(loop)) {
		reply_unavailable(r);
		return;
	}
	TAILQ_INSERT_TAIL(&loop->yielded, r, yield_link);
	r->has_yielded = true;
}

static void on_request(struct evhttp_request *ev, void *arg)
{
	struct loop *loop = arg;
	struct request *r = request_new(loop, loop->service, ev);

	/* Without memory; its connection has no limits, so it goes. */
	if (r == NULL) {
		evhttp_add_header(evhttp_request_get_output_headers(ev),
				  "Connection", "close");
		evhttp_send_error(ev, 503, NULL);
		return;
	}
	router_handle(r);
}

static void on_mail(evutil_socket_t fd, short events, void *arg)
{
	struct loop *loop = arg;

	(void)fd, (void)events;
	mailbox_run(loop->mailbox);
	see_drained(loop);
}

/* --------------------------------------------------------- connections */

/* Descriptors or memory have run out: else accept would be tried without a
 * pause. The next sweep listens again. */
static void on_accept_error(struct evconnlistener *listener, void *http)
{
	int e = errno;

	(void)http;
	log_warning("accept: %s; no connection is taken for a second",
		    strerror(e));
	evconnlistener_disable(listener);
}

static struct bufferevent *on_tcp(struct event_base *base, void *arg)
{
	struct loop *loop = arg;
	struct tls *tls = loop->service->tls;
	SSL *session = tls != NULL ? tls_session(tls) : NULL;
	struct bufferevent *bev = NULL;

	if (tls == NULL || session != NULL)
		bev = conn_new(base, loop->conns, session);
	/* The next sweep looks again. */
	if (!conn_may_accept(loop->conns) && loop->tcp_listener != NULL)
		evconnlistener_disable(loop->tcp_listener);
	return bev;
}

static struct bufferevent *on_local(struct event_base *base, void *arg)
{
	struct loop *loop = arg;

	return conn_new_local(base, loop->conns);
}

static void on_sweep(evutil_socket_t none, short events, void *arg)
{
	struct loop *loop = arg;
	bool draining = loop->state != LOOP_RUNNING;
	int ms = draining ? SWEEP_DRAIN_MS : SWEEP_MS;
	struct timeval next = {ms / 1000, ms % 1000 * 1000};

	(void)none, (void)events;
	conn_sweep(loop->conns, draining);
	if (loop->tcp_listener != NULL && conn_may_accept(loop->conns))
		evconnlistener_enable(loop->tcp_listener);
	if (loop->local_listener != NULL)
		evconnlistener_enable(loop->local_listener);
	see_drained(loop);
	event_add(loop->sweep, &next);
}

/* -------------------------------------------------------------- orders */

static void stop_listening(struct loop *loop)
{
	if (loop->tcp_bound != NULL)
		evhttp_del_accept_socket(loop->tcp, loop->tcp_bound);
	if (loop->local_bound != NULL)
		evhttp_del_accept_socket(loop->local, loop->local_bound);
	loop->tcp_bound = loop->local_bound = NULL;
	loop->tcp_listener = loop->local_listener = NULL;
}

static void on_drain(struct mail *mail)
{
	static const struct timeval now = {0, 0};
	struct loop *loop = ((struct order *)mail)->loop;

	loop->state = LOOP_DRAINING;
	loop->drained = loop->to_post;
	stop_listening(loop);
	event_add(loop->sweep, &now);
}

/* Every job has come back by now; who still waits was having its upload
 * looked at. */
static void on_end(struct mail *mail)
{
	struct loop *loop = ((struct order *)mail)->loop;
	struct request *r;

	loop->state = LOOP_ENDING;
	stop_listening(loop);
	while ((r = LIST_FIRST(&loop->requests)) != NULL) {
		if (r->give_up != NULL)
			r->give_up(r);
		else
			reply_unavailable(r);
	}
	event_base_loopbreak(loop->base);
}

static void *run(void *arg)
{
	struct loop *loop = arg;

	while (loop->state != LOOP_ENDING)
		event_base_dispatch(loop->base);
	/* What was answered last is still to be written. */
	for (int i = 0; i < LAST_ROUNDS; i++)
		event_base_loop(loop->base, EVLOOP_NONBLOCK);
	return NULL;
}

void loop_drain(struct loop *loop, sem_t *drained)
{
	loop->to_post = drained;
	loop_post(loop, &loop->drain.mail);
}

void loop_end(struct loop *loop)
{
	loop_post(loop, &loop->end.mail);
	if (loop->started)
		pthread_join(loop->thread, NULL);
	loop->started = false;
}

/* ----------------------------------------------------------- life time */

static struct evhttp *new_http(struct loop *loop,
			       struct bufferevent *(*accept)(
				   struct event_base *base, void *loop))
{
	struct evhttp *http = evhttp_new(loop->base);

	if (http == NULL)
		return NULL;
	evhttp_set_bevcb(http, accept, loop);
	evhttp_set_gencb(http, on_request, loop);
	evhttp_set_max_headers_size(http, HTTP_HEAD_MAX);
	/* Above our own limits, so that most of what is too large is refused
	 * by the router, which says how much may be sent. */
	evhttp_set_max_body_size(http, BODY_ISSUER_MAX + 65536);
	evhttp_set_allowed_methods(http, 0xffff);
	evhttp_set_default_content_type(http, NULL);
	return http;
}

static bool prepare(struct loop *loop)
{
	static const struct timeval first = {SWEEP_MS / 1000, 0};
	struct event_config *config = event_config_new();

	if (config == NULL)
		return false;
	/* One thread alone; others use the mailbox. */
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	loop->base = event_base_new_with_config(config);
	event_config_free(config);
	loop->mailbox = mailbox_new();
	loop->conns =
	    conn_table_new(&loop->service->limits, &loop->service->conns);
	if (loop->base == NULL || loop->mailbox == NULL || loop->conns == NULL)
		return false;
	loop->tcp = new_http(loop, on_tcp);
	loop->local = new_http(loop, on_local);
	loop->mail_event = event_new(loop->base, mailbox_fd(loop->mailbox),
				     EV_READ | EV_PERSIST, on_mail, loop);
	loop->sweep = event_new(loop->base, -1, 0, on_sweep, loop);
	loop->turn = event_new(loop->base, -1, 0, on_turn, loop);
	return loop->tcp != NULL && loop->local != NULL &&
	       loop->mail_event != NULL && loop->sweep != NULL &&
	       loop->turn != NULL &&
	       event_add(loop->mail_event, NULL) == 0 &&
	       event_add(loop->sweep, &first) == 0;
}

struct loop *loop_new(struct service *service)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return NULL;
	loop->service = service;
	loop->drain = (struct order){{.run = on_drain}, loop};
	loop->end = (struct order){{.run = on_end}, loop};
	LIST_INIT(&loop->requests);
	TAILQ_INIT(&loop->yielded);
	if (!prepare(loop)) {
		loop_free(loop);
		return NULL;
	}
	return loop;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->tcp != NULL)
		evhttp_free(loop->tcp);
	if (loop->local != NULL)
		evhttp_free(loop->local);
	/* Closing is deferred. */
	if (loop->base != NULL)
		event_base_loop(loop->base, EVLOOP_NONBLOCK);
	if (loop->mail_event != NULL)
		event_free(loop->mail_event);
	if (loop->sweep != NULL)
		event_free(loop->sweep);
	if (loop->turn != NULL)
		event_free(loop->turn);
	if (loop->base != NULL)
		event_base_free(loop->base);
	conn_table_free(loop->conns);
	mailbox_free(loop->mailbox);
	free(loop);
}

/* Takes fd. */
static bool listen_on(struct loop *loop, struct evhttp *http, int fd,
		      struct evconnlistener **listener,
		      struct evhttp_bound_socket **bound)
{
	unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC;
	struct evconnlistener *made =
	    evconnlistener_new(loop->base, NULL, NULL, flags, 1024, fd);

	if (made == NULL) {
		close(fd);
		return false;
	}
	*bound = evhttp_bind_listener(http, made);
	if (*bound == NULL) {
		evconnlistener_free(made);
		return false;
	}
	/* After it was bound, which sets one of its own. */
	evconnlistener_set_error_cb(made, on_accept_error);
	*listener = made;
	return true;
}

bool loop_listen_tcp(struct loop *loop, int fd)
{
	return listen_on(loop, loop->tcp, fd, &loop->tcp_listener,
			 &loop->tcp_bound);
}

bool loop_listen_local(struct loop *loop, int fd)
{
	return listen_on(loop, loop->local, fd, &loop->local_listener,
			 &loop->local_bound);
}

bool loop_start(struct loop *loop)
{
	loop->started = pthread_create(&loop->thread, NULL, run, loop) == 0;
	return loop->started;
}
