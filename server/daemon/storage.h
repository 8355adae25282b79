/* SPDX-License-Identifier: Apache-2.0 */
/* storage.h: the database and the secrets of a service, which belong together:
 * what the database knows passes by follows from a key in service.key. A
 * database that was used with other keys is not opened, and none is made for
 * it, since every pass would then be new. */
#ifndef OAP_STORAGE_H
#define OAP_STORAGE_H

#include "servicekeys.h"
#include "store.h"

/* Opens both in data_dir, or makes both. False: error has one line, and
 * nothing is left open. */
bool storage_open(const char *data_dir, struct store **store,
		  struct service_keys **keys, char *error,
		  size_t error_size) OAP_CHECKED;

#endif
