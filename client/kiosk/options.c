/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: one command, its long options, one argument. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option LONG[] = {
	{"dir", required_argument, NULL, 'd'},
	{"benefit", required_argument, NULL, 'b'},
	{"party", required_argument, NULL, 'p'},
	{"days", required_argument, NULL, 'n'},
	{"amount", required_argument, NULL, 'a'},
	{"image", required_argument, NULL, 'i'},
	{"reason", required_argument, NULL, 'r'},
	{"lang", required_argument, NULL, 'l'},
	{"listen", required_argument, NULL, 'L'},
	{"scanner", required_argument, NULL, 'S'},
	{"token-file", required_argument, NULL, 'T'},
	{"json", no_argument, NULL, 'j'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static const char *const REASONS[] = {
	[OAP_REASON_MISTAKE] = "mistake",
	[OAP_REASON_VISITOR_LEFT] = "visitor-left",
	[OAP_REASON_WRONG_BENEFIT] = "wrong-benefit",
	[OAP_REASON_OTHER] = "other",
};

void complain(const char *format, ...)
{
	va_list args;

	fputs("oap-kiosk: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

int complain_about(const struct oap_problem *why)
{
	static const int STATUS[] = {
		[OAP_OK] = EXIT_DONE,
		[OAP_BAD_ARGUMENT] = EXIT_USAGE,
		[OAP_NO_DIRECTORY] = EXIT_RETRY,
		[OAP_IN_USE] = EXIT_RETRY,
		[OAP_NOT_ENROLLED] = EXIT_USAGE,
		[OAP_ALREADY_ENROLLED] = EXIT_USAGE,
		[OAP_NOT_READY] = EXIT_UNDECIDED,
		[OAP_BAD_KEY] = EXIT_RETRY,
		[OAP_JOURNAL_FAILED] = EXIT_RETRY,
		[OAP_NO_NETWORK] = EXIT_RETRY,
		[OAP_REFUSED] = EXIT_REJECT,
		[OAP_BAD_ANSWER] = EXIT_RETRY,
		[OAP_NOT_FOUND] = EXIT_REJECT,
		[OAP_NO_MEMORY] = EXIT_RETRY,
		[OAP_WIPED] = EXIT_RETRY,
		[OAP_FILE_FAILED] = EXIT_RETRY,
		[OAP_BAD_FILE] = EXIT_REJECT,
	};

	complain("%s", why->text);
	return STATUS[why->result];
}

static void print_help(const struct command *one)
{
	if (one != NULL) {
		printf("usage: oap-kiosk %s --dir DIR%s%s\n\n%s\n", one->name,
		       one->synopsis[0] ? " " : "", one->synopsis, one->help);
		return;
	}
	printf("usage: oap-kiosk COMMAND --dir DIR ...\n\n"
	       "Honours One-Asia passes at a door or a till. DIR is this "
	       "kiosk: its key and\nits journal.\n\n");
	for (const struct command *c = COMMANDS; c->name != NULL; c++)
		printf("  %-*s%s\n", c->synopsis[0] ? 9 : 0, c->name,
		       c->synopsis);
	printf("\n--help after a command tells more; --json prints for "
	       "scripts, --lang en|ko|ja|zh\nchooses the language.\n"
	       "Exit status: 0 done or accepted, 1 refused, 2 usage, "
	       "3 undecided, 4 try again.\n");
}

static const struct command *find_command(const char *name)
{
	for (const struct command *c = COMMANDS; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static bool read_number(const char *text, unsigned min, unsigned max,
			unsigned *out)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' ||
	    n < min || n > max)
		return false;
	*out = (unsigned)n;
	return true;
}

static bool read_party(const char *text, unsigned *party)
{
	if (read_number(text, 1, 999, party))
		return true;
	complain("--party %s: must be a number of persons, 1 to 999", text);
	return false;
}

static bool read_days(const char *text, unsigned *days)
{
	if (read_number(text, 30, 3650, days))
		return true;
	complain("--days %s: must be a number of days, 30 to 3650", text);
	return false;
}

static bool read_reason(const char *text, enum oap_reason *reason)
{
	for (size_t i = 0; i < sizeof(REASONS) / sizeof(*REASONS); i++) {
		if (strcmp(REASONS[i], text) == 0) {
			*reason = (enum oap_reason)i;
			return true;
		}
	}
	complain("--reason %s: must be mistake, visitor-left, wrong-benefit "
		 "or other", text);
	return false;
}

static bool read_lang(const char *text, enum oap_lang *lang)
{
	*lang = oap_lang_of(text);
	if (*lang != OAP_EN || strncmp(text, "en", 2) == 0)
		return true;
	complain("--lang %s: must be en, ko, ja or zh", text);
	return false;
}

static bool apply(int letter, const char *value, struct options *out)
{
	switch (letter) {
	case 'd': out->dir = value; return true;
	case 'b': out->benefit = value; return true;
	case 'a': out->amount = value; return true;
	case 'i': out->image = value; return true;
	case 'j': out->json = true; return true;
	case 'L': out->listen = value; return true;
	case 'S': out->scanner = value; return true;
	case 'T': out->token_file = value; return true;
	case 'p': return read_party(value, &out->party);
	case 'n': return read_days(value, &out->days);
	case 'r': return read_reason(value, &out->reason);
	case 'l': return read_lang(value, &out->lang);
	default: return false;
	}
}

static bool takes(const struct command *c, int letter)
{
	return strchr(c->takes, letter) != NULL ||
	       (letter == 'b' && strchr(c->takes, 'B') != NULL);
}

static const char *long_name(int letter)
{
	for (const struct option *o = LONG; o->name != NULL; o++)
		if (o->val == letter)
			return o->name;
	return "?";
}

/* Every option; false: *status is how to exit. */
static bool read_all(int argc, char **argv, const struct command *c,
		     struct options *out, int *status)
{
	int letter;

	*status = EXIT_USAGE;
	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":", LONG, NULL)) != -1) {
		if (letter == 'h') {
			print_help(c);
			*status = EXIT_DONE;
			return false;
		}
		if (letter == ':' || letter == '?') {
			complain(letter == ':'
				     ? "%s: needs a value; see oap-kiosk %s "
				       "--help"
				     : "%s: unknown option; see oap-kiosk %s "
				       "--help",
				 argv[optind - 1], c->name);
			return false;
		}
		if (!takes(c, letter)) {
			complain("--%s: not for %s; see oap-kiosk %s --help",
				 long_name(letter), c->name, c->name);
			return false;
		}
		if (!apply(letter, optarg, out))
			return false;
	}
	return true;
}

static bool is_complete(int argc, char **argv, const struct command *c,
			struct options *out)
{
	bool wants = c->needs_argument && out->image == NULL;

	if (argc - optind > (wants ? 1 : 0)) {
		complain("\"%s\": not expected; see oap-kiosk %s --help",
			 argv[argc - 1], c->name);
		return false;
	}
	if (wants && argc == optind) {
		complain("%s: nothing to work on; usage: oap-kiosk %s --dir "
			 "DIR %s", c->name, c->name, c->synopsis);
		return false;
	}
	out->argument = wants ? argv[optind] : NULL;
	if (out->dir == NULL) {
		complain("--dir: must say which kiosk; see oap-kiosk %s --help",
			 c->name);
		return false;
	}
	if (strchr(c->takes, 'b') != NULL && out->benefit == NULL) {
		complain("--benefit: must say which benefit; oap-kiosk status "
			 "lists them");
		return false;
	}
	if (strchr(c->takes, 'n') != NULL && out->days == 0) {
		complain("--days: must say for how long; see oap-kiosk %s "
			 "--help", c->name);
		return false;
	}
	return true;
}

static enum oap_lang lang_of_environment(void)
{
	const char *names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return oap_lang_of(value);
	}
	return OAP_EN;
}

static bool has_colour(void)
{
	const char *term = getenv("TERM"), *none = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (none == NULL || none[0] == '\0') &&
	       term != NULL && strcmp(term, "dumb") != 0;
}

const struct command *options_read(int argc, char **argv, struct options *out,
				   int *status)
{
	const struct command *c;

	*out = (struct options){.party = 1};
	*status = EXIT_DONE;
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		printf("oap-kiosk %s\n", oap_version());
		return NULL;
	}
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 ||
			  strcmp(argv[1], "help") == 0)) {
		print_help(NULL);
		return NULL;
	}
	*status = EXIT_USAGE;
	c = argc >= 2 ? find_command(argv[1]) : NULL;
	if (c == NULL) {
		complain("%s%s; oap-kiosk --help lists the commands",
			 argc >= 2 ? argv[1] : "no command",
			 argc >= 2 ? ": unknown command" : "");
		return NULL;
	}
	out->lang = lang_of_environment();
	out->colour = has_colour();
	if (!read_all(argc - 1, argv + 1, c, out, status) ||
	    !is_complete(argc - 1, argv + 1, c, out))
		return NULL;
	return c;
}
