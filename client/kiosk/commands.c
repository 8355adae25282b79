/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c: the table of commands, and those that are one call. */
#include "commands.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "jsonout.h"
#include "scanner.h"
#include "screen.h"

const struct command COMMANDS[] = {
	{"enrol", run_enrol, "dijl", true, "CODE | --image FILE | -",
	 "Makes this directory a kiosk of the service that the one-time code\n"
	 "names. oapctl kiosk add prints the code; - reads it from standard\n"
	 "input. Compare the digits shown with those that the operator sees."},
	{"check", run_check, "dbpaijl", true,
	 "--benefit ID [--party N] [--amount N] CODE | --image FILE | -",
	 "Says what would be told now, as far as this kiosk knows. Nothing is\n"
	 "asked, written down or used."},
	{"redeem", run_redeem, "dbpaijl", true,
	 "--benefit ID [--party N] [--amount N] CODE | --image FILE | -",
	 "Asks the service, writes down what is told, then tells it. The code\n"
	 "is the text of a pass, an image with its QR code, or - for one code\n"
	 "a line on standard input, as a scanner types them. The amount is the\n"
	 "list price of the whole party, like 24000 or 12.50."},
	{"reverse", run_reverse, "drjl", true,
	 "[--reason mistake|visitor-left|wrong-benefit|other] ID",
	 "Takes an attempt back. ID is what redeem showed; KID/ID is an attempt\n"
	 "of another kiosk of this facility."},
	{"sync", run_sync, "djl", false, "",
	 "Fetches the bundle when there is a newer one, and sends the entries\n"
	 "that the service does not have."},
	{"roll", run_roll, "djl", false, "",
	 "Gives this kiosk a new key, once all entries are sent. Until the\n"
	 "service has it the old one goes on; when something failed, the same\n"
	 "command goes on where it was."},
	{"status", run_status, "djl", false, "",
	 "Shows what this kiosk is, what it holds and what waits to be sent."},
	{"keep", run_keep, "dnjl", false, "--days N",
	 "Sets how long entries stay here once the service has them: 30 to 3650\n"
	 "days, 35 when it was never set. status shows it."},
	{"export", run_export, "djl", true, "FILE",
	 "Writes what sync would send into a file, to be carried to the service\n"
	 "(oapctl import). Entries stay unsent until a receipt is imported."},
	{"import", run_import, "djl", true, "FILE",
	 "Takes the file that came back from the service: a bundle, and receipts\n"
	 "for the entries that were exported."},
	{"run", run_run, "dBLSTl", false,
	 "[--listen ADDRESS:PORT] [--benefit ID] [--scanner SCANNER] "
	 "[--token-file FILE]",
	 "Stays: reads a scanner, shows verdicts on a page, answers calls of a\n"
	 "till, sends what was told and fetches what is new. It listens on this\n"
	 "machine alone, on 127.0.0.1:8441 when nothing is said. The scanner is\n"
	 "- for standard input, a device such as /dev/ttyACM0, or exec: and a\n"
	 "command that prints codes. The page's link is in DIR/agent.page, the\n"
	 "token for other callers in DIR/agent.token."},
	{NULL, NULL, NULL, false, NULL, NULL},
};

static int open_kiosk(const struct options *o, unsigned flags,
		      struct oap **kiosk)
{
	struct oap_problem why;

	if (oap_open(o->dir, flags, kiosk, &why) == OAP_OK)
		return EXIT_DONE;
	return complain_about(&why);
}

/* One code, from the argument, an image or the first line of input. */
static int take_code(const struct options *o, struct scanned *code)
{
	if (o->image != NULL)
		return scan_image(o->image, code);
	if (strcmp(o->argument, "-") == 0) {
		if (scan_line(stdin, code))
			return EXIT_DONE;
		complain("standard input: no code in it");
		return EXIT_RETRY;
	}
	return scan_text(o->argument, code);
}

/* What is no code leaves no directory behind. */
static int take_enrolment_code(const struct options *o, struct scanned *code)
{
	struct oap_problem why;
	int status = take_code(o, code);

	if (status == EXIT_DONE && oap_enrol_check(code->text, &why) != OAP_OK)
		status = complain_about(&why);
	return status;
}

