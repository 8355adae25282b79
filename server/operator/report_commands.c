/* SPDX-License-Identifier: Apache-2.0 */
/* report_commands.c: reports as tables, CSV and JSON. */
#include "report_commands.h"

#include "currency.h"
#include "table.h"

#include <string.h>

const struct field report_fields[] = {
    {"from", "DAY", true, "from", put_text, "first local day, YYYY-MM-DD"},
    {"to", "DAY", true, "to", put_text, "last local day"},
    {"by", "WHAT", false, "by", put_text,
     "day, month, facility, benefit or issuer"},
    {"format", "FORMAT", false, "format", put_text,
     "table (default), csv or json"},
    {0}};

static void figure_cell(struct table *t, const json_t *row, const char *member)
{
	table_figure(t, json_integer_value(json_object_get(row, member)));
}

static void amount_cell(struct table *t, const json_t *row, const char *member)
{
	const char *currency =
	    json_string_value(json_object_get(row, "currency"));
	char text[AMOUNT_TEXT_MAX];

	amount_format(json_integer_value(json_object_get(row, member)),
		      bytes_text(currency != NULL ? currency : ""), text);
	table_cell(t, text);
}

/* "already-redeemed 3, expired 1" */
static void refused_cell(struct table *t, const json_t *row)
{
	json_t *by = json_object_get(row, "refused_by"), *count;
	char text[512] = "";
	const char *name;
	size_t n = 0;

	json_object_foreach(by, name, count)
	{
		int more = snprintf(text + n, sizeof text - n,
				    "%s%s %" JSON_INTEGER_FORMAT,
				    n > 0 ? ", " : "", name,
				    json_integer_value(count));
		if (more < 0 || (size_t)more >= sizeof text - n)
			break;
		n += (size_t)more;
	}
	table_cell(t, text);
}

static void usage_row(struct table *t, const char *key, const json_t *row)
{
	table_cell(t, key);
	figure_cell(t, row, "redemptions");
	figure_cell(t, row, "persons");
	amount_cell(t, row, "list");
	amount_cell(t, row, "discount");
	figure_cell(t, row, "without_price");
	figure_cell(t, row, "reversed");
	figure_cell(t, row, "refused");
	refused_cell(t, row);
}

static const char *key_of(const json_t *row)
{
	const char *key = json_string_value(json_object_get(row, "key"));

	return key != NULL ? key : "";
}

static bool print_usage(struct ctl *ctl, const json_t *report, const char *by)
{
	const char *headings[] = {by,	       ">visits",     ">persons",
				  ">list",     ">discount",   ">no price",
				  ">reversed", ">refused",    ",refused because"};
	const json_t *row;
	size_t i;
	struct table *t =
	    table_new(headings, sizeof headings / sizeof *headings);

	if (t == NULL)
		return false;
	json_array_foreach(json_object_get(report, "rows"), i, row)
	    usage_row(t, key_of(row), row);
	table_rule(t);
	json_array_foreach(json_object_get(report, "total"), i, row)
	    usage_row(t, "total", row);
	bool whole = table_print(t, ctl->out);
	table_free(t);
	return whole;
}

static bool print_verdicts(struct ctl *ctl, const json_t *report,
			   const char *by)
{
	const char *headings[] = {by, "verdict", "class", ">attempts"};
	const json_t *row;
	size_t i;
	struct table *t = table_new(headings, 4);

	if (t == NULL)
		return false;
	json_array_foreach(json_object_get(report, "rows"), i, row)
	{
		const char *name =
		    json_string_value(json_object_get(row, "verdict"));
		const char *class =
		    json_string_value(json_object_get(row, "class"));
		table_cell(t, key_of(row));
		table_cell(t, name != NULL ? name : "");
		table_cell(t, class != NULL ? class : "");
		figure_cell(t, row, "attempts");
	}
	bool whole = table_print(t, ctl->out);
	table_free(t);
	return whole;
}

static int print_report(struct ctl *ctl, const json_t *report)
{
	const char *name =
	    json_string_value(json_object_get(report, "report"));
	const char *from = json_string_value(json_object_get(report, "from"));
	const char *to = json_string_value(json_object_get(report, "to"));
	const char *by = json_string_value(json_object_get(report, "by"));
	bool whole;

	if (name == NULL || from == NULL || to == NULL || by == NULL ||
	    !json_is_array(json_object_get(report, "rows")))
		return ctl_not_ours(ctl, "report");
	if (ctl->json) {
		ctl_print_json(ctl, report);
		return EXIT_DONE;
	}
	ctl_print_line(ctl, "%s, %s to %s (local days of the facilities)",
		       name, from, to);
	fputc('\n', ctl->out);
	if (json_array_size(json_object_get(report, "rows")) == 0) {
		fprintf(ctl->out, "nothing in these days\n");
		return EXIT_DONE;
	}
	whole = strcmp(name, "verdicts") == 0 ? print_verdicts(ctl, report, by)
					      : print_usage(ctl, report, by);
	return whole ? EXIT_DONE : EXIT_RETRY;
}

/* The query of the options; false with a complaint. */
static bool report_path(char *path, size_t cap, const char *name,
			json_t *values)
{
	char base[PATH_CAP];

	if (!record_path(base, "/v1/reports", name))
		return false;
	snprintf(path, cap, "%s", base);
	return add_queries(path, cap, values);
}

static int print_csv(struct ctl *ctl, const char *path)
{
	struct response answer;
	int status = ctl_download(ctl, path, "text/csv", &answer);

	if (status == EXIT_DONE && answer.body_size == 0)
		return ctl_not_ours(ctl, "report");
	if (status == EXIT_DONE)
		fwrite(answer.body, 1, answer.body_size, ctl->out);
	return status;
}

int report_run(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values)
{
	const json_t *given = json_object_get(values, "format");
	const char *format = given != NULL ? json_string_value(given)
			     : ctl->json   ? "json"
					   : "table";
	bool csv = strcmp(format, "csv") == 0;
	struct response answer;
	char path[QUERY_CAP];

	(void)command;
	if (!csv && strcmp(format, "table") != 0 &&
	    strcmp(format, "json") != 0) {
		ctl_complain("--format \"%s\": table, csv or json", format);
		return EXIT_USAGE;
	}
	ctl->json = strcmp(format, "json") == 0;
	json_object_set_new(values, "format",
			    json_string(csv ? "csv" : "json"));
	if (!report_path(path, sizeof path, argument, values))
		return EXIT_USAGE;
	if (csv)
		return print_csv(ctl, path);
	int status = ctl_call(ctl, "GET", path, NULL, &answer);
	if (status == EXIT_DONE)
		status = print_report(ctl, answer.json);
	json_decref(answer.json);
	return status;
}
