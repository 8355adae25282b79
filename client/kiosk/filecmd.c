/* SPDX-License-Identifier: Apache-2.0 */
/* filecmd.c: a kiosk without a network: its entries out as a file, and what
 * the service gave for them in. */
#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "jsonout.h"
#include "screen.h"

static void show_exported(const struct options *o,
			  const struct oap_exported *out)
{
	if (out->entries == 0)
		printf("%s: no entries, the service has them all\n",
		       o->argument);
	else
		printf("%s: %" PRIu64 " entries, up to number %" PRIu64
		       "; next, at the service: oapctl import --receipt BACK "
		       "FILE, then here: oap-kiosk import --dir %s BACK\n",
		       o->argument, out->entries, out->last, o->dir);
}

int run_export(const struct options *o)
{
	struct oap_exported out;
	struct oap_problem why;
	struct oap *kiosk;
	int status = EXIT_DONE;

	if (oap_open(o->dir, 0, &kiosk, &why) != OAP_OK)
		return complain_about(&why);
	if (oap_export(kiosk, o->argument, &out, &why) != OAP_OK)
		status = complain_about(&why);
	else if (o->json)
		json_exported(&out);
	else
		show_exported(o, &out);
	oap_close(kiosk);
	return status;
}

static void show_imported(const struct options *o,
			  const struct oap_imported *in)
{
	const struct oap_synced *s = &in->synced;
	char line[REFUSAL_LINE];

	if (!in->bundle_changed && s->sent == 0 && !in->lost)
		printf("nothing new in it: ");
	printf("bundle %" PRIu64 "%s; %" PRIu64 " entries sent, %" PRIu64
	       " left\n",
	       in->epoch,
	       in->bundle_changed ? " (new)"
	       : in->bundle_older ? " (the file's is older)"
				  : "",
	       s->sent, s->unsent);
	if (in->receipts == 0 && s->unsent > 0)
		printf("no receipt in it; oap-kiosk export --dir %s FILE "
		       "writes what waits\n",
		       o->dir);
	if (s->marked > 0)
		printf("%" PRIu64 " of them have a mark; oapctl attempts list "
		       "shows which\n",
		       s->marked);
	if (in->lost)
		printf("the service was restored and has lost entries of this "
		       "kiosk; oap-kiosk export --dir %s FILE writes them "
		       "again, to be carried there once more\n",
		       o->dir);
	for (unsigned i = 0; i < s->refused; i++) {
		screen_refusal(&s->refusals[i], line, sizeof(line));
		puts(line);
	}
}

int run_import(const struct options *o)
{
	struct oap_imported in;
	struct oap_problem why;
	struct oap *kiosk;
	int status = EXIT_DONE;

	if (oap_open(o->dir, 0, &kiosk, &why) != OAP_OK)
		return complain_about(&why);
	if (oap_import(kiosk, o->argument, &in, &why) != OAP_OK) {
		status = complain_about(&why);
	} else {
		if (o->json)
			json_imported(&in);
		else
			show_imported(o, &in);
		if (in.synced.refused > 0 && fflush(stdout) == 0)
			oap_refusals_told(kiosk, &in.synced);
	}
	oap_close(kiosk);
	return status;
}
