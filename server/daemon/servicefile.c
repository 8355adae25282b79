/* SPDX-License-Identifier: Apache-2.0 */
/* servicefile.c: a file of service keys, one deterministic CBOR map:
 *	{1: 1, 2: seed (32 bytes), 3: pass-hash key, 4: grant key,
 *	 ? 5: made at (seconds; of a key that followed another)}
 * as it stands, or sealed under a key that the service manager hands over:
 *	{1: 2, 2: nonce (24 bytes), 3: XSalsa20-Poly1305 of the map above}
 * (libsodium's crypto_secretbox). */
#include "servicefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mapkey.h"

#define FORM_PLAIN 1
#define FORM_SEALED 2
/* Three keys with their heads, and the seal, stay under 180 bytes. */
#define KEY_FILE_MAX 256

static void put_secrets(struct outbuf *out, const struct secrets *s)
{
	cbor_put_map(out, s->made_at > 0 ? 5 : 4);
	cbor_put_uint(out, 1);
	cbor_put_uint(out, FORM_PLAIN);
	cbor_put_uint(out, 2);
	cbor_put_bytes(out, bytes_of(s->seed, sizeof(s->seed)));
	cbor_put_uint(out, 3);
	cbor_put_bytes(out, bytes_of(s->pass_key, sizeof(s->pass_key)));
	cbor_put_uint(out, 4);
	cbor_put_bytes(out, bytes_of(s->grant_key, sizeof(s->grant_key)));
	if (s->made_at > 0)
		map_put_uint(out, 5, s->made_at);
}

static bool read_form(struct bytes file, struct cbor_in *in, uint64_t *form)
{
	size_t pairs;

	*in = cbor_reader(file);
	return cbor_check(file, NULL) == CBOR_OK && cbor_map(in, &pairs) &&
	       map_key(in, 1) && cbor_uint(in, form);
}

static bool read_secrets(struct bytes file, struct secrets *s)
{
	struct cbor_in in;
	uint64_t form;

	s->made_at = 0;
	return read_form(file, &in, &form) && form == FORM_PLAIN &&
	       map_key(&in, 2) &&
	       cbor_bytes_exact(&in, s->seed, sizeof(s->seed)) &&
	       map_key(&in, 3) &&
	       cbor_bytes_exact(&in, s->pass_key, sizeof(s->pass_key)) &&
	       map_key(&in, 4) &&
	       cbor_bytes_exact(&in, s->grant_key, sizeof(s->grant_key)) &&
	       (cbor_at_end(&in) ||
		(map_key(&in, 5) && cbor_uint(&in, &s->made_at) &&
		 cbor_at_end(&in)));
}

static void seal(struct outbuf *out, struct bytes plain, const uint8_t *wrap)
{
	uint8_t nonce[crypto_secretbox_NONCEBYTES];
	uint8_t box[KEY_FILE_MAX + crypto_secretbox_MACBYTES];

	randombytes_buf(nonce, sizeof(nonce));
	crypto_secretbox_easy(box, plain.p, plain.n, nonce, wrap);
	cbor_put_map(out, 3);
	cbor_put_uint(out, 1);
	cbor_put_uint(out, FORM_SEALED);
	cbor_put_uint(out, 2);
	cbor_put_bytes(out, bytes_of(nonce, sizeof(nonce)));
	cbor_put_uint(out, 3);
	cbor_put_bytes(out, bytes_of(box, plain.n + crypto_secretbox_MACBYTES));
}

static bool unseal(struct cbor_in *in, const uint8_t *wrap, uint8_t *plain,
		   size_t *n)
{
	uint8_t nonce[crypto_secretbox_NONCEBYTES];
	struct bytes box;

	if (!map_key(in, 2) || !cbor_bytes_exact(in, nonce, sizeof(nonce)) ||
	    !map_key(in, 3) || !cbor_bytes(in, &box) || !cbor_at_end(in) ||
	    box.n < crypto_secretbox_MACBYTES || box.n > KEY_FILE_MAX ||
	    crypto_secretbox_open_easy(plain, box.p, box.n, nonce, wrap) != 0)
		return false;
	*n = box.n - crypto_secretbox_MACBYTES;
	return true;
}

bool servicefile_fail(const struct servicefile *o, const char *what)
{
	snprintf(o->error, o->error_size, "%s: %s", o->path, what);
	return false;
}

