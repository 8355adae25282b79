/* SPDX-License-Identifier: Apache-2.0 */
/* report_commands.c: reports as tables, CSV and JSON; attempts one by one. */
#include "report_commands.h"

#include "code.h"
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

const struct field attempts_fields[] = {
    {"from", "DAY", false, "from", put_text, "first local day, YYYY-MM-DD"},
    {"to", "DAY", false, "to", put_text, "last local day"},
    {"facility", "ID", false, "facility", put_text, "only there"},
    {"benefit", "ID", false, "benefit", put_text, "only for it"},
    {"issuer", "ISS", false, "issuer", put_text, "only that city's residents"},
    {"verdict", "NAME", false, "verdict", put_text, "only so judged"},
    {"kiosk", "KID", false, "kiosk", put_text, "only from it"},
    {"limit", "N", false, "limit", put_text, "so many a page"},
    {"cursor", "CURSOR", false, "cursor", put_text, "the next page"},
    {0}};

const struct field reversal_fields[] = {
    {"reason", "REASON", false, "reason", put_text,
     "mistake (default), visitor-left, wrong-benefit, other"},
    {0}};

/* Every member of values as a query. */
static bool add_queries(char *path, size_t cap, json_t *values)
{
	const char *name;
	json_t *value;

	json_object_foreach(values, name, value)
	{
		const char *text = json_string_value(value);
		if (text == NULL || !client_query(path, cap, name, text))
			return false;
	}
	return true;
}

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
				  ">reversed", ">refused",    "refused because"};
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

	if (name == NULL || from == NULL || to == NULL || by == NULL) {
		ctl_complain("the daemon's answer is no report");
		return EXIT_RETRY;
	}
	fprintf(ctl->out, "%s, %s to %s (local days of the facilities)\n\n",
		name, from, to);
	if (json_array_size(json_object_get(report, "rows")) == 0) {
		fprintf(ctl->out, "nothing in these days\n");
		return EXIT_DONE;
	}
	whole = strcmp(name, "verdicts") == 0 ? print_verdicts(ctl, report, by)
					      : print_usage(ctl, report, by);
	return whole ? EXIT_DONE : EXIT_RETRY;
}

