/* SPDX-License-Identifier: Apache-2.0 */
/* oap-issuer: issues a city's passes. Picks the command, and gives it the
 * clock and the random numbers. */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "command.h"
#include "output.h"

static void print_help(void)
{
	const struct command *table;
	size_t count;

	puts("oap-issuer: issues a city's One-Asia passes.\n\n"
	     "usage: oap-issuer COMMAND [OPTION ...] [ARGUMENT ...]\n");
	table = command_table(&count);
	for (size_t i = 0; i < count; i++)
		printf("  %-12s %s\n", table[i].name, table[i].summary);
	puts("\noap-issuer COMMAND --help lists a command's options.\n"
	     "Exit status: 0 done, 1 refused, 2 usage, 3 undecided, 4 I/O.");
}

static int print_command_help(const struct command *command)
{
	printf("usage: oap-issuer %s %s\n\n%s\n\n", command->name,
	       command->synopsis, command->summary);
	options_help(&command->rules);
	return EXIT_DONE;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--"))
			return false;
		if (!strcmp(argv[i], "--help"))
			return true;
	}
	return false;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct world world = {.random = randombytes_buf};
	struct options options;
	struct fault fault;
	time_t now = time(NULL);

	if (asks_for_help(argc, argv))
		return print_command_help(command);
	if (!options_parse(argc, argv, &command->rules, &options, &fault))
		return fault_report(&fault);
	if (now < 0) {
		say("the clock is before 1970; set it");
		return EXIT_IO;
	}
	world.now = (uint64_t)now;
	return command->run(&options, &world);
}

/* What standard output did not take was not said. */
static int finish(int status)
{
	struct fault fault;

	if (output_flush_stdout(&fault))
		return status;
	fault_report(&fault);
	return status ? status : EXIT_IO;
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		say("a command is missing; oap-issuer --help lists them");
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help")) {
		print_help();
		return finish(EXIT_DONE);
	}
	if (!strcmp(argv[1], "--version")) {
		puts("oap-issuer " OAP_VERSION);
		return finish(EXIT_DONE);
	}
	command = command_find(argv[1]);
	if (!command) {
		say("\"%s\": no such command; oap-issuer --help lists them",
		    argv[1]);
		return EXIT_USAGE;
	}
	/* a limit on file sizes is a failed write like a full disk, and so is
	 * a pipe whose reader has gone */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() < 0) {
		say("libsodium cannot be used here");
		return EXIT_IO;
	}
	return finish(run(command, argc - 1, argv + 1));
}
