/* SPDX-License-Identifier: Apache-2.0 */
/* Opens an issuer's directory, and the keys in it. */
#include "office.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "file.h"
#include "passphrase.h"

static bool lock(struct office *office, struct fault *fault)
{
	office->dir =
	    open(office->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (office->dir < 0)
		return fault_set(fault, EXIT_IO, "%s: %s%s", office->path,
				 strerror(errno),
				 errno == ENOENT ? "; oap-issuer init makes it"
						 : "");
	if (flock(office->dir, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		return fault_set(fault, EXIT_IO,
				 "%s: another oap-issuer works here; try again "
				 "when it has finished", office->path);
	return fault_set(fault, EXIT_IO, "%s: cannot be locked: %s",
			 office->path, strerror(errno));
}

bool office_open(struct office *office, const char *path, struct fault *fault)
{
	char file[4096];

	*office = (struct office){.dir = -1, .path = path};
	if (snprintf(file, sizeof(file), "%s/" OFFICE_REGISTRY, path) >=
	    (int)sizeof(file))
		return fault_set(fault, EXIT_USAGE, "--dir: too long a name");
	if (!lock(office, fault))
		return false;
	if (faccessat(office->dir, OFFICE_REGISTRY, F_OK, 0))
		return fault_set(fault, EXIT_IO,
				 "%s: holds no issuer (no " OFFICE_REGISTRY
				 "); oap-issuer init makes one", path);
	office->registry = registry_open(file, fault);
	return office->registry &&
	       registry_identity(office->registry, &office->identity, fault);
}

void office_close(struct office *office)
{
	registry_close(office->registry);
	office->registry = NULL;
	if (office->dir >= 0)
		close(office->dir);
	office->dir = -1;
}

void office_key_file(const uint8_t kid[static 8],
		     char name[static KEY_FILE_NAME])
{
	char hex[17];

	hex_encode(kid, 8, hex);
	snprintf(name, KEY_FILE_NAME, "signing-%s.key", hex);
}

/* Opens a key file that must hold this public key in this role. */
static struct city_key *open_key(struct bytes file, const char *name,
				 enum key_role role, const uint8_t *pk,
				 const struct options *o,
				 struct passphrase *pass, struct fault *fault)
{
	struct keyfile head;

	if (!keyfile_read(file, name, &head, fault))
		return NULL;
	if (head.role != role || memcmp(head.pk, pk, 32) != 0) {
		fault_set(fault, EXIT_REFUSED,
			  "%s: another key than the registry names", name);
		return NULL;
	}
	if (head.sealed && !passphrase_get(o, name, pass, fault))
		return NULL;
	return keyfile_open(file, name, pass, fault);
}

bool office_has_key(const struct office *office, const uint8_t kid[static 8])
{
	char name[KEY_FILE_NAME];

	office_key_file(kid, name);
	return faccessat(office->dir, name, F_OK, 0) == 0;
}

struct city_key *office_open_key(struct office *office,
				 const struct issuer_key *wanted,
				 const struct options *o,
				 struct passphrase *pass,
				 struct fault *fault)
{
	struct passphrase own = {0};
	struct city_key *key;
	char name[KEY_FILE_NAME];
	struct blob file;

	office_key_file(wanted->kid, name);
	if (!file_read_at(office->dir, name, KEYFILE_MAX, &file, fault))
		return NULL;
	key = open_key(blob_view(&file), name, ROLE_SIGNING, wanted->pk, o,
		       &own, fault);
	blob_free(&file);
	if (key && pass)
		*pass = own;
	else
		passphrase_free(&own);
	return key;
}

struct city_key *office_signing_key(struct office *office,
				    const struct options *o,
				    struct passphrase *pass,
				    struct fault *fault)
{
	struct issuer_key wanted;
	enum found found =
	    registry_signing_key(office->registry, &wanted, fault);

	if (found == FOUND)
		return office_open_key(office, &wanted, o, pass, fault);
	if (found == NOT_FOUND)
		fault_set(fault, EXIT_REFUSED,
			  "%s: no active signing key; oap-issuer rotate makes "
			  "one", office->path);
	return NULL;
}

bool office_root_is_away(const struct office *office, const struct options *o)
{
	return !options_has(o, OPT_ROOT_KEY) &&
	       faccessat(office->dir, OFFICE_ROOT_KEY, F_OK, 0) != 0;
}

struct city_key *office_root_key(struct office *office,
				 const struct options *o, struct fault *fault)
{
	const char *elsewhere = options_get(o, OPT_ROOT_KEY);
	const char *name = elsewhere ? elsewhere : OFFICE_ROOT_KEY;
	struct passphrase pass = {0};
	struct city_key *key;
	struct blob file;

	if (office_root_is_away(office, o)) {
		fault_set(fault, EXIT_IO,
			  "%s/%s: not here; the issuer document has changed "
			  "and the root key must sign it: give --root-key FILE",
			  office->path, name);
		return NULL;
	}
	if (!file_read_at(elsewhere ? AT_FDCWD : office->dir, name,
			  KEYFILE_MAX, &file, fault))
		return NULL;
	key = open_key(blob_view(&file), name, ROLE_ROOT,
		       office->identity.root_pk, o, &pass, fault);
	blob_free(&file);
	passphrase_free(&pass);
	return key;
}
