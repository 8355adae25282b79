/* SPDX-License-Identifier: Apache-2.0 */
/* kiosk_commands.h: enrolment codes, and kiosks that are enrolled. */
#ifndef OAP_KIOSK_COMMANDS_H
#define OAP_KIOSK_COMMANDS_H

#include "records.h"

extern const struct field kiosk_fields[];
extern const struct field kiosk_set_fields[];
extern const struct record kiosk_record;

/* Prints the one-time code, as text and as a QR code on a terminal. */
int kiosk_add(struct ctl *ctl, const struct command *command,
	      const char *argument, json_t *values);
int kiosk_confirm(struct ctl *ctl, const struct command *command,
		  const char *argument, json_t *values);
int kiosk_revoke(struct ctl *ctl, const struct command *command,
		 const char *argument, json_t *values);

#endif
