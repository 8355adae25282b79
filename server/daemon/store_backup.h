/* SPDX-License-Identifier: Apache-2.0 */
/* store_backup.h: a copy of the whole database, as it is at one moment, while
 * others go on writing. Names no type of SQLite, as store.h. */
#ifndef OAP_STORE_BACKUP_H
#define OAP_STORE_BACKUP_H

#include <stdatomic.h>

#include "store.h"

/* Copies what the reader sees, within a transaction of its own that the caller
 * has begun, into the empty file of that name, and checks the copy: pages,
 * rows, indices. The copy says of itself that it is one, of now_ms, which is
 * before it is begun (store_restored). It is one file, that needs no log
 * beside it. STORE_FAILED: error has one line (and it may be *stop that was
 * set); the file is then of no use. Others that read and write are not held
 * up: only the log grows until it is done. */
enum store_result store_backup(struct store *reader, const char *path,
			       int64_t now_ms, const atomic_bool *stop,
			       char *error, size_t error_size) OAP_CHECKED;

#endif
