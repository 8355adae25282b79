/* SPDX-License-Identifier: Apache-2.0 */
/* param.h: the parameters of a query, decoded, in the order they came. */
#ifndef OAP_PARAM_H
#define OAP_PARAM_H

#include "bytes.h"
#include "problem.h"

struct param {
	const char *name, *value; /* NUL-terminated, the caller's */
};

struct params {
	const struct param *p;
	size_t n;
};

/* The value of a name, or NULL. */
const char *param_get(struct params params, const char *name);
/* The day "2026-11-23" that a parameter of that name gives, as 20261123, or a
 * problem that names both; text NULL: not given, and *day stays. */
bool param_day(const char *name, const char *text, int32_t *day,
	       struct problem *problem) OAP_CHECKED;
/* Refuses names that are not in the NULL-terminated list, and repeated ones,
 * with a problem that names them. */
bool params_known(struct params params, const char *const *names,
		  struct problem *problem) OAP_CHECKED;

#endif
