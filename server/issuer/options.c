/* SPDX-License-Identifier: Apache-2.0 */
/* The table of options, and getopt_long over it. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct option_info {
	const char *name;
	const char *value; /* NULL: a flag */
	bool repeats;
	const char *help;
};

static const struct option_info infos[OPT_COUNT] = {
    [OPT_DIR] = {"dir", "DIR", false, "the office's directory"},
    [OPT_ISS] = {"iss", "NAME", false, "the issuer's name, seoul.example"},
    [OPT_STATUS_URI] = {"status-uri", "URI", false,
			"where list 0 is; list n is there, then /n"},
    [OPT_NAME] = {"name", "LANG=TEXT", true, "the city's name: en ko ja zh"},
    [OPT_CAPACITY] = {"capacity", "N", false,
		      "passes a status list (default 1048576)"},
    [OPT_CLASS] = {"class", "CLASS", false,
		   "adult, youth, child, senior or disabled"},
    [OPT_FROM] = {"from", "TIME", false,
		  "valid from a date or time on (default: now)"},
    [OPT_DAYS] = {"days", "N", false, "valid for so many days from then"},
    [OPT_UNTIL] = {"until", "TIME", false,
		   "valid through a date, up to a time, or seconds"},
    [OPT_REF] = {"ref", "REF", false,
		 "the resident's reference; only a keyed hash is kept"},
    [OPT_HINT] = {"hint", "TEXT", false, "initials, for a glance at an ID"},
    [OPT_HOLDER_KEY] = {"holder-key", "HEX", false,
			"the holder's Ed25519 public key"},
    [OPT_AGAIN] = {"again", NULL, false,
		   "also when the reference's pass was revoked"},
    [OPT_CSV] = {"csv", "FILE", false, "a row for each resident; - is stdin"},
    [OPT_OUT] = {"out", "FILE", false,
		 "where to; the ending says how; - is stdout"},
    [OPT_OUT_DIR] = {"out-dir", "DIR", false, "a directory to write into"},
    [OPT_AS] = {"as", "KIND", false, "txt, png, svg or pdf"},
    [OPT_KID] = {"kid", "KID", false, "every pass that this key signed"},
    [OPT_CODE] = {"code", "CODE", false, "a pass's code; - reads it"},
    [OPT_TTL] = {"ttl", "TIME", false,
		 "ask for a newer list after this (default 36h)"},
    [OPT_VALID] = {"valid", "TIME", false,
		   "trust the list no longer than this (default 14d)"},
    [OPT_ROOT_KEY] = {"root-key", "FILE", false,
		      "the root key, when it is kept elsewhere"},
    [OPT_TRUST] = {"trust", "FILE", true, "an issuer document"},
    [OPT_ROOT] = {"root", "HEX", true, "a root key's fingerprint to trust"},
    [OPT_STATUS] = {"status", "FILE", true, "a status list"},
    [OPT_PASSPHRASE_FILE] = {"passphrase-file", "FILE", false,
			     "its first line is the passphrase"},
    [OPT_ROOT_PASSPHRASE_FILE] = {"root-passphrase-file", "FILE", false,
				  "the same for the root key, when it differs"},
    [OPT_NEW_PASSPHRASE_FILE] = {"new-passphrase-file", "FILE", false,
				 "its first line is the new one"},
    [OPT_WITHOUT_OLD] = {"without-old", NULL, false,
			 "the old key is lost: references begin anew"},
    [OPT_NO_PASSPHRASE] = {"no-passphrase", NULL, false,
			   "keep keys unencrypted, knowingly"},
    [OPT_JSON] = {"json", NULL, false, "JSON on stdout"},
};

_Static_assert(OPT_COUNT <= 64, "options are bits of a uint64_t");

/* getopt_long's table for the options that a command takes. */
static void table_of(uint64_t takes, struct option table[static OPT_COUNT + 1])
{
	size_t n = 0;

	for (int key = 0; key < OPT_COUNT; key++) {
		if (!(takes & OPT_BIT(key)))
			continue;
		table[n++] = (struct option){
		    .name = infos[key].name,
		    .has_arg = infos[key].value ? required_argument
						: no_argument,
		    .val = key,
		};
	}
	table[n] = (struct option){0};
}

