/* SPDX-License-Identifier: Apache-2.0 */
/* servicefile.h: a file of service keys as it is read and made. Private to
 * servicekeys.c and servicenext.c. */
#ifndef OAP_SERVICEFILE_H
#define OAP_SERVICEFILE_H

#include <sodium.h>

#include "bytes.h"

#define SERVICE_KEY_PATH_MAX 1024

struct secrets {
	uint8_t seed[crypto_sign_SEEDBYTES];
	uint8_t pass_key[32], grant_key[32];
	uint64_t made_at; /* seconds; 0: the first one, nobody asks */
};

struct servicefile {
	char path[SERVICE_KEY_PATH_MAX];
	const uint8_t *wrap; /* NULL: not sealed */
	char *error;
	size_t error_size;
};

/* Each false, and a negative result, has a line in error. */
bool servicefile_at(struct servicefile *o, const char *dir, const char *name)
    OAP_CHECKED;
/* 1: read, 0: there is none, -1. */
int servicefile_read(const struct servicefile *o, struct secrets *s)
    OAP_CHECKED;
/* Durable, and nothing that is there is replaced. */
bool servicefile_make(const struct servicefile *o, const char *dir,
		      const struct secrets *s) OAP_CHECKED;
/* The names in a directory, on disk. */
bool servicefile_sync(const char *dir) OAP_CHECKED;
/* Both give false. */
bool servicefile_fail(const struct servicefile *o, const char *what);
bool servicefile_fail_errno(const struct servicefile *o, const char *what);

#endif
