/* SPDX-License-Identifier: Apache-2.0 */
/* pos.c: a till of another maker. A line in is a code, "undo" for the visit
 * before, or "undo ID"; out goes what the visitor is to read.
 *	cc -std=c11 pos.c -o pos $(pkg-config --cflags --libs oap)
 *	./pos DIR BENEFIT en|ko|ja|zh AMOUNT	list price, like 24000 */
#include <oap.h>
#include <stdio.h>
#include <string.h>

#define LINE 4300 /* what a QR code can hold, and its end */

static const char *const TO_PAY[] = {"To pay", "결제 금액", "お支払い", "应付"};

static int complain(const struct oap_problem *why)
{
	fprintf(stderr, "pos: %s\n", why->text);
	return 4;
}

/* Exactly the verdict; how it looks is the till's affair. */
static void tell(const struct oap_told *told, enum oap_lang lang)
{
	char price[OAP_AMOUNT_TEXT];

	puts(oap_verdict_text(told->verdict, lang));
	if (told->verdict_class == OAP_CLASS_ACCEPT && told->price >= 0) {
		oap_amount_format(told->price, told->currency, price);
		printf("%s: %s\n", TO_PAY[lang], price);
	} else {
		puts(oap_verdict_next(told->verdict, lang));
	}
	fflush(stdout); /* the visitor waits for it */
}

/* A till that is open all day does this every five minutes, in a thread of its
 * own: visits go ahead meanwhile. */
static int catch_up(struct oap *kiosk)
{
	struct oap_refreshed bundle;
	struct oap_synced sent;
	struct oap_problem why;

	if (oap_sync(kiosk, &sent, &why) != OAP_OK ||
	    oap_refresh(kiosk, &bundle, &why) != OAP_OK)
		return complain(&why);
	for (unsigned i = 0; i < sent.refused; i++)
		fprintf(stderr, "pos: attempt %s: not taken back\n",
			sent.refusals[i].attempt);
	oap_refusals_told(kiosk, &sent);
	return 0;
}

static void serve(struct oap *kiosk, struct oap_attempt *visit,
		  enum oap_lang lang)
{
	char line[LINE], last[OAP_ID_TEXT] = "";
	enum oap_result result;
	struct oap_problem why;
	struct oap_told told;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		visit->code = line;
		visit->code_length = strcspn(line, "\r\n");
		line[visit->code_length] = '\0';
		if (strncmp(line, "undo", 4) != 0)
			result = oap_redeem(kiosk, visit, &told, &why);
		else
			result = oap_reverse(kiosk, line[4] ? line + 5 : last,
					     OAP_REASON_MISTAKE, &told, &why);
		if (result == OAP_OK)
			tell(&told, lang);
		else
			complain(&why);
		memcpy(last, told.id, sizeof(last));
	}
}

int main(int argc, char **argv)
{
	struct oap_attempt visit = OAP_ATTEMPT_INIT;
	struct oap_problem why;
	struct oap_status s;
	struct oap *kiosk;
	int status;

	if (argc != 5)
		return 2;
	if (oap_open(argv[1], 0, &kiosk, &why) != OAP_OK)
		return complain(&why);
	visit.benefit = argv[2];
	if (oap_status(kiosk, &s, &why) == OAP_OK &&
	    oap_amount_parse(argv[4], s.currency, &visit.list, &why) == OAP_OK)
		serve(kiosk, &visit, oap_lang_of(argv[3]));
	else
		complain(&why);
	status = catch_up(kiosk);
	oap_close(kiosk);
	return status;
}
