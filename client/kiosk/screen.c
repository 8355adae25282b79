/* SPDX-License-Identifier: Apache-2.0 */
/* screen.c: what stands on the screen at the door. Texts from outside are
 * plain already: the library sees to it. */
#include "screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "words.h"

#define LABEL_WIDTH 19
#define AMOUNT_WIDTH 16

enum colour { PLAIN, GREEN, RED, YELLOW, DIM, BOLD };

static const char *paint(const struct options *o, enum colour c)
{
	static const char *const CODES[] = {
		[PLAIN] = "\033[0m",	[GREEN] = "\033[1;32m",
		[RED] = "\033[1;31m",	[YELLOW] = "\033[1;33m",
		[DIM] = "\033[2m",	[BOLD] = "\033[1m",
	};

	return o->colour ? CODES[c] : "";
}

static void put_label(const struct options *o, const char *label)
{
	printf("     %s%s%s%*s", paint(o, DIM), label, paint(o, PLAIN),
	       LABEL_WIDTH - text_width(label), "");
}

static void put_row(const struct options *o, enum word label, const char *text)
{
	if (text[0] == '\0')
		return;
	put_label(o, word(label, o->lang));
	puts(text);
}

static void put_amount(const struct options *o, enum word label,
		       int64_t amount, const char *sign, enum colour c,
		       const char *currency)
{
	char text[OAP_AMOUNT_TEXT];
	int pad;

	if (amount < 0)
		return;
	oap_amount_format(amount, currency, text);
	pad = AMOUNT_WIDTH - (int)strlen(text) - (sign[0] != '\0');
	put_label(o, word(label, o->lang));
	printf("%*s%s%s%s%s\n", pad > 0 ? pad : 0, "", sign, paint(o, c),
	       text, paint(o, PLAIN));
}

static enum colour colour_of(const struct oap_told *told)
{
	switch (oap_exit_status(told->verdict)) {
	case EXIT_DONE: return GREEN;
	case EXIT_REJECT: return RED;
	default: return YELLOW;
	}
}

static const char *sign_of(const struct oap_told *told)
{
	switch (oap_exit_status(told->verdict)) {
	case EXIT_DONE: return "✔";
	case EXIT_REJECT: return "✘";
	default: return "?";
	}
}

static void put_pass(const struct options *o, const struct oap_told *told)
{
	if (told->pass_issuer[0] == '\0')
		return;
	put_label(o, word(WORD_PASS, o->lang));
	printf("%s · %s%s%s\n", told->pass_issuer,
	       class_word(told->pass_class, o->lang),
	       told->pass_hint[0] != '\0' ? " · " : "", told->pass_hint);
}

/* "National Museum (seoul)", or the city alone. */
static void place_of(struct oap *kiosk, const struct options *o,
		     const struct oap_told *told, char *text, size_t cap)
{
	size_t n;

	text[0] = '\0';
	if (told->first_use_facility[0] == '\0') {
		snprintf(text, cap, "%s", told->first_use_city);
		return;
	}
	oap_facility_name(kiosk, told->first_use_facility, o->lang, text, cap);
	n = strlen(text);
	if (told->first_use_city[0] != '\0' && n < cap)
		snprintf(text + n, cap - n, " (%s)", told->first_use_city);
}

static void put_first_use(struct oap *kiosk, const struct options *o,
			  const struct oap_told *told)
{
	char place[OAP_NAME_TEXT + OAP_NAME_ID_TEXT + 4], uses[64];

	if (told->first_use_ms != OAP_NO_TIME) {
		place_of(kiosk, o, told, place, sizeof(place));
		put_row(o, WORD_USED_AT, place);
		put_row(o, WORD_USED_ON, told->first_use_local);
	}
	if (told->limit > 1) {
		snprintf(uses, sizeof(uses), "%llu / %llu",
			 (unsigned long long)told->uses,
			 (unsigned long long)told->limit);
		put_row(o, WORD_USES, uses);
	}
}

