/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.c: the thread that writes, its two queues, and the transaction that
 * many jobs share. Nothing is answered before the commit. */
#include "ledger.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inforce.h"
#include "judge.h"
#include "log.h"

struct queue {
	struct ledger_job *first, **end;
	size_t count, max;
};

struct ledger {
	struct store *store;
	struct ledger_config config;
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t wake; /* as many jobs as wanted are here, or stopping */
	/* under lock */
	struct queue questions, others;
	size_t wanted;
	bool stopping; /* and the thread is joined, or about to be */
	struct ledger_figures figures;

	/* the ledger thread's */
	struct inforce *inforce;
	bool broken; /* the last transaction failed: recover first */
	size_t last; /* jobs in the batch before */
};

/* -------------------------------------------------------------- queues */

static void queue_init(struct queue *q, size_t max)
{
	q->first = NULL;
	q->end = &q->first;
	q->count = 0;
	q->max = max;
}

static void queue_put(struct queue *q, struct ledger_job *job)
{
	job->next = NULL;
	*q->end = job;
	q->end = &job->next;
	q->count++;
}

static struct ledger_job *queue_take(struct queue *q)
{
	struct ledger_job *job = q->first;

	q->first = job->next;
	if (!q->first)
		q->end = &q->first;
	q->count--;
	return job;
}

static size_t waiting(const struct ledger *l)
{
	return l->questions.count + l->others.count;
}

bool ledger_submit(struct ledger *l, struct ledger_job *job)
{
	struct queue *q = job->kind == JOB_ASK ? &l->questions : &l->others;
	bool taken;

	pthread_mutex_lock(&l->lock);
	taken = !l->stopping && q->count < q->max;
	if (taken) {
		job->failed = false;
		queue_put(q, job);
		if (waiting(l) >= l->wanted)
			pthread_cond_signal(&l->wake);
	}
	pthread_mutex_unlock(&l->lock);
	return taken;
}

static size_t weight(const struct ledger_job *job)
{
	return job->kind == JOB_CALL || job->item_count == 0 ? 1
	                                                     : job->item_count;
}

/* Under load, the next commit waits a moment for company: pages and the sync
 * are then shared by many. Who is alone never waits. */
static void gather(struct ledger *l)
{
	struct timespec until;

	if (l->last < GATHER_FROM || waiting(l) >= GATHER_JOBS)
		return;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += GATHER_US * 1000L;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	l->wanted = GATHER_JOBS;
	while (waiting(l) < GATHER_JOBS && !l->stopping)
		if (pthread_cond_timedwait(&l->wake, &l->lock, &until) != 0)
			break;
	l->wanted = 1;
}

/* All questions, then others up to ITEMS_PER_COMMIT, one at least. Waits for
 * a job; false when there is none and there will be none. */
static bool take_batch(struct ledger *l, struct queue *batch)
{
	size_t items = 0;

	queue_init(batch, SIZE_MAX);
	pthread_mutex_lock(&l->lock);
	while (waiting(l) == 0 && !l->stopping)
		pthread_cond_wait(&l->wake, &l->lock);
	gather(l);
	while (l->questions.count > 0)
		queue_put(batch, queue_take(&l->questions));
	while (l->others.count > 0) {
		items += weight(l->others.first);
		if (items > ITEMS_PER_COMMIT && items > weight(l->others.first))
			break;
		queue_put(batch, queue_take(&l->others));
	}
	l->last = batch->count;
	pthread_mutex_unlock(&l->lock);
	return batch->count > 0;
}

/* ---------------------------------------------------------------- jobs */

static int64_t now_of(const struct ledger *l)
{
	return l->config.now_ms(l->config.clock);
}

static enum store_result run_items(const struct judging *j,
                                   struct ledger_job *job)
{
	enum store_result r = STORE_OK;

	for (size_t i = 0; r == STORE_OK && i < job->item_count; i++)
		r = record_item(j, &job->items[i]);
	return r;
}

/* JOB_ASK and JOB_ENTRIES */
static enum store_result run_kiosk_job(struct ledger *l, struct ledger_job *job)
{
	struct judging j = {.store = l->store,
	                    .grant_key = l->config.grant_key,
	                    .job = job,
	                    .inforce = l->inforce,
	                    .now_ms = now_of(l)};
	/* It may have been revoked since the loop looked. */
	enum store_result r = store_device(l->store, job->kiosk.kid, &j.kiosk,
	                                   &job->kiosk.state);

	if (r == STORE_OK)
		r = run_items(&j, job);
	if (r == STORE_OK && job->has_report)
		r = record_report(&j, &job->report);
	if (r == STORE_OK && job->kind == JOB_ASK)
		r = judge_question(&j, &job->question, &job->admitted,
		                   &job->answer);
	if (r == STORE_OK && (job->item_count > 0 || job->has_report))
		r = store_held(l->store, j.kiosk, &job->held);
	return r;
}

/* The call, and the snapshot that it asks for. */
static enum store_result call_and_prepare(struct ledger *l,
                                          struct ledger_job *job)
{
	enum store_result r;

