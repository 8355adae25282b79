/* SPDX-License-Identifier: Apache-2.0 */
/* net.c: the thread and whose turn it is; what curl does is in fetch.c.
 *
 * A call is shared by its caller and the worker, and freed by whoever lets go
 * of it last: a caller that ran out of time leaves it to the worker. */
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
	bool done, abandoned;
};

struct net {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work; /* there is a call, or stop */
	pthread_cond_t turn; /* a call is done, or the place is free */
	struct call *current; /* under lock: queued or running */
	bool stop;
	struct fetch *fetch; /* the worker's */
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

static void finish(struct net *n, struct call *c)
{
	c->done = true;
	n->current = NULL;
	if (c->abandoned)
		call_free(c);
	pthread_cond_broadcast(&n->turn);
}

static void *work(void *arg)
{
	struct net *n = arg;
	struct call *c;

	pthread_mutex_lock(&n->lock);
	for (;;) {
		while (n->current == NULL && !n->stop)
			pthread_cond_wait(&n->work, &n->lock);
		c = n->current;
		if (c == NULL)
			break;
		pthread_mutex_unlock(&n->lock);
		fetch_run(n->fetch, &c->place, &c->request, c->reply);
		pthread_mutex_lock(&n->lock);
		finish(n, c);
	}
	pthread_mutex_unlock(&n->lock);
	return NULL;
}

/* Signals belong to the program, not to this thread. */
static int start_thread(struct net *n)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&n->thread, NULL, work, n);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

struct net *net_start(void)
{
	struct net *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	pthread_mutex_init(&n->lock, NULL);
	pthread_cond_init(&n->work, NULL);
	pthread_cond_init(&n->turn, NULL);
	n->fetch = fetch_make();
	if (n->fetch != NULL && start_thread(n) == 0)
		return n;
	fetch_free(n->fetch);
	free(n);
	return NULL;
}

void net_stop(struct net *n)
{
	if (n == NULL)
		return;
	pthread_mutex_lock(&n->lock);
	n->stop = true;
	pthread_cond_signal(&n->work);
	pthread_mutex_unlock(&n->lock);
	pthread_join(n->thread, NULL);
	fetch_free(n->fetch);
	pthread_cond_destroy(&n->turn);
	pthread_cond_destroy(&n->work);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

/* False: until has passed. */
static bool wait_turn(struct net *n, int64_t until_ms)
{
	struct timespec until = to_timespec(until_ms);

	return pthread_cond_clockwait(&n->turn, &n->lock, CLOCK_MONOTONIC,
				      &until) == 0 ||
	       net_now_ms() < until_ms;
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

struct net_reply *net_call(struct net *n, const struct net_place *place,
			   const struct net_request *request)
{
	struct call *c = call_make(place, request);
	bool in_time = true;

	if (c == NULL)
		return NULL;
	pthread_mutex_lock(&n->lock);
	while (n->current != NULL && in_time)
		in_time = wait_turn(n, request->until_ms);
	if (n->current != NULL) {
		pthread_mutex_unlock(&n->lock);
		call_free(c);
		return late_reply("an earlier call to the service still runs");
	}
	n->current = c;
	pthread_cond_signal(&n->work);
	while (!c->done && in_time)
		in_time = wait_turn(n, request->until_ms);
	c->abandoned = !c->done;
	in_time = c->done;
	pthread_mutex_unlock(&n->lock);
	return in_time ? take_reply(c) : late_reply("no answer in time");
}

void net_reply_free(struct net_reply *reply)
{
	if (reply == NULL)
		return;
	free(reply->body);
	free(reply);
}