static bool add(struct options *out, int key, const char *value,
		struct fault *fault)
{
	size_t max = infos[key].repeats ? OPTION_REPEAT_MAX : 1;

	if (out->count[key] >= max)
		return fault_set(fault, EXIT_USAGE,
				 "--%s: given more than %zu time%s",
				 infos[key].name, max, max == 1 ? "" : "s");
	out->value[key][out->count[key]++] = value ? value : "";
	return true;
}

static bool check_rules(const char *command, const struct option_rules *rules,
			const struct options *out, struct fault *fault)
{
	for (int key = 0; key < OPT_COUNT; key++)
		if ((rules->needs & OPT_BIT(key)) && !out->count[key])
			return fault_set(fault, EXIT_USAGE,
					 "%s: --%s is missing; oap-issuer %s "
					 "--help explains",
					 command, infos[key].name, command);
	if (out->arg_count > rules->max_args)
		return fault_set(fault, EXIT_USAGE,
				 "%s: \"%s\": one argument too many", command,
				 out->args[rules->max_args]);
	if (out->arg_count < rules->min_args)
		return fault_set(fault, EXIT_USAGE,
				 "%s: an argument is missing; oap-issuer %s "
				 "--help explains",
				 command, command);
	return true;
}

/* The word that getopt_long has just stopped at. There are no short options,
 * so one is unknown by its first letter, and getopt goes on to the next word
 * only when there are no more letters in it. */
static const char *stopped_at(int argc, char **argv)
{
	const char *next = optind < argc ? argv[optind] : "";

	if (optopt && next[0] == '-' && next[1] == (char)optopt && next[2])
		return next;
	return argv[optind - 1];
}

static bool refuse(int argc, char **argv, struct fault *fault)
{
	const char *word = stopped_at(argc, argv), *advice = "";

	if (strncmp(word, "--", 2) != 0)
		advice = "; options begin with two dashes";
	else if (optopt) /* a key of ours: a flag was given a value */
		return fault_set(fault, EXIT_USAGE, "%s: %s: takes no value",
				 argv[0], word);
	return fault_set(fault, EXIT_USAGE,
			 "%s: %s: no such option here%s; oap-issuer %s --help "
			 "lists them", argv[0], word, advice, argv[0]);
}

bool options_parse(int argc, char **argv, const struct option_rules *rules,
		   struct options *out, struct fault *fault)
{
	struct option table[OPT_COUNT + 1];
	int key;

	memset(out, 0, sizeof(*out));
	table_of(rules->takes | rules->needs, table);
	optind = 0; /* glibc: begin anew, also after an earlier parse */
	opterr = 0;
	while ((key = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		if (key == ':')
			return fault_set(fault, EXIT_USAGE,
					 "%s: %s: its value is missing",
					 argv[0], argv[optind - 1]);
		if (key == '?')
			return refuse(argc, argv, fault);
		if (!add(out, key, optarg, fault))
			return false;
	}
	out->args = argv + optind;
	out->arg_count = argc - optind;
	return check_rules(argv[0], rules, out, fault);
}

const char *options_get(const struct options *o, enum option_key key)
{
	return o->count[key] ? o->value[key][0] : NULL;
}

bool options_has(const struct options *o, enum option_key key)
{
	return o->count[key] > 0;
}

const char *options_name(enum option_key key)
{
	return infos[key].name;
}

void options_help(const struct option_rules *rules)
{
	for (int key = 0; key < OPT_COUNT; key++) {
		const struct option_info *info = &infos[key];
		char left[40];

		if (!((rules->takes | rules->needs) & OPT_BIT(key)))
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", info->name,
			 info->value ? " " : "",
			 info->value ? info->value : "");
		printf("  %-27s %s%s\n", left, info->help,
		       info->repeats ? " (may be repeated)" : "");
	}
}
