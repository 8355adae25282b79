/* SPDX-License-Identifier: Apache-2.0 */
/* show.c: one object as two columns, names and values. */
#include "show.h"

#include "benefit_cells.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 256

/* What a member is cannot be seen from its value. All others are shown as
 * they are. */
static const struct column written[] = {
    {NULL, "at_ms", cell_time},
    {NULL, "created_ms", cell_time},
    {NULL, "enrolled_ms", cell_time},
    {NULL, "enrolment_refused_ms", cell_time},
    {NULL, "expires_ms", cell_time},
    {NULL, "from_ms", cell_time},
    {NULL, "last_report_ms", cell_time},
    {NULL, "made_at_ms", cell_time},
    {NULL, "received_ms", cell_time},
    {NULL, "reversed_ms", cell_time},
    {NULL, "soft_until_ms", cell_time},
    {NULL, "until_ms", cell_time},
    {NULL, "tried_ms", cell_time},
    {NULL, "good_ms", cell_time},
    {NULL, "next_ms", cell_time},
    {NULL, "iat", cell_time_s},
    {NULL, "nbf", cell_time_s},
    {NULL, "exp", cell_time_s},
    {NULL, "clock_offset_ms", cell_milliseconds},
    {NULL, "deadline_ms", cell_milliseconds},
    {NULL, "value", cell_value},
    {NULL, "rounding_unit", cell_money},
    {NULL, "limit", cell_limit},
    {NULL, "hours", cell_hours},
    {NULL, "list", cell_money},
    {NULL, "discount", cell_money},
    {NULL, "offline_amounts", cell_amounts}};

static const struct column *written_as(const char *member)
{
	for (size_t i = 0; i < sizeof written / sizeof *written; i++)
		if (strcmp(written[i].member, member) == 0)
			return &written[i];
	return NULL;
}

static void print_value(const struct ctl *ctl, const char *label,
			const char *value)
{
	ctl_print_line(ctl, "%-24s  %s", label, value);
}

/* Of any length: a benefit may be for a thousand facilities. */
static void print_list(const struct ctl *ctl, const char *label,
		       const json_t *list)
{
	const json_t *item;
	char *text = NULL;
	size_t size = 0, i;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return;
	json_array_foreach(list, i, item)
	{
		const char *word = json_string_value(item);
		fprintf(out, "%s%s", i > 0 ? ", " : "",
			word != NULL ? word : "?");
	}
	if (fclose(out) == 0)
		print_value(ctl, label, size > 0 ? text : "-");
	free(text);
}

static void print_members(const struct ctl *ctl, const char *path,
			  const json_t *object);

static void print_items(const struct ctl *ctl, const char *label,
			const json_t *list)
{
	const json_t *item;
	char path[LABEL_MAX];
	size_t i;

	json_array_foreach(list, i, item)
	{
		snprintf(path, sizeof path, "%s[%zu].", label, i);
		print_members(ctl, path, item);
	}
}

static void print_member(const struct ctl *ctl, const char *label,
			 const char *member, const json_t *row)
{
	const struct column plain = {NULL, member, cell_plain};
	const struct column *column = written_as(member);
	const json_t *value = json_object_get(row, member);
	char cell[CELL_MAX], path[LABEL_MAX];

	if (column == NULL && json_is_object(value)) {
		snprintf(path, sizeof path, "%s.", label);
		print_members(ctl, path, value);
	} else if (column == NULL && json_is_array(value)) {
		if (json_is_object(json_array_get(value, 0)))
			print_items(ctl, label, value);
		else
			print_list(ctl, label, value);
	} else {
		if (column == NULL)
			column = &plain;
		column->write(ctl, row, column, cell);
		print_value(ctl, label, *cell != '\0' ? cell : "-");
	}
}

/* path stands before each name. What is so deep that its name does not fit is
 * left out, so that an answer cannot nest through the stack. */
static void print_members(const struct ctl *ctl, const char *path,
			  const json_t *object)
{
	json_t *members = (json_t *)(uintptr_t)object;
	char label[LABEL_MAX];
	const char *name;
	json_t *value;

	json_object_foreach(members, name, value)
	{
		int n = snprintf(label, sizeof label, "%s%s", path, name);
		if (n >= 0 && (size_t)n < sizeof label - 1)
			print_member(ctl, label, name, object);
	}
}

void print_object(const struct ctl *ctl, const json_t *object)
{
	print_members(ctl, "", object);
}
