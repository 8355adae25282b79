/* SPDX-License-Identifier: Apache-2.0 */
/* report_worker.c: the thread that reads, and its queue. */
#include "report_worker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

struct report_worker {
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t wake; /* a job came, or stopping */
	/* under lock */
	struct report_job *first, **end;
	size_t count, max;
	bool stopping;

	/* the thread's */
	struct store *store;
	bool broken; /* the last read failed: recover first */
};

bool report_worker_submit(struct report_worker *w, struct report_job *job)
{
	bool taken;

	pthread_mutex_lock(&w->lock);
	taken = !w->stopping && w->count < w->max;
	if (taken) {
		job->next = NULL;
		job->failed = false;
		job->result = STORE_OK;
		*w->end = job;
		w->end = &job->next;
		w->count++;
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	return taken;
}

/* Waits for one; NULL when there is none and there will be none. *give_up:
 * it came too late to be run. */
static struct report_job *take(struct report_worker *w, bool *give_up)
{
	struct report_job *job;

	pthread_mutex_lock(&w->lock);
	while (!w->first && !w->stopping)
		pthread_cond_wait(&w->wake, &w->lock);
	job = w->first;
	if (job) {
		w->first = job->next;
		if (!w->first)
			w->end = &w->first;
		w->count--;
	}
	*give_up = w->stopping;
	pthread_mutex_unlock(&w->lock);
	return job;
}

static enum store_result read_once(struct report_worker *w,
                                   struct report_job *job)
{
	enum store_result r;

	if (w->broken && store_recover(w->store) != STORE_OK)
		return STORE_FAILED;
	w->broken = false;
	if (store_begin(w->store) != STORE_OK)
		return STORE_FAILED;
	r = job->call(w->store, job);
	/* Nothing was written; this only lets go of the view. */
	if (r != STORE_FAILED && store_commit(w->store) != STORE_OK)
		return STORE_FAILED;
	return r;
}

static void run_job(struct report_worker *w, struct report_job *job)
{
	job->result = read_once(w, job);
	if (job->result != STORE_FAILED)
		return;
	log_error("reports: reading failed: %s", store_error(w->store));
	store_rollback(w->store);
	w->broken = true;
	job->failed = true;
}

static void *run(void *arg)
{
	struct report_worker *w = arg;
	struct report_job *job;
	bool give_up;

	while ((job = take(w, &give_up))) {
		if (give_up) {
			job->result = STORE_FAILED;
			job->failed = true;
		} else {
			run_job(w, job);
		}
		job->done(job);
	}
	return NULL;
}

static void free_worker(struct report_worker *w)
{
	store_close(w->store);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

struct report_worker *report_worker_start(const char *dir, size_t queue_max,
                                          char *error, size_t error_size)
{
	struct report_worker *w = calloc(1, sizeof *w);
	int e;

	if (!w) {
		snprintf(error, error_size, "reports: out of memory");
		return NULL;
	}
	w->end = &w->first;
	w->max = queue_max;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	w->store = store_open_reader(dir, error, error_size);
	if (!w->store) {
		free_worker(w);
		return NULL;
	}
	e = pthread_create(&w->thread, NULL, run, w);
	if (e != 0) {
		snprintf(error, error_size,
		         "reports: their thread cannot be started: %s",
		         strerror(e));
		free_worker(w);
		return NULL;
	}
	return w;
}

void report_worker_halt(struct report_worker *w)
{
	bool running;

	pthread_mutex_lock(&w->lock);
	running = !w->stopping;
	w->stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	if (running)
		pthread_join(w->thread, NULL);
}

void report_worker_stop(struct report_worker *w)
{
	if (!w)
		return;
	report_worker_halt(w);
	free_worker(w);
}
