/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_commands.h: cities that are trusted, and where what they publish is
 * fetched from. */
#ifndef OAP_ISSUER_COMMANDS_H
#define OAP_ISSUER_COMMANDS_H

#include "records.h"

extern const struct field issuer_fields[];
extern const struct field issuer_set_fields[];
extern const struct record issuer_record;

/* Waits until the daemon has fetched it. */
int issuer_fetch(struct ctl *ctl, const struct command *command,
		 const char *argument, json_t *values);

#endif
