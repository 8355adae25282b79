/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: the command line of oap-kiosk. */
#ifndef OAP_KIOSK_OPTIONS_H
#define OAP_KIOSK_OPTIONS_H

#include <oap.h>
#include <stdbool.h>

/* Exit statuses, beside those of verdicts. */
enum { EXIT_DONE = 0, EXIT_REJECT = 1, EXIT_USAGE = 2, EXIT_UNDECIDED = 3,
       EXIT_RETRY = 4 };

/* Values point into argv. */
struct options {
	const char *dir;
	const char *benefit;
	const char *amount; /* NULL: no list amount */
	const char *image;  /* NULL: the code is the argument */
	const char *argument; /* NULL: none */
	const char *listen, *scanner, *token_file; /* of run; NULL: as usual */
	unsigned party;
	unsigned days; /* 0: not given */
	enum oap_reason reason;
	enum oap_lang lang;
	bool json;
	bool colour; /* standard output is a terminal */
};

struct command {
	const char *name;
	int (*run)(const struct options *o); /* gives the exit status */
	const char *takes;    /* letters of the options beside -h, -V; b and n
			       * must be given, B may be */
	bool needs_argument;  /* unless an image stands for it */
	const char *synopsis; /* after "oap-kiosk NAME --dir DIR " */
	const char *help;
};

/* Ends with a NULL name. */
extern const struct command COMMANDS[];

/* Finds the command and fills in out. NULL: *status is how to exit, and what
 * was wrong has been said. */
const struct command *options_read(int argc, char **argv, struct options *out,
				   int *status);

/* "oap-kiosk: …" on standard error, one line. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says why, and gives the exit status for it. */
int complain_about(const struct oap_problem *why);

#endif
