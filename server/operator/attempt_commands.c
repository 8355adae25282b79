/* SPDX-License-Identifier: Apache-2.0 */
/* attempt_commands.c: attempts one by one, and those of one pass. */
#include "attempt_commands.h"

#include "code.h"
#include "key.h"
#include "show.h"

#include <string.h>

const struct field attempts_fields[] = {
    {"from", "DAY", false, "from", put_text, "first local day, YYYY-MM-DD"},
    {"to", "DAY", false, "to", put_text, "last local day"},
    {"facility", "ID", false, "facility", put_text, "only there"},
    {"benefit", "ID", false, "benefit", put_text, "only for it"},
    {"issuer", "ISS", false, "issuer", put_text, "only that city's residents"},
    {"verdict", "NAME", false, "verdict", put_text, "only so judged"},
    {"kiosk", "KID", false, "kiosk", put_text, "only from it"},
    {"limit", "N", false, "limit", put_text, "so many a page"},
    {"cursor", "CURSOR", false, "cursor", put_text, "the next page"},
    {0}};

const struct field reversal_fields[] = {
    {"reason", "REASON", false, "reason", put_text,
     "mistake (default)|visitor-left|wrong-benefit|other"},
    {0}};

void cell_attempt(const struct ctl *ctl, const json_t *row,
			 const struct column *column, char cell[CELL_MAX])
{
	const char *kiosk = json_string_value(json_object_get(row, "kiosk"));
	const char *id =
	    json_string_value(json_object_get(row, column->member));

	(void)ctl;
	snprintf(cell, CELL_MAX, "%s/%s", kiosk != NULL ? kiosk : "",
		 id != NULL ? id : "");
}

/* What it is called comes last: a terminal may cut it off. */
static const struct column attempt_columns[] = {
    {"at", "at_ms", cell_time},
    {"facility", "facility", NULL},
    {"benefit", "benefit", NULL},
    {"issuer", "issuer", NULL},
    {">party", "party", NULL},
    {">list", "list", cell_money},
    {">discount", "discount", cell_money},
    {"verdict", "verdict", NULL},
    {"counts", "counts", NULL},
    {",marks", "marks", cell_list},
    {"reversed", "reversed_ms", cell_time},
    {"attempt", "id", cell_attempt}};

const struct record attempt_record = {"/v1/attempts", "attempts", "id",
				      attempt_columns,
				      sizeof attempt_columns /
					  sizeof *attempt_columns};

static int print_page(struct ctl *ctl, const struct record *record,
		      const json_t *answer)
{
	const json_t *rows = json_object_get(answer, record->plural);

	if (!json_is_array(rows))
		return ctl_not_ours(ctl, record->plural);
	if (ctl->json) {
		ctl_print_json(ctl, answer);
		return EXIT_DONE;
	}
	const char *cursor =
	    json_string_value(json_object_get(answer, "cursor"));
	if (json_array_size(rows) == 0) {
		/* The service looks at so many rows a call. */
		if (cursor != NULL)
			ctl_print_line(ctl,
				       "none so far; go on with --cursor %s",
				       cursor);
		else
			ctl_print_line(ctl, record == &attempt_record
						? "no attempts"
						: "none");
		return EXIT_DONE;
	}
	int status = print_rows(ctl, record, rows);
	if (cursor != NULL) {
		fputc('\n', ctl->out);
		ctl_print_line(ctl, "more: --cursor %s", cursor);
	}
	return status;
}

int attempts_list(struct ctl *ctl, const struct command *command,
		  const char *argument, json_t *values)
{
	struct response answer;
	char path[QUERY_CAP];

	(void)argument;
	snprintf(path, sizeof path, "%s", command->record->path);
	if (!add_queries(path, sizeof path, values))
		return EXIT_USAGE;
	int status = ctl_call(ctl, "GET", path, NULL, &answer);
	if (status == EXIT_DONE)
		status = print_page(ctl, command->record, answer.json);
	json_decref(answer.json);
	return status;
}

bool attempt_path(char path[static PATH_CAP], const char *name)
{
	size_t n = strcspn(name, "/");
	char kiosk[2 * KEY_KID + 1];

	if (n >= sizeof kiosk || name[n] == '\0') {
		ctl_complain("\"%.64s\": write KIOSK/ID, which oapctl attempts "
			     "list shows",
			     name);
		return false;
	}
	memcpy(kiosk, name, n);
	kiosk[n] = '\0';
	return record_path(path, attempt_record.path, kiosk) &&
	       path_add(path, name + n + 1);
}

int attempts_show(struct ctl *ctl, const struct command *command,
		  const char *argument, json_t *values)
{
	char path[PATH_CAP];

	(void)values;
	if (!attempt_path(path, argument))
		return EXIT_USAGE;
	return record_call(ctl, command->record, "GET", path, NULL);
}

int attempts_reverse(struct ctl *ctl, const struct command *command,
		     const char *argument, json_t *values)
{
	struct response answer;
	char path[PATH_CAP];

	(void)command;
	if (json_object_get(values, "reason") == NULL)
		json_object_set_new(values, "reason", json_string("mistake"));
	if (!attempt_path(path, argument) || !path_add(path, "reversal"))
		return EXIT_USAGE;
	int status = ctl_call(ctl, "POST", path, values, &answer);
	if (status != EXIT_DONE)
		return status;
	const char *result =
	    json_string_value(json_object_get(answer.json, "result"));
	const struct verdict_info *info =
	    result != NULL ? verdict_find_name(result) : NULL;
	if (info == NULL)
		status = ctl_not_ours(ctl, "result");
	else
		status = verdict_exit_status(info->number);
	if (info != NULL && ctl->json)
		ctl_print_json(ctl, answer.json);
	else if (info != NULL)
		ctl_print_line(ctl, "%s", info->name);
	json_decref(answer.json);
	return status;
}

int pass_lookup(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values)
{
	char line[CODE_MAX + 3];
	struct response answer;

	(void)command;
	if (strcmp(argument, "-") == 0) {
		if (fgets(line, sizeof line, stdin) == NULL) {
			ctl_complain("stdin: no code in its first line");
			return EXIT_USAGE;
		}
		line[strcspn(line, "\r\n")] = '\0';
		argument = line;
	}
	if (json_object_set_new(values, "code", json_string(argument)) != 0) {
		ctl_complain("the code is not text");
		return EXIT_USAGE;
	}
	int status =
	    ctl_call(ctl, "POST", "/v1/passes/lookup", values, &answer);
	if (status != EXIT_DONE)
		return status;
	const json_t *pass = json_object_get(answer.json, "pass");
	if (!json_is_object(pass)) {
		status = ctl_not_ours(ctl, "pass");
	} else {
		if (!ctl->json) {
			print_object(ctl, pass);
			fputc('\n', ctl->out);
		}
		status = print_page(ctl, &attempt_record, answer.json);
	}
	json_decref(answer.json);
	return status;
}
