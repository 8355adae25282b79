/* SPDX-License-Identifier: Apache-2.0 */
/* oapctl: what an operator sets up and asks. */
#include "commands.h"

#include <curl/curl.h>
#include <getopt.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SERVER_DEFAULT "unix:/run/oapd/oapd.sock"

static void usage(FILE *out)
{
	fprintf(out,
		"Usage: oapctl [OPTION…] COMMAND …\n"
		"Sets up a One-Asia Pass service and asks for its reports.\n\n"
		"  --server URL|unix:PATH    the daemon (default: "
		"$OAPCTL_SERVER, else\n"
		"                            " SERVER_DEFAULT ")\n"
		"  --token-file FILE         the operator's token (default: "
		"$OAPCTL_TOKEN_FILE)\n"
		"  --lang en|ko|ja|zh        names in this language\n"
		"  --json                    answers as JSON\n"
		"  --help, --version\n\n"
		"Commands (COMMAND --help lists its options):\n");
	commands_help(out);
}

struct options {
	const char *server, *token_file;
	struct ctl ctl;
};

/* -1: go on; else the exit status. */
static int parse_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"server", required_argument, NULL, 's'},
	    {"token-file", required_argument, NULL, 't'},
	    {"lang", required_argument, NULL, 'l'},
	    {"json", no_argument, NULL, 'j'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'v'},
	    {0}};
	int c;

	while ((c = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		switch (c) {
		case 's': o->server = optarg; break;
		case 't': o->token_file = optarg; break;
		case 'l': o->ctl.lang = language_of(optarg); break;
		case 'j': o->ctl.json = true; break;
		case 'h': usage(stdout); return EXIT_DONE;
		case 'v': puts("oapctl " OAP_VERSION); return EXIT_DONE;
		default: return EXIT_USAGE;
		}
	}
	return -1;
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct options o = {.server = getenv("OAPCTL_SERVER"),
			    .token_file = getenv("OAPCTL_TOKEN_FILE"),
			    .ctl = {.out = stdout}};
	char error[256];
	int taken = 0;

	int status = parse_options(&o, argc, argv);
	if (status >= 0)
		return status;
	argc -= optind;
	argv += optind;
	const struct command *command =
	    command_find(argc, argv, &taken, error, sizeof error);
	if (command == NULL) {
		ctl_complain("%s", error);
		return EXIT_USAGE;
	}
	if (wants_help(argc, argv)) {
		command_help(command, stdout);
		return EXIT_DONE;
	}
	if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		ctl_complain("libsodium or libcurl cannot start");
		return EXIT_RETRY;
	}
	o.ctl.client =
	    client_open(o.server != NULL ? o.server : SERVER_DEFAULT,
			o.token_file, error, sizeof error);
	if (o.ctl.client == NULL) {
		ctl_complain("%s", error);
		status = EXIT_USAGE;
	} else {
		status = command_run(&o.ctl, command, argc - taken + 1,
				     argv + taken - 1);
	}
	client_close(o.ctl.client);
	curl_global_cleanup();
	if (fflush(stdout) != 0) {
		ctl_complain("standard output: cannot be written");
		status = EXIT_RETRY;
	}
	return status;
}
