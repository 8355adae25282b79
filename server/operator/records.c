/* SPDX-License-Identifier: Apache-2.0 */
/* records.c: the verbs that all kinds of set-up share. */
#include "records.h"

#include "show.h"
#include "table.h"

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
	const char *lang;
	json_t *name;

	(void)argument;
	json_object_foreach(json_object_get(values, "names"), lang, name)
	{
		if (!json_is_null(name))
			continue;
		ctl_complain("--name \"%s=\": there is no name yet to take "
			     "away; write LANG=TEXT",
			     lang);
		return EXIT_USAGE;
	}
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

	if (!record_path(path, command->record->path, argument))
		return EXIT_USAGE;
	return record_call(ctl, command->record, "PATCH", path, values);
}
