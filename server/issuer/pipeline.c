/* SPDX-License-Identifier: Apache-2.0 */
/* Two threads and three batches that go round. */
#include "pipeline.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct pipeline {
	const struct pipeline_steps *steps;
	void *arg;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	/* under the mutex */
	struct batch *posted; /* NULL: the registry thread has nothing to do */
	bool stop;
	/* of the registry thread while a batch is posted, else the caller's */
	bool entered;
	struct fault fault;
};

static void *registry_thread(void *p)
{
	struct pipeline *line = p;

	pthread_mutex_lock(&line->mutex);
	for (;;) {
		struct batch *batch;

		while (!line->posted && !line->stop)
			pthread_cond_wait(&line->changed, &line->mutex);
		batch = line->posted;
		if (!batch)
			break;
		pthread_mutex_unlock(&line->mutex);
		line->entered =
		    line->steps->enter(line->arg, batch, &line->fault);
		pthread_mutex_lock(&line->mutex);
		line->posted = NULL;
		pthread_cond_broadcast(&line->changed);
	}
	pthread_mutex_unlock(&line->mutex);
	return NULL;
}

static void post(struct pipeline *line, struct batch *batch)
{
	pthread_mutex_lock(&line->mutex);
	line->posted = batch;
	pthread_cond_broadcast(&line->changed);
	pthread_mutex_unlock(&line->mutex);
}

static bool wait_entered(struct pipeline *line)
{
	bool entered;

	pthread_mutex_lock(&line->mutex);
	while (line->posted)
		pthread_cond_wait(&line->changed, &line->mutex);
	entered = line->entered;
	pthread_mutex_unlock(&line->mutex);
	return entered;
}

static void stop(struct pipeline *line, pthread_t thread)
{
	pthread_mutex_lock(&line->mutex);
	line->stop = true;
	pthread_cond_broadcast(&line->changed);
	pthread_mutex_unlock(&line->mutex);
	pthread_join(thread, NULL);
}

/* batch[0] is being filled, batch[1] with the registry, batch[2] entered. */
static bool run(struct pipeline *line, struct batch *batch[static 3],
		struct fault *fault)
{
	const struct pipeline_steps *steps = line->steps;
	bool more = steps->read(line->arg, batch[0]);
	bool waiting = false, ok = true;

	while (ok && (more || waiting)) {
		struct batch *next = batch[2];
		bool entered = true;

		batch[2] = batch[1];
		batch[1] = batch[0];
		batch[0] = next;
		if (more)
			post(line, batch[1]);
		if (waiting)
			ok = steps->deliver(line->arg, batch[2], fault);
		waiting = more;
		if (more) {
			more = ok && steps->read(line->arg, batch[0]);
			entered = wait_entered(line);
		}
		if (ok && !entered)
			*fault = line->fault;
		ok = ok && entered;
	}
	return ok;
}

bool pipeline_run(const struct pipeline_steps *steps, void *arg,
		  struct fault *fault)
{
	struct pipeline line = {.steps = steps, .arg = arg};
	struct batch *batch[3] = {0};
	pthread_t thread;
	bool ok = true;

	for (int i = 0; i < 3; i++)
		ok = (batch[i] = malloc(sizeof(struct batch))) != NULL && ok;
	pthread_mutex_init(&line.mutex, NULL);
	pthread_cond_init(&line.changed, NULL);
	if (!ok) {
		fault_set(fault, EXIT_IO, "no memory");
	} else if (pthread_create(&thread, NULL, registry_thread, &line)) {
		ok = fault_set(fault, EXIT_IO, "no thread can be started");
	} else {
		ok = run(&line, batch, fault);
		stop(&line, thread);
	}
	pthread_cond_destroy(&line.changed);
	pthread_mutex_destroy(&line.mutex);
	for (int i = 0; i < 3; i++)
		free(batch[i]);
	return ok;
}
