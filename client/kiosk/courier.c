/* SPDX-License-Identifier: Apache-2.0 */
/* courier.c: what is due next, and when. */
#include "courier.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "backoff.h"
#include "screen.h"

#define GATHER_MS 2000	      /* one upload for a family that comes together */
#define HURRY_MS 5000	      /* visitors do not hammer a line that is bad */
#define REPORT_MS 300000      /* as the service expects of a living kiosk */
#define REFRESH_MS 3600000    /* a bundle is made anew every six hours */

struct courier {
	struct oap *kiosk;
	struct courier_ears ears; /* functions may be NULL */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* under lock; CLOCK_MONOTONIC in ms */
	int64_t send_at, report_at, refresh_at;
	int64_t calm_until; /* after a failure no visitor asks for an earlier
			     * one */
	bool unreached;	    /* that was of the line, not of the service */
	int64_t hurry_at;   /* the next one that passes over the calm, earliest */
	bool stop;
	/* the thread's */
	char said[OAP_PROBLEM_TEXT]; /* the complaint that stands; "" */
	struct backoff sending, refreshing;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t next_send(const struct courier *c)
{
	return earlier(c->send_at, c->report_at);
}

/* The same trouble is told once, until it is over. */
static void tell(struct courier *c, const char *trouble)
{
	if (trouble[0] != '\0' && strcmp(trouble, c->said) != 0)
		complain("%s", trouble);
	snprintf(c->said, sizeof(c->said), "%s", trouble);
}

static void hear(struct courier *c, enum oap_result result,
		 const char *trouble)
{
	tell(c, trouble);
	if (c->ears.heard != NULL)
		c->ears.heard(c->ears.arg, result, trouble);
}

static void tell_refused(struct courier *c, const struct oap_synced *synced)
{
	char line[REFUSAL_LINE];

	if (synced->refused == 0)
		return;
	if (c->ears.refused != NULL) {
		c->ears.refused(c->ears.arg, synced);
		return;
	}
	for (unsigned i = 0; i < synced->refused; i++) {
		screen_refusal(&synced->refusals[i], line, sizeof(line));
		complain("%s", line);
	}
	oap_refusals_told(c->kiosk, synced);
}

static bool refresh(struct courier *c)
{
	struct oap_refreshed refreshed;
	struct oap_problem why;
	enum oap_result result = oap_refresh(c->kiosk, &refreshed, &why);

	hear(c, result, why.text);
	return result == OAP_OK;
}

struct sent {
	bool all;
	bool unreached;
	int64_t again_ms;
};

static void send(struct courier *c, struct sent *out)
{
	struct oap_synced synced;
	struct oap_problem why;
	enum oap_result result = oap_sync(c->kiosk, &synced, &why);

	hear(c, result, why.text);
	tell_refused(c, &synced);
	*out = (struct sent){
	    .all = result == OAP_OK && synced.unsent == 0,
	    .unreached = result == OAP_NO_NETWORK && synced.again_ms == 0,
	    .again_ms = synced.again_ms,
	};
}

/* When to try again; chance is not asked for more than it takes. */
static int64_t next_try(struct backoff *b, int64_t at_least_ms)
{
	uint32_t chance = 0;

	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = 0;
	return now_ms() + backoff_next(b, at_least_ms, chance);
}

/* Under the lock. A nudge may have come meanwhile, and waits, too. */
static void note_sent(struct courier *c, const struct sent *sent)
{
	c->unreached = sent->unreached;
	if (sent->all) {
		backoff_reset(&c->sending);
		c->calm_until = 0;
		return;
	}
	c->calm_until = next_try(&c->sending, sent->again_ms);
	c->send_at = later(c->send_at, c->calm_until);
	c->report_at = earlier(c->report_at, c->calm_until);
}

/* Under the lock, given up for the network. */
static void run_due(struct courier *c)
{
	int64_t now = now_ms();
	bool sends = next_send(c) <= now, refreshes = c->refresh_at <= now;
	bool refreshed = true;
	struct sent sent;

	if (!sends && !refreshes)
		return;
	/* Nudges from now on ask for another time. */
	if (sends)
		c->send_at = c->report_at = now + c->ears.report_ms;
	if (refreshes)
		c->refresh_at = now + REFRESH_MS;
	pthread_mutex_unlock(&c->lock);
	if (refreshes)
		refreshed = refresh(c);
	if (sends)
		send(c, &sent);
	pthread_mutex_lock(&c->lock);
	if (refreshes && refreshed)
		backoff_reset(&c->refreshing);
	if (!refreshed)
		c->refresh_at = earlier(c->refresh_at,
					next_try(&c->refreshing, 0));
	if (sends)
		note_sent(c, &sent);
}

static void *run(void *arg)
{
	struct courier *c = arg;
	int64_t next;
	struct timespec until;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		next = earlier(next_send(c), c->refresh_at);
		until.tv_sec = (time_t)(next / 1000);
		until.tv_nsec = (long)(next % 1000) * 1000000;
		if (now_ms() < next)
			pthread_cond_clockwait(&c->wake, &c->lock,
					       CLOCK_MONOTONIC, &until);
		else
			run_due(c);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* Signals are the main thread's. */
static int start_thread(struct courier *c)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&c->thread, NULL, run, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

struct courier *courier_start(struct oap *kiosk,
			      const struct courier_ears *ears)
{
	struct courier *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->kiosk = kiosk;
	/* Whoever pipes a few codes in is done before that. */
	c->send_at = c->refresh_at = now_ms() + GATHER_MS;
	c->ears = ears != NULL ? *ears : (struct courier_ears){0};
	if (c->ears.report_ms == 0)
		c->ears.report_ms = REPORT_MS;
	c->report_at = now_ms() + c->ears.report_ms;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, NULL);
	if (start_thread(c) == 0)
		return c;
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
	return NULL;
}

/* Under the lock. Never later than what is set already: at a busy door there
 * is always another visitor. */
static void send_by(struct courier *c, int64_t at)
{
	c->send_at = earlier(c->send_at, later(at, c->calm_until));
	pthread_cond_signal(&c->wake);
}

void courier_nudge(struct courier *c, bool behind)
{
	pthread_mutex_lock(&c->lock);
	if (behind)
		c->refresh_at = 0;
	send_by(c, now_ms() + GATHER_MS);
	pthread_mutex_unlock(&c->lock);
}

/* Under the lock: what the calm was for is over, or seems so. */
static void pass_calm(struct courier *c, int64_t now)
{
	int64_t at = later(now, c->hurry_at);

	if (at >= c->send_at)
		return;
	c->send_at = at;
	c->hurry_at = at + HURRY_MS;
	pthread_cond_signal(&c->wake);
}

bool courier_is_wanted(const struct oap_told *told)
{
	return told->unknown_kiosk || told->verdict_class == OAP_CLASS_DEVICE;
}

void courier_hurry(struct courier *c)
{
	int64_t now = now_ms();

	pthread_mutex_lock(&c->lock);
	if (c->unreached && c->calm_until > now)
		pass_calm(c, now);
	else
		send_by(c, now);
	pthread_mutex_unlock(&c->lock);
}

void courier_stop(struct courier *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
