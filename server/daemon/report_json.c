/* SPDX-License-Identifier: Apache-2.0 */
/* report_json.c: a report as JSON:
 *	{"report", "from", "to", "by", "rows": […], "total": […]}
 * rows: {"key", "currency", "redemptions", "persons", "list", "discount",
 * "without_price", "reversed", "refused", "refused_by": {verdict: n}}, total
 * the same without the key, one a currency; of verdicts {"key", "verdict",
 * "class", "attempts"}, total one a verdict. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "localday.h"
#include "report_row.h"

struct json_report {
	const struct report_request *request;
	json_t *rows, *totals;
};

static void *begin(const struct report_request *r)
{
	struct json_report *form = calloc(1, sizeof *form);

	if (!form)
		return NULL;
	form->request = r;
	form->rows = json_array();
	form->totals = json_array();
	return form; /* adding to a NULL fails */
}

/* Numbers of newer kiosks, which are no verdicts here, share a name. */
static json_t *refused_by(const struct report_row *row)
{
	json_t *by = json_object();
	bool whole = true;

	for (unsigned i = 0; i < REPORT_VERDICTS; i++) {
		const char *name = verdict_name(i);
		json_int_t n = row->attempts[i];

		if (n == 0 || !report_refuses(i))
			continue;
		n += json_integer_value(json_object_get(by, name));
		whole = json_object_set_new(by, name, json_integer(n)) == 0 &&
		        whole;
	}
	if (whole)
		return by;
	json_decref(by);
	return NULL;
}

static json_t *usage(const struct report_row *row)
{
	const struct total *t = &row->total;

	return json_pack(
	    "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "currency",
	    row->currency, "redemptions", (json_int_t)t->counting, "persons",
	    (json_int_t)t->persons, "list", (json_int_t)t->list, "discount",
	    (json_int_t)t->discount, "without_price",
	    (json_int_t)t->without_price, "reversed", (json_int_t)t->reversed,
	    "refused", (json_int_t)report_refused(row), "refused_by",
	    refused_by(row));
}

static json_t *of_verdict(const struct report_row *row, unsigned verdict)
{
	return json_pack("{s:s, s:s, s:I}", "verdict", verdict_name(verdict),
	                 "class", report_class_name(verdict), "attempts",
	                 (json_int_t)row->attempts[verdict]);
}

/* key NULL: a total has none. */
static bool append(json_t *to, const char *key, json_t *item)
{
	json_t *named = item;

	if (key && item) {
		named = json_pack("{s:s}", "key", key);
		if (json_object_update(named, item) != 0) {
			json_decref(named);
			named = NULL;
		}
		json_decref(item);
	}
	return json_array_append_new(to, named) == 0;
}

static bool put(const struct json_report *form, json_t *to, const char *key,
                const struct report_row *row)
{
	if (form->request->columns == COLUMNS_USAGE)
		return append(to, key, usage(row));
	for (unsigned i = 0; i < REPORT_VERDICTS; i++)
		if (row->attempts[i] != 0 &&
		    !append(to, key, of_verdict(row, i)))
			return false;
	return true;
}

static bool put_row(void *arg, const struct report_row *row)
{
	struct json_report *form = arg;

	return put(form, form->rows, row->key, row);
}

static bool put_total(void *arg, const struct report_row *total)
{
	struct json_report *form = arg;

	return put(form, form->totals, NULL, total);
}

static char *write_out(const struct json_report *form)
{
	const struct report_request *r = form->request;
	char from[11], to[11], *text;
	json_t *report;

	date_format(r->from, from);
	date_format(r->to, to);
	report = json_pack("{s:s, s:s, s:s, s:s, s:O, s:O}", "report", r->name,
	                   "from", from, "to", to, "by", report_by_name(r->by),
	                   "rows", form->rows, "total", form->totals);
	text = json_dumps(report, JSON_COMPACT);
	json_decref(report);
	return text;
}

static bool finish(void *arg, struct report_output *out)
{
	struct json_report *form = arg;

	if (out) {
		out->body = write_out(form);
		out->n = out->body ? strlen(out->body) : 0;
	}
	json_decref(form->rows);
	json_decref(form->totals);
	free(form);
	return !out || out->body;
}

const struct report_form report_json = {.name = "json",
                                        .content_type = "application/json",
                                        .begin = begin,
                                        .row = put_row,
                                        .total = put_total,
                                        .finish = finish};
