/* SPDX-License-Identifier: Apache-2.0 */
/* records.h: things that are added, listed, shown and changed alike:
 * facilities, benefits, issuers, kiosks, operators. */
#ifndef OAP_RECORDS_H
#define OAP_RECORDS_H

#include "cells.h"
#include "commands.h"

#define PATH_CAP 512 /* an id of 64 bytes, each encoded, and the base */
#define QUERY_CAP 4096 /* nine options of 256 bytes, most not encoded */

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
/* Rows as a table; the exit status. */
int print_rows(struct ctl *ctl, const struct record *record,
	       const json_t *rows);

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
