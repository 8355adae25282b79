/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands. */
#include "command.h"

#include <limits.h>
#include <string.h>

#define B(key) OPT_BIT(OPT_##key)

static const struct command commands[] = {
    {"init",
     "--dir DIR --iss NAME --status-uri URI --name LANG=TEXT ...",
     "make an issuer: root key, first signing key, registry",
     {.takes = B(CAPACITY) | B(JSON) | B(ROOT_PASSPHRASE_FILE) |
	       OPTS_NEW_KEY,
      .needs = B(DIR) | B(ISS) | B(STATUS_URI) | B(NAME)},
     cmd_init},
    {"rename",
     "--dir DIR --name LANG=TEXT ...",
     "give the city other names",
     {.needs = B(DIR) | B(NAME)},
     cmd_rename},
    {"issue",
     "--dir DIR (--class CLASS --days N | --csv FILE) ...",
     "issue one pass, or one for each row of a CSV file",
     {.takes = B(CLASS) | B(FROM) | B(DAYS) | B(UNTIL) | B(REF) | B(HINT) |
	       B(HOLDER_KEY) | B(AGAIN) | B(CSV) | B(OUT) | B(OUT_DIR) |
	       B(AS) | B(JSON) | B(PASSPHRASE_FILE),
      .needs = B(DIR)},
     cmd_issue},
    {"reissue",
     "--dir DIR (PASS_ID ... | --kid KID) ...",
     "replace lost papers: same pass id, new index, the old one revoked",
     {.takes = B(DAYS) | B(UNTIL) | B(HINT) | B(HOLDER_KEY) | B(KID) | B(OUT) |
	       B(OUT_DIR) | B(AS) | B(JSON) | B(PASSPHRASE_FILE),
      .needs = B(DIR),
      .max_args = INT_MAX},
     cmd_reissue},
    {"revoke",
     "--dir DIR PASS_ID ...",
     "end passes for good",
     {.needs = B(DIR), .min_args = 1, .max_args = INT_MAX},
     cmd_revoke},
    {"suspend",
     "--dir DIR PASS_ID ...",
     "end passes until they are restored",
     {.needs = B(DIR), .min_args = 1, .max_args = INT_MAX},
     cmd_suspend},
    {"restore",
     "--dir DIR PASS_ID ...",
     "make suspended passes valid again",
     {.needs = B(DIR), .min_args = 1, .max_args = INT_MAX},
     cmd_restore},
    {"find",
     "--dir DIR (--ref REF | --code CODE | PASS_ID)",
     "show what the registry knows of a pass",
     {.takes = B(REF) | B(CODE) | B(JSON) | B(PASSPHRASE_FILE),
      .needs = B(DIR),
      .max_args = 1},
     cmd_find},
    {"keys",
     "--dir DIR",
     "list the root fingerprint and the signing keys",
     {.takes = B(JSON), .needs = B(DIR)},
     cmd_keys},
    {"rotate",
     "--dir DIR",
     "make a new signing key and sign with it from now on",
     {.takes = B(WITHOUT_OLD) | B(JSON) | OPTS_NEW_KEY, .needs = B(DIR)},
     cmd_rotate},
    {"retire",
     "--dir DIR KID",
     "end a signing key; passes that it signed stay good",
     {.needs = B(DIR), .min_args = 1, .max_args = 1},
     cmd_retire},
    {"compromised",
     "--dir DIR KID",
     "declare a signing key stolen; all that it signed is refused",
     {.needs = B(DIR), .min_args = 1, .max_args = 1},
     cmd_compromised},
    {"passphrase",
     "--dir DIR [root|KID]",
     "seal a key file with another passphrase: the signing key's, or that "
     "one",
     {.takes = B(PASSPHRASE_FILE) | B(ROOT_PASSPHRASE_FILE) |
	       B(NEW_PASSPHRASE_FILE) | B(NO_PASSPHRASE) | B(ROOT_KEY),
      .needs = B(DIR),
      .max_args = 1},
     cmd_passphrase},
    {"publish",
     "--dir DIR --out-dir DIR",
     "write issuer.cose and the status lists",
     {.takes = B(TTL) | B(VALID) | B(ROOT_KEY) | B(PASSPHRASE_FILE) |
	       B(ROOT_PASSPHRASE_FILE),
      .needs = B(DIR) | B(OUT_DIR)},
     cmd_publish},
    {"show",
     "[--trust FILE] [--root HEX] [--status FILE] CODE|-",
     "explain every field and every check of a code, offline",
     {.takes = B(TRUST) | B(ROOT) | B(STATUS) | B(JSON),
      .min_args = 1,
      .max_args = 1},
     cmd_show},
};

const struct command *command_table(size_t *count)
{
	*count = sizeof(commands) / sizeof(commands[0]);
	return commands;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}