static void put_price(const struct options *o, const struct oap_told *told)
{
	if (told->price < 0)
		return;
	put_amount(o, WORD_LIST, told->list, "", PLAIN, told->currency);
	put_amount(o, WORD_DISCOUNT, told->discount, "-", PLAIN,
		   told->currency);
	put_amount(o, WORD_TO_PAY, told->price, "", BOLD, told->currency);
}

/* " · keys 3 h" */
static void add_age(const struct options *o, enum word of, int64_t ms,
		    char *text, size_t cap)
{
	static const struct {
		int64_t ms;
		const char *name;
	} UNITS[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"},
		     {1000, "s"}};
	size_t n = strlen(text), i = 0;

	if (ms == OAP_NO_TIME)
		return;
	while (i + 1 < sizeof(UNITS) / sizeof(*UNITS) && ms < 2 * UNITS[i].ms)
		i++;
	snprintf(text + n, cap - n, "%s%s %lld %s", n > 0 ? " · " : "",
		 word(of, o->lang), (long long)(ms / UNITS[i].ms),
		 UNITS[i].name);
}

/* How old is what a verdict of this kiosk's own stands on. */
static void put_ages(const struct options *o, const struct oap_told *told)
{
	char text[160] = "";

	if (told->by_service || told->checked_only)
		return;
	add_age(o, WORD_KEYS_AGE, told->key_age_ms, text, sizeof(text));
	add_age(o, WORD_LIST_AGE, told->status_age_ms, text, sizeof(text));
	add_age(o, WORD_DATA_AGE, told->bundle_age_ms, text, sizeof(text));
	put_row(o, WORD_DECIDED_HERE, text);
}

static void put_warnings(const struct options *o, const struct oap_told *told)
{
	const struct {
		bool on;
		enum word what;
	} warnings[] = {
		{(told->stale & OAP_STALE_BUNDLE) != 0, WORD_STALE_BUNDLE},
		{(told->stale & OAP_STALE_STATUS) != 0, WORD_STALE_STATUS},
		{(told->marks & OAP_MARK_CONFLICT) != 0, WORD_CONFLICT},
		{(told->marks & OAP_MARK_DISPUTED) != 0, WORD_DISPUTED},
		{told->checked_only != 0, WORD_CHECK_ONLY},
	};

	for (size_t i = 0; i < sizeof(warnings) / sizeof(*warnings); i++)
		if (warnings[i].on)
			printf("     %s%s%s\n", paint(o, YELLOW),
			       word(warnings[i].what, o->lang),
			       paint(o, PLAIN));
}

void screen_told(struct oap *kiosk, const struct options *o,
		 const struct oap_told *told)
{
	printf("\n  %s%s  %s%s  %s%s%s\n", paint(o, colour_of(told)),
	       sign_of(told), oap_verdict_text(told->verdict, o->lang),
	       paint(o, PLAIN), paint(o, DIM),
	       oap_verdict_name(told->verdict), paint(o, PLAIN));
	put_pass(o, told);
	put_price(o, told);
	put_first_use(kiosk, o, told);
	put_row(o, WORD_NEXT, oap_verdict_next(told->verdict, o->lang));
	put_row(o, WORD_DETAIL, told->detail);
	put_ages(o, told);
	put_row(o, WORD_ATTEMPT, told->id);
	put_warnings(o, told);
	putchar('\n');
}

void screen_line(struct oap *kiosk, const struct options *o,
		 const struct oap_told *told)
{
	char text[OAP_AMOUNT_TEXT];

	(void)kiosk;
	printf("%s%s %s%s", paint(o, colour_of(told)), sign_of(told),
	       oap_verdict_name(told->verdict), paint(o, PLAIN));
	if (told->price >= 0) {
		oap_amount_format(told->price, told->currency, text);
		printf("  %s", text);
	}
	if (told->first_use_local[0] != '\0')
		printf("  %s %s", told->first_use_local,
		       told->first_use_facility[0] ? told->first_use_facility
						   : told->first_use_city);
	if (told->pass_issuer[0] != '\0')
		printf("  %s %s %s", told->pass_issuer, told->pass_class,
		       told->pass_hint);
	printf("  %s\n", told->id);
}
