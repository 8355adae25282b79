/* SPDX-License-Identifier: Apache-2.0 */
/* Turns rows of a CSV file into requests. */
#include "residents.h"

#include <stdio.h>
#include <string.h>

#include "printable.h"

static const char *const names[COLUMN_COUNT] = {
    [COLUMN_REF] = "ref",
    [COLUMN_CLASS] = "class",
    [COLUMN_VALID_FROM] = "valid_from",
    [COLUMN_DAYS] = "days",
    [COLUMN_EXP] = "exp",
    [COLUMN_VALID_UNTIL] = "valid_until",
    [COLUMN_HINT] = "hint",
    [COLUMN_HOLDER_KEY] = "holder_key",
};

static bool place_column(struct residents *r, struct bytes name, int at,
			 struct fault *fault)
{
	char shown[44];

	for (int c = 0; c < COLUMN_COUNT; c++) {
		if (!bytes_is_text(name, names[c]))
			continue;
		if (r->place[c] >= 0)
			return fault_set(fault, EXIT_REFUSED,
					 "column \"%s\" is there twice",
					 names[c]);
		r->place[c] = at;
		return true;
	}
	return fault_set(fault, EXIT_REFUSED,
			 "column \"%s\": unknown; ref, class, days, exp, "
			 "valid_from, valid_until, hint and holder_key are "
			 "known", printable(name, shown, sizeof(shown)));
}

bool residents_start(struct residents *r, struct bytes text, uint64_t now,
		     const struct validity *otherwise, struct fault *fault)
{
	enum csv_result result;

	csv_start(&r->csv, text);
	r->now = now;
	r->otherwise = *otherwise;
	for (int c = 0; c < COLUMN_COUNT; c++)
		r->place[c] = -1;
	result = csv_next(&r->csv, &r->row);
	if (result == CSV_END)
		return fault_set(fault, EXIT_REFUSED,
				 "empty; a header row is expected: "
				 "ref,class,days,hint");
	if (result != CSV_ROW)
		return fault_set(fault, EXIT_REFUSED, "%s",
				 csv_result_text(result));
	r->columns = r->row.count;
	for (size_t i = 0; i < r->row.count; i++)
		if (!place_column(r, r->row.field[i], (int)i, fault))
			return false;
	for (int c = COLUMN_REF; c <= COLUMN_CLASS; c++)
		if (r->place[c] < 0)
			return fault_set(fault, EXIT_REFUSED,
					 "column \"%s\" is missing in the "
					 "header row", names[c]);
	return true;
}

/* "" for a column that is not there. */
static struct bytes cell(const struct residents *r, enum column c)
{
	return r->place[c] < 0 ? bytes_of("", 0) : r->row.field[r->place[c]];
}

/* When it begins and ends; at most one of three columns says the end. */
static bool read_validity(const struct residents *r, struct request *out,
			  struct fault *fault)
{
	struct bytes from = cell(r, COLUMN_VALID_FROM);
	struct bytes days = cell(r, COLUMN_DAYS);
	struct bytes exp = cell(r, COLUMN_EXP);
	struct bytes until = cell(r, COLUMN_VALID_UNTIL);

	if ((days.n > 0) + (exp.n > 0) + (until.n > 0) > 1)
		return fault_set(fault, EXIT_REFUSED,
				 "days, exp, valid_until: only one of them");
	if (exp.n)
		until = exp;
	if (!days.n && !until.n) {
		days = r->otherwise.days;
		until = r->otherwise.until;
	}
	if (!from.n)
		from = r->otherwise.from;
	if (from.n && !request_from(out, from, r->now, fault))
		return false;
	if (days.n)
		return request_days(out, days, r->now, false, fault);
	if (until.n)
		return request_until(out, until, r->now, false, fault);
	return fault_set(fault, EXIT_REFUSED,
			 "no validity; fill days or valid_until, or give "
			 "--days for all");
}

static bool read_row(const struct residents *r, struct request *out,
		     struct fault *fault)
{
	struct bytes hint = cell(r, COLUMN_HINT);
	struct bytes holder = cell(r, COLUMN_HOLDER_KEY);

	return request_ref(out, cell(r, COLUMN_REF), fault) &&
	       request_class(out, cell(r, COLUMN_CLASS), fault) &&
	       read_validity(r, out, fault) &&
	       (!hint.n || request_hint(out, hint, fault)) &&
	       (!holder.n || request_holder(out, holder, fault));
}

static bool has_line_break(const struct csv_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (row->field[i].n &&
		    memchr(row->field[i].p, '\n', row->field[i].n))
			return true;
	return false;
}

enum resident_result residents_next(struct residents *r, struct request *out,
				    struct fault *fault)
{
	enum csv_result result;

	do
		result = csv_next(&r->csv, &r->row);
	while (result == CSV_ROW && r->row.count == 1 && !r->row.field[0].n);
	if (result == CSV_END)
		return RESIDENT_END;
	memset(out, 0, sizeof(*out));
	out->line = r->row.line;
	if (result != CSV_ROW) {
		fault_set(fault, EXIT_REFUSED, "%s", csv_result_text(result));
		return RESIDENT_BAD;
	}
	if (has_line_break(&r->row)) {
		/* no column of ours has one: a quote was never closed, and
		 * what it swallowed are rows */
		csv_resync(&r->csv);
		fault_set(fault, EXIT_REFUSED,
			  "a quote that is not closed on its line");
		return RESIDENT_BAD;
	}
	if (r->row.count != r->columns) {
		fault_set(fault, EXIT_REFUSED,
			  "%zu fields; the header row has %zu", r->row.count,
			  r->columns);
		return RESIDENT_BAD;
	}
	return read_row(r, out, fault) ? RESIDENT : RESIDENT_BAD;
}
