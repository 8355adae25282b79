/* SPDX-License-Identifier: Apache-2.0 */
/* records.c: the verbs that all kinds of set-up share. */
#include "records.h"

#include "localday.h"
#include "table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool path_add(char path[static PATH_CAP], const char *id)
{
	if (client_segment(path, PATH_CAP, id))
		return true;
	ctl_complain("\"%.40s\": no id of anything", id);
	return false;
}

bool record_path(char path[static PATH_CAP], const char *base, const char *id)
{
	snprintf(path, PATH_CAP, "%s", base);
	return id == NULL || path_add(path, id);
}

bool add_queries(char *path, size_t cap, json_t *values)
{
	const char *name;
	json_t *value;

	json_object_foreach(values, name, value)
	{
		const char *text = json_string_value(value);
		if (text == NULL || !client_query(path, cap, name, text)) {
			ctl_complain("--%s: too long", name);
			return false;
		}
	}
	return true;
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
	ctl_print_line(ctl, "%-24s  %s", path, text != NULL ? text : cell);
	free(text);
	json_decref(row);
}

void print_object(const struct ctl *ctl, const json_t *object)
{
	print_member(ctl, "", object);
}

int record_print(struct ctl *ctl, const struct record *record,
		 struct response *answer)
{
	int status = EXIT_DONE;

	if (json_object_get(answer->json, record->key) == NULL)
		status = ctl_not_ours(ctl, record->key);
	else if (ctl->json)
		ctl_print_json(ctl, answer->json);
	else
		print_object(ctl, answer->json);
	json_decref(answer->json);
	return status;
}

int record_call(struct ctl *ctl, const struct record *record,
		const char *method, const char *path, json_t *values)
{
	struct response answer;
	int status = ctl_call(ctl, method, path, values, &answer);

	return status != EXIT_DONE ? status
				   : record_print(ctl, record, &answer);
}

int record_add(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values)
{
	(void)argument;
	return record_call(ctl, command->record, "POST", command->record->path,
			   values);
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
	if (!json_is_array(rows))
		status = ctl_not_ours(ctl, command->record->plural);
	else if (ctl->json)
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
	char path[PATH_CAP];

	(void)values;
	if (!record_path(path, command->record->path, argument))
		return EXIT_USAGE;
	return record_call(ctl, command->record, "GET", path, NULL);
}

int record_set(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values)
{
	char path[PATH_CAP];

	if (json_object_size(values) == 0) {
		ctl_complain("%s %s: say what to change; --help lists it",
			     command->noun, command->verb);
		return EXIT_USAGE;
	}
	if (!record_path(path, command->record->path, argument))
		return EXIT_USAGE;
	return record_call(ctl, command->record, "PATCH", path, values);
}
