/* SPDX-License-Identifier: Apache-2.0 */
/* The key files of an issuer's directory. */
#include "office.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "passphrase.h"

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
	if (head.sealed && !passphrase_get(o, role == ROLE_ROOT
						  ? OPT_ROOT_PASSPHRASE_FILE
						  : OPT_PASSPHRASE_FILE,
					   name, pass, fault))
		return NULL;
	return keyfile_open(file, name, pass, fault);
}

bool office_known_key(struct office *office, const uint8_t kid[static 8],
		      struct issuer_key *out, struct fault *fault)
{
	enum found found = registry_key(office->registry, kid, out, fault);

	if (found == NOT_FOUND)
		fault_set(fault, EXIT_REFUSED,
			  "not a key of this issuer; oap-issuer keys lists "
			  "them");
	return found == FOUND;
}

bool office_newest_key(struct office *office, struct issuer_key *out,
		       struct fault *fault)
{
	enum found found = registry_signing_key(office->registry, out, fault);

	if (found == NOT_FOUND)
		fault_set(fault, EXIT_REFUSED,
			  "%s: no active signing key; oap-issuer rotate makes "
			  "one", office->path);
	return found == FOUND;
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
	if (faccessat(office->dir, name, F_OK, 0) && errno == ENOENT) {
		fault_set(fault, EXIT_IO,
			  "%s/%s: not here; bring it back from a copy, or where "
			  "there is none make another key with oap-issuer "
			  "rotate --without-old", office->path, name);
		return NULL;
	}
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

	if (!office_newest_key(office, &wanted, fault))
		return NULL;
	return office_open_key(office, &wanted, o, pass, fault);
}

bool office_root_is_away(const struct office *office, const struct options *o)
{
	return !options_has(o, OPT_ROOT_KEY) &&
	       faccessat(office->dir, OFFICE_ROOT_KEY, F_OK, 0) != 0;
}

struct city_key *office_root_key(struct office *office,
				 const struct options *o, const char *purpose,
				 struct fault *fault)
{
	const char *elsewhere = options_get(o, OPT_ROOT_KEY);
	const char *name = elsewhere ? elsewhere : OFFICE_ROOT_KEY;
	struct passphrase pass = {0};
	struct city_key *key;
	struct blob file;

	if (office_root_is_away(office, o)) {
		fault_set(fault, EXIT_IO,
			  "%s/%s: not here to %s; give --root-key FILE",
			  office->path, name, purpose);
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

/* The name that a left-over was to take; false when it is none of ours. */
static bool place_of(const char *left, char name[static KEY_FILE_NAME],
		     uint8_t kid[static 8])
{
	static const char end[] = KEYFILE_NEW;
	char whole[KEY_FILE_NAME];
	size_t n = strlen(left);

	if (n < sizeof(end) || n - strlen(end) >= KEY_FILE_NAME ||
	    strcmp(left + n - strlen(end), end) != 0)
		return false;
	snprintf(name, KEY_FILE_NAME, "%.*s", (int)(n - strlen(end)), left);
	memset(kid, 0, 8); /* a root key is none of the registry's keys */
	if (!strcmp(name, OFFICE_ROOT_KEY))
		return true;
	if (strlen(name) < 24 || !hex_decode(bytes_of(name + 8, 16), kid, 8))
		return false;
	office_key_file(kid, whole);
	return !strcmp(name, whole);
}

/* A key that the registry names gets its file. One that it does not was never
 * used; and what was to replace a file that is there was not said to have. */
static bool settle(struct office *office, const char *left,
		   struct fault *fault)
{
	char name[KEY_FILE_NAME];
	enum found found = NOT_FOUND;
	struct issuer_key key;
	uint8_t kid[8];

	if (!place_of(left, name, kid))
		return true;
	if (faccessat(office->dir, name, F_OK, 0))
		found = registry_key(office->registry, kid, &key, fault);
	if (found == FOUND_FAILED)
		return false;
	if (found == FOUND)
		return keyfile_place(office->dir, name, fault);
	if (!unlinkat(office->dir, left, 0) || errno == ENOENT)
		return true;
	return fault_set(fault, EXIT_IO, "%s/%s: cannot be removed: %s",
			 office->path, left, strerror(errno));
}

bool office_settle_keys(struct office *office, struct fault *fault)
{
	int fd = openat(office->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool ok = true;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return fault_set(fault, EXIT_IO, "%s: cannot be read: %s",
				 office->path, strerror(errno));
	}
	while (ok && (entry = readdir(dir)))
		ok = settle(office, entry->d_name, fault);
	closedir(dir);
	return ok;
}