	job->remake_snapshot = false;
	job->refusal[0] = '\0';
	r = job->call(l->store, job, now_of(l));
	if (r == STORE_OK && job->remake_snapshot && l->config.prepare)
		r = l->config.prepare(l->store, job, l->config.arg);
	return r;
}

/* A call that fails takes only itself down, unless the whole transaction went
 * with it. */
static enum store_result run_call(struct ledger *l, struct ledger_job *job)
{
	if (store_savepoint(l->store) != STORE_OK)
		return STORE_FAILED;
	job->call_result = call_and_prepare(l, job);
	if (job->remake_snapshot)
		inforce_forget(l->inforce);
	if (job->call_result == STORE_OK)
		return store_release(l->store);
	store_undo(l->store);
	job->failed = job->call_result == STORE_FAILED;
	if (job->failed)
		log_error("ledger: a call failed: %s", store_error(l->store));
	return store_in_transaction(l->store) ? STORE_OK : STORE_FAILED;
}

static enum store_result run_batch(struct ledger *l, struct queue *batch)
{
	enum store_result r = STORE_OK;

	if (l->broken && store_recover(l->store) != STORE_OK)
		return STORE_FAILED;
	l->broken = false;
	if (store_begin(l->store) != STORE_OK)
		return STORE_FAILED;
	for (struct ledger_job *job = batch->first; job && r == STORE_OK;
	     job = job->next)
		r = job->kind == JOB_CALL ? run_call(l, job)
		                          : run_kiosk_job(l, job);
	return r == STORE_OK ? store_commit(l->store) : STORE_FAILED;
}

static int64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void count_batch(struct ledger *l, const struct queue *batch, bool ok,
                        int64_t ns)
{
	struct ledger_figures *f = &l->figures;
	int64_t quarantined;
	bool counted = ok && store_quarantine_count(l->store, &quarantined) ==
	                         STORE_OK;

	pthread_mutex_lock(&l->lock);
	f->commits += ok;
	f->commit_failures += !ok;
	f->commit_ns_total += (uint64_t)ns;
	if (counted) /* else as it was */
		f->quarantined = (uint64_t)quarantined;
	for (const struct ledger_job *job = batch->first; job;
	     job = job->next) {
		f->questions += job->kind == JOB_ASK;
		f->calls += job->kind == JOB_CALL;
		f->items += job->kind == JOB_CALL ? 0 : job->item_count;
	}
	pthread_mutex_unlock(&l->lock);
}

/* What is not known to be on disk is not answered; it may be there even so,
 * and then the next try finds it. */
static void fail_all(struct ledger *l, struct queue *batch)
{
	log_error("ledger: transaction given up: %s", store_error(l->store));
	store_rollback(l->store);
	inforce_forget(l->inforce);
	l->broken = true;
	for (struct ledger_job *job = batch->first; job; job = job->next)
		job->failed = true;
	if (l->config.failed)
		l->config.failed(l->config.arg);
}

static void *run(void *arg)
{
	struct ledger *l = arg;
	struct queue batch;

	while (take_batch(l, &batch)) {
		int64_t start = clock_ns();
		bool ok = run_batch(l, &batch) == STORE_OK;

		count_batch(l, &batch, ok, clock_ns() - start);
		if (!ok)
			fail_all(l, &batch);
		if (l->config.install)
			l->config.install(ok, l->config.arg);
		while (batch.count > 0) {
			struct ledger_job *job = queue_take(&batch);

			job->done(job);
		}
		if (ok)
			store_tidy(l->store);
	}
	return NULL;
}

/* ----------------------------------------------------------- life time */

struct ledger *ledger_start(struct store *store,
                            const struct ledger_config *config, char *error,
                            size_t error_size)
{
	struct ledger *l = calloc(1, sizeof *l);
	pthread_condattr_t monotonic;
	int e;

	if (l)
		l->inforce = inforce_new();
	if (!l || !l->inforce) {
		snprintf(error, error_size, "ledger: out of memory");
		free(l);
		return NULL;
	}
	l->store = store;
	l->config = *config;
	queue_init(&l->questions, config->questions_max);
	queue_init(&l->others, config->others_max);
	l->wanted = 1;
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	e = pthread_create(&l->thread, NULL, run, l);
	if (e != 0) {
		snprintf(error, error_size,
		         "ledger: its thread cannot be started: %s",
		         strerror(e));
		pthread_cond_destroy(&l->wake);
		pthread_mutex_destroy(&l->lock);
		inforce_free(l->inforce);
		free(l);
		return NULL;
	}
	return l;
}

void ledger_halt(struct ledger *l)
{
	bool running;

	pthread_mutex_lock(&l->lock);
	running = !l->stopping;
	l->stopping = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
	if (running)
		pthread_join(l->thread, NULL);
}

void ledger_stop(struct ledger *l)
{
	if (!l)
		return;
	ledger_halt(l);
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->lock);
	inforce_free(l->inforce);
	free(l);
}

void ledger_figures(struct ledger *l, struct ledger_figures *out)
{
	pthread_mutex_lock(&l->lock);
	*out = l->figures;
	out->questions_waiting = l->questions.count;
	out->others_waiting = l->others.count;
	pthread_mutex_unlock(&l->lock);
}
