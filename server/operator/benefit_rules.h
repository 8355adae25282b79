/* SPDX-License-Identifier: Apache-2.0 */
/* benefit_rules.h: how often and when, as people write it. */
#ifndef OAP_BENEFIT_RULES_H
#define OAP_BENEFIT_RULES_H

#include "arguments.h"

/* "1/day", "2/month/facility" */
bool put_limit(json_t *object, const struct field *field, const char *value,
	       char *error, size_t error_size);
/* "mon-fri 09:00-18:00"; grows */
bool put_hours(json_t *object, const struct field *field, const char *value,
	       char *error, size_t error_size);

#endif
