/* SPDX-License-Identifier: Apache-2.0 */
/* backup.h: a copy of the database as an open file without a name, ready to be
 * sent. */
#ifndef OAP_BACKUP_H
#define OAP_BACKUP_H

#include "store_backup.h"

#define BACKUP_ERROR_MAX 320

struct backup {
	int fd; /* -1: there is none */
	uint64_t size;
	uint8_t sha256[32];
	char error[BACKUP_ERROR_MAX]; /* "": all went well */
};

/* Within a transaction of the reader's. The copy is made beside the database,
 * where there is room for it or an operator can make some; its name is gone
 * before this returns. now_ms: of before the transaction's first read. One at
 * a time. */
void backup_make(struct store *reader, const char *data_dir, int64_t now_ms,
		 const atomic_bool *stop, struct backup *out);
void backup_close(struct backup *b);
/* Takes away what a daemon left that was killed at it: at the start, and when
 * nobody makes one. */
void backup_clear(const char *data_dir);

#endif
