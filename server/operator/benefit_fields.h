/* SPDX-License-Identifier: Apache-2.0 */
/* benefit_fields.h: a benefit's options: rule, limit and hours as people
 * write them, amounts in major units. */
#ifndef OAP_BENEFIT_FIELDS_H
#define OAP_BENEFIT_FIELDS_H

#include "benefit_cells.h"

extern const struct field benefit_fields[];

int benefit_add(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values);
int benefit_set(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values);

#endif
