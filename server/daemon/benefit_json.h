/* SPDX-License-Identifier: Apache-2.0 */
/* benefit_json.h: a benefit as operators write it, and as messages carry it. */
#ifndef OAP_BENEFIT_JSON_H
#define OAP_BENEFIT_JSON_H

#include <jansson.h>

#include "benefit.h"
#include "problem.h"

/* Of a benefit in a bundle; the longest lists of ids come to under 50 KiB. */
#define BENEFIT_ENCODED_MAX 65536

/* NULL-terminated. */
extern const char *const benefit_fields[];

/* Reads a whole benefit. Lists are encoded into lists, texts point into the
 * JSON: *out lives as long as both. */
bool benefit_from_json(const json_t *body, struct outbuf *lists,
		       struct benefit *out, bool *withdrawn,
		       struct problem *p) OAP_CHECKED;
/* NULL without memory. */
json_t *benefit_to_json(const struct benefit *b, bool withdrawn);

#endif
