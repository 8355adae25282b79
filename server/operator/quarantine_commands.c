/* SPDX-License-Identifier: Apache-2.0 */
/* quarantine_commands.c: what kiosks sent that is no record, as a list, and one
 * of it with its bytes. */
#include "quarantine_commands.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "outfile.h"

const struct field quarantine_fields[] = {
    {"out", "FILE", false, "out", put_text, "where to write its bytes"},
    {0}};

static const struct column quarantine_columns[] = {
    {"received", "received_ms", cell_time},
    {"kiosk", "kiosk", NULL},
    {"facility", "facility", NULL},
    {"kind", "kind", NULL},
    {">size", "size", NULL},
    {">n", "n", NULL},
    {"sha256", "sha256", NULL}};

const struct record quarantine_record = {
    "/v1/quarantine", "quarantine", "n", quarantine_columns,
    sizeof quarantine_columns / sizeof *quarantine_columns};

static int write_file(const char *path, const uint8_t *p, size_t n)
{
	struct outfile o;
	bool written = outfile_open(&o, path) && outfile_write(&o, p, n) &&
		       outfile_commit(&o);

	if (!written)
		ctl_complain("%s", o.error);
	outfile_abandon(&o);
	return written ? EXIT_DONE : EXIT_RETRY;
}

/* raw: Base64. */
static int write_raw(const struct ctl *ctl, const char *path, const char *raw)
{
	size_t cap = strlen(raw) / 4 * 3, n;
	uint8_t *p = malloc(cap + 1);
	int status = EXIT_RETRY;

	if (p == NULL)
		ctl_complain("out of memory");
	else if (sodium_base642bin(p, cap, raw, strlen(raw), NULL, &n, NULL,
				   sodium_base64_VARIANT_ORIGINAL) != 0)
		status = ctl_not_ours(ctl, "raw");
	else
		status = write_file(path, p, n);
	free(p);
	return status;
}

static int save(struct ctl *ctl, const json_t *item, const char *name,
		const char *path)
{
	const json_t *raw = json_object_get(item, "raw");

	if (json_is_string(raw))
		return write_raw(ctl, path, json_string_value(raw));
	if (!json_is_null(raw))
		return ctl_not_ours(ctl, "raw");
	ctl_complain("%s: its bytes are no longer kept; its hash is", name);
	return EXIT_REJECT;
}

int quarantine_show(struct ctl *ctl, const struct command *command,
		    const char *argument, json_t *values)
{
	const char *out = json_string_value(json_object_get(values, "out"));
	struct response answer;
	char path[PATH_CAP];

	if (!record_path(path, command->record->path, argument))
		return EXIT_USAGE;
	int status = ctl_call(ctl, "GET", path, NULL, &answer);
	if (status == EXIT_DONE && out != NULL)
		status = save(ctl, answer.json, argument, out);
	if (status != EXIT_DONE) {
		json_decref(answer.json);
		return status;
	}
	/* For programs, and for --out: not for the eye. */
	if (!ctl->json)
		json_object_del(answer.json, "raw");
	return record_print(ctl, command->record, &answer);
}
