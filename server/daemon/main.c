/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: oapd's command line, its start, and the signals it waits for. */
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "daemon.h"
#include "log.h"
#include "storage.h"
#include "store.h"

enum { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_IO = 4 };
#define DESCRIPTORS_BESIDE 128 /* database, sockets, threads' own */
#define CONNECTIONS_LEAST 16   /* fewer serve nobody */

static const char usage[] =
    "usage: oapd --config FILE [--check]\n"
    "  -c, --config FILE  what to run; see oapd.conf(5)\n"
    "  -n, --check        check the file, show what it sets, and end\n"
    "      --help-config  a file with every key explained\n"
    "      --make-next-key  make the service's next key, which bundles\n"
    "                     announce from SIGHUP on, and end\n"
    "      --use-next-key   put it in place, and end; no daemon may run\n"
    "  -h, --help\n"
    "  -V, --version\n"
    "SIGHUP reads the file again; SIGTERM and SIGINT finish what is in hand\n"
    "and end. Exit: 0 done, 2 usage or configuration, 4 could not run.\n";

struct options {
	const char *config;
	bool check;
	int next_key; /* enum next_key_step; -1: run */
	int exit; /* -1: go on */
};

enum { OPTION_HELP_CONFIG = 256, OPTION_MAKE_NEXT, OPTION_USE_NEXT };

static struct options read_options(int argc, char **argv)
{
	static const struct option LONG[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'n'},
	    {"help-config", no_argument, NULL, OPTION_HELP_CONFIG},
	    {"make-next-key", no_argument, NULL, OPTION_MAKE_NEXT},
	    {"use-next-key", no_argument, NULL, OPTION_USE_NEXT},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	struct options o = {.next_key = -1, .exit = -1};
	int c;

	while ((c = getopt_long(argc, argv, "c:nhV", LONG, NULL)) != -1) {
		switch (c) {
		case 'c': o.config = optarg; break;
		case 'n': o.check = true; break;
		case OPTION_MAKE_NEXT: o.next_key = NEXT_KEY_MAKE; break;
		case OPTION_USE_NEXT: o.next_key = NEXT_KEY_USE; break;
		case OPTION_HELP_CONFIG:
			config_help(stdout);
			o.exit = EXIT_DONE;
			return o;
		case 'h':
			fputs(usage, stdout);
			o.exit = EXIT_DONE;
			return o;
		case 'V':
			puts("oapd " OAP_VERSION);
			o.exit = EXIT_DONE;
			return o;
		default: o.exit = EXIT_USAGE; return o;
		}
	}
	if (optind < argc || o.config == NULL) {
		o.exit = EXIT_USAGE;
		fprintf(stderr, "oapd: %s: %s; see oapd --help\n",
			optind < argc ? argv[optind] : "--config FILE",
			optind < argc ? "not expected" : "not given");
	}
	return o;
}

/* libevent's own words. */
static void on_event_log(int severity, const char *text)
{
	if (severity >= EVENT_LOG_ERR)
		log_error("libevent: %s", text);
	else if (severity == EVENT_LOG_WARN)
		log_warning("libevent: %s", text);
	else
		log_debug("libevent: %s", text);
}

static void prepare_libraries(void)
{
	if (sodium_init() < 0) {
		log_error("libsodium cannot start");
		exit(EXIT_IO);
	}
	config_start();
	json_object_seed(0);
	store_library();
	event_set_log_callback(on_event_log);
}

/* Connections need descriptors; the soft limit is often 1024. Where there are
 * too few, fewer connections are taken: an operator must still get in. */
