/* SPDX-License-Identifier: Apache-2.0 */
/* import_commands.h: oapctl import and bundle: files from and for kiosks
 * without a network. */
#ifndef OAP_IMPORT_COMMANDS_H
#define OAP_IMPORT_COMMANDS_H

#include "commands.h"

extern const struct field import_fields[];

int import_run(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values);
int bundle_run(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values);

#endif
