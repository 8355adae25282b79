/* SPDX-License-Identifier: Apache-2.0 */
/* kiosk_commands.c: enrolment codes, and the state of kiosks. */
#include "kiosk_commands.h"

#include <qrencode.h>
#include <string.h>
#include <unistd.h>

const struct field kiosk_fields[] = {
    {"facility", "ID", true, "facility", put_text, "where it will stand"},
    {"name", "TEXT", false, "name", put_text, "\"north door\""},
    {"confirm", NULL, false, "confirm", put_flag,
     "compare its key id before it gets anything"},
    {0}};

const struct field kiosk_set_fields[] = {
    {"facility", "ID", false, "facility", put_text,
     "where it stands now; it learns it from sync"},
    {"name", "TEXT", false, "name", put_text, "\"north door\""},
    {0}};

/* "missing 3-8": what is wrong with its entries, and where. */
static void cell_chain(const struct ctl *ctl, const json_t *row,
		       const struct column *column, char cell[CELL_MAX])
{
	const json_t *chain = json_object_get(row, column->member);
	const json_t *fork = json_object_get(chain, "fork");
	const json_t *gap = json_object_get(chain, "gap");
	const char *state = json_string_value(json_object_get(chain, "state"));
	int n = 0;

	(void)ctl;
	snprintf(cell, CELL_MAX, "%s", state != NULL ? state : "");
	if (json_is_integer(fork))
		n = snprintf(cell, CELL_MAX, "fork at %" JSON_INTEGER_FORMAT,
			     json_integer_value(fork));
	if (json_is_object(gap))
		snprintf(cell + n, CELL_MAX - (size_t)n,
			 "%s%s %" JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT,
			 n > 0 ? ", " : "",
			 json_is_true(json_object_get(gap, "missing"))
			     ? "missing"
			     : "open",
			 json_integer_value(json_object_get(gap, "from")),
			 json_integer_value(json_object_get(gap, "to")));
}

/* Nothing for none, so that the column stands only where there are some. */
static void cell_quarantined(const struct ctl *ctl, const json_t *row,
			     const struct column *column, char cell[CELL_MAX])
{
	cell_plain(ctl, row, column, cell);
	if (json_integer_value(json_object_get(row, column->member)) == 0)
		cell[0] = '\0';
}

static const struct column kiosk_columns[] = {
    {"kiosk", "kid", NULL},
    {"facility", "facility", NULL},
    {"name", "name", NULL},
    {"state", "state", NULL},
    {"last report", "last_report_ms", cell_time},
    {">unsent", "queue_depth", NULL},
    {">since entry", "oldest_unsent", NULL},
    {">bundle", "bundle_epoch", NULL},
    {">offset ms", "clock_offset_ms", NULL},
    {"version", "version", NULL},
    {">quarantined", "quarantined", cell_quarantined},
    {"chain", "chain", cell_chain},
    {"code tried again", "enrolment_refused_ms", cell_time}};

const struct record kiosk_record = {
    "/v1/kiosks", "kiosks", "kid", kiosk_columns,
    sizeof kiosk_columns / sizeof *kiosk_columns};

static bool dark(const QRcode *qr, int x, int y)
{
	return x >= 0 && y >= 0 && x < qr->width && y < qr->width &&
	       (qr->data[y * qr->width + x] & 1) != 0;
}

/* White on black by their numbers in the fixed part of the 256 colours (6x6x6
 * cube), for a scheme of a terminal's own may give "white" any colour. */
#define QR_COLOURS "\033[38;5;231;48;5;16m"
#define QR_BORDER 4 /* ISO/IEC 18004: light modules around the symbol */

/* Two modules a character, light ones drawn: dark on light whatever colours
 * the terminal has. */
static void print_qr(FILE *out, const char *text)
{
	QRcode *qr = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);

	if (qr == NULL)
		return;
	for (int y = -QR_BORDER; y < qr->width + QR_BORDER; y += 2) {
		fputs("  " QR_COLOURS, out);
		for (int x = -QR_BORDER; x < qr->width + QR_BORDER; x++) {
			bool top = !dark(qr, x, y), low = !dark(qr, x, y + 1);
			fputs(top && low ? "\u2588"
			      : top	 ? "\u2580"
			      : low	 ? "\u2584"
					 : " ",
			      out);
		}
		fputs("\033[0m\n", out);
	}
	QRcode_free(qr);
}

int kiosk_add(struct ctl *ctl, const struct command *command,
	      const char *argument, json_t *values)
{
	const struct column expires = {.member = "expires_ms"};
	struct response answer;
	char until[CELL_MAX];

	(void)argument;
	int status = ctl_call(ctl, "POST", command->record->path, values,
			      &answer);
	if (status != EXIT_DONE)
		return status;
	const char *code =
	    json_string_value(json_object_get(answer.json, "code"));
	if (code == NULL) {
		status = ctl_not_ours(ctl, "code");
	} else if (ctl->json) {
		ctl_print_json(ctl, answer.json);
	} else {
		cell_time(ctl, answer.json, &expires, until);
		if (isatty(fileno(ctl->out)) == 1) {
			fprintf(ctl->out, "\n");
			print_qr(ctl->out, code);
			fprintf(ctl->out, "\n");
		}
		ctl_print_line(ctl, "%s", code);
		fflush(ctl->out);
		fprintf(stderr,
			"On the kiosk, once, before %s:\n"
			"  oap-kiosk enrol --dir DIR 'CODE'\n",
			until);
	}
	json_decref(answer.json);
	return status;
}

static int set_state(struct ctl *ctl, const struct command *command,
		     const char *kid, const char *state)
{
	json_t *change = json_pack("{s:s}", "state", state);
	int status = record_set(ctl, command, kid, change);

	json_decref(change);
	return status;
}

int kiosk_confirm(struct ctl *ctl, const struct command *command,
		  const char *argument, json_t *values)
{
	(void)values;
	return set_state(ctl, command, argument, "active");
}

int kiosk_revoke(struct ctl *ctl, const struct command *command,
		 const char *argument, json_t *values)
{
	(void)values;
	return set_state(ctl, command, argument, "revoked");
}
