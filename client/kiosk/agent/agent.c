/* SPDX-License-Identifier: Apache-2.0 */
/* agent.c: oap-kiosk run, from its start to its end. One loop owns everything;
 * what may wait runs on the pools' threads, the courier's and the scanner's,
 * and comes home as mail. */
#include "agent.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "commands.h"
#include "listen.h"
#include "look.h"
#include "screen.h"
#include "token.h"
#include "visit.h"
#include "web.h"

#define PATH_TEXT 4096
#define END_LOOK_MS 20	/* how often it is looked whether all is done */
#define END_SLOW_MS 5000 /* for readers of replies, after the last verdict */

/* What lives as long as the loop. */
struct clockwork {
	struct agent *agent;
	struct event *mail, *look, *term, *interrupt, *hangup, *end;
	int64_t last_busy_ms; /* when somebody still waited for a verdict */
};

/* ---------------------------------------------------- what parts call */

void agent_link(struct agent *a, enum link_state state)
{
	if (a->link == state)
		return;
	a->link = state;
	a->link_since_ms = clock_ms();
	if (state == LINK_UP)
		a->trouble[0] = '\0';
}

void agent_look(struct agent *a)
{
	look_for_pages(a);
}

void agent_notice(struct agent *a, const char *kind, const char *detail)
{
	json_t *o = json_pack("{s:s}", "kind", kind);

	if (detail[0] != '\0')
		json_object_set_new(o, "detail", json_string(detail));
	streams_tell(&a->streams, "notice", o);
}

/* ------------------------------------------------------- the courier's */

struct heard {
	struct mail mail;
	struct agent *agent;
	enum oap_result result;
	struct oap_problem why;
	struct oap_synced synced;
	bool refused;
};

static void say_refusals(const struct oap_synced *s)
{
	char line[REFUSAL_LINE];

	for (unsigned i = 0; i < s->refused; i++) {
		screen_refusal(&s->refusals[i], line, sizeof(line));
		complain("%s", line);
	}
}

static void heard_home(struct mail *mail)
{
	struct heard *h = (struct heard *)mail;
	struct agent *a = h->agent;

	if (h->refused) {
		/* they come again until somebody has read them */
		if (h->synced.refused != a->refused.refused)
			say_refusals(&h->synced);
		a->refused = h->synced;
	} else {
		if (h->result == OAP_OK)
			agent_link(a, LINK_UP);
		else if (h->result == OAP_NO_NETWORK)
			agent_link(a, LINK_DOWN);
		snprintf(a->trouble, sizeof(a->trouble), "%s", h->why.text);
	}
	agent_look(a);
	free(h);
}

static void post_heard(struct agent *a, const struct heard *what)
{
	struct heard *h = malloc(sizeof(*h));

	if (h == NULL)
		return; /* the next one tells it again */
	*h = *what;
	h->agent = a;
	h->mail.run = heard_home;
	mailbox_post(a->mail, &h->mail);
}

static void on_heard(void *arg, enum oap_result result, const char *trouble)
{
	struct heard h = {.result = result};

	snprintf(h.why.text, sizeof(h.why.text), "%s", trouble);
	post_heard(arg, &h);
}

static void on_refused(void *arg, const struct oap_synced *synced)
{
	struct heard h = {.refused = true, .synced = *synced};

	post_heard(arg, &h);
}

/* ------------------------------------------------------- the scanner's */

static void on_line(void *arg, const char *line, size_t n)
{
	visit_line(arg, line, n);
}

static void on_feed_state(void *arg, enum feed_state state, const char *detail)
{
	struct agent *a = arg;

	a->feed_state = state;
	snprintf(a->feed_detail, sizeof(a->feed_detail), "%s", detail);
	agent_look(a);
}

/* ------------------------------------------------------------- events */

static void on_mail(evutil_socket_t fd, short events, void *arg)
{
	struct clockwork *w = arg;

	(void)fd, (void)events;
	mailbox_run(w->agent->mail);
}

static void on_look(evutil_socket_t none, short events, void *arg)
{
	struct clockwork *w = arg;

	(void)none, (void)events;
	agent_look(w->agent);
}

static void on_signal(evutil_socket_t number, short events, void *arg)
{
	static const struct timeval often = {0, END_LOOK_MS * 1000};
	struct clockwork *w = arg;

	(void)number, (void)events;
	if (w->agent->ending)
		return;
	w->agent->ending = true;
	w->last_busy_ms = clock_ms();
	streams_tell(&w->agent->streams, "bye", NULL);
	web_drain(w->agent->web);
	event_add(w->end, &often);
}

/* Whoever was asking has an answer, and has had time to read it. */
static void on_end(evutil_socket_t none, short events, void *arg)
{
	struct clockwork *w = arg;
	struct agent *a = w->agent;

	(void)none, (void)events;
	if (a->at_door > 0 || a->looking > 0 || !web_has_answered(a->web))
		w->last_busy_ms = clock_ms();
	else if (web_is_quiet(a->web) ||
		 clock_ms() - w->last_busy_ms > END_SLOW_MS)
		event_base_loopbreak(a->base);
}

static struct event *on(struct clockwork *w, int fd, short what,
			event_callback_fn run, const struct timeval *tv)
{
	struct event *e = event_new(w->agent->base, fd, what, run, w);

	if (e != NULL && run != on_end && event_add(e, tv) != 0) {
		event_free(e);
		e = NULL;
	}
	return e;
}