static bool fit_descriptors(struct config *config)
{
	int64_t wanted = config->connections_hard + DESCRIPTORS_BESIDE, most;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return true;
	if (limit.rlim_cur < (rlim_t)wanted) {
		limit.rlim_cur = (rlim_t)wanted < limit.rlim_max
				     ? (rlim_t)wanted
				     : limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0 &&
		    getrlimit(RLIMIT_NOFILE, &limit) != 0)
			return true;
	}
	most = limit.rlim_cur < (rlim_t)wanted
		   ? (int64_t)limit.rlim_cur - DESCRIPTORS_BESIDE
		   : config->connections_hard;
	if (most < CONNECTIONS_LEAST) {
		log_error("only %llu descriptors may be open; allow %d at "
			  "least (ulimit -n, LimitNOFILE=)",
			  (unsigned long long)limit.rlim_cur,
			  DESCRIPTORS_BESIDE + CONNECTIONS_LEAST);
		return false;
	}
	if (most < config->connections_hard)
		log_warning("only %llu descriptors may be open: [limits] "
			    "connections_hard is %lld, not %lld",
			    (unsigned long long)limit.rlim_cur,
			    (long long)most,
			    (long long)config->connections_hard);
	config->connections_hard = most;
	if (config->connections > most)
		config->connections = most;
	return true;
}

static void block_signals(sigset_t *set)
{
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	/* Threads inherit it; only the main one waits for them. */
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

static void reload(struct daemon *d, const char *path)
{
	struct config config;
	char error[512];

	if (!config_load(path, &config, error, sizeof(error)))
		log_error("%s; nothing was changed", error);
	else if (fit_descriptors(&config))
		daemon_reload(d, &config);
}

static void serve(struct daemon *d, const char *path, const sigset_t *signals)
{
	for (;;) {
		struct timespec wait = {.tv_sec = DAEMON_TICK_S};
		int signal = sigtimedwait(signals, NULL, &wait);

		if (signal == SIGHUP)
			reload(d, path);
		else if (signal > 0)
			return;
		else if (errno == EAGAIN)
			daemon_tick(d);
	}
}

/* What was written for somebody to read has to be there. */
static int finish(int status)
{
	if (fflush(stdout) == 0 || status != EXIT_DONE)
		return status;
	fputs("oapd: standard output: cannot be written\n", stderr);
	return EXIT_IO;
}

/* The service's own key is followed by another; nothing is served. */
static int change_key(const struct config *config, enum next_key_step step)
{
	char error[512];

	if (storage_next_key(config->data_dir, step, (uint64_t)time(NULL),
			     error, sizeof(error))) {
		printf("oapd: the next key is %s\n",
		       step == NEXT_KEY_MAKE
			   ? "made; SIGHUP or a start announces it"
			   : "in use from the next start on");
		return finish(EXIT_DONE);
	}
	fprintf(stderr, "oapd: %s\n", error);
	return EXIT_IO;
}

int main(int argc, char **argv)
{
	struct options o = read_options(argc, argv);
	struct config config;
	struct daemon *d;
	sigset_t signals;
	char error[512];

	if (o.exit >= 0)
		return finish(o.exit);
	log_open("oapd", LOG_INFOS, getenv("JOURNAL_STREAM") != NULL);
	prepare_libraries();
	if (!config_load(o.config, &config, error, sizeof(error))) {
		fprintf(stderr, "oapd: %s\n", error);
		return EXIT_USAGE;
	}
	if (o.check && !daemon_check(&config, error, sizeof(error))) {
		fprintf(stderr, "oapd: %s\n", error);
		return EXIT_USAGE;
	}
	if (o.check) {
		config_show(&config, stdout);
		return finish(EXIT_DONE);
	}
	umask(077); /* what it keeps is nobody else's */
	if (o.next_key >= 0)
		return change_key(&config, (enum next_key_step)o.next_key);
	log_set_level((enum log_level)config.level);
	if (!fit_descriptors(&config))
		return EXIT_IO;
	block_signals(&signals);
	d = daemon_start(&config, error, sizeof(error));
	if (d == NULL) {
		log_error("%s", error);
		return EXIT_IO;
	}
	printf("listening on %s\n", daemon_url(d));
	fflush(stdout);
	log_info("listening on %s", daemon_url(d));
	serve(d, o.config, &signals);
	log_info("stopping");
	daemon_stop(d);
	log_info("stopped");
	return EXIT_DONE;
}
