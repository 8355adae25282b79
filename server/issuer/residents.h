/* SPDX-License-Identifier: Apache-2.0 */
/* residents.h: the rows of a CSV file as requests. Columns go by the names in
 * the header row: ref, class (both required), days, exp, valid_until, hint,
 * holder_key. No I/O. */
#ifndef ISSUER_RESIDENTS_H
#define ISSUER_RESIDENTS_H

#include "csv.h"
#include "request.h"

enum column {
	COLUMN_REF,
	COLUMN_CLASS,
	COLUMN_DAYS,
	COLUMN_EXP,
	COLUMN_VALID_UNTIL,
	COLUMN_HINT,
	COLUMN_HOLDER_KEY,
	COLUMN_COUNT
};

struct residents {
	struct csv csv;
	struct csv_row row;
	size_t columns;		  /* in the header */
	int place[COLUMN_COUNT]; /* in a row; -1: no such column */
	uint64_t now;
	uint64_t default_exp; /* for rows that say none; 0: there is none */
};

enum resident_result { RESIDENT, RESIDENT_BAD, RESIDENT_END };

/* Reads the header; text must live as long. */
bool residents_start(struct residents *r, struct bytes text, uint64_t now,
		     uint64_t default_exp, struct fault *fault) OAP_CHECKED;
/* The next row; a bad one sets the fault, and request->line, and reading goes
 * on after it. Empty lines are skipped. */
enum resident_result residents_next(struct residents *r, struct request *out,
				    struct fault *fault) OAP_CHECKED;

#endif
