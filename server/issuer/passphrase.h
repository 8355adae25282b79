/* SPDX-License-Identifier: Apache-2.0 */
/* passphrase.h: where a passphrase comes from: --passphrase-file, a systemd
 * credential ($CREDENTIALS_DIRECTORY/passphrase), or a prompt on the
 * terminal, in that order. */
#ifndef ISSUER_PASSPHRASE_H
#define ISSUER_PASSPHRASE_H

#include "keyring.h"
#include "options.h"

/* For a key that is to be opened. what names it in the prompt. */
bool passphrase_get(const struct options *o, const char *what,
		    struct passphrase *out, struct fault *fault) OAP_CHECKED;
/* For a key that is to be made, or, with OPT_NEW_PASSPHRASE_FILE, sealed anew:
 * from the file that the option gives, else asked for twice at a prompt; left
 * empty only by --no-passphrase. The credential is for OPT_PASSPHRASE_FILE. */
bool passphrase_new(const struct options *o, enum option_key file_option,
		    const char *what, struct passphrase *out,
		    struct fault *fault) OAP_CHECKED;
/* Wipes; takes a zeroed one. */
void passphrase_free(struct passphrase *pass);

#endif
