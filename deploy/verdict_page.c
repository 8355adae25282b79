/* SPDX-License-Identifier: Apache-2.0 */
/* verdict_page.c: writes the manual page oap-verdicts(7) from the table that
 * programs go by, when the project is built: so that it cannot say anything
 * else. mdoc on stdout. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

/* Columns that a line of an entry has, on a terminal of 80. */
#define COLUMNS 62

#define LENGTH(a) (sizeof(a) / sizeof(*(a)))

static const struct {
	enum verdict_class class;
	const char *title, *what;
} CLASSES[] = {
    {CLASS_ACCEPT, "Accepted",
     "The visit counts. Let the visitor in at the price that is shown."},
    {CLASS_REJECT_CODE, "The code is refused",
     "What was scanned is no pass, or nobody can say whose."},
    {CLASS_REJECT_PASS, "The pass is refused",
     "The pass is real, but does not hold now."},
    {CLASS_REJECT_USE, "The use is refused",
     "The pass holds, but not for this use of this benefit."},
    {CLASS_UNDECIDED, "Nobody knows",
     "The kiosk or the service cannot know. Never say that the pass is bad."},
    {CLASS_RETRY, "Not now",
     "No verdict on the visit: nothing is written down, nothing is used."},
    {CLASS_DEVICE, "This kiosk",
     "The kiosk needs its operator; the pass was not judged."},
    {CLASS_REVERSAL, "Taking a visit back",
     "What is answered when a visit is taken back."},
};

static const char HEAD[] =
    ".\\\" SPDX-License-Identifier: Apache-2.0\n"
    ".Dd November 24, 2026\n"
    ".Dt OAP-VERDICTS 7\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm oap-verdicts\n"
    ".Nd what a visitor with a One-Asia pass is told, and what to do then\n"
    ".Sh DESCRIPTION\n"
    "A verdict is what a kiosk tells of a visit, and what a service answers.\n"
    "It has a name, a number that never changes its meaning, a class, a\n"
    "sentence for the visitor, and one for the person at the door.\n"
    "Programs act on the class: a later version may have verdicts that are\n"
    "not in this list.\n"
    "The status is that with which\n"
    ".Xr oap-kiosk 1\n"
    "ends, for scripts.\n"
    ".Pp\n"
    "Each entry has the number, the status, what the visitor reads, in\n"
    "quotes, and what to do next; the same sentences follow in Korean,\n"
    "Japanese and Chinese.\n";

static const char TAIL[] = ".Sh SEE ALSO\n"
			   ".Xr oap-kiosk 1 ,\n"
			   ".Xr oapctl 1 ,\n"
			   ".Xr oap 3 ,\n"
			   ".Xr oapd 8\n";

static const struct {
	enum language lang;
	const char *title;
} TRANSLATIONS[] = {
    {LANG_KO, "KOREAN"},
    {LANG_JA, "JAPANESE"},
    {LANG_ZH, "CHINESE"},
};

/* Text with spaces: a new sentence begins a new line, and no line may begin as
 * a macro does. */
static void put_words(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text != '\0'; text++) {
		bool ends = *text == '.' && text[1] == ' ';

		if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
		if (ends) {
			putchar('\n');
			text++;
		}
	}
	putchar('\n');
}

/* Bytes of the character that begins here. */
static size_t size_of(const char *p)
{
	unsigned char c = (unsigned char)*p;

	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static bool is_stop(const char *p)
{
	static const char *const STOPS[] = {"。", "、", "，", "；", "："};

	for (size_t i = 0; i < LENGTH(STOPS); i++) {
		if (strncmp(p, STOPS[i], strlen(STOPS[i])) == 0)
			return true;
	}
	return false;
}

/* Up to and with the next stop: its bytes, and the columns that it takes. */
static size_t clause(const char *text, int *columns)
{
	size_t n = 0;
	bool last = false;

	*columns = 0;
	while (text[n] != '\0' && !last) {
		size_t size = size_of(text + n);

		last = is_stop(text + n);
		*columns += size == 1 ? 1 : 2;
		n += size;
	}
	return n;
}

/* Japanese and Chinese have no spaces at which a formatter could break: it is
 * done here, behind a stop. */
static void put_clauses(const char *text)
{
	int used = 0, columns;

	while (*text != '\0') {
		size_t n = clause(text, &columns);

		if (used > 0 && used + columns > COLUMNS) {
			fputs("\n.br\n", stdout);
			used = 0;
		}
		printf("%.*s", (int)n, text);
		used += columns;
		text += n;
	}
	putchar('\n');
}

static void put_text(const char *text, enum language lang)
{
	if (lang == LANG_JA || lang == LANG_ZH)
		put_clauses(text);
	else
		put_words(text);
}

static void put_sentences(const struct verdict_info *info, enum language lang)
{
	puts(".Do");
	put_text(info->text[lang], lang);
	puts(".Dc\n.br");
	put_text(info->next[lang], lang);
}

static void put_entry(const struct verdict_info *info)
{
	printf(".It Li %s\n", info->name);
	printf("Number %u, status %d.\n.br\n", info->number,
	       verdict_exit_status(info->number));
	put_sentences(info, LANG_EN);
}

static void put_class(size_t at)
{
	const struct verdict_info *table;
	size_t count;

	table = verdict_table(&count);
	printf(".Ss %s\n", CLASSES[at].title);
	printf("Class\n.Cm %s .\n", verdict_class_name(CLASSES[at].class));
	put_words(CLASSES[at].what);
	puts(".Bl -tag -width 2n");
	for (size_t i = 0; i < count; i++) {
		if (table[i].class == CLASSES[at].class)
			put_entry(&table[i]);
	}
	puts(".El");
}

static void put_translation(size_t at)
{
	const struct verdict_info *table;
	size_t count;

	table = verdict_table(&count);
	printf(".Sh %s\n.Bl -tag -width 2n\n", TRANSLATIONS[at].title);
	for (size_t i = 0; i < count; i++) {
		printf(".It Li %s\n", table[i].name);
		put_sentences(&table[i], TRANSLATIONS[at].lang);
	}
	puts(".El");
}

int main(void)
{
	fputs(HEAD, stdout);
	puts(".Sh VERDICTS");
	for (size_t i = 0; i < LENGTH(CLASSES); i++)
		put_class(i);
	for (size_t i = 0; i < LENGTH(TRANSLATIONS); i++)
		put_translation(i);
	fputs(TAIL, stdout);
	return fflush(stdout) != 0 || ferror(stdout) ? 4 : 0;
}
