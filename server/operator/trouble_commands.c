/* SPDX-License-Identifier: Apache-2.0 */
/* trouble_commands.c: lists of what needs a look, and decisions about it. */
#include "trouble_commands.h"

#include "attempt_commands.h"

#include <string.h>

const struct field trouble_fields[] = {
    {"limit", "N", false, "limit", put_text, "so many a page"},
    {"cursor", "CURSOR", false, "cursor", put_text, "the next page"},
    {0}};

const struct field decision_fields[] = {
    {"note", "TEXT", false, "note", put_text, "why; kept in the audit trail"},
    {0}};

/* Of the attempt within a conflict: the cell as a list of attempts has it. */
static void cell_inner(const struct ctl *ctl, const json_t *row,
		       const char *which, const struct column *inner,
		       char cell[CELL_MAX])
{
	const json_t *attempt = json_object_get(row, which);

	cell[0] = '\0';
	if (json_is_object(attempt))
		(inner->write != NULL ? inner->write
				      : cell_plain)(ctl, attempt, inner, cell);
}

static void cell_of_attempt(const struct ctl *ctl, const json_t *row,
			    const struct column *column, char cell[CELL_MAX])
{
	const struct column inner = {NULL, column->member, NULL};

	cell_inner(ctl, row, "attempt", &inner, cell);
}

static void cell_when(const struct ctl *ctl, const json_t *row,
		      const struct column *column, char cell[CELL_MAX])
{
	const struct column inner = {NULL, "at_ms", cell_time};

	cell_inner(ctl, row, column->member, &inner, cell);
}

static void cell_where(const struct ctl *ctl, const json_t *row,
		       const struct column *column, char cell[CELL_MAX])
{
	const struct column inner = {NULL, "facility", NULL};

	cell_inner(ctl, row, column->member, &inner, cell);
}

static void cell_which(const struct ctl *ctl, const json_t *row,
		       const struct column *column, char cell[CELL_MAX])
{
	const struct column inner = {NULL, "id", cell_attempt};

	cell_inner(ctl, row, column->member, &inner, cell);
}

/* Both sides of it. */
static const struct column conflict_columns[] = {
    {"benefit", "benefit", cell_of_attempt},
    {"issuer", "issuer", cell_of_attempt},
    {">uses", "uses", NULL},
    {">limit", "limit", NULL},
    {"first at", "against", cell_when},
    {"facility", "against", cell_where},
    {"again at", "attempt", cell_when},
    {"facility", "attempt", cell_where},
    {"attempt", "attempt", cell_which}};

const struct record conflict_record = {
    "/v1/conflicts", "conflicts", "uses", conflict_columns,
    sizeof conflict_columns / sizeof *conflict_columns};

static const struct column disputed_columns[] = {
    {"at", "at_ms", cell_time},
    {"received", "received_ms", cell_time},
    {"facility", "facility", NULL},
    {"benefit", "benefit", NULL},
    {"issuer", "issuer", NULL},
    {">party", "party", NULL},
    {">discount", "discount", cell_money},
    {"told", "told", NULL},
    {"why disputed", "dispute", NULL},
    {"attempt", "id", cell_attempt}};

const struct record disputed_record = {
    "/v1/disputed", "disputed", "id", disputed_columns,
    sizeof disputed_columns / sizeof *disputed_columns};

static const struct column unconfirmed_columns[] = {
    {"at", "at_ms", cell_time},
    {"facility", "facility", NULL},
    {"benefit", "benefit", NULL},
    {"issuer", "issuer", NULL},
    {">party", "party", NULL},
    {">discount", "discount", cell_money},
    {"answer", "answer", NULL},
    {"attempt", "id", cell_attempt}};

const struct record unconfirmed_record = {
    "/v1/unconfirmed", "unconfirmed", "id", unconfirmed_columns,
    sizeof unconfirmed_columns / sizeof *unconfirmed_columns};

static int decide(struct ctl *ctl, const char *argument, const char *what,
		  json_t *values)
{
	struct response answer;
	char path[PATH_CAP];

	if (!attempt_path(path, argument) || !path_add(path, what))
		return EXIT_USAGE;
	int status = ctl_call(ctl, "POST", path, values, &answer);
	if (status != EXIT_DONE)
		return status;
	const char *admission =
	    json_string_value(json_object_get(answer.json, "admission"));
	const json_t *counts = json_object_get(answer.json, "counts");
	if (admission == NULL || !json_is_boolean(counts))
		status = ctl_not_ours(ctl, "admission");
	else if (ctl->json)
		ctl_print_json(ctl, answer.json);
	else
		ctl_print_line(ctl, "%s: %s", admission,
			       json_is_true(counts) ? "it counts"
						    : "it does not count");
	json_decref(answer.json);
	return status;
}

int attempts_admit(struct ctl *ctl, const struct command *command,
		   const char *argument, json_t *values)
{
	(void)command;
	return decide(ctl, argument, "admission", values);
}

int attempts_reject(struct ctl *ctl, const struct command *command,
		    const char *argument, json_t *values)
{
	(void)command;
	return decide(ctl, argument, "rejection", values);
}
