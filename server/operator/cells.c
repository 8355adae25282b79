/* SPDX-License-Identifier: Apache-2.0 */
/* cells.c: members of the daemon's JSON as people read them. */
#include "cells.h"

#include "currency.h"
#include "localday.h"

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

/* Nothing for a time that never was. */
static void put_time(int64_t ms, char cell[CELL_MAX])
{
	const struct zone_span utc = {0};
	char date[11];

	cell[0] = '\0';
	if (ms <= 0 || ms > TIME_MS_MAX)
		return;
	struct local_time t = local_time_at(&utc, ms);
	date_format(t.date, date);
	snprintf(cell, CELL_MAX, "%s %02d:%02d:%02dZ", date, t.minute / 60,
		 t.minute % 60, t.second);
}

void cell_time(const struct ctl *ctl, const json_t *row,
	       const struct column *column, char cell[CELL_MAX])
{
	(void)ctl;
	put_time(json_integer_value(json_object_get(row, column->member)),
		 cell);
}

void cell_time_s(const struct ctl *ctl, const json_t *row,
		 const struct column *column, char cell[CELL_MAX])
{
	json_int_t s =
	    json_integer_value(json_object_get(row, column->member));

	(void)ctl;
	put_time(s > 0 && s <= (json_int_t)TIME_S_MAX ? s * 1000 : 0, cell);
}

void cell_milliseconds(const struct ctl *ctl, const json_t *row,
		       const struct column *column, char cell[CELL_MAX])
{
	const json_t *v = json_object_get(row, column->member);

	(void)ctl;
	cell[0] = '\0';
	if (json_is_integer(v))
		snprintf(cell, CELL_MAX, "%" JSON_INTEGER_FORMAT " ms",
			 json_integer_value(v));
}

void cell_money(const struct ctl *ctl, const json_t *row,
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

void cell_withdrawn(const struct ctl *ctl, const json_t *row,
		    const struct column *column, char cell[CELL_MAX])
{
	bool gone = json_is_true(json_object_get(row, column->member));

	(void)ctl;
	snprintf(cell, CELL_MAX, "%s", gone ? "withdrawn" : "");
}

void cell_amounts(const struct ctl *ctl, const json_t *row,
		  const struct column *column, char cell[CELL_MAX])
{
	json_t *amounts = json_object_get(row, column->member), *amount;
	char text[AMOUNT_TEXT_MAX];
	const char *currency;
	size_t n = 0;

	(void)ctl;
	snprintf(cell, CELL_MAX, "%s", json_is_object(amounts) ? "" : "any");
	json_object_foreach(amounts, currency, amount)
	{
		amount_format(json_integer_value(amount), bytes_text(currency),
			      text);
		int more = snprintf(cell + n, CELL_MAX - n, "%s%s",
				    n > 0 ? ", " : "", text);
		if (more < 0 || (size_t)more >= CELL_MAX - n)
			return;
		n += (size_t)more;
	}
}
