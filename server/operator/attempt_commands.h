/* SPDX-License-Identifier: Apache-2.0 */
/* attempt_commands.h: attempts one by one, and those of one pass. */
#ifndef OAP_ATTEMPT_COMMANDS_H
#define OAP_ATTEMPT_COMMANDS_H

#include "records.h"

extern const struct field attempts_fields[];
extern const struct field reversal_fields[];
extern const struct record attempt_record;

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
