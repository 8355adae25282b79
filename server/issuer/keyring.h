/* SPDX-License-Identifier: Apache-2.0 */
/* keyring.h: a city's secret keys and the files that hold them, encrypted
 * under a passphrase (Argon2id, then XChaCha20-Poly1305).
 *
 * A root key signs the issuer document and nothing else. A signing key signs
 * passes and status lists; the key that resident references are hashed with
 * lives in the same file and is handed on to the next signing key. */
#ifndef ISSUER_KEYRING_H
#define ISSUER_KEYRING_H

#include "bytes.h"
#include "fault.h"

enum key_role { ROLE_ROOT = 1, ROLE_SIGNING = 2 };

#define REFERENCE_KEY 32

/* In sodium_malloc memory: city_key_free wipes it. */
struct city_key {
	enum key_role role;
	uint8_t pk[32];
	uint8_t kid[8];
	uint8_t seed[32];
	uint8_t sk[64];
	uint8_t reference[REFERENCE_KEY]; /* zeros in a root key */
};

/* A passphrase in sodium_malloc memory; n == 0: the key is kept plain. */
struct passphrase {
	char *text;
	size_t n;
};

/* How much work a guess costs (crypto_pwhash). */
struct kdf_cost {
	uint64_t ops;
	uint64_t memory; /* bytes */
};
extern const struct kdf_cost kdf_cost_city; /* about a second, 256 MiB */

typedef void random_fn(void *p, size_t n);

/* A new key from random bytes; reference may be NULL (a root, or a first
 * signing key, which makes its own). NULL when there is no memory. */
struct city_key *city_key_make(enum key_role role, const uint8_t *reference,
			       random_fn *random) OAP_CHECKED;
void city_key_free(struct city_key *key);

/* Creates the file, 0600, never over another one, and syncs it and the
 * directory. A passphrase with n == 0 leaves the key unencrypted. */
bool keyfile_write(int dir, const char *name, const struct city_key *key,
		   const struct passphrase *pass, struct kdf_cost cost,
		   random_fn *random, struct fault *fault) OAP_CHECKED;

/* The same in two steps, for a file that may be there: it is written and synced
 * as name + KEYFILE_NEW, in the place of a left-over one, then takes its name,
 * durably. A symbolic link is refused: the file itself would stay as it is. */
#define KEYFILE_NEW ".new"
bool keyfile_prepare(int dir, const char *name, const struct city_key *key,
		     const struct passphrase *pass, struct kdf_cost cost,
		     random_fn *random, struct fault *fault) OAP_CHECKED;
bool keyfile_place(int dir, const char *name, struct fault *fault)
    OAP_CHECKED;

/* What a file says before it is opened. */
struct keyfile {
	enum key_role role;
	bool sealed;
	uint8_t pk[32];
};

/* Judges the bytes of a key file: shape, bounds and checksum. name is for the
 * fault. */
bool keyfile_read(struct bytes file, const char *name, struct keyfile *out,
		  struct fault *fault) OAP_CHECKED;
/* Opens a file that keyfile_read took; NULL and a fault when the passphrase
 * is wrong. */
struct city_key *keyfile_open(struct bytes file, const char *name,
			      const struct passphrase *pass,
			      struct fault *fault) OAP_CHECKED;

#endif
