/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: the long options of every command, from one table, so that
 * parsing, help and refusals agree. */
#ifndef ISSUER_OPTIONS_H
#define ISSUER_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "fault.h"

enum option_key {
	OPT_DIR,
	OPT_ISS,
	OPT_STATUS_URI,
	OPT_NAME,
	OPT_CAPACITY,
	OPT_CLASS,
	OPT_FROM,
	OPT_DAYS,
	OPT_UNTIL,
	OPT_REF,
	OPT_HINT,
	OPT_HOLDER_KEY,
	OPT_AGAIN,
	OPT_CSV,
	OPT_OUT,
	OPT_OUT_DIR,
	OPT_AS,
	OPT_KID,
	OPT_CODE,
	OPT_TTL,
	OPT_VALID,
	OPT_ROOT_KEY,
	OPT_TRUST,
	OPT_ROOT,
	OPT_STATUS,
	OPT_PASSPHRASE_FILE,
	OPT_ROOT_PASSPHRASE_FILE,
	OPT_NEW_PASSPHRASE_FILE,
	OPT_NO_PASSPHRASE,
	OPT_WITHOUT_OLD,
	OPT_JSON,
	OPT_COUNT
};

#define OPT_BIT(key) (UINT64_C(1) << (key))
/* Where a command that makes a key file gets its passphrase from. */
#define OPTS_NEW_KEY                                                           \
	(OPT_BIT(OPT_PASSPHRASE_FILE) | OPT_BIT(OPT_NO_PASSPHRASE))

#define OPTION_REPEAT_MAX 64 /* --trust, --status: a city has few of either */

/* Values point into argv. */
struct options {
	size_t count[OPT_COUNT];
	const char *value[OPT_COUNT][OPTION_REPEAT_MAX];
	char **args; /* what is no option */
	int arg_count;
};

/* What a command takes, as OPT_BITs. */
struct option_rules {
	uint64_t takes, needs;
	int min_args, max_args;
};

/* argv[0] is the command's name. */
bool options_parse(int argc, char **argv, const struct option_rules *rules,
		   struct options *out, struct fault *fault)
    __attribute__((warn_unused_result));
/* The value, "" for a flag, NULL when it was not given. */
const char *options_get(const struct options *o, enum option_key key);
bool options_has(const struct options *o, enum option_key key);
/* "passphrase-file": as it is written after two dashes. */
const char *options_name(enum option_key key);
/* One line of help for each option of the rules, on stdout. */
void options_help(const struct option_rules *rules);

#endif
