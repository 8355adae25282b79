/* SPDX-License-Identifier: Apache-2.0 */
/* feed.c: the thread that reads the scanner. What it reads goes to the loop as
 * mail, no more than LINES_WAITING at a time: a scanner gone mad waits in its
 * own pipe. */
#include "feed.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "lines.h"
#include "options.h"
#include "source.h"

struct feed {
	struct mailbox *home;
	struct feed_ears ears;
	pthread_t thread;
	int stop; /* an eventfd, readable from feed_stop on */
	/* the thread's */
	struct source source;
	struct lines lines;
	/* under lock */
	pthread_mutex_t lock;
	pthread_cond_t room;
	unsigned in_mail;
	bool stopping;
};

struct line_mail {
	struct mail mail;
	struct feed *feed;
	size_t n;
	char text[];
};

struct state_mail {
	struct mail mail;
	struct feed *feed;
	enum feed_state state;
	char detail[SCANNER_DETAIL];
};

const char *feed_state_name(enum feed_state state)
{
	static const char *const NAMES[] = {
		[FEED_NONE] = "none",
		[FEED_READY] = "ready",
		[FEED_DOWN] = "down",
		[FEED_ENDED] = "ended",
	};

	return NAMES[state];
}

bool feed_check(const char *spec)
{
	if (strcmp(spec, "-") == 0 || spec[0] == '/' ||
	    (strncmp(spec, "exec:", 5) == 0 && spec[5] != '\0'))
		return true;
	complain("--scanner %s: must be - for standard input, the path of a "
		 "device, or exec: and a command that prints codes", spec);
	return false;
}

/* ---------------------------------------------------------- to the loop */

static void line_home(struct mail *mail)
{
	struct line_mail *m = (struct line_mail *)mail;
	struct feed *f = m->feed;
	bool stopping;

	pthread_mutex_lock(&f->lock);
	f->in_mail--;
	stopping = f->stopping;
	pthread_cond_signal(&f->room);
	pthread_mutex_unlock(&f->lock);
	if (!stopping)
		f->ears.line(f->ears.arg, m->text, m->n);
	free(m);
}

static bool wait_for_room(struct feed *f)
{
	bool stopping;

	pthread_mutex_lock(&f->lock);
	while (f->in_mail >= LINES_WAITING && !f->stopping)
		pthread_cond_wait(&f->room, &f->lock);
	f->in_mail++;
	stopping = f->stopping;
	pthread_mutex_unlock(&f->lock);
	return !stopping;
}

static void give_line(void *arg, const char *line, size_t n)
{
	struct feed *f = arg;
	struct line_mail *m = malloc(sizeof(*m) + n + 1);

	if (m == NULL) {
		complain("scanner: out of memory; a code was dropped");
		return;
	}
	m->mail.run = line_home;
	m->feed = f;
	m->n = n;
	memcpy(m->text, line, n);
	m->text[n] = '\0';
	if (wait_for_room(f))
		mailbox_post(f->home, &m->mail);
	else
		free(m);
}

static void state_home(struct mail *mail)
{
	struct state_mail *m = (struct state_mail *)mail;
	struct feed *f = m->feed;

	f->ears.state(f->ears.arg, m->state, m->detail);
	free(m);
}

static void give_state(struct feed *f, enum feed_state state,
		       const char *detail)
{
	struct state_mail *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return;
	m->mail.run = state_home;
	m->feed = f;
	m->state = state;
	snprintf(m->detail, sizeof(m->detail), "%s", detail);
	mailbox_post(f->home, &m->mail);
}

/* ----------------------------------------------------------- the thread */

/* True when it is to stop within that time. */
static bool stops_within(struct feed *f, int ms)
{
	struct pollfd p = {.fd = f->stop, .events = POLLIN};

	while (poll(&p, 1, ms) < 0 && errno == EINTR)
		continue;
	return p.revents != 0;
}

/* Until it ends; what was wrong is in *error, 0 at the end of input. False:
 * the feed is to stop. */
static bool read_on(struct feed *f, int *error)
{
	struct pollfd p[2] = {{.fd = f->source.fd, .events = POLLIN},
			      {.fd = f->stop, .events = POLLIN}};
	char bytes[4096];
	ssize_t n;

	*error = 0;
	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents != 0)
			return false;
		n = read(f->source.fd, bytes, sizeof(bytes));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0) {
			*error = n < 0 ? errno : 0;
			return true;
		}
		lines_add(&f->lines, bytes, (size_t)n, give_line, f);
	}
}

/* One life of the scanner; false: there is no other. */
static bool live(struct feed *f, char detail[SCANNER_DETAIL])
{
	bool goes_on;
	int error;

	f->lines.length = 0;
	if (!source_open(&f->source, detail))
		return true;
	give_state(f, FEED_READY, "");
	goes_on = read_on(f, &error);
	source_close(&f->source, error, detail);
	if (goes_on && source_comes_again(&f->source))
		return true;
	if (goes_on) {
		lines_end(&f->lines, give_line, f);
		give_state(f, FEED_ENDED, "");
	}
	return false;
}

static void *run(void *arg)
{
	struct feed *f = arg;
	char detail[SCANNER_DETAIL] = "", said[SCANNER_DETAIL] = "";
	int again_ms = AGAIN_MIN_MS;
	int64_t began;

	for (;;) {
		began = clock_ms();
		if (!live(f, detail))
			return NULL;
		if (clock_ms() - began >= STEADY_MS) {
			again_ms = AGAIN_MIN_MS;
			said[0] = '\0';
		}
		give_state(f, FEED_DOWN, detail);
		/* the same trouble is told once */
		if (strcmp(said, detail) != 0)
			complain("scanner %s: %s; it is tried again",
				 f->source.spec, detail);
		memcpy(said, detail, sizeof(said));
		if (stops_within(f, again_ms))
			return NULL;
		again_ms *= 2;
		if (again_ms > AGAIN_MAX_MS)
			again_ms = AGAIN_MAX_MS;
	}
}

/* Signals are the loop's. */
static bool start_thread(struct feed *f)
{
	sigset_t all, before;
	bool started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(&f->thread, NULL, run, f) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

static void let_go(struct feed *f)
{
	if (f->stop >= 0)
		close(f->stop);
	pthread_cond_destroy(&f->room);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

struct feed *feed_start(const char *spec, struct mailbox *home,
			struct feed_ears ears)
{
	struct feed *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->home = home;
	f->ears = ears;
	f->source = (struct source){.spec = spec, .fd = -1};
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->room, NULL);
	f->stop = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (f->stop >= 0 && start_thread(f))
		return f;
	let_go(f);
	return NULL;
}

void feed_stop(struct feed *f)
{
	uint64_t one = 1;
	ssize_t n;

	if (f == NULL)
		return;
	pthread_mutex_lock(&f->lock);
	f->stopping = true;
	pthread_cond_signal(&f->room);
	pthread_mutex_unlock(&f->lock);
	n = write(f->stop, &one, sizeof(one));
	(void)n;
	pthread_join(f->thread, NULL);
	mailbox_run(f->home); /* which may hold mail of this feed */
	let_go(f);
}
