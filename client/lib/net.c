/* SPDX-License-Identifier: Apache-2.0 */
/* net.c: the threads and whose turn it is; what curl does is in fetch.c.
 *
 * A call is shared by its caller and a worker, and freed by whoever lets go of
 * it last: a caller that ran out of time leaves it to the worker. Workers are
 * started when they are first needed, and the one that was idle last is taken
 * first: its connection is still open. */
#include "net.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fetch.h"

struct call {
	struct net_place place;
	struct net_request request; /* its pointers into the copies below */
	char *path, *etag;
	uint8_t *body;
	struct net_reply *reply;
	pthread_cond_t over;
	bool done, abandoned;
};

/* A call that its caller will wait for. */
struct net_flight {
	struct net *net;
	struct call *call; /* NULL: there was no worker for it in time */
	int64_t until_ms;
};

struct worker {
	struct net *net;
	pthread_t thread;
	pthread_cond_t wake; /* there is a call, or stop */
	struct call *call;   /* under lock; NULL: idle */
	struct worker *next_idle;
	struct fetch *fetch;
};

struct net {
	pthread_mutex_t lock;
	pthread_cond_t turn; /* a worker is idle */
	struct worker workers[NET_WORKERS_MAX];
	size_t started, max;
	struct worker *idle; /* the latest first */
	bool stop;
};

int64_t net_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct timespec to_timespec(int64_t ms)
{
	return (struct timespec){.tv_sec = (time_t)(ms / 1000),
				 .tv_nsec = (long)(ms % 1000) * 1000000};
}

static void call_free(struct call *c)
{
	if (c == NULL)
		return;
	net_reply_free(c->reply);
	pthread_cond_destroy(&c->over);
	free(c->path);
	free(c->etag);
	free(c->body);
	free(c);
}

static struct call *call_make(const struct net_place *place,
			      const struct net_request *request)
{
	struct call *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	pthread_cond_init(&c->over, NULL);
	c->place = *place;
	c->request = *request;
	c->reply = calloc(1, sizeof(*c->reply));
	c->path = strdup(request->path);
	c->etag = strdup(request->etag != NULL ? request->etag : "");
	c->body = malloc(request->body.n + 1);
	if (c->reply == NULL || c->path == NULL || c->etag == NULL ||
	    c->body == NULL) {
		call_free(c);
		return NULL;
	}
	if (request->body.n > 0)
		memcpy(c->body, request->body.p, request->body.n);
	c->request.body.p = c->body;
	c->request.path = c->path;
	c->request.etag = c->etag;
	return c;
}

static void finish(struct worker *w, struct call *c)
{
	c->done = true;
	if (c->abandoned)
		call_free(c);
	else
		pthread_cond_signal(&c->over);
	w->call = NULL;
	w->next_idle = w->net->idle;
	w->net->idle = w;
	pthread_cond_signal(&w->net->turn);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct net *n = w->net;
	struct call *c;

	pthread_mutex_lock(&n->lock);
	for (;;) {
		while (w->call == NULL && !n->stop)
			pthread_cond_wait(&w->wake, &n->lock);
		c = w->call;
		if (c == NULL)
			break;
		pthread_mutex_unlock(&n->lock);
		fetch_run(w->fetch, &c->place, &c->request, c->reply);
		pthread_mutex_lock(&n->lock);
		finish(w, c);
	}
	pthread_mutex_unlock(&n->lock);
	return NULL;
}

/* Signals belong to the program, not to these threads. */
static int start_thread(struct worker *w)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

/* Under the lock, or before anybody knows n. NULL: out of memory or threads,
 * or there are as many as there may be. */
static struct worker *start_worker(struct net *n)
{
	struct worker *w = &n->workers[n->started];

	if (n->started == n->max)
		return NULL;
	w->net = n;
	w->fetch = fetch_make();
	if (w->fetch == NULL)
		return NULL;
	pthread_cond_init(&w->wake, NULL);
	if (start_thread(w) != 0) {
		pthread_cond_destroy(&w->wake);
		fetch_free(w->fetch);
		return NULL;
	}
	n->started++;
	return w;
}

