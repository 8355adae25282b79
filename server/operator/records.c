/* SPDX-License-Identifier: Apache-2.0 */
/* records.c: the verbs that all kinds of set-up share. */
#include "records.h"

#include "localday.h"
#include "table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool record_path(char *path, size_t cap, const char *base,
		 const char *argument)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = (size_t)snprintf(path, cap, "%s/", base);

	for (const char *p = argument; *p != '\0' && n + 4 < cap; p++) {
		unsigned char c = (unsigned char)*p;
		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || strchr("-._~/", c) != NULL) {
			path[n++] = (char)c;
		} else {
			path[n++] = '%';
			path[n++] = hex[c >> 4];
			path[n++] = hex[c & 15];
		}
	}
	path[n] = '\0';
	return n + 4 < cap;
}

void cell_plain(const struct ctl *ctl, const json_t *row,
		const struct column *column, char cell[CELL_MAX])
{
	const json_t *v = json_object_get(row, column->member);

	(void)ctl;
	cell[0] = '\0';
	if (json_is_string(v))
		snprintf(cell, CELL_MAX, "%s", json_string_value(v));
	else if (json_is_integer(v))
		snprintf(cell, CELL_MAX, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(v));
	else if (json_is_boolean(v))
		snprintf(cell, CELL_MAX, "%s",
			 json_is_true(v) ? "yes" : "no");
}

void cell_names(const struct ctl *ctl, const json_t *row,
		const struct column *column, char cell[CELL_MAX])
{
	const json_t *names = json_object_get(row, column->member);
	const char *text = json_string_value(
	    json_object_get(names, language_tag(ctl->lang)));

	for (int lang = 0; text == NULL && lang < LANG_COUNT; lang++)
		text = json_string_value(
		    json_object_get(names, language_tag((enum language)lang)));
	snprintf(cell, CELL_MAX, "%s", text != NULL ? text : "");
}

void cell_list(const struct ctl *ctl, const json_t *row,
	       const struct column *column, char cell[CELL_MAX])
{
	const json_t *list = json_object_get(row, column->member), *item;
	size_t i, n = 0;

	(void)ctl;
	cell[0] = '\0';
	json_array_foreach(list, i, item)
	{
		int more = snprintf(cell + n, CELL_MAX - n, "%s%s",
				    i > 0 ? ", " : "",
				    json_string_value(item) != NULL
					? json_string_value(item)
					: "");
		if (more < 0 || (size_t)more >= CELL_MAX - n)
			return;
		n += (size_t)more;
	}
}

void cell_time(const struct ctl *ctl, const json_t *row,
	       const struct column *column, char cell[CELL_MAX])
{
	const json_t *v = json_object_get(row, column->member);
	const struct zone_span utc = {0};
	char date[11];

	(void)ctl;
	cell[0] = '\0';
	if (!json_is_integer(v) || json_integer_value(v) <= 0)
		return;
	struct local_time t = local_time_at(&utc, json_integer_value(v));
	date_format(t.date, date);
	snprintf(cell, CELL_MAX, "%s %02d:%02d:%02dZ", date, t.minute / 60,
		 t.minute % 60, t.second);
}

int print_rows(struct ctl *ctl, const struct record *record,
	       const json_t *rows)
{
	const char *headings[24];
	const json_t *row;
	size_t i;

	for (size_t c = 0; c < record->column_count; c++)
		headings[c] = record->columns[c].heading;
	struct table *t = table_new(headings, record->column_count);
	if (t == NULL)
		return EXIT_RETRY;
	json_array_foreach(rows, i, row)
	{
		for (size_t c = 0; c < record->column_count; c++) {
			const struct column *column = &record->columns[c];
			char cell[CELL_MAX];
			(column->write != NULL ? column->write : cell_plain)(
			    ctl, row, column, cell);
			table_cell(t, cell);
		}
	}
	bool whole = table_print(t, ctl->out);
	table_free(t);
	return whole ? EXIT_DONE : EXIT_RETRY;
}

static void print_member(const struct ctl *ctl, const char *path,
			 const json_t *value)
{
	struct column column = {.member = "v"};
	char cell[CELL_MAX], *text = NULL;
	size_t n = strlen(path);
	json_t *row;

	if (json_is_object(value)) {
		const char *key;
		const json_t *member;
		char below[256];
		void *it = json_object_iter((json_t *)(uintptr_t)value);
		for (; it != NULL;
		     it = json_object_iter_next((json_t *)(uintptr_t)value,
						it)) {
			key = json_object_iter_key(it);
			member = json_object_iter_value(it);
			snprintf(below, sizeof below, "%s%s%s", path,
				 *path != '\0' ? "." : "", key);
			print_member(ctl, below, member);
		}
		return;
	}
	row = json_pack("{s:O}", "v", value);
	if (n > 3 && strcmp(path + n - 3, "_ms") == 0)
		cell_time(ctl, row, &column, cell);
	else if (json_is_array(value))
		text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	else
		cell_plain(ctl, row, &column, cell);
	fprintf(ctl->out, "%-24s  %s\n", path, text != NULL ? text : cell);
	free(text);
	json_decref(row);
}

void print_object(const struct ctl *ctl, const json_t *object)
{
	print_member(ctl, "", object);
}

static int show_answer(struct ctl *ctl, struct response *answer)
{
	if (ctl->json)
		ctl_print_json(ctl, answer->json);
	else
		print_object(ctl, answer->json);
	json_decref(answer->json);
	return EXIT_DONE;
}

int record_add(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values)
{
	struct response answer;

	(void)argument;
	int status = ctl_call(ctl, "POST", command->record->path, values,
			      &answer);
	return status != EXIT_DONE ? status : show_answer(ctl, &answer);
}

int record_list(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values)
{
	struct response answer;

	(void)argument;
	(void)values;
	int status =
	    ctl_call(ctl, "GET", command->record->path, NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	const json_t *rows =
	    json_object_get(answer.json, command->record->plural);
	if (ctl->json)
		ctl_print_json(ctl, answer.json);
	else if (json_array_size(rows) == 0)
		fprintf(ctl->out, "no %s yet\n", command->record->plural);
	else
		status = print_rows(ctl, command->record, rows);
	json_decref(answer.json);
	return status;
}

int record_show(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values)
{
	struct response answer;
	char path[512];

	(void)values;
	if (!record_path(path, sizeof path, command->record->path, argument)) {
		ctl_complain("\"%.40s…\": too long for an id", argument);
		return EXIT_USAGE;
	}
	int status = ctl_call(ctl, "GET", path, NULL, &answer);
	return status != EXIT_DONE ? status : show_answer(ctl, &answer);
}

int record_set(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values)
{
	struct response answer;
	char path[512];

	if (json_object_size(values) == 0) {
		ctl_complain("%s %s: say what to change; --help lists it",
			     command->noun, command->verb);
		return EXIT_USAGE;
	}
	if (!record_path(path, sizeof path, command->record->path, argument)) {
		ctl_complain("\"%.40s…\": too long for an id", argument);
		return EXIT_USAGE;
	}
	int status = ctl_call(ctl, "PATCH", path, values, &answer);
	return status != EXIT_DONE ? status : show_answer(ctl, &answer);
}
