/* SPDX-License-Identifier: Apache-2.0 */
/* report.h: the five reports, from the totals that the ledger keeps: they
 * cost by the days asked, not by the attempts stored. Days are each facility's
 * own local days; amounts of different currencies are never added. */
#ifndef OAP_REPORT_H
#define OAP_REPORT_H

#include "param.h"
#include "store.h"

struct report_request;

/* Name: redemptions, facilities, benefits, issuers, verdicts. Parameters:
 * from, to (YYYY-MM-DD, both inclusive; to absent: from alone), by, format.
 * NULL and a problem: 404 for the name, 400 for a parameter. */
struct report_request *report_request_read(const char *name,
					   struct params params,
					   struct problem *p) OAP_CHECKED;
void report_request_free(struct report_request *r); /* takes NULL */

struct report_output {
	const char *content_type; /* static */
	char *body; /* free(3); not NUL-terminated */
	size_t n;
};

/* On the report thread. STORE_FAILED leaves out empty. */
enum store_result report_run(struct store *reader,
			     const struct report_request *r,
			     struct report_output *out) OAP_CHECKED;

#endif
