/* SPDX-License-Identifier: Apache-2.0 */
/* command.h: the commands of oap-issuer. Each returns an exit status and has
 * said on stderr what went wrong. */
#ifndef ISSUER_COMMAND_H
#define ISSUER_COMMAND_H

#include "keyring.h"
#include "options.h"

/* What a command may not get for itself, so that tests can set it. */
struct world {
	uint64_t now; /* seconds */
	random_fn *random;
};

typedef int command_fn(const struct options *o, const struct world *world);

struct command {
	const char *name;
	const char *synopsis; /* after the name */
	const char *summary;
	struct option_rules rules;
	command_fn *run;
};

/* In the order in which help lists them. */
const struct command *command_table(size_t *count);
const struct command *command_find(const char *name);

command_fn cmd_init, cmd_rename, cmd_issue, cmd_reissue, cmd_revoke,
    cmd_suspend, cmd_restore, cmd_find, cmd_keys, cmd_rotate, cmd_retire,
    cmd_compromised, cmd_passphrase, cmd_publish, cmd_show;

#endif