int run_enrol(const struct options *o)
{
	struct oap_enrolled enrolled;
	struct oap_problem why;
	struct scanned code;
	struct oap *kiosk;
	int status = take_enrolment_code(o, &code);

	if (status == EXIT_DONE)
		status = open_kiosk(o, OAP_CREATE, &kiosk);
	if (status != EXIT_DONE)
		return status;
	if (oap_enrol(kiosk, code.text, &enrolled, &why) != OAP_OK)
		status = complain_about(&why);
	else if (o->json)
		json_enrolled(&enrolled);
	else
		screen_enrolled(o, &enrolled);
	oap_close(kiosk);
	return status;
}

int run_reverse(const struct options *o)
{
	struct oap_problem why;
	struct oap_told told;
	struct oap *kiosk;
	int status = open_kiosk(o, 0, &kiosk);

	if (status != EXIT_DONE)
		return status;
	if (oap_reverse(kiosk, o->argument, o->reason, &told, &why) !=
	    OAP_OK) {
		status = complain_about(&why);
	} else {
		if (o->json)
			json_told(kiosk, o, &told);
		else
			screen_told(kiosk, o, &told);
		status = oap_exit_status(told.verdict);
	}
	oap_close(kiosk);
	return status;
}

int run_roll(const struct options *o)
{
	struct oap_rolled rolled;
	struct oap_problem why;
	struct oap *kiosk;
	int status = open_kiosk(o, 0, &kiosk);

	if (status != EXIT_DONE)
		return status;
	if (oap_roll(kiosk, &rolled, &why) != OAP_OK)
		status = complain_about(&why);
	else if (o->json)
		json_rolled(&rolled);
	else
		screen_rolled(&rolled);
	oap_close(kiosk);
	return status;
}

/* Of a kiosk that has just wiped itself the library's line is to be had from
 * any call but those that still do something. */
static int say_if_wiped(struct oap *kiosk)
{
	struct oap_refreshed refreshed;
	struct oap_problem why;
	struct oap_status s;

	if (oap_status(kiosk, &s, &why) != OAP_OK || !s.wiped ||
	    oap_refresh(kiosk, &refreshed, &why) != OAP_WIPED)
		return EXIT_DONE;
	return complain_about(&why);
}

/* What is waiting is sent even when the bundle cannot be had. */
int run_sync(const struct options *o)
{
	struct oap_refreshed refreshed;
	struct oap_synced synced = {0};
	struct oap_problem why;
	struct oap *kiosk;
	int status = open_kiosk(o, 0, &kiosk), second;

	if (status != EXIT_DONE)
		return status;
	if (oap_refresh(kiosk, &refreshed, &why) != OAP_OK &&
	    why.result != OAP_WIPED)
		status = complain_about(&why);
	if (why.result != OAP_NOT_ENROLLED &&
	    oap_sync(kiosk, &synced, &why) != OAP_OK) {
		second = complain_about(&why);
		status = second > status ? second : status;
	}
	if (status == EXIT_DONE)
		status = say_if_wiped(kiosk);
	if (why.result != OAP_NOT_ENROLLED) {
		if (o->json)
			json_synced(&refreshed, &synced);
		else
			screen_synced(o, &refreshed, &synced);
		if (synced.refused > 0 && fflush(stdout) == 0)
			oap_refusals_told(kiosk, &synced);
		/* a script must not take it for done */
		if (synced.unsent > 0)
			status = EXIT_RETRY;
	}
	oap_close(kiosk);
	return status;
}

int run_keep(const struct options *o)
{
	struct oap_problem why;
	struct oap *kiosk;
	int status = open_kiosk(o, 0, &kiosk);

	if (status != EXIT_DONE)
		return status;
	if (oap_keep(kiosk, o->days, &why) != OAP_OK)
		status = complain_about(&why);
	else if (o->json)
		json_kept(o->days);
	else
		screen_kept(o->days);
	oap_close(kiosk);
	return status;
}

int run_status(const struct options *o)
{
	struct oap_problem why;
	struct oap_status s;
	struct oap *kiosk;
	int status = open_kiosk(o, 0, &kiosk);

	if (status != EXIT_DONE)
		return status;
	if (oap_status(kiosk, &s, &why) != OAP_OK)
		status = complain_about(&why);
	else if (o->json)
		json_status(kiosk, o, &s);
	else
		screen_status(kiosk, o, &s);
	oap_close(kiosk);
	return status;
}
