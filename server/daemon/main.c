/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: oapd's command line, its signals, and nothing else. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon.h"
#include "log.h"
#include "store.h"

enum exit_status { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_RETRY = 4 };

struct options {
	const char *config;
	bool check;
};

static const char usage[] =
    "usage: oapd --config FILE [--check]\n"
    "\n"
    "The One-Asia Pass service of a city: answers kiosks, keeps the ledger.\n"
    "\n"
    "  -c, --config FILE  what to run; oapd.conf(5)\n"
    "  -n, --check        check the file, show what it sets, and end\n"
    "  --help-config      write a configuration with every key explained\n"
    "  -h, --help\n"
    "  -V, --version\n"
    "\n"
    "SIGHUP reads the configuration again, SIGTERM ends in order.\n"
    "Exit status: 0 told to end, 2 usage or configuration, 4 cannot start.\n";

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'n'},
	    {"help-config", no_argument, NULL, 'H'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {0}};
	int c;

	while ((c = getopt_long(argc, argv, "c:nhV", longs, NULL)) != -1) {
		switch (c) {
		case 'c': o->config = optarg; break;
		case 'n': o->check = true; break;
		case 'H': config_help(stdout); return EXIT_DONE;
		case 'h': fputs(usage, stdout); return EXIT_DONE;
		case 'V': puts("oapd " OAP_VERSION); return EXIT_DONE;
		default: return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "oapd: \"%s\": takes no arguments; --help\n",
			argv[optind]);
		return EXIT_USAGE;
	}
	if (o->config != NULL)
		return -1;
	fputs("oapd: which configuration? --config FILE; --help-config writes "
	      "one\n",
	      stderr);
	return EXIT_USAGE;
}

/* What this program waits for, blocked in every thread. */
static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void reload(struct daemon *d, const char *path)
{
	struct config config;
	char error[512];

	if (config_load(path, &config, error, sizeof(error)))
		daemon_reload(d, &config);
	else
		log_error("%s; nothing is changed", error);
}

/* Until a signal says to end. */
static void serve(struct daemon *d, const char *path, const sigset_t *set)
{
	for (;;) {
		int64_t ms = daemon_tick_ms(d);
		struct timespec wait = {.tv_sec = ms / 1000,
					.tv_nsec = ms % 1000 * 1000000};
		int sig = sigtimedwait(set, NULL, &wait);

		if (sig == SIGTERM || sig == SIGINT)
			return;
		if (sig == SIGHUP)
			reload(d, path);
		else if (sig < 0 && errno == EAGAIN)
			daemon_tick(d);
	}
}

static int run(const struct options *o)
{
	struct config config;
	struct daemon *d;
	char error[512];
	sigset_t set;

	if (!config_load(o->config, &config, error, sizeof(error))) {
		fprintf(stderr, "oapd: %s\n", error);
		return EXIT_USAGE;
	}
	if (o->check) {
		config_show(&config, stdout);
		return EXIT_DONE;
	}
	block_signals(&set);
	log_open("oapd", (enum log_level)config.level,
		 getenv("JOURNAL_STREAM") != NULL);
	store_library();
	d = daemon_start(&config, error, sizeof(error));
	if (d == NULL) {
		log_error("%s", error);
		return EXIT_RETRY;
	}
	printf("listening on %s\n", daemon_url(d));
	fflush(stdout);
	serve(d, o->config, &set);
	log_info("ending");
	daemon_stop(d);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	int status;

	config_start();
	status = read_options(argc, argv, &o);
	if (status < 0) {
		if (sodium_init() < 0) {
			fputs("oapd: libsodium cannot start\n", stderr);
			return EXIT_RETRY;
		}
		status = run(&o);
	}
	if (fflush(stdout) != 0 && status == EXIT_DONE) {
		fputs("oapd: standard output: cannot be written\n", stderr);
		status = EXIT_RETRY;
	}
	return status;
}
