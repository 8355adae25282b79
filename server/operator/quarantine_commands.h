/* SPDX-License-Identifier: Apache-2.0 */
/* quarantine_commands.h: what kiosks sent that is no record. */
#ifndef OAP_QUARANTINE_COMMANDS_H
#define OAP_QUARANTINE_COMMANDS_H

#include "records.h"

extern const struct field quarantine_fields[];
extern const struct record quarantine_record;

/* One, and its bytes into a file where a name is given. */
int quarantine_show(struct ctl *ctl, const struct command *command,
		    const char *argument, json_t *values);

#endif