static bool wind_up(struct clockwork *w)
{
	static const struct timeval look = {LOOK_MS / 1000, 0};
	const short signals = EV_SIGNAL | EV_PERSIST;

	w->mail = on(w, mailbox_fd(w->agent->mail), EV_READ | EV_PERSIST,
		     on_mail, NULL);
	w->look = on(w, -1, EV_PERSIST, on_look, &look);
	w->term = on(w, SIGTERM, signals, on_signal, NULL);
	w->interrupt = on(w, SIGINT, signals, on_signal, NULL);
	w->hangup = on(w, SIGHUP, signals, on_signal, NULL);
	w->end = on(w, -1, EV_PERSIST, on_end, NULL);
	return w->mail != NULL && w->look != NULL && w->term != NULL &&
	       w->interrupt != NULL && w->hangup != NULL && w->end != NULL;
}

static void wind_down(struct clockwork *w)
{
	struct event *all[] = {w->mail,	     w->look,	w->term,
			       w->interrupt, w->hangup, w->end};
	sigset_t ours;

	/* Who is impatient and asks again does not kill it at its last step. */
	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &ours, NULL);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i] != NULL)
			event_free(all[i]);
}

/* ----------------------------------------------------------- life time */

/* The secrets, and the link that the page is opened with. */
static bool take_secrets(struct agent *a, const struct listen_at *at)
{
	const struct options *o = a->options;
	char token[PATH_TEXT], link[PATH_TEXT], url[HOST_TEXT + 8];

	guard_hosts(&a->guard, at->text, at->port);
	snprintf(url, sizeof(url), "http://%s", a->guard.host[0]);
	if (snprintf(token, sizeof(token), "%s/agent.token", o->dir) >=
		(int)sizeof(token) ||
	    snprintf(link, sizeof(link), "%s/agent.page", o->dir) >=
		(int)sizeof(link)) {
		complain("--dir: too long a name");
		return false;
	}
	if (!token_of_file(o->token_file != NULL ? o->token_file : token,
			   a->guard.token) ||
	    !token_of_link(link, url, a->guard.page))
		return false;
	printf("listening on %s\nthe page's link is in %s\n", url, link);
	return true;
}

static bool out_of_something(void)
{
	complain("cannot start: out of memory, threads or descriptors");
	return false;
}

/* In the order in which each needs the other. */
static bool start_parts(struct agent *a, int fd)
{
	struct courier_ears courier = {on_heard, on_refused, a, REPORT_EACH_MS};
	struct feed_ears feed = {on_line, on_feed_state, a};

	a->web = web_new(a, fd);
	if (a->web == NULL)
		return out_of_something();
	a->door = pool_new(a->mail, DOOR_THREADS, DOOR_QUEUE);
	a->look = pool_new(a->mail, LOOK_THREADS, LOOK_QUEUE);
	a->courier = courier_start(a->kiosk, &courier);
	if (a->door == NULL || a->look == NULL || a->courier == NULL)
		return out_of_something();
	courier_nudge(a->courier, true);
	if (a->options->scanner == NULL)
		return true;
	a->feed = feed_start(a->options->scanner, a->mail, feed);
	return a->feed != NULL || out_of_something();
}

/* Jobs come home before those they tell are gone. */
static void stop_parts(struct agent *a)
{
	a->ending = true;
	feed_stop(a->feed);
	pool_free(a->door);
	pool_free(a->look);
	mailbox_run(a->mail);
	courier_stop(a->courier);
	mailbox_run(a->mail);
	web_free(a->web);
	json_decref(a->last_told);
}

static int run_loop(struct agent *a, struct listen_at *at)
{
	struct clockwork works = {.agent = a};
	int status = EXIT_RETRY, fd = listen_open(at);
	bool ready;

	if (fd < 0)
		return status;
	if (!take_secrets(a, at)) {
		close(fd);
		return status;
	}
	ready = start_parts(a, fd); /* takes fd */
	if (ready && !wind_up(&works))
		ready = out_of_something();
	if (ready && fflush(stdout) == 0) {
		agent_look(a);
		event_base_dispatch(a->base);
		status = EXIT_DONE;
	}
	stop_parts(a);
	wind_down(&works);
	return status;
}

static bool make_base(struct agent *a)
{
	struct event_config *config = event_config_new();

	if (config == NULL)
		return out_of_something();
	/* One thread alone; others use the mailbox. */
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	a->base = event_base_new_with_config(config);
	event_config_free(config);
	a->mail = mailbox_new();
	return (a->base != NULL && a->mail != NULL) || out_of_something();
}

/* What a technician has to do first. */
static int open_kiosk(struct agent *a)
{
	struct oap_problem why;
	struct oap_status s;

	if (oap_open(a->options->dir, 0, &a->kiosk, &why) != OAP_OK)
		return complain_about(&why);
	if (oap_status(a->kiosk, &s, &why) != OAP_OK)
		return complain_about(&why);
	/* One that was revoked says so on its page. */
	if (s.enrolled || s.wiped)
		return EXIT_DONE;
	complain("%s: not enrolled; oap-kiosk enrol --dir %s CODE does it",
		 a->options->dir, a->options->dir);
	return EXIT_USAGE;
}

int run_run(const struct options *o)
{
	struct agent *a = calloc(1, sizeof(*a));
	struct listen_at at;
	int status = EXIT_USAGE;

	if (a == NULL)
		return EXIT_RETRY;
	json_object_seed(0); /* before there are threads */
	a->options = o;
	a->link_since_ms = clock_ms();
	desk_init(&a->desk, o->benefit);
	if (listen_read(o->listen, &at) &&
	    (o->scanner == NULL || feed_check(o->scanner)))
		status = open_kiosk(a);
	if (status == EXIT_DONE)
		status = make_base(a) ? run_loop(a, &at) : EXIT_RETRY;
	mailbox_free(a->mail);
	if (a->base != NULL)
		event_base_free(a->base);
	oap_close(a->kiosk);
	free(a);
	return status;
}
