/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.c: check and redeem, of one code or of as many as the scanner
 * gives. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "courier.h"
#include "jsonout.h"
#include "scanner.h"
#include "screen.h"

typedef enum oap_result judging(struct oap *kiosk,
				const struct oap_attempt *a,
				struct oap_told *told,
				struct oap_problem *why);

struct door {
	const struct options *options;
	struct oap *kiosk;
	judging *judge;
	struct oap_attempt attempt;
	char currency[OAP_CURRENCY_TEXT]; /* in which its amount was read */
	bool many; /* a line each */
	bool behind; /* a bundle is to be fetched */
	bool stranger; /* the service does not take it for its kiosk */
};

static int read_amount(struct door *d)
{
	const char *text = d->options->amount;
	struct oap_status status;
	struct oap_problem why;

	if (text == NULL)
		return EXIT_DONE;
	if (oap_status(d->kiosk, &status, &why) != OAP_OK)
		return complain_about(&why);
	if (strcmp(status.currency, d->currency) == 0)
		return EXIT_DONE;
	d->attempt.list = OAP_NO_AMOUNT;
	d->currency[0] = '\0';
	if (status.currency[0] == '\0') /* the attempt itself says why */
		return EXIT_DONE;
	if (oap_amount_parse(text, status.currency, &d->attempt.list, &why) !=
	    OAP_OK)
		return complain_about(&why);
	memcpy(d->currency, status.currency, sizeof(d->currency));
	return EXIT_DONE;
}

/* A bundle that went bad on the disk would turn everybody away. */
static int mend_bundle(struct door *d)
{
	struct oap_refreshed refreshed;
	struct oap_status status;
	struct oap_problem why;

	if (d->judge != oap_redeem ||
	    oap_status(d->kiosk, &status, &why) != OAP_OK ||
	    !status.bundle_damaged ||
	    oap_refresh(d->kiosk, &refreshed, &why) == OAP_OK)
		return EXIT_DONE;
	complain("%s: the bundle held is damaged, and no other was had: %s; "
		 "oap-kiosk sync tries again", d->options->dir, why.text);
	return EXIT_UNDECIDED;
}

static int take(struct door *d, const struct scanned *code)
{
	const struct options *o = d->options;
	struct oap_problem why;
	struct oap_told told;
	int status;

	d->attempt.code = code->text;
	d->attempt.code_length = code->length;
	d->stranger = false;
	/* another currency may have come with a bundle since */
	status = read_amount(d);
	if (status != EXIT_DONE)
		return status;
	if (d->judge(d->kiosk, &d->attempt, &told, &why) != OAP_OK) {
		d->behind = d->many && d->judge == oap_redeem &&
			    why.result == OAP_NOT_READY;
		return complain_about(&why);
	}
	d->behind = told.newer_bundle != 0;
	d->stranger = courier_is_wanted(&told);
	if (o->json)
		json_told(d->kiosk, o, &told);
	else if (d->many)
		screen_line(d->kiosk, o, &told);
	else
		screen_told(d->kiosk, o, &told);
	return oap_exit_status(told.verdict);
}

/* How a stream of codes ended: an empty one, or a broken one, let nobody in. */
static int end_of_input(size_t lines, int worst)
{
	if (ferror(stdin))
		complain("standard input: %s", strerror(errno));
	else if (lines == 0)
		complain("standard input: no code in it");
	else
		return worst;
	return EXIT_RETRY;
}

/* The exit status of many is that of the worst. */
static int take_lines(struct door *d, struct courier *courier)
{
	struct scanned code;
	int worst = EXIT_DONE, status;
	size_t lines = 0;

	d->many = true;
	while (scan_line(stdin, &code)) {
		lines++;
		status = take(d, &code);
		if (status == EXIT_USAGE)
			return status;
		if (status > worst)
			worst = status;
		/* whoever scans waits for this line */
		if (fflush(stdout) != 0)
			return EXIT_RETRY;
		courier_nudge(courier, d->behind);
		if (d->stranger)
			courier_hurry(courier);
	}
	return end_of_input(lines, worst);
}

/* A scanner may be there all day. */
static int take_stream(struct door *d)
{
	struct courier *courier = courier_start(d->kiosk, NULL);
	int status;

	if (courier == NULL) {
		complain("cannot start a thread: out of memory or threads");
		return EXIT_RETRY;
	}
	status = take_lines(d, courier);
	courier_stop(courier);
	return status;
}

/* After the visitor was told: what an operator changed holds for the next.
 * That it failed changes nothing of what was told; the next one tries again. */
static void catch_up(struct door *d)
{
	struct oap_refreshed refreshed;
	struct oap_problem why;

	(void)fflush(stdout);
	if (oap_refresh(d->kiosk, &refreshed, &why) != OAP_OK)
		complain("%s", why.text);
}

static int take_all(struct door *d)
{
	const struct options *o = d->options;
	bool many = o->image == NULL && strcmp(o->argument, "-") == 0;
	struct scanned code;
	int status = mend_bundle(d);

	if (status == EXIT_DONE || many) /* a stream's courier goes on trying */
		status = read_amount(d);
	if (status != EXIT_DONE)
		return status;
	if (many)
		return take_stream(d);
	status = o->image != NULL ? scan_image(o->image, &code)
				  : scan_text(o->argument, &code);
	if (status != EXIT_DONE)
		return status;
	status = take(d, &code);
	if (d->behind)
		catch_up(d);
	return status;
}

static int run(const struct options *o, judging *judge)
{
	struct door d = {.options = o,
			 .judge = judge,
			 .attempt = OAP_ATTEMPT_INIT};
	struct oap_problem why;
	int status;

	d.attempt.benefit = o->benefit;
	d.attempt.party = o->party;
	if (oap_open(o->dir, 0, &d.kiosk, &why) != OAP_OK)
		return complain_about(&why);
	status = take_all(&d);
	oap_close(d.kiosk);
	return status;
}

int run_check(const struct options *o)
{
	return run(o, oap_check);
}

int run_redeem(const struct options *o)
{
	return run(o, oap_redeem);
}
