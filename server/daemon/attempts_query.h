/* SPDX-License-Identifier: Apache-2.0 */
/* attempts_query.h: what a search asks for. Private to the attempts*.c files.
 */
#ifndef OAP_ATTEMPTS_QUERY_H
#define OAP_ATTEMPTS_QUERY_H

#include "attempts.h"
#include "store_report.h"

struct attempts_query {
	struct attempt_filter filter;
	struct attempt_place place; /* where it goes on, or begins */
	size_t limit;
};

#endif