bool servicefile_fail_errno(const struct servicefile *o, const char *what)
{
	snprintf(o->error, o->error_size, "%s: %s: %s", o->path, what,
		 strerror(errno));
	return false;
}

static bool decode(const struct servicefile *o, struct bytes file,
		   struct secrets *s)
{
	uint8_t plain[KEY_FILE_MAX];
	struct cbor_in in;
	uint64_t form = 0;
	bool good;
	size_t n;

	if (!read_form(file, &in, &form) ||
	    (form != FORM_PLAIN && form != FORM_SEALED))
		return servicefile_fail(
		    o, "damaged, or no service key; restore it from "
		       "the backup");
	if (form == FORM_SEALED && o->wrap == NULL)
		return servicefile_fail(
		    o, "is sealed; give the credential that opens it");
	if (form == FORM_PLAIN && o->wrap != NULL)
		return servicefile_fail(
		    o, "is not sealed, though a credential was given; "
		       "start without it");
	if (form == FORM_PLAIN)
		return read_secrets(file, s) ||
		       servicefile_fail(o,
					"damaged; restore it from the backup");
	good = unseal(&in, o->wrap, plain, &n) &&
	       read_secrets(bytes_of(plain, n), s);
	sodium_memzero(plain, sizeof(plain));
	return good || servicefile_fail(
			   o, "the credential does not open it; give the one "
			      "it was sealed with");
}

int servicefile_read(const struct servicefile *o, struct secrets *s)
{
	uint8_t buf[KEY_FILE_MAX + 1];
	struct stat st;
	ssize_t n;
	int result = -1;
	int fd = open(o->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0) {
		servicefile_fail_errno(o, "cannot be opened");
		return -1;
	}
	n = read(fd, buf, sizeof(buf));
	if (n < 0 || fstat(fd, &st) != 0)
		servicefile_fail_errno(o, "cannot be read");
	else if ((st.st_mode & 077) != 0)
		servicefile_fail(
		    o, "others may read it; chmod 600 it, and think about "
		       "who did");
	else if (n > KEY_FILE_MAX)
		servicefile_fail(o, "too long to be a service key");
	else if (decode(o, bytes_of(buf, (size_t)n), s))
		result = 1;
	close(fd);
	sodium_memzero(buf, sizeof(buf));
	return result;
}

bool servicefile_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

static bool write_all(int fd, struct bytes data)
{
	while (data.n > 0) {
		ssize_t n = write(fd, data.p, data.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data.p += n;
		data.n -= (size_t)n;
	}
	return fsync(fd) == 0;
}

/* Under another name first: a start that is cut off leaves no half key. */
static bool write_file(const struct servicefile *o, const char *dir,
		       struct bytes data)
{
	char temporary[SERVICE_KEY_PATH_MAX + 8];
	bool good;
	int fd;

	snprintf(temporary, sizeof(temporary), "%s.new", o->path);
	if (unlink(temporary) != 0 && errno != ENOENT)
		return servicefile_fail_errno(o,
					      "its old copy cannot be removed");
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return servicefile_fail_errno(o, "cannot be made");
	good = write_all(fd, data);
	if (close(fd) != 0)
		good = false;
	/* link, not rename: it never replaces a key that is there. */
	if (!good || link(temporary, o->path) != 0 || unlink(temporary) != 0 ||
	    !servicefile_sync(dir))
		return servicefile_fail_errno(o, "cannot be written");
	return true;
}

bool servicefile_make(const struct servicefile *o, const char *dir,
		      const struct secrets *s)
{
	uint8_t plain[KEY_FILE_MAX], sealed[KEY_FILE_MAX];
	struct outbuf out = outbuf_in(plain, sizeof(plain));
	struct outbuf box = outbuf_in(sealed, sizeof(sealed));
	bool good;

	put_secrets(&out, s);
	if (o->wrap != NULL)
		seal(&box, out_view(&out), o->wrap);
	good = !out.failed && !box.failed &&
	       write_file(o, dir, out_view(o->wrap != NULL ? &box : &out));
	sodium_memzero(plain, sizeof(plain));
	return good;
}

bool servicefile_at(struct servicefile *o, const char *dir, const char *name)
{
	return snprintf(o->path, sizeof(o->path), "%s/%s", dir, name) <
		   (int)sizeof(o->path) ||
	       servicefile_fail(o, "too long a path");
}
