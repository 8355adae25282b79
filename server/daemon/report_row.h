/* SPDX-License-Identifier: Apache-2.0 */
/* report_row.h: one row of a report, and the forms that rows are written in.
 * Private to the report*.c files. */
#ifndef OAP_REPORT_ROW_H
#define OAP_REPORT_ROW_H

#include "report.h"
#include "store_report.h"

#define REPORT_VERDICTS 256 /* numbers of verdicts are bytes in an entry */

/* Sums of one key (and currency). */
struct report_row {
	char key[ISS_MAX + 1]; /* the longest of keys */
	char currency[CURRENCY_LEN + 1];
	struct total total;
	int64_t attempts[REPORT_VERDICTS]; /* by verdict */
};

enum report_columns {
	COLUMNS_USAGE,   /* redemptions, amounts, what was refused and why */
	COLUMNS_VERDICTS /* attempts by verdict */
};

struct report_request {
	const char *name;
	enum report_columns columns;
	enum report_by by;
	int32_t from, to; /* 10000y + 100m + d */
	const struct report_form *form;
};

/* A form takes rows in order, then totals, then writes the body. begin: NULL
 * when there is no memory; finish frees what begin made, also without output.
 * All on one thread. */
struct report_form {
	const char *name, *content_type;
	void *(*begin)(const struct report_request *r);
	bool (*row)(void *form, const struct report_row *row);
	bool (*total)(void *form, const struct report_row *total);
	/* out NULL: only frees. */
	bool (*finish)(void *form, struct report_output *out);
};
extern const struct report_form report_json, report_csv;

const char *report_by_name(enum report_by by);
bool report_refuses(unsigned verdict);
/* "reject-use", …; "unknown" for a number that is no verdict. */
const char *report_class_name(unsigned verdict);
int64_t report_refused(const struct report_row *row);

#endif
