/* SPDX-License-Identifier: Apache-2.0 */
/* oapctl: what an operator sets up and asks. */
#include "commands.h"
#include "options.h"

#include <curl/curl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SERVER_DEFAULT "unix:/run/oapd/oapd.sock"

static int print_usage(void)
{
	printf("Usage: oapctl [OPTION…] COMMAND …\n"
	       "Sets up a One-Asia Pass service and asks for its reports.\n\n"
	       "Options, which may also stand behind the command:\n");
	arguments_help(option_fields, true, stdout);
	printf("\nCommands (COMMAND --help lists its options):\n");
	commands_help(NULL, stdout);
	return EXIT_DONE;
}

/* Whatever else is on the line. */
static bool asks_for(const char *option, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], option) == 0)
			return true;
	return false;
}

static int fail(const char *error)
{
	ctl_complain("%s", error);
	return EXIT_USAGE;
}

static int run(const struct command *command, const char *argument,
	       json_t *values, const struct options *options)
{
	char error[256];
	struct ctl ctl = {
	    .json = options->json, .lang = options->lang, .out = stdout};

	ctl.client = client_open(&options->client, error, sizeof error);
	if (ctl.client == NULL)
		return fail(error);
	int status = command->run(&ctl, command, argument, values);
	client_close(ctl.client);
	return status;
}

/* The rest of the line, which may hold options of either kind. */
static int run_rest(struct command_line *line, const struct command *command)
{
	struct options options = {
	    .client = {.server = getenv("OAPCTL_SERVER"),
		       .token_file = getenv("OAPCTL_TOKEN_FILE")}};
	const char *argument;
	json_t *values = command_values(line, command, &argument);

	if (values == NULL)
		return EXIT_USAGE;
	options_read(line->given, &options);
	if (options.client.server == NULL)
		options.client.server = SERVER_DEFAULT;
	int status = run(command, argument, values, &options);
	json_decref(values);
	return status;
}

static int run_line(struct command_line *line, bool help)
{
	const struct command *command;
	const char *noun;

	if (!command_find(line, &noun, &command))
		return fail(line->error);
	if (help && noun == NULL)
		return print_usage();
	if (noun == NULL)
		return fail("no command; oapctl --help lists them");
	if (help && command == NULL)
		noun_help(noun, stdout);
	else if (help)
		command_help(command, stdout);
	else if (command != NULL)
		return run_rest(line, command);
	else
		ctl_complain("%s: a verb is missing; oapctl %s --help lists "
			     "what it can do",
			     noun, noun);
	return help ? EXIT_DONE : EXIT_USAGE;
}

/* What nobody could read was not done. */
static int flushed(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	ctl_complain("standard output: cannot be written");
	return EXIT_RETRY;
}

int main(int argc, char **argv)
{
	struct command_line line = {.argc = argc,
				    .argv = argv,
				    .at = 1,
				    .globals = option_fields};

	if (asks_for("--version", argc, argv)) {
		puts("oapctl " OAP_VERSION);
		return flushed(EXIT_DONE);
	}
	line.given = json_object();
	if (line.given == NULL || sodium_init() < 0 ||
	    curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		ctl_complain("libsodium or libcurl cannot start");
		return EXIT_RETRY;
	}
	int status = run_line(&line, asks_for("--help", argc, argv));
	json_decref(line.given);
	curl_global_cleanup();
	return flushed(status);
}
