/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h: the commands of oapctl, as one table. */
#ifndef OAP_COMMANDS_H
#define OAP_COMMANDS_H

#include "arguments.h"
#include "ctl.h"

struct record;

struct command {
	const char *noun, *verb;
	const char *argument; /* "ID", "[ID]" when it may be left out, or NULL */
	const struct field *fields;
	bool change; /* of what is there: no field is required, but one is */
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

#endif
