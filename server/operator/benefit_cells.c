/* SPDX-License-Identifier: Apache-2.0 */
/* benefit_cells.c: what a benefit gives, how often and when, as it is typed. */
#include "benefit_cells.h"

#include "currency.h"

#include <string.h>

/* Basis points: "20 %", "12.5 %". */
static void put_percent(json_int_t points, char cell[CELL_MAX])
{
	int whole = (int)(points / 100), rest = (int)(points % 100);

	if (rest == 0)
		snprintf(cell, CELL_MAX, "%d %%", whole);
	else if (rest % 10 == 0)
		snprintf(cell, CELL_MAX, "%d.%d %%", whole, rest / 10);
	else
		snprintf(cell, CELL_MAX, "%d.%02d %%", whole, rest);
}

static const char *kind_of(const json_t *row)
{
	const char *kind = json_string_value(json_object_get(row, "kind"));

	return kind != NULL ? kind : "";
}

void cell_value(const struct ctl *ctl, const json_t *row,
		const struct column *column, char cell[CELL_MAX])
{
	cell[0] = '\0';
	if (strcmp(kind_of(row), "percent") == 0)
		put_percent(json_integer_value(
				json_object_get(row, column->member)),
			    cell);
	else if (strcmp(kind_of(row), "free") != 0)
		cell_money(ctl, row, column, cell);
}

static void cell_gives(const struct ctl *ctl, const json_t *row,
		       const struct column *column, char cell[CELL_MAX])
{
	static const struct {
		const char *kind, *words;
	} kinds[] = {{"percent", " off"},
		     {"amount-off", " off each"},
		     {"fixed-price", " each"}};

	cell_value(ctl, row, column, cell);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kind_of(row), kinds[i].kind) == 0) {
			strcat(cell, kinds[i].words);
			return;
		}
	snprintf(cell, CELL_MAX, "%s", kind_of(row));
}

void cell_limit(const struct ctl *ctl, const json_t *row,
		const struct column *column, char cell[CELL_MAX])
{
	const json_t *limit = json_object_get(row, column->member);
	const char *per = json_string_value(json_object_get(limit, "per"));
	const char *scope =
	    json_string_value(json_object_get(limit, "scope"));

	(void)ctl;
	snprintf(cell, CELL_MAX, "%d/%s/%s",
		 (int)json_integer_value(json_object_get(limit, "uses")),
		 per != NULL ? per : "?", scope != NULL ? scope : "?");
}

/* "mon,tue 09:00-18:00" behind what is there. */
static void add_opening(const json_t *opening, char cell[CELL_MAX])
{
	const char *from = json_string_value(json_object_get(opening, "from"));
	const char *until =
	    json_string_value(json_object_get(opening, "until"));
	const json_t *days = json_object_get(opening, "weekdays"), *day;
	size_t i, n = strlen(cell);

	if (n > 0)
		n += (size_t)snprintf(cell + n, CELL_MAX - n, "; ");
	json_array_foreach(days, i, day)
	{
		const char *name = json_string_value(day);
		if (n < CELL_MAX)
			n += (size_t)snprintf(cell + n, CELL_MAX - n, "%s%s",
					      i > 0 ? "," : "",
					      name != NULL ? name : "?");
	}
	if (n < CELL_MAX)
		snprintf(cell + n, CELL_MAX - n, " %s-%s",
			 from != NULL ? from : "?",
			 until != NULL ? until : "?");
}

void cell_hours(const struct ctl *ctl, const json_t *row,
		const struct column *column, char cell[CELL_MAX])
{
	const json_t *hours = json_object_get(row, column->member), *opening;
	size_t i;

	(void)ctl;
	cell[0] = '\0';
	json_array_foreach(hours, i, opening) add_opening(opening, cell);
}

static const struct column benefit_columns[] = {
    {"benefit", "id", NULL},
    {"name", "names", cell_names},
    {"gives", "value", cell_gives},
    {"limit", "limit", cell_limit},
    {",facilities", "facilities", cell_list},
    {",issuers", "issuers", cell_list},
    {",classes", "classes", cell_list},
    {"live", "live", NULL},
    {"offline", "offline", NULL},
    {"state", "withdrawn", cell_withdrawn}};

const struct record benefit_record = {
    "/v1/benefits", "benefits", "id", benefit_columns,
    sizeof benefit_columns / sizeof *benefit_columns};
