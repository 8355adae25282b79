/* SPDX-License-Identifier: Apache-2.0 */
/* fetcher.c: FETCH_THREADS threads under one lock: whoever is free takes the
 * issuer that is due. Which issuers there are is read anew when something has
 * changed, and before somebody is answered. */
#include "fetcher.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fetch_held.h"
#include "fetch_schedule.h"
#include "fetch_table.h"
#include "log.h"

#define AGAIN_MS 1000 /* until the issuers are read again after that failed */
#define LONG_MS 3600000 /* there is nobody to be fetched */

struct worker {
	pthread_t thread;
	struct fetcher *fetcher;
	struct fetch_line *line;
};

struct fetcher {
	struct service *service;
	atomic_bool stop;
	_Atomic int64_t interval_s, timeout_s;
	struct worker workers[FETCH_THREADS];
	size_t started;

	pthread_mutex_t lock;
	pthread_cond_t wake; /* monotonic */
	/* under lock */
	struct fetch_table table;
	bool stale;   /* issuers are to be read */
	bool reading; /* somebody does */
	int64_t read_ms; /* not before */
	struct fetch_job *unplaced; /* until they are read */
	size_t waiting;		    /* jobs */
	uint64_t results[FETCH_RESULTS];
};

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t real_ms(const struct fetcher *f)
{
	return f->service->now_ms(f->service->clock);
}

/* ----------------------------------------------------------------- jobs */

/* Under the lock: done only posts to a loop. */
static void answer(struct fetcher *f, struct fetch_job **jobs,
		   enum fetch_answer said, const char *error)
{
	while (*jobs != NULL) {
		struct fetch_job *job = *jobs;

		*jobs = job->next;
		f->waiting--;
		job->answer = said;
		snprintf(job->error, sizeof(job->error), "%s", error);
		job->done(job);
	}
}

bool fetcher_submit(struct fetcher *f, struct fetch_job *job)
{
	bool taken;

	pthread_mutex_lock(&f->lock);
	taken = !atomic_load(&f->stop) && f->waiting < FETCH_WAITING_MAX;
	if (taken) {
		f->waiting++;
		job->next = f->unplaced;
		f->unplaced = job;
		f->stale = true;
		pthread_cond_signal(&f->wake);
	}
	pthread_mutex_unlock(&f->lock);
	return taken;
}

/* To the issuer that it is for, which is due then. */
static void place(struct fetcher *f, struct fetch_job *job)
{
	struct fetch_target *target = fetch_table_find(&f->table, job->iss);

	job->next = NULL;
	if (target != NULL && fetch_target_is_fetched(target)) {
		job->next = target->asked;
		target->asked = job;
		target->due_ms = monotonic_ms();
		return;
	}
	answer(f, &job,
	       target == NULL	  ? FETCH_NO_ISSUER
	       : target->source.withdrawn ? FETCH_WITHDRAWN
				   : FETCH_NO_URL,
	       "");
}

/* -------------------------------------------------------------- issuers */

/* Who is gone, or is fetched no longer, keeps nobody waiting. */
static void drop_asked(struct fetcher *f)
{
	for (struct fetch_target *t = f->table.first; t != NULL; t = t->next)
		if (!fetch_target_is_fetched(t))
			answer(f, &t->asked, FETCH_NO_URL, "");
}

/* Or back, when it is not known what they are for. */
static void place_all(struct fetcher *f, struct fetch_job *jobs, bool known)
{
	while (jobs != NULL) {
		struct fetch_job *job = jobs;

		jobs = job->next;
		if (known) {
			place(f, job);
		} else {
			job->next = f->unplaced;
			f->unplaced = job;
		}
	}
}

/* Enters and leaves with the lock held. Jobs that came before it was begun are
 * placed by it. */
static void read_issuers(struct fetcher *f)
{
	struct fetch_job *jobs = f->unplaced;
	struct fetch_source *sources;
	size_t count;
	bool good;

	f->unplaced = NULL;
	f->stale = false;
	f->reading = true;
	pthread_mutex_unlock(&f->lock);
	good = fetch_held_sources(f->service->reader, &sources, &count);
	pthread_mutex_lock(&f->lock);
	f->reading = false;
	good = good &&
	       fetch_table_set(&f->table, sources, count, monotonic_ms());
	free(sources);
	if (!good) {
		f->stale = true;
		f->read_ms = monotonic_ms() + AGAIN_MS;
	}
	drop_asked(f);
	place_all(f, jobs, good);
	pthread_cond_broadcast(&f->wake);
}

/* --------------------------------------------------------------- rounds */

/* One line when it begins to fail, or fails otherwise, and one when it is good
 * again. */
static void log_round(const struct fetch_target *target,
		      const struct fetch_outcome *out)
{
	const char *iss = target->source.iss;

	if (out->error[0] != '\0' && strcmp(out->error, target->error) != 0)
		log_warning("fetch: %s: %s; what is held stays", iss,
			    out->error);
	else if (out->error[0] == '\0' && target->failures > 0)
		log_info("fetch: %s: all is well again", iss);
	if (out->results[FETCH_TAKEN] > 0)
		log_info("fetch: %s: %u new", iss, out->results[FETCH_TAKEN]);
}

