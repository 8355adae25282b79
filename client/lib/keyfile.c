/* SPDX-License-Identifier: Apache-2.0 */
/* keyfile.c: made once with O_EXCL, synced, then its directory is. */
#include "keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "key.h"

#define KEYFILE_NEW "device.key.new" /* until it is whole */
#define MAGIC "OAPKEY1\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
#define SEED crypto_sign_SEEDBYTES
#define NONCE crypto_secretbox_NONCEBYTES
#define BOXED (SEED + crypto_secretbox_MACBYTES)
#define PLAIN_SIZE (MAGIC_LEN + 1 + SEED)
#define WRAPPED_SIZE (MAGIC_LEN + 1 + NONCE + BOXED)
#define CREDENTIAL_NAME "oap-kiosk.key"

static const char *const NAMES[] = {
	[KEYFILE_DEVICE] = "device.key",
	[KEYFILE_NEXT] = "device.key.next",
};

/* Up to cap bytes of a file; more than that shows as cap. -1: errno. */
static ssize_t read_file(int dir_fd, const char *name, uint8_t *p, size_t cap,
			 struct stat *st)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	if (fstat(fd, st) == 0)
		n = read(fd, p, cap);
	close(fd);
	return n;
}

enum oap_result keyfile_wrapping(uint8_t key[static WRAPPING_KEY], bool *there,
				 struct oap_problem *why)
{
	const char *dir = secure_getenv("CREDENTIALS_DIRECTORY");
	uint8_t buf[WRAPPING_KEY + 1];
	char path[4096];
	struct stat st;
	ssize_t n;

	*there = false;
	if (dir == NULL)
		return OAP_OK;
	snprintf(path, sizeof(path), "%s/" CREDENTIAL_NAME, dir);
	n = read_file(AT_FDCWD, path, buf, sizeof(buf), &st);
	if (n < 0 && errno == ENOENT)
		return OAP_OK;
	if (n < 0)
		return fault(why, OAP_BAD_KEY,
			     "%s: %s; this user must be able to read it", path,
			     strerror(errno));
	if (n != WRAPPING_KEY) {
		sodium_memzero(buf, sizeof(buf));
		return fault(why, OAP_BAD_KEY,
			     "%s: not a wrapping key: it must be a file of "
			     "exactly %d bytes", path, WRAPPING_KEY);
	}
	memcpy(key, buf, WRAPPING_KEY);
	sodium_memzero(buf, sizeof(buf));
	*there = true;
	return OAP_OK;
}

