/* SPDX-License-Identifier: Apache-2.0 */
/* backup_commands.h: oapctl backup. */
#ifndef OAP_BACKUP_COMMANDS_H
#define OAP_BACKUP_COMMANDS_H

#include "commands.h"

int backup_run(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values);

#endif
