/* SPDX-License-Identifier: Apache-2.0 */
/* residents.h: the rows of a CSV file as requests. Columns go by the names in
 * the header row: ref, class (both required), days, exp, valid_until, hint,
 * holder_key, valid_from. No I/O. */
#ifndef ISSUER_RESIDENTS_H
#define ISSUER_RESIDENTS_H

#include "csv.h"
#include "request.h"

enum column {
	COLUMN_REF,
	COLUMN_CLASS,
	COLUMN_VALID_FROM,
	COLUMN_DAYS,
	COLUMN_EXP,
	COLUMN_VALID_UNTIL,
	COLUMN_HINT,
	COLUMN_HOLDER_KEY,
	COLUMN_COUNT
};

/* For rows that say none; empty: there is none. Judged before by who gives
 * them. */
struct validity {
	struct bytes from, days, until;
};

struct residents {
	struct csv csv;
	struct csv_row row;
	size_t columns;		  /* in the header */
	int place[COLUMN_COUNT]; /* in a row; -1: no such column */
	uint64_t now;
	struct validity otherwise;
};

enum resident_result { RESIDENT, RESIDENT_BAD, RESIDENT_END };

/* Reads the header; text must live as long. */
bool residents_start(struct residents *r, struct bytes text, uint64_t now,
		     const struct validity *otherwise, struct fault *fault)
    OAP_CHECKED;
/* The next row; a bad one sets the fault, and request->line, and reading goes
 * on after it. Empty lines are skipped. */
enum resident_result residents_next(struct residents *r, struct request *out,
				    struct fault *fault) OAP_CHECKED;

#endif
