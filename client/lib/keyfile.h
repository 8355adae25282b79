/* SPDX-License-Identifier: Apache-2.0 */
/* keyfile.h: the device key on disk, and beside it the one that is to follow
 * it.
 *
 * A file holds "OAPKEY1\n", then either "p" and the 32-byte seed (RFC 8032),
 * or "w", a 24-byte nonce, and the seed in a secretbox (libsodium) under the
 * wrapping key. It is made once, with mode 0600, and never changed; a key goes
 * when its successor takes its name, or when the kiosk is wiped. */
#ifndef OAP_KEYFILE_H
#define OAP_KEYFILE_H

#include "env.h"
#include "include/oap.h"

#define WRAPPING_KEY 32

enum keyfile {
	KEYFILE_DEVICE, /* device.key, in use */
	KEYFILE_NEXT,	/* device.key.next, while it is rolled to */
};

struct device_key {
	uint8_t *sk; /* 64 bytes in sodium_malloc; keyfile_forget frees */
	uint8_t pk[32];
	uint8_t kid[8];
};

/* The wrapping key in $CREDENTIALS_DIRECTORY/oap-kiosk.key: *there tells
 * whether there is one; a file of another size is OAP_BAD_KEY. */
enum oap_result keyfile_wrapping(uint8_t key[static WRAPPING_KEY], bool *there,
				 struct oap_problem *why) OAP_CHECKED;

/* Makes a key and its file, which must not exist, durably; wrapping may be
 * NULL. dir_fd: the directory, path: its name for messages. */
enum oap_result keyfile_make(int dir_fd, const char *path, enum keyfile which,
			     const struct env *env, const uint8_t *wrapping,
			     struct device_key *out,
			     struct oap_problem *why) OAP_CHECKED;
/* OAP_NOT_FOUND when there is no such file. */
enum oap_result keyfile_read(int dir_fd, const char *path, enum keyfile which,
			     const uint8_t *wrapping, struct device_key *out,
			     struct oap_problem *why) OAP_CHECKED;
void keyfile_forget(struct device_key *key);

/* The next key takes the place of the one in use, durably. */
enum oap_result keyfile_follow(int dir_fd, const char *path,
			       struct oap_problem *why) OAP_CHECKED;
/* Overwrites and removes both, durably; those that are not there are gone
 * already. */
enum oap_result keyfile_erase(int dir_fd, const char *path,
			      struct oap_problem *why) OAP_CHECKED;

#endif