struct net *net_start(size_t workers)
{
	struct net *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->max = workers < NET_WORKERS_MAX ? workers : NET_WORKERS_MAX;
	pthread_mutex_init(&n->lock, NULL);
	pthread_cond_init(&n->turn, NULL);
	/* One at once: whether there are threads at all is known early. */
	n->idle = start_worker(n);
	if (n->idle != NULL)
		return n;
	net_stop(n);
	return NULL;
}

void net_stop(struct net *n)
{
	if (n == NULL)
		return;
	pthread_mutex_lock(&n->lock);
	n->stop = true;
	for (size_t i = 0; i < n->started; i++)
		pthread_cond_signal(&n->workers[i].wake);
	pthread_mutex_unlock(&n->lock);
	for (size_t i = 0; i < n->started; i++) {
		pthread_join(n->workers[i].thread, NULL);
		pthread_cond_destroy(&n->workers[i].wake);
		fetch_free(n->workers[i].fetch);
	}
	pthread_cond_destroy(&n->turn);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

/* False: until has passed. */
static bool wait_for(pthread_cond_t *cond, struct net *n, int64_t until_ms)
{
	struct timespec until = to_timespec(until_ms);

	return pthread_cond_clockwait(cond, &n->lock, CLOCK_MONOTONIC,
				      &until) == 0 ||
	       net_now_ms() < until_ms;
}

/* A worker that is idle, or NULL when none is in time. */
static struct worker *take_worker(struct net *n, int64_t until_ms)
{
	struct worker *w;
	bool in_time = true;

	for (;;) {
		w = n->idle;
		if (w != NULL) {
			n->idle = w->next_idle;
			return w;
		}
		w = start_worker(n);
		if (w != NULL || !in_time)
			return w;
		in_time = wait_for(&n->turn, n, until_ms);
	}
}

static struct net_reply *take_reply(struct call *c)
{
	struct net_reply *reply = c->reply;

	c->reply = NULL;
	call_free(c);
	return reply;
}

static struct net_reply *late_reply(const char *error)
{
	struct net_reply *reply = calloc(1, sizeof(*reply));

	if (reply != NULL) {
		reply->late = true;
		strncpy(reply->error, error, sizeof(reply->error) - 1);
	}
	return reply;
}

struct net_flight *net_begin(struct net *n, const struct net_place *place,
			     const struct net_request *request)
{
	struct net_flight *f = calloc(1, sizeof(*f));
	struct worker *w = NULL;

	if (f != NULL)
		f->call = call_make(place, request);
	if (f == NULL || f->call == NULL) {
		free(f);
		return NULL;
	}
	f->net = n;
	f->until_ms = request->until_ms;
	pthread_mutex_lock(&n->lock);
	w = take_worker(n, request->until_ms);
	if (w != NULL) {
		w->call = f->call;
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&n->lock);
	if (w == NULL) {
		call_free(f->call);
		f->call = NULL;
	}
	return f;
}

struct net_reply *net_end(struct net_flight *f)
{
	struct call *c = f->call;
	struct net *n = f->net;
	bool in_time = true;

	if (c == NULL) {
		free(f);
		return late_reply("too many earlier calls to the service "
				  "still run");
	}
	pthread_mutex_lock(&n->lock);
	while (!c->done && in_time)
		in_time = wait_for(&c->over, n, f->until_ms);
	c->abandoned = !c->done;
	in_time = c->done;
	pthread_mutex_unlock(&n->lock);
	free(f);
	return in_time ? take_reply(c) : late_reply("no answer in time");
}

struct net_reply *net_call(struct net *n, const struct net_place *place,
			   const struct net_request *request)
{
	struct net_flight *f = net_begin(n, place, request);

	return f != NULL ? net_end(f) : NULL;
}

void net_reply_free(struct net_reply *reply)
{
	if (reply == NULL)
		return;
	free(reply->body);
	free(reply);
}
