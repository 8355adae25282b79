/* SPDX-License-Identifier: Apache-2.0 */
/* page.h: lists that are read by pages, the latest row first: which page a
 * request asks for, and where the next one begins. A cursor is the number of
 * the last row given. */
#ifndef OAP_PAGE_H
#define OAP_PAGE_H

#include <jansson.h>

#include "param.h"
#include "problem.h"

struct page {
	int64_t below; /* row number; INT64_MAX: from the latest */
	size_t limit;  /* 1..ATTEMPTS_PAGE_MAX rows */
};

/* The parameters "limit" and "cursor", which alone there may be. */
bool page_read(struct params params, struct page *page,
	       struct problem *p) OAP_CHECKED;
/* below: the last row given. null: there is no more. A new reference. */
json_t *page_cursor(int64_t below, bool more);

#endif
