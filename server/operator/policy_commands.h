/* SPDX-License-Identifier: Apache-2.0 */
/* policy_commands.h: what bounds all kiosks. */
#ifndef OAP_POLICY_COMMANDS_H
#define OAP_POLICY_COMMANDS_H

#include "records.h"

extern const struct field policy_fields[];
extern const struct record policy_record;

int policy_show(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values);
int policy_set(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values);

#endif
