/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h: the commands of oapctl, as one table. */
#ifndef OAP_COMMANDS_H
#define OAP_COMMANDS_H

#include "arguments.h"
#include "client.h"
#include "verdict.h"

/* Exit statuses of all programs. */
enum { EXIT_DONE = 0, EXIT_REJECT = 1, EXIT_USAGE = 2, EXIT_RETRY = 4 };

struct ctl {
	struct client *client;
	bool json; /* print the daemon's JSON as it is */
	enum language lang;
	FILE *out;
};

struct record;

struct command {
	const char *noun, *verb;
	const char *argument; /* "ID", "[ID]" when it may be left out, or NULL */
	const struct field *fields;
	bool partial; /* required fields may be missing: a change */
	int (*run)(struct ctl *ctl, const struct command *command,
		   const char *argument, json_t *values);
	const struct record *record;
	const char *help;
};

/* The verbs of one noun follow each other; a NULL noun ends the table. */
extern const struct command commands[];

/* NULL with one line in error; *taken is how many words named it. */
const struct command *command_find(int argc, char **argv, int *taken,
				   char *error, size_t error_size);
void command_help(const struct command *command, FILE *out);
void commands_help(FILE *out);
/* Parses the rest of the words and runs; the exit status. */
int command_run(struct ctl *ctl, const struct command *command, int argc,
		char **argv);

/* Asks the daemon; prints what went wrong. EXIT_DONE with an answer of status
 * 2xx in *out (json is the caller's), else the exit status. */
int ctl_call(struct ctl *ctl, const char *method, const char *path,
	     json_t *body, struct response *out);
/* One line on stderr, "oapctl: …". */
void ctl_complain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
/* The JSON as the daemon sent it, indented. */
void ctl_print_json(const struct ctl *ctl, const json_t *json);

#endif
