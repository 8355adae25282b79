/* SPDX-License-Identifier: Apache-2.0 */
/* trouble_commands.h: what needs a look: conflicts, disputed accepts, answers
 * without an entry; and what an operator decides about a disputed one. */
#ifndef OAP_TROUBLE_COMMANDS_H
#define OAP_TROUBLE_COMMANDS_H

#include "records.h"

extern const struct field trouble_fields[];
extern const struct field decision_fields[];
extern const struct record conflict_record;
extern const struct record disputed_record;
extern const struct record unconfirmed_record;

int attempts_admit(struct ctl *ctl, const struct command *command,
		   const char *argument, json_t *values);
int attempts_reject(struct ctl *ctl, const struct command *command,
		    const char *argument, json_t *values);

#endif
