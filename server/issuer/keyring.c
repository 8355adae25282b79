/* SPDX-License-Identifier: Apache-2.0 */
/* Key files. All numbers are big-endian:
 *
 *   0    8  "OAPKEY01"
 *   8    1  role: 1 root, 2 signing
 *   9    1  0 plain, 1 sealed
 *  10   32  public key
 *  42    8  crypto_pwhash opslimit  (zeros when plain)
 *  50    8  crypto_pwhash memlimit
 *  58   16  salt
 *  74   24  nonce
 *  98       secret: seed (32), then in a signing key the reference key (32);
 *           sealed with crypto_aead_xchacha20poly1305_ietf, the bytes before
 *           it being the additional data: 16 bytes longer
 *  end  16  crypto_generichash over all that precedes, so that a damaged file
 *           is not taken for a wrong passphrase
 */
#include "keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "key.h"
#include "limits.h"

#define MAGIC "OAPKEY01"
#define AT_ROLE 8
#define AT_SEALED 9
#define AT_PK 10
#define AT_OPS 42
#define AT_MEMORY 50
#define AT_SALT 58
#define AT_NONCE 74
#define AT_SECRET 98
#define CHECKSUM 16
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(AT_SALT + crypto_pwhash_SALTBYTES == AT_NONCE, "salt");
_Static_assert(AT_NONCE + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES ==
		   AT_SECRET, "nonce");
_Static_assert(AT_SECRET + 64 + TAG + CHECKSUM <= KEYFILE_MAX, "KEYFILE_MAX");

const struct kdf_cost kdf_cost_city = {
    .ops = crypto_pwhash_OPSLIMIT_MODERATE,
    .memory = crypto_pwhash_MEMLIMIT_MODERATE,
};

static size_t secret_size(enum key_role role)
{
	return role == ROLE_SIGNING ? 32 + REFERENCE_KEY : 32;
}

static void derive(struct city_key *key)
{
	crypto_sign_ed25519_seed_keypair(key->pk, key->sk, key->seed);
	key_kid(key->pk, key->kid);
}

struct city_key *city_key_make(enum key_role role, const uint8_t *reference,
			       random_fn *random)
{
	struct city_key *key = sodium_malloc(sizeof(*key));

	if (!key)
		return NULL;
	memset(key, 0, sizeof(*key));
	key->role = role;
	random(key->seed, sizeof(key->seed));
	if (reference)
		memcpy(key->reference, reference, REFERENCE_KEY);
	else if (role == ROLE_SIGNING)
		random(key->reference, REFERENCE_KEY);
	derive(key);
	return key;
}

void city_key_free(struct city_key *key)
{
	sodium_free(key);
}

static bool key_from_passphrase(const uint8_t *head,
				const struct passphrase *pass,
				uint8_t out[static 32])
{
	return crypto_pwhash(out, 32, pass->text, pass->n, head + AT_SALT,
			     get_be64(head + AT_OPS),
			     (size_t)get_be64(head + AT_MEMORY),
			     crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static size_t put_head(uint8_t *file, const struct city_key *key,
		       bool sealed, struct kdf_cost cost, random_fn *random)
{
	memset(file, 0, AT_SECRET);
	memcpy(file, MAGIC, AT_ROLE);
	file[AT_ROLE] = (uint8_t)key->role;
	file[AT_SEALED] = sealed;
	memcpy(file + AT_PK, key->pk, 32);
	if (sealed) {
		put_be64(file + AT_OPS, cost.ops);
		put_be64(file + AT_MEMORY, cost.memory);
		random(file + AT_SALT, AT_SECRET - AT_SALT);
	}
	return AT_SECRET;
}

static bool seal(uint8_t *file, size_t *n, const uint8_t *secret,
		 size_t secret_n, const struct passphrase *pass)
{
	unsigned long long sealed_n = 0;
	uint8_t kek[32];
	bool ok = key_from_passphrase(file, pass, kek);

	if (ok)
		crypto_aead_xchacha20poly1305_ietf_encrypt(
		    file + *n, &sealed_n, secret, secret_n, file, AT_SECRET,
		    NULL, file + AT_NONCE, kek);
	sodium_memzero(kek, sizeof(kek));
	*n += (size_t)sealed_n;
	return ok;
}

/* The whole file into a buffer of KEYFILE_MAX; 0 when memory is short. */
static size_t put_file(uint8_t *file, const struct city_key *key,
		       const struct passphrase *pass, struct kdf_cost cost,
		       random_fn *random)
{
	size_t secret_n = secret_size(key->role);
	size_t n = put_head(file, key, pass->n > 0, cost, random);
	uint8_t secret[64];
	bool ok = true;

	memcpy(secret, key->seed, 32);
	memcpy(secret + 32, key->reference, REFERENCE_KEY);
	if (pass->n) {
		ok = seal(file, &n, secret, secret_n, pass);
	} else {
		memcpy(file + n, secret, secret_n);
		n += secret_n;
	}
	sodium_memzero(secret, sizeof(secret));
	crypto_generichash(file + n, CHECKSUM, file, n, NULL, 0);
	return ok ? n + CHECKSUM : 0;
}

static int store(int dir, const char *name, const uint8_t *p, size_t n)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			0600);
	int error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, p, n) != (ssize_t)n)
		error = errno ? errno : ENOSPC;
	if (!error && fsync(fd))
		error = errno;
	if (close(fd) && !error)
		error = errno;
	if (!error && fsync(dir))
		error = errno;
	if (error)
		unlinkat(dir, name, 0);
	return error;
}

