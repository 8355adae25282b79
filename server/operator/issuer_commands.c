/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_commands.c: cities that are trusted, and how fresh what is known of
 * them is. */
#include "issuer_commands.h"

#include <string.h>

/* A URL is taken away by its member's name, as conditions of benefits are. */
static bool put_clear(json_t *object, const struct field *field,
		      const char *value, char *error, size_t error_size)
{
	if (strcmp(value, "document_url") == 0 ||
	    strcmp(value, "status_url") == 0)
		return json_object_get(object, value) != NULL ||
		       json_object_set_new(object, value, json_null()) == 0;
	snprintf(error, error_size,
		 "--%s \"%s\": one of document_url, status_url",
		 field->option, value);
	return false;
}

#define URL_FIELDS                                                           \
	{"document-url", "URL", false, "document_url", put_text,             \
	 "fetch it there: https://, http://, file:///"},            \
	{                                                                    \
		"status-url", "URL", false, "status_url", put_text,          \
		    "fetch its lists there, not at their URIs"               \
	}

const struct field issuer_fields[] = {
    {"root", "HEX", true, "root", put_text,
     "root key that oap-issuer init printed"},
    {"document", "FILE", true, "document", put_file, "issuer.cose"},
    {"status", "FILE", false, "tokens", put_files,
     "status-N.cose (repeat)"},
    URL_FIELDS,
    {0}};

const struct field issuer_set_fields[] = {
    {"document", "FILE", false, "document", put_file, "a newer issuer.cose"},
    {"status", "FILE", false, "tokens", put_files,
     "newer status-N.cose (repeat)"},
    URL_FIELDS,
    {"withdrawn", "yes|no", false, "withdrawn", put_yes_no,
     "trust its passes no longer"},
    {"clear", "MEMBER", false, "clear", put_clear,
     "fetch it no longer: document_url, status_url"},
    {0}};

/* When it last went well; or that it does not. */
static void cell_fetch(const struct ctl *ctl, const json_t *row,
		       const struct column *column, char cell[CELL_MAX])
{
	const json_t *fetch = json_object_get(row, column->member);
	const struct column good = {.member = "good_ms"};
	const char *error =
	    json_string_value(json_object_get(fetch, "error"));
	size_t n;

	cell_time(ctl, fetch, &good, cell);
	n = strlen(cell);
	if (error != NULL)
		snprintf(cell + n, CELL_MAX - n, "%sfails: %s",
			 n > 0 ? ", now " : "", error);
}

static const struct column issuer_columns[] = {
    {"issuer", "iss", NULL},
    {"name", "names", cell_names},
    {">document", "number", NULL},
    {"made", "made_at_ms", cell_time},
    {"root", "root", NULL},
    {"state", "withdrawn", cell_withdrawn},
    {"fetched", "fetch", cell_fetch}};

const struct record issuer_record = {
    "/v1/issuers", "issuers", "iss", issuer_columns,
    sizeof issuer_columns / sizeof *issuer_columns};

int issuer_fetch(struct ctl *ctl, const struct command *command,
		 const char *argument, json_t *values)
{
	char path[PATH_CAP];

	if (!record_path(path, command->record->path, argument) ||
	    !path_add(path, "fetch"))
		return EXIT_USAGE;
	return record_call(ctl, command->record, "POST", path, values);
}
