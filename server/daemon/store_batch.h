/* SPDX-License-Identifier: Apache-2.0 */
/* store_batch.h: what the ledger's handle holds in memory between its
 * statements: the totals that many attempts of one commit add to
 * (store_sqlite_batch.c), and the kiosks heard of lately, as senders
 * (store_sqlite_sender.c). Fixed in size; private to the store_sqlite*.c
 * files.
 *
 * What has changed is written by batch_flush: just before a commit or a
 * savepoint, so that only the ledger's own functions ever see less than all
 * of it. */
#ifndef OAP_STORE_BATCH_H
#define OAP_STORE_BATCH_H

#include "store.h"

struct ledger_batch;
struct sender_table;

struct ledger_batch *batch_new(void);
void batch_free(struct ledger_batch *b); /* takes NULL */
struct sender_table *batch_senders(struct ledger_batch *b);
/* May run in the middle of a transaction, too. */
enum store_result batch_flush(struct store *s) OAP_CHECKED;
/* The transaction, or a part of it, was given up; or somebody else is about to
 * write what the kept rows are of. */
void batch_forget(struct ledger_batch *b);

struct sender_table *senders_new(void);
void senders_free(struct sender_table *t); /* takes NULL */
enum store_result senders_flush(struct store *s) OAP_CHECKED;
void senders_forget(struct sender_table *t);

/* A stretch of a kiosk's chain without a gap: a row of run. */
struct run {
	uint64_t first, last;
	uint8_t prev[32], hash[32];
};

/* The rows (store_sqlite_chain.c). STORE_NONE: there is no such run. */
enum store_result run_last(struct store *s, int64_t kiosk,
			   struct run *out) OAP_CHECKED;
enum store_result run_first(struct store *s, int64_t kiosk,
			    struct run *out) OAP_CHECKED;
/* The same run has grown at its end. */
enum store_result run_grow(struct store *s, int64_t kiosk,
			   const struct run *run) OAP_CHECKED;
/* An entry in any place, and what that makes of the runs and forks. */
struct link;
enum store_result chain_put(struct store *s, int64_t kiosk,
			    const struct link *link,
			    int64_t now_ms) OAP_CHECKED;

#endif
