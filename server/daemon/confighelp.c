/* SPDX-License-Identifier: Apache-2.0 */
/* confighelp.c: the configuration table as a file: with every key explained,
 * or with what is in force. */
#include <string.h>

#include "config.h"
#include "log.h"

#define HELP_WIDTH 78

/* Comment lines of whole words. */
static void put_wrapped(FILE *out, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, " ");
		if (column == 0 || column + 1 + n > HELP_WIDTH) {
			fprintf(out, "%s#", column == 0 ? "" : "\n");
			column = 1;
		}
		fprintf(out, " %.*s", (int)n, text);
		column += 1 + n;
		text += n;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void put_range(FILE *out, const struct config_key *k)
{
	const char *when = k->reload ? "; SIGHUP applies a change" : "";

	switch (k->type) {
	case CONFIG_NUMBER:
		fprintf(out, "# %lld to %lld%s.\n", (long long)k->min,
		        (long long)k->max, when);
		break;
	case CONFIG_YES_NO: fprintf(out, "# yes or no%s.\n", when); break;
	case CONFIG_TEXT:
	case CONFIG_LEVEL: break;
	}
}

void config_help(FILE *out)
{
	size_t count;
	const struct config_key *keys = config_table(&count);
	const char *section = "";

	fputs("# Configuration of oapd(8). A line is a [section], a key = "
	      "value, or a\n# comment that starts with # or ;. Check it with "
	      "oapd --config FILE -n.\n",
	      out);
	for (size_t i = 0; i < count; i++) {
		const struct config_key *k = &keys[i];
		if (strcmp(section, k->section) != 0)
			fprintf(out, "\n[%s]\n", k->section);
		else
			fputc('\n', out);
		section = k->section;
		put_wrapped(out, k->help);
		put_range(out, k);
		if (k->standard == NULL)
			fprintf(out, "%s = /var/lib/oapd\n", k->key);
		else
			fprintf(out, "#%s = %s\n", k->key, k->standard);
	}
}

static void put_value(const struct config *config, const struct config_key *k,
		      FILE *out)
{
	const char *text = (const char *)config + k->offset;
	int64_t number = 0;

	if (k->type != CONFIG_TEXT)
		memcpy(&number, text, sizeof(number));
	switch (k->type) {
	case CONFIG_TEXT: fputs(text, out); break;
	case CONFIG_NUMBER: fprintf(out, "%lld", (long long)number); break;
	case CONFIG_YES_NO: fputs(number != 0 ? "yes" : "no", out); break;
	case CONFIG_LEVEL:
		fputs(log_level_name((enum log_level)number), out);
		break;
	}
}

void config_show(const struct config *config, FILE *out)
{
	size_t count;
	const struct config_key *keys = config_table(&count);
	const char *section = "";

	for (size_t i = 0; i < count; i++) {
		if (strcmp(section, keys[i].section) != 0)
			fprintf(out, "%s[%s]\n", i > 0 ? "\n" : "",
				keys[i].section);
		section = keys[i].section;
		fprintf(out, "%s = ", keys[i].key);
		put_value(config, &keys[i], out);
		fputc('\n', out);
	}
}
