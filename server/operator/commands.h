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

/* Reads noun and verb off the line. False: failed. *noun NULL: there is none;
 * *command NULL: there is no verb. */
bool command_find(struct command_line *line, const char **noun,
		  const struct command **command);
/* Reads the rest of the line; what it says is the caller's. NULL, with a
 * complaint, when it is wrong. */
json_t *command_values(struct command_line *line,
		       const struct command *command, const char **argument);

void command_help(const struct command *command, FILE *out);
/* The verbs of one noun. */
void noun_help(const char *noun, FILE *out);
/* A line for each command, of one noun or of all (NULL). */
void commands_help(const char *noun, FILE *out);

#endif
