/* SPDX-License-Identifier: Apache-2.0 */
/* store.h: the door to storage: opening, transactions, faults. What is kept is
 * in store_ledger.h (attempts, counters, totals), store_setup.h (facilities,
 * benefits, issuers, kiosks, operators, audit) and store_report.h (reading for
 * reports and searches). None of them names a type of SQLite. */
#ifndef OAP_STORE_H
#define OAP_STORE_H

#include "bytes.h"

struct store;

enum store_result {
	STORE_OK = 0,
	STORE_NONE,	/* no such row */
	STORE_EXISTS,	/* a row of that key is there already */
	STORE_FAILED	/* disk, memory, lock: the transaction is to be given
			 * up and the caller answers `unavailable` */
};

/* Once in a process, before any thread opens a store. */
void store_library(void);
/* The one write handle. Takes the directory's lock (a second daemon is
 * refused), makes the files at first use, migrates forward, WAL and
 * synchronous=FULL. error gets one line when NULL comes back. The handle
 * belongs to one thread at a time. */
struct store *store_open(const char *dir, char *error, size_t error_size)
    OAP_CHECKED;
/* A read-only handle on the same files, for one thread. */
struct store *store_open_reader(const char *dir, char *error,
				size_t error_size) OAP_CHECKED;
void store_close(struct store *s); /* takes NULL */

/* BEGIN IMMEDIATE. */
enum store_result store_begin(struct store *s) OAP_CHECKED;
/* STORE_FAILED leaves it open whether it is on disk (see store_recover). */
enum store_result store_commit(struct store *s) OAP_CHECKED;
void store_rollback(struct store *s);
/* A nested part that can be given up alone. */
enum store_result store_savepoint(struct store *s) OAP_CHECKED;
enum store_result store_release(struct store *s) OAP_CHECKED;
void store_undo(struct store *s);
bool store_in_transaction(const struct store *s);
/* After STORE_FAILED: gives up the open transaction and, when the handle
 * cannot go on, opens it anew. STORE_FAILED: not yet, try again later. A
 * commit that failed may be there after it. */
enum store_result store_recover(struct store *s) OAP_CHECKED;
/* Between transactions: writes the log back when it has grown long. */
void store_tidy(struct store *s);
/* How long it may grow, in pages of 4 KiB; 8192 when nobody says. */
void store_keep_log(struct store *s, int pages);
/* One line on what failed last, for the log. */
const char *store_error(const struct store *s);

#endif
