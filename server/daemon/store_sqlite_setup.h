/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_setup.h: walking over rows, for the files that hold set-up.
 * Private to the store_sqlite*.c files. */
#ifndef OAP_STORE_SQLITE_SETUP_H
#define OAP_STORE_SQLITE_SETUP_H

#include "store_setup.h"
#include "store_sqlite.h"

/* Any row that a visitor can be given: its address is the row's. */
union store_row {
	struct facility_row facility;
	struct benefit_row benefit;
	struct issuer_row issuer;
	struct token_row token;
	struct kiosk_row kiosk;
	struct operator_row operator;
	struct audit_row audit;
	struct bytes encoded;
};
typedef void store_read_row(sqlite3_stmt *q, union store_row *row);

/* Steps q to its end and gives each row to the visitor. one: STORE_NONE when
 * there was none. */
enum store_result store_walk(struct store *s, sqlite3_stmt *q,
			     store_read_row *read, bool one,
			     store_visit *visit, void *arg) OAP_CHECKED;
/* store_run; STORE_NONE when it changed no row. */
enum store_result store_run_changing(struct store *s, sqlite3_stmt *q)
    OAP_CHECKED;

#endif
