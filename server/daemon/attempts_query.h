/* SPDX-License-Identifier: Apache-2.0 */
/* attempts_query.h: what a search asks for, and how numbers in it are read:
 * for the attempts*.c files, and for the other lists (page.c) and what is in
 * them. */
#ifndef OAP_ATTEMPTS_QUERY_H
#define OAP_ATTEMPTS_QUERY_H

#include "attempts.h"
#include "store_report.h"

struct attempts_query {
	struct attempt_filter filter;
	struct attempt_place place; /* where it goes on, or begins */
	size_t limit;
};

/* The parameter "limit"; text NULL: the default. */
bool attempts_limit_read(const char *text, size_t *limit,
                         struct problem *p) OAP_CHECKED;
/* Decimal digits, as many as max has at most. */
bool attempts_number_read(const char *text, size_t n, int64_t max,
                          int64_t *out) OAP_CHECKED;

#endif
