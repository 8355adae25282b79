/* SPDX-License-Identifier: Apache-2.0 */
/* report_commands.h: reports as tables, CSV and JSON. */
#ifndef OAP_REPORT_COMMANDS_H
#define OAP_REPORT_COMMANDS_H

#include "records.h"

extern const struct field report_fields[];

int report_run(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values);

#endif
