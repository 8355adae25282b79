/* SPDX-License-Identifier: Apache-2.0 */
/* report_commands.h: reports, and attempts one by one. */
#ifndef OAP_REPORT_COMMANDS_H
#define OAP_REPORT_COMMANDS_H

#include "records.h"

extern const struct field report_fields[];
extern const struct field attempts_fields[];
extern const struct field reversal_fields[];
extern const struct record attempt_record;

int report_run(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values);
int attempts_list(struct ctl *ctl, const struct command *command,
		  const char *argument, json_t *values);
int attempts_reverse(struct ctl *ctl, const struct command *command,
		     const char *argument, json_t *values);
/* All that is kept of a pass, by its code ("-": from stdin). */
int pass_lookup(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values);

#endif
