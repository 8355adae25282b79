/* SPDX-License-Identifier: Apache-2.0 */
/* report_csv.c: a report as CSV (RFC 4180) with a header; the first column is
 * named after what the rows are by. Amounts are in minor units. It has no
 * totals, so that a column can be added up; refused_by is
 * "already-redeemed=3 expired=1". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_row.h"

struct csv_report {
	const struct report_request *request;
	FILE *file; /* in memory */
	char *text;
	size_t n;
};

/* Quoted where it has to be. */
static void put_field(FILE *f, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, f);
		return;
	}
	fputc('"', f);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', f);
		fputc(*text, f);
	}
	fputc('"', f);
}

static void *begin(const struct report_request *r)
{
	struct csv_report *form = calloc(1, sizeof *form);

	if (!form)
		return NULL;
	form->request = r;
	form->file = open_memstream(&form->text, &form->n);
	if (!form->file) {
		free(form);
		return NULL;
	}
	fprintf(form->file, "%s,%s\r\n", report_by_name(r->by),
	        r->columns == COLUMNS_USAGE
	            ? "currency,redemptions,persons,list,discount,"
	              "without_price,reversed,refused,refused_by"
	            : "verdict,class,attempts");
	return form;
}

static void put_refused_by(FILE *f, const struct report_row *row)
{
	const char *between = "";

	for (unsigned i = 0; i < REPORT_VERDICTS; i++) {
		if (row->attempts[i] == 0 || !report_refuses(i))
			continue;
		fprintf(f, "%s%s=%" PRId64, between, verdict_name(i),
		        row->attempts[i]);
		between = " ";
	}
}

static void put_usage(FILE *f, const struct report_row *row)
{
	const struct total *t = &row->total;

	put_field(f, row->key);
	fprintf(f,
	        ",%s,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
	        ",%" PRId64 ",%" PRId64 ",",
	        row->currency, t->counting, t->persons, t->list, t->discount,
	        t->without_price, t->reversed, report_refused(row));
	put_refused_by(f, row);
	fputs("\r\n", f);
}

static void put_verdicts(FILE *f, const struct report_row *row)
{
	for (unsigned i = 0; i < REPORT_VERDICTS; i++) {
		if (row->attempts[i] == 0)
			continue;
		put_field(f, row->key);
		fprintf(f, ",%s,%s,%" PRId64 "\r\n", verdict_name(i),
		        report_class_name(i), row->attempts[i]);
	}
}

static bool put_row(void *arg, const struct report_row *row)
{
	struct csv_report *form = arg;

	if (form->request->columns == COLUMNS_USAGE)
		put_usage(form->file, row);
	else
		put_verdicts(form->file, row);
	return !ferror(form->file);
}

static bool put_total(void *arg, const struct report_row *total)
{
	(void)arg;
	(void)total;
	return true;
}

static bool finish(void *arg, struct report_output *out)
{
	struct csv_report *form = arg;
	bool whole = !ferror(form->file);

	whole = fclose(form->file) == 0 && whole;
	if (out && whole) {
		out->body = form->text;
		out->n = form->n;
	} else {
		free(form->text);
	}
	free(form);
	return whole;
}

const struct report_form report_csv = {.name = "csv",
                                       .content_type =
                                           "text/csv; charset=utf-8",
                                       .begin = begin,
                                       .row = put_row,
                                       .total = put_total,
                                       .finish = finish};
