/* SPDX-License-Identifier: Apache-2.0 */
/* page.c: the parameters of lists by pages. */
#include "page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "attempts_query.h"

bool page_read(struct params params, struct page *page, struct problem *p)
{
	static const char *const known[] = {"limit", "cursor", NULL};
	const char *cursor;

	if (!params_known(params, known, p) ||
	    !attempts_limit_read(param_get(params, "limit"), &page->limit, p))
		return false;
	cursor = param_get(params, "cursor");
	page->below = INT64_MAX;
	return cursor == NULL ||
	       attempts_number_read(cursor, strlen(cursor), INT64_MAX,
				    &page->below) ||
	       problem_set(p, 400, NULL,
			   "parameter \"cursor\": \"%.40s\"; give it as the "
			   "page before had it, or leave it out",
			   cursor);
}

json_t *page_cursor(int64_t below, bool more)
{
	char text[24];

	if (!more)
		return json_null();
	snprintf(text, sizeof(text), "%" PRId64, below);
	return json_string(text);
}
