/* SPDX-License-Identifier: Apache-2.0 */
/* records.h: things that are added, listed, shown and changed alike:
 * facilities, benefits, issuers, kiosks, operators. */
#ifndef OAP_RECORDS_H
#define OAP_RECORDS_H

#include "commands.h"

#define CELL_MAX 640
#define PATH_CAP 512 /* an id of 64 bytes, each encoded, and the base */
#define QUERY_CAP 4096 /* nine options of 256 bytes, most not encoded */

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
	const char *key;    /* what every one of them has */
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

/* Asks, and prints the one that the answer holds. The exit status. */
int record_call(struct ctl *ctl, const struct record *record,
		const char *method, const char *path, json_t *values);
/* Prints the one that an answer holds, and lets the answer go. */
int record_print(struct ctl *ctl, const struct record *record,
		 struct response *answer);
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

/* base/id, or base alone for NULL. False, with a complaint, when that is no
 * id. */
bool record_path(char path[static PATH_CAP], const char *base,
		 const char *id);
/* Appends /id; false with a complaint. */
bool path_add(char path[static PATH_CAP], const char *id);
/* Every member of values behind the path, as a query. False, with a
 * complaint, when one does not fit. */
bool add_queries(char *path, size_t cap, json_t *values);

#endif
