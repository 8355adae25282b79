/* SPDX-License-Identifier: Apache-2.0 */
/* records.h: things that are added, listed, shown and changed alike:
 * facilities, benefits, issuers, kiosks, operators. */
#ifndef OAP_RECORDS_H
#define OAP_RECORDS_H

#include "commands.h"

#define CELL_MAX 640

struct column {
	const char *heading; /* '>' first: figures, to the right */
	const char *member;
	/* Writes the cell; NULL: the member as it is. */
	void (*write)(const struct ctl *ctl, const json_t *row,
		      const struct column *column, char cell[CELL_MAX]);
};

struct record {
	const char *path;   /* "/v1/facilities" */
	const char *plural; /* member of the list's answer */
	const struct column *columns;
	size_t column_count;
};

int record_add(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values);
int record_list(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values);
int record_show(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values);
int record_set(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values);

/* Prints one object as two columns, nested members by their path. */
void print_object(const struct ctl *ctl, const json_t *object);
/* Rows as a table; the exit status. */
int print_rows(struct ctl *ctl, const struct record *record,
	       const json_t *rows);

/* Cells that several tables have. */
void cell_plain(const struct ctl *ctl, const json_t *row,
		const struct column *column, char cell[CELL_MAX]);
void cell_names(const struct ctl *ctl, const json_t *row,
		const struct column *column, char cell[CELL_MAX]);
void cell_list(const struct ctl *ctl, const json_t *row,
	       const struct column *column, char cell[CELL_MAX]);
/* "2026-11-23 14:05:09Z" of milliseconds. */
void cell_time(const struct ctl *ctl, const json_t *row,
	       const struct column *column, char cell[CELL_MAX]);

/* base/argument, percent-encoded; false when it does not fit. */
bool record_path(char *path, size_t cap, const char *base,
		 const char *argument);

#endif