static void finish(struct fetcher *f, struct fetch_target *target,
		   const struct fetch_outcome *out)
{
	bool counts = !target->changed && !out->given_up;

	for (size_t i = 0; i < FETCH_RESULTS; i++)
		f->results[i] += out->results[i];
	if (counts)
		log_round(target, out);
	fetch_target_done(target, out, real_ms(f));
	if (counts && target->asked == NULL)
		target->due_ms =
		    monotonic_ms() +
		    fetch_delay_ms(atomic_load(&f->interval_s),
				   target->failures, randombytes_random());
	answer(f, &target->answering,
	       out->given_up ? FETCH_HALTED : FETCH_DONE, out->error);
	if (!target->listed)
		f->stale = true; /* and then it is freed */
	pthread_cond_broadcast(&f->wake);
}

/* Enters and leaves with the lock held; the target stays meanwhile. */
static void fetch(struct worker *w, struct fetch_target *target)
{
	struct fetcher *f = w->fetcher;
	struct fetch_order order = {.source = target->source,
				    .timeout_ms =
					atomic_load(&f->timeout_s) * 1000,
				    .stop = &f->stop};
	struct fetch_outcome out;

	target->at_work = true;
	target->answering = target->asked;
	target->asked = NULL;
	pthread_mutex_unlock(&f->lock);
	fetch_round(f->service, w->line, &order, target->memory, &out);
	pthread_mutex_lock(&f->lock);
	finish(f, target, &out);
}

static void wait_until(struct fetcher *f, int64_t ms)
{
	struct timespec until = {.tv_sec = (time_t)(ms / 1000),
				 .tv_nsec = (long)(ms % 1000) * 1000000};

	pthread_cond_timedwait(&f->wake, &f->lock, &until);
}

static void *run(void *arg)
{
	struct worker *w = arg;
	struct fetcher *f = w->fetcher;

	pthread_mutex_lock(&f->lock);
	while (!atomic_load(&f->stop)) {
		int64_t now = monotonic_ms(), next = now + LONG_MS;
		struct fetch_target *due;

		if (f->stale && !f->reading) {
			if (f->read_ms <= now) {
				read_issuers(f);
				continue;
			}
			next = f->read_ms;
		}
		due = fetch_table_due(&f->table, now, &next);
		if (due != NULL)
			fetch(w, due);
		else
			wait_until(f, next);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

/* ------------------------------------------------------------ life time */

static bool start_worker(struct fetcher *f)
{
	struct worker *w = &f->workers[f->started];

	w->fetcher = f;
	w->line = fetch_line_new(&f->stop, f->service->config->fetch_ca);
	if (w->line == NULL)
		return false;
	if (pthread_create(&w->thread, NULL, run, w) != 0) {
		fetch_line_free(w->line);
		return false;
	}
	f->started++;
	return true;
}

struct fetcher *fetcher_start(struct service *service, char *error,
			      size_t error_size)
{
	struct fetcher *f = calloc(1, sizeof(*f));
	pthread_condattr_t monotonic;

	if (f == NULL) {
		snprintf(error, error_size, "fetch: out of memory");
		return NULL;
	}
	f->service = service;
	f->stale = true;
	fetcher_set(f, service->config->fetch_interval_s,
		    service->config->fetch_timeout_s);
	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&f->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	while (f->started < FETCH_THREADS) {
		if (start_worker(f))
			continue;
		snprintf(error, error_size,
			 "fetch: a thread or libcurl cannot be started");
		fetcher_stop(f);
		return NULL;
	}
	return f;
}

void fetcher_set(struct fetcher *f, int64_t interval_s, int64_t timeout_s)
{
	atomic_store(&f->interval_s, interval_s);
	atomic_store(&f->timeout_s, timeout_s);
}

void fetcher_wake(struct fetcher *f)
{
	pthread_mutex_lock(&f->lock);
	f->stale = true;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
}

void fetcher_halt(struct fetcher *f)
{
	bool running;

	pthread_mutex_lock(&f->lock);
	running = !atomic_exchange(&f->stop, true);
	pthread_cond_broadcast(&f->wake);
	pthread_mutex_unlock(&f->lock);
	if (!running)
		return;
	for (size_t i = 0; i < f->started; i++) {
		pthread_join(f->workers[i].thread, NULL);
		fetch_line_free(f->workers[i].line);
	}
	pthread_mutex_lock(&f->lock);
	answer(f, &f->unplaced, FETCH_HALTED, "");
	for (struct fetch_target *t = f->table.first; t != NULL; t = t->next)
		answer(f, &t->asked, FETCH_HALTED, "");
	pthread_mutex_unlock(&f->lock);
}

void fetcher_stop(struct fetcher *f)
{
	if (f == NULL)
		return;
	fetcher_halt(f);
	fetch_table_free(&f->table);
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/* ---------------------------------------------------------------- views */

json_t *fetcher_describe(struct fetcher *f, const char *iss)
{
	const struct fetch_target *target;
	json_t *out;

	pthread_mutex_lock(&f->lock);
	target = fetch_table_find(&f->table, iss);
	out = target != NULL && fetch_target_is_fetched(target)
		  ? fetch_target_json(target, monotonic_ms(), real_ms(f))
		  : json_null();
	pthread_mutex_unlock(&f->lock);
	return out;
}

void fetcher_results(struct fetcher *f, uint64_t out[static FETCH_RESULTS])
{
	pthread_mutex_lock(&f->lock);
	memcpy(out, f->results, sizeof(f->results));
	pthread_mutex_unlock(&f->lock);
}

void fetcher_each(struct fetcher *f,
		  void (*visit)(void *arg, const char *iss, unsigned failures),
		  void *arg)
{
	pthread_mutex_lock(&f->lock);
	for (const struct fetch_target *t = f->table.first; t != NULL;
	     t = t->next)
		if (fetch_target_is_fetched(t))
			visit(arg, t->source.iss, t->failures);
	pthread_mutex_unlock(&f->lock);
}
