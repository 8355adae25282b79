/* SPDX-License-Identifier: Apache-2.0 */
/* passphrase.h: where a passphrase comes from: a file that an option names, a
 * systemd credential ($CREDENTIALS_DIRECTORY/passphrase), or a prompt on the
 * terminal, in that order. */
#ifndef ISSUER_PASSPHRASE_H
#define ISSUER_PASSPHRASE_H

#include "keyring.h"
#include "options.h"

/* For a key that is to be opened: from the file that the option gives, or that
 * of OPT_PASSPHRASE_FILE, where OPT_ROOT_PASSPHRASE_FILE is not given. what
 * names the key in the prompt. */
bool passphrase_get(const struct options *o, enum option_key file_option,
		    const char *what, struct passphrase *out,
		    struct fault *fault) OAP_CHECKED;
/* For a key that is to be made, or, with OPT_NEW_PASSPHRASE_FILE, sealed anew:
 * likewise, but asked for twice at a prompt; left empty only by
 * --no-passphrase. No credential is for OPT_NEW_PASSPHRASE_FILE. */
bool passphrase_new(const struct options *o, enum option_key file_option,
		    const char *what, struct passphrase *out,
		    struct fault *fault) OAP_CHECKED;
/* Wipes; takes a zeroed one. */
void passphrase_free(struct passphrase *pass);

#endif
