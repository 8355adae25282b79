/* SPDX-License-Identifier: Apache-2.0 */
/* office.h: an issuer's directory: its registry, its key files, and the lock
 * that keeps a second oap-issuer out while one works there. */
#ifndef ISSUER_OFFICE_H
#define ISSUER_OFFICE_H

#include "options.h"
#include "registry.h"

#define OFFICE_REGISTRY "registry.db"
#define OFFICE_ROOT_KEY "root.key"
#define KEY_FILE_NAME 32 /* "signing-0123456789abcdef.key" and its NUL */

struct office {
	int dir; /* holds the lock */
	const char *path;
	struct registry *registry;
	struct identity identity;
};

bool office_open(struct office *office, const char *path,
		 struct fault *fault) OAP_CHECKED;
/* Takes a zeroed one whose dir is -1, or one that office_open refused. */
void office_close(struct office *office);

void office_key_file(const uint8_t kid[static 8],
		     char name[static KEY_FILE_NAME]);
/* Places, or removes, key files that an interrupted command left prepared. */
bool office_settle_keys(struct office *office, struct fault *fault)
    OAP_CHECKED;
/* The row of a key that the user named, or a fault that says where to find
 * their names; and that of the key that signs now. */
bool office_known_key(struct office *office, const uint8_t kid[static 8],
		      struct issuer_key *out, struct fault *fault) OAP_CHECKED;
bool office_newest_key(struct office *office, struct issuer_key *out,
		       struct fault *fault) OAP_CHECKED;
/* Whether a signing key's file is in the directory. */
bool office_has_key(const struct office *office, const uint8_t kid[static 8]);
/* Opens it, with the passphrase that the options lead to; *pass, unless NULL,
 * is handed over (n == 0: the key is plain). */
struct city_key *office_open_key(struct office *office,
				 const struct issuer_key *wanted,
				 const struct options *o,
				 struct passphrase *pass,
				 struct fault *fault) OAP_CHECKED;
/* The same for the key that signs now. */
struct city_key *office_signing_key(struct office *office,
				    const struct options *o,
				    struct passphrase *pass,
				    struct fault *fault) OAP_CHECKED;
/* Whether neither --root-key nor the directory has the root key. */
bool office_root_is_away(const struct office *office,
			 const struct options *o);
/* The root key, from --root-key or the directory. purpose says, where it is
 * away, what it is wanted for: "sign ..." */
struct city_key *office_root_key(struct office *office,
				 const struct options *o, const char *purpose,
				 struct fault *fault) OAP_CHECKED;

#endif
