/* SPDX-License-Identifier: Apache-2.0 */
/* store_batch.h: what an open transaction holds in memory until it ends:
 * the totals that many attempts of one commit add to. Written by batch_flush
 * just before a commit or a savepoint. Fixed in size; private to the
 * store_sqlite*.c files. */
#ifndef OAP_STORE_BATCH_H
#define OAP_STORE_BATCH_H

#include "store.h"

struct ledger_batch;

struct ledger_batch *batch_new(void);
void batch_free(struct ledger_batch *b); /* takes NULL */
enum store_result batch_flush(struct store *s) OAP_CHECKED;
/* The transaction, or a part of it, was given up. */
void batch_forget(struct ledger_batch *b);

#endif