bool keyfile_write(int dir, const char *name, const struct city_key *key,
		   const struct passphrase *pass, struct kdf_cost cost,
		   random_fn *random, struct fault *fault)
{
	uint8_t file[KEYFILE_MAX];
	size_t n = put_file(file, key, pass, cost, random);
	int error;

	if (!n)
		return fault_set(fault, EXIT_IO,
				 "%s: no memory to encrypt it: %llu MiB are "
				 "needed", name,
				 (unsigned long long)cost.memory >> 20);
	errno = 0;
	error = store(dir, name, file, n);
	sodium_memzero(file, sizeof(file));
	if (error)
		return fault_set(fault, EXIT_IO, "%s: cannot be written: %s",
				 name, strerror(error));
	return true;
}

static bool new_name(const char *name, char path[static NAME_MAX + 1],
		     struct fault *fault)
{
	if (snprintf(path, NAME_MAX + 1, "%s" KEYFILE_NEW, name) <= NAME_MAX)
		return true;
	return fault_set(fault, EXIT_USAGE, "%s: too long a name", name);
}

bool keyfile_prepare(int dir, const char *name, const struct city_key *key,
		     const struct passphrase *pass, struct kdf_cost cost,
		     random_fn *random, struct fault *fault)
{
	char path[NAME_MAX + 1];
	struct stat st;

	if (!new_name(name, path, fault))
		return false;
	if (!fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) &&
	    S_ISLNK(st.st_mode))
		return fault_set(fault, EXIT_REFUSED,
				 "%s: is a symbolic link; give the file itself",
				 name);
	if (unlinkat(dir, path, 0) && errno != ENOENT)
		return fault_set(fault, EXIT_IO, "%s: cannot be removed: %s",
				 path, strerror(errno));
	return keyfile_write(dir, path, key, pass, cost, random, fault);
}

bool keyfile_place(int dir, const char *name, struct fault *fault)
{
	char path[NAME_MAX + 1];

	if (!new_name(name, path, fault))
		return false;
	if (!renameat(dir, path, dir, name) && !fsync(dir))
		return true;
	return fault_set(fault, EXIT_IO, "%s: cannot be put in its place: %s",
			 name, strerror(errno));
}

static bool checksum_right(struct bytes file)
{
	uint8_t sum[CHECKSUM];
	size_t n = file.n - CHECKSUM;

	crypto_generichash(sum, sizeof(sum), file.p, n, NULL, 0);
	return !memcmp(sum, file.p + n, CHECKSUM);
}

static bool head_right(struct bytes file)
{
	unsigned role = file.p[AT_ROLE], sealed = file.p[AT_SEALED];
	size_t expected;

	if ((role != ROLE_ROOT && role != ROLE_SIGNING) || sealed > 1)
		return false;
	expected = AT_SECRET + secret_size(role) + (sealed ? TAG : 0) +
		   CHECKSUM;
	/* a file may not make us use all the memory, or a week */
	return file.n == expected &&
	       get_be64(file.p + AT_MEMORY) <= KDF_MEMORY_MAX &&
	       get_be64(file.p + AT_OPS) <= KDF_OPS_MAX;
}

bool keyfile_read(struct bytes file, const char *name, struct keyfile *out,
		  struct fault *fault)
{
	if (file.n < AT_SECRET + CHECKSUM ||
	    memcmp(file.p, MAGIC, AT_ROLE) != 0)
		return fault_set(fault, EXIT_REFUSED, "%s: not a key file",
				 name);
	if (!checksum_right(file) || !head_right(file))
		return fault_set(fault, EXIT_REFUSED,
				 "%s: damaged; bring it back from a copy",
				 name);
	out->role = file.p[AT_ROLE];
	out->sealed = file.p[AT_SEALED] == 1;
	memcpy(out->pk, file.p + AT_PK, 32);
	return true;
}

static bool unseal(struct bytes file, const char *name, size_t secret_n,
		   const struct passphrase *pass, uint8_t *secret,
		   struct fault *fault)
{
	unsigned long long n = 0;
	uint8_t kek[32];
	bool ok;

	if (!key_from_passphrase(file.p, pass, kek))
		return fault_set(fault, EXIT_IO,
				 "%s: no memory to decrypt it: %llu MiB are "
				 "needed", name,
				 (unsigned long long)
				 get_be64(file.p + AT_MEMORY) >> 20);
	ok = crypto_aead_xchacha20poly1305_ietf_decrypt(
		 secret, &n, NULL, file.p + AT_SECRET, secret_n + TAG, file.p,
		 AT_SECRET, file.p + AT_NONCE, kek) == 0;
	sodium_memzero(kek, sizeof(kek));
	if (!ok)
		return fault_set(fault, EXIT_REFUSED, "%s: wrong passphrase",
				 name);
	return true;
}

struct city_key *keyfile_open(struct bytes file, const char *name,
			      const struct passphrase *pass,
			      struct fault *fault)
{
	struct city_key *key = NULL;
	struct keyfile head;
	uint8_t secret[64] = {0};
	size_t n;

	if (!keyfile_read(file, name, &head, fault))
		return NULL;
	n = secret_size(head.role);
	if (!head.sealed)
		memcpy(secret, file.p + AT_SECRET, n);
	else if (!unseal(file, name, n, pass, secret, fault))
		goto out;
	key = sodium_malloc(sizeof(*key));
	if (!key) {
		fault_set(fault, EXIT_IO, "%s: no memory", name);
		goto out;
	}
	key->role = head.role;
	memcpy(key->seed, secret, 32);
	memcpy(key->reference, secret + 32, REFERENCE_KEY);
	derive(key);
	if (memcmp(key->pk, head.pk, 32) != 0) {
		fault_set(fault, EXIT_REFUSED,
			  "%s: its two halves do not belong together", name);
		city_key_free(key);
		key = NULL;
	}
out:
	sodium_memzero(secret, sizeof(secret));
	return key;
}