int report_run(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values)
{
	const json_t *given = json_object_get(values, "format");
	const char *format = given != NULL ? json_string_value(given)
			     : ctl->json   ? "json"
					   : "table";
	bool csv = strcmp(format, "csv") == 0;
	bool table = strcmp(format, "table") == 0;
	struct response answer;
	char path[2048];

	(void)command;
	if (!csv && !table && strcmp(format, "json") != 0) {
		ctl_complain("--format \"%s\": table, csv or json", format);
		return EXIT_USAGE;
	}
	json_object_set_new(values, "format",
			    json_string(csv ? "csv" : "json"));
	if (!record_path(path, sizeof path, "/v1/reports", argument) ||
	    !add_queries(path, sizeof path, values)) {
		ctl_complain("report: these options are too long");
		return EXIT_USAGE;
	}
	int status = ctl_call(ctl, "GET", path, NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	if (csv)
		fwrite(answer.body, 1, answer.body_size, ctl->out);
	else if (table)
		status = print_report(ctl, answer.json);
	else
		ctl_print_json(ctl, answer.json);
	json_decref(answer.json);
	return status;
}

static void cell_money(const struct ctl *ctl, const json_t *row,
		       const struct column *column, char cell[CELL_MAX])
{
	const json_t *v = json_object_get(row, column->member);
	const char *currency =
	    json_string_value(json_object_get(row, "currency"));
	char text[AMOUNT_TEXT_MAX] = "";

	(void)ctl;
	if (json_is_integer(v))
		amount_format(json_integer_value(v),
			      bytes_text(currency != NULL ? currency : ""),
			      text);
	snprintf(cell, CELL_MAX, "%s", text);
}

static const struct column attempt_columns[] = {
    {"kiosk", "kiosk", NULL},
    {"attempt", "id", NULL},
    {"at", "at_ms", cell_time},
    {"facility", "facility", NULL},
    {"benefit", "benefit", NULL},
    {"issuer", "issuer", NULL},
    {">party", "party", NULL},
    {">list", "list", cell_money},
    {">discount", "discount", cell_money},
    {"verdict", "verdict", NULL},
    {"counts", "counts", NULL},
    {"marks", "marks", cell_list},
    {"reversed", "reversed_ms", cell_time}};

const struct record attempt_record = {"/v1/attempts", "attempts",
				      attempt_columns,
				      sizeof attempt_columns /
					  sizeof *attempt_columns};

static int print_attempts(struct ctl *ctl, const json_t *answer)
{
	const json_t *rows = json_object_get(answer, "attempts");

	if (ctl->json) {
		ctl_print_json(ctl, answer);
		return EXIT_DONE;
	}
	if (json_array_size(rows) == 0) {
		fprintf(ctl->out, "no attempts\n");
		return EXIT_DONE;
	}
	int status = print_rows(ctl, &attempt_record, rows);
	const char *cursor =
	    json_string_value(json_object_get(answer, "cursor"));
	if (cursor != NULL)
		fprintf(ctl->out, "\nmore: --cursor %s\n", cursor);
	return status;
}

int attempts_list(struct ctl *ctl, const struct command *command,
		  const char *argument, json_t *values)
{
	struct response answer;
	char path[4096];

	(void)argument;
	snprintf(path, sizeof path, "%s", command->record->path);
	if (!add_queries(path, sizeof path, values)) {
		ctl_complain("attempts: these options are too long");
		return EXIT_USAGE;
	}
	int status = ctl_call(ctl, "GET", path, NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	status = print_attempts(ctl, answer.json);
	json_decref(answer.json);
	return status;
}

int attempts_reverse(struct ctl *ctl, const struct command *command,
		     const char *argument, json_t *values)
{
	struct response answer;
	char path[512];

	if (json_object_get(values, "reason") == NULL)
		json_object_set_new(values, "reason", json_string("mistake"));
	if (!record_path(path, sizeof path - sizeof "/reversal",
			 command->record->path, argument)) {
		ctl_complain("\"%.40s…\": too long for an attempt", argument);
		return EXIT_USAGE;
	}
	strcat(path, "/reversal");
	int status = ctl_call(ctl, "POST", path, values, &answer);
	if (status != EXIT_DONE)
		return status;
	const char *result =
	    json_string_value(json_object_get(answer.json, "result"));
	const struct verdict_info *info =
	    result != NULL ? verdict_find_name(result) : NULL;
	if (ctl->json)
		ctl_print_json(ctl, answer.json);
	else
		fprintf(ctl->out, "%s\n", result != NULL ? result : "?");
	json_decref(answer.json);
	return info != NULL ? verdict_exit_status(info->number) : EXIT_RETRY;
}

int pass_lookup(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values)
{
	char line[CODE_MAX + 3];
	struct response answer;

	(void)command;
	if (strcmp(argument, "-") == 0) {
		if (fgets(line, sizeof line, stdin) == NULL) {
			ctl_complain("stdin: no code in its first line");
			return EXIT_USAGE;
		}
		line[strcspn(line, "\r\n")] = '\0';
		argument = line;
	}
	if (json_object_set_new(values, "code", json_string(argument)) != 0) {
		ctl_complain("the code is not text");
		return EXIT_USAGE;
	}
	int status =
	    ctl_call(ctl, "POST", "/v1/passes/lookup", values, &answer);
	if (status != EXIT_DONE)
		return status;
	if (!ctl->json) {
		print_object(ctl, json_object_get(answer.json, "pass"));
		fputc('\n', ctl->out);
	}
	status = print_attempts(ctl, answer.json);
	json_decref(answer.json);
	return status;
}
