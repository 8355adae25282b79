/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c: a bounded queue, first in, first out, and who works it off. */
#include "pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define THREADS_MAX 8

struct pool {
	struct mailbox *home;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *first, **last; /* under lock, as all below */
	unsigned waiting, waiting_max;
	bool stop;
	unsigned threads; /* the loop's */
	pthread_t thread[THREADS_MAX];
};

static struct job *take(struct pool *p)
{
	struct job *job = p->first;

	p->first = job->next;
	if (p->first == NULL)
		p->last = &p->first;
	p->waiting--;
	return job;
}

static void come_home(struct mail *mail)
{
	struct job *job = (struct job *)mail;

	job->done(job);
}

static void *work(void *arg)
{
	struct pool *p = arg;
	struct job *job;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->first == NULL && !p->stop)
			pthread_cond_wait(&p->wake, &p->lock);
		if (p->first == NULL)
			break;
		job = take(p);
		pthread_mutex_unlock(&p->lock);
		job->run(job);
		job->mail.run = come_home;
		mailbox_post(p->home, &job->mail);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

bool pool_submit(struct pool *p, struct job *job)
{
	bool taken;

	pthread_mutex_lock(&p->lock);
	taken = p->waiting < p->waiting_max && !p->stop;
	if (taken) {
		job->next = NULL;
		*p->last = job;
		p->last = &job->next;
		p->waiting++;
		pthread_cond_signal(&p->wake);
	}
	pthread_mutex_unlock(&p->lock);
	return taken;
}

/* Signals are the loop's. */
static void start(struct pool *p, unsigned threads)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (p->threads < threads && p->threads < THREADS_MAX &&
	       pthread_create(&p->thread[p->threads], NULL, work, p) == 0)
		p->threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct pool *pool_new(struct mailbox *home, unsigned threads, unsigned waiting)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->home = home;
	p->last = &p->first;
	p->waiting_max = waiting;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	start(p, threads);
	if (p->threads == threads)
		return p;
	pool_free(p);
	return NULL;
}

void pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->threads; i++)
		pthread_join(p->thread[i], NULL);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