/* Under a name of its own first: a crash leaves no half of a key behind. */
static bool write_new(int dir_fd, const char *name, const uint8_t *p, size_t n)
{
	bool ok;
	int fd;

	unlinkat(dir_fd, KEYFILE_NEW, 0);
	fd = openat(dir_fd, KEYFILE_NEW,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	ok = write(fd, p, n) == (ssize_t)n && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	return ok &&
	       renameat2(dir_fd, KEYFILE_NEW, dir_fd, name,
			 RENAME_NOREPLACE) == 0 &&
	       fsync(dir_fd) == 0;
}

static bool key_of_seed(const uint8_t *seed, struct device_key *out)
{
	out->sk = sodium_malloc(KEY_SECRET);
	if (out->sk == NULL)
		return false;
	crypto_sign_seed_keypair(out->pk, out->sk, seed);
	key_kid(out->pk, out->kid);
	return true;
}

enum oap_result keyfile_make(int dir_fd, const char *path, enum keyfile which,
			     const struct env *env, const uint8_t *wrapping,
			     struct device_key *out, struct oap_problem *why)
{
	uint8_t seed[SEED], file[WRAPPED_SIZE];
	struct outbuf o = outbuf_in(file, sizeof(file));
	enum oap_result result = OAP_OK;

	env->random(env->arg, seed, sizeof(seed));
	out_text(&o, MAGIC);
	out_u8(&o, wrapping != NULL ? 'w' : 'p');
	if (wrapping != NULL) {
		env->random(env->arg, file + o.n, NONCE);
		crypto_secretbox_easy(file + o.n + NONCE, seed, SEED,
				      file + o.n, wrapping);
		o.n += NONCE + BOXED;
	} else {
		out_put(&o, seed, sizeof(seed));
	}
	if (!key_of_seed(seed, out))
		result = fault(why, OAP_NO_MEMORY, "out of locked memory");
	else if (!write_new(dir_fd, NAMES[which], file, o.n))
		result = fault(why, OAP_BAD_KEY, "%s/%s: cannot be made: %s",
			       path, NAMES[which], strerror(errno));
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(file, sizeof(file));
	if (result != OAP_OK)
		keyfile_forget(out);
	return result;
}

/* The seed out of the file's bytes; NULL, or what is wrong. */
static const char *unwrap(const uint8_t *file, size_t n,
			  const uint8_t *wrapping, uint8_t seed[static SEED])
{
	const uint8_t *body = file + MAGIC_LEN + 1;

	if (n < MAGIC_LEN + 1 || memcmp(file, MAGIC, MAGIC_LEN) != 0)
		return "is no device key";
	if (file[MAGIC_LEN] == 'p' && n == PLAIN_SIZE) {
		memcpy(seed, body, SEED);
		return NULL;
	}
	if (file[MAGIC_LEN] != 'w' || n != WRAPPED_SIZE)
		return "is damaged; enrol the kiosk again in a new directory";
	if (wrapping == NULL)
		return "is wrapped; give its wrapping key as the credential "
		       CREDENTIAL_NAME " (systemd LoadCredential=)";
	if (crypto_secretbox_open_easy(seed, body + NONCE, BOXED, body,
				       wrapping) != 0)
		return "cannot be unwrapped: another wrapping key, or damaged";
	return NULL;
}

enum oap_result keyfile_read(int dir_fd, const char *path, enum keyfile which,
			     const uint8_t *wrapping, struct device_key *out,
			     struct oap_problem *why)
{
	uint8_t file[WRAPPED_SIZE + 1], seed[SEED];
	struct stat st;
	ssize_t n = read_file(dir_fd, NAMES[which], file, sizeof(file), &st);
	const char *wrong = NULL;

	if (n < 0 && errno == ENOENT)
		return fault(why, OAP_NOT_FOUND, "%s: no device key", path);
	if (n < 0)
		wrong = strerror(errno);
	else if ((st.st_mode & 077) != 0)
		wrong = "may be read by others: chmod 600, and enrol a new "
			"kiosk if somebody may have copied it";
	else
		wrong = unwrap(file, (size_t)n, wrapping, seed);
	sodium_memzero(file, sizeof(file));
	if (wrong == NULL && !key_of_seed(seed, out))
		wrong = "out of locked memory";
	sodium_memzero(seed, sizeof(seed));
	if (wrong != NULL)
		return fault(why, OAP_BAD_KEY, "%s/%s: %s", path, NAMES[which],
			     wrong);
	return OAP_OK;
}

void keyfile_forget(struct device_key *key)
{
	sodium_free(key->sk);
	key->sk = NULL;
}

enum oap_result keyfile_follow(int dir_fd, const char *path,
			       struct oap_problem *why)
{
	if (renameat(dir_fd, NAMES[KEYFILE_NEXT], dir_fd,
		     NAMES[KEYFILE_DEVICE]) == 0 &&
	    fsync(dir_fd) == 0)
		return OAP_OK;
	return fault(why, OAP_BAD_KEY,
		     "%s/%s: cannot take the name of the key before it: %s; "
		     "make the directory writable for this user", path,
		     NAMES[KEYFILE_NEXT], strerror(errno));
}

/* Over its bytes first: a name that is gone leaves them on the disk. */
static bool erase(int dir_fd, const char *name)
{
	static const uint8_t nothing[WRAPPED_SIZE];
	int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	bool ok;

	if (fd < 0)
		return errno == ENOENT;
	ok = write(fd, nothing, sizeof(nothing)) == (ssize_t)sizeof(nothing) &&
	     fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	return unlinkat(dir_fd, name, 0) == 0 && ok;
}

enum oap_result keyfile_erase(int dir_fd, const char *path,
			      struct oap_problem *why)
{
	const char *names[] = {NAMES[KEYFILE_DEVICE], NAMES[KEYFILE_NEXT],
			       KEYFILE_NEW};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!erase(dir_fd, names[i]))
			return fault(why, OAP_BAD_KEY,
				     "%s/%s: cannot be erased: %s; make it and "
				     "the directory writable for this user",
				     path, names[i], strerror(errno));
	if (fsync(dir_fd) == 0)
		return OAP_OK;
	return fault(why, OAP_BAD_KEY, "%s: %s", path, strerror(errno));
}
