/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: oap-kiosk, a kiosk on the command line. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

int main(int argc, char **argv)
{
	struct options options;
	const struct command *command;
	int status;

	/* a reader of our output that went away shows as a failed write */
	signal(SIGPIPE, SIG_IGN);
	command = options_read(argc, argv, &options, &status);
	if (command != NULL)
		status = command->run(&options);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		complain("standard output: %s", strerror(errno));
		return EXIT_RETRY;
	}
	return status;
}
