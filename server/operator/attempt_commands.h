/* SPDX-License-Identifier: Apache-2.0 */
/* attempt_commands.h: attempts one by one, and those of one pass. */
#ifndef OAP_ATTEMPT_COMMANDS_H
#define OAP_ATTEMPT_COMMANDS_H

#include "records.h"

extern const struct field attempts_fields[];
extern const struct field reversal_fields[];
extern const struct record attempt_record;

/* "KIOSK/ID", as attempts show and reverse take it. */
void cell_attempt(const struct ctl *ctl, const json_t *row,
		  const struct column *column, char cell[CELL_MAX]);
/* The path of KIOSK/ID; false with a complaint. */
bool attempt_path(char path[static PATH_CAP], const char *name);

/* A page of the command's record: attempts, or others that have a cursor. */
int attempts_list(struct ctl *ctl, const struct command *command,
		  const char *argument, json_t *values);
int attempts_show(struct ctl *ctl, const struct command *command,
		  const char *argument, json_t *values);
int attempts_reverse(struct ctl *ctl, const struct command *command,
		     const char *argument, json_t *values);
/* All that is kept of a pass, by its code ("-": from stdin). */
int pass_lookup(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values);

#endif
