/* SPDX-License-Identifier: Apache-2.0 */
/* journal_sql.h: what journal*.c share, and nobody else includes: the handle,
 * its statements, and short names for binding and reading. */
#ifndef OAP_JOURNAL_SQL_H
#define OAP_JOURNAL_SQL_H

#include <sqlite3.h>

#include "journal.h"

#define SCHEMA_VERSION 8 /* as many steps are in journal_open.c */

/* Of an entry with a result: the service has it, and is not one that refused
 * to take what it sees as no record of this kiosk's (malformed, bad-signature,
 * id-reused) and had no room to keep that aside (the mark quarantined). A visit
 * may have been told malformed or bad-signature, too: that is no refusal.
 * Indices say the same (journal_open.c). */
#define RESULT_TAKES "result IS NULL OR result NOT IN (16, 19, 122)"
#define ENTRY_TAKEN                                                          \
	"(" RESULT_TAKES " OR result = told OR marks & 16 <> 0)"

enum statement {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_OVERWRITE,
	SQL_IDENTITY,
	SQL_SET_IDENTITY,
	SQL_CLOCK,
	SQL_SET_CLOCK,
	SQL_BUNDLE,
	SQL_SET_BUNDLE,
	SQL_HELD,
	SQL_SET_HELD,
	SQL_DOCUMENT_FLOOR,
	SQL_SET_DOCUMENT_FLOOR,
	SQL_TOKEN_FLOOR,
	SQL_SET_TOKEN_FLOOR,
	SQL_DROP_TOKEN_FLOORS,
	SQL_TIP,
	SQL_APPEND,
	SQL_FIND,
	SQL_FIND_ROLLED,
	SQL_FIRST_USE,
	SQL_REVERSED,
	SQL_SET_COUNTED,
	SQL_SET_ROLLED_COUNTED,
	SQL_REVERSED_BY,
	SQL_UNSENT,
	SQL_UNSENT_OF_PASS,
	SQL_UNSENT_WITH,
	SQL_UNSENT_BETWEEN,
	SQL_ENTRY_AT,
	SQL_SETTLE,
	SQL_RESULT,
	SQL_REFUSE,
	SQL_REFUSED,
	SQL_DROP_REFUSED,
	SQL_THERE,
	SQL_SET_THERE,
	SQL_UNSEND,
	SQL_HASH,
	SQL_SPENT,
	SQL_SPEND,
	SQL_CONTACT,
	SQL_NO_CONTACT,
	SQL_QUEUE,
	SQL_CHAIN,
	SQL_USES,
	SQL_COUNT,
	SQL_SHOWN,
	SQL_SHOW,
	SQL_PRUNE_SHOWN,
	SQL_PRUNE_ENTRIES,
	SQL_PRUNE_ROLLED,
	SQL_PRUNE_USES,
	SQL_ROLL,
	SQL_SET_ROLL,
	SQL_DROP_ROLL,
	SQL_ROLL_ENTRIES,
	SQL_DROP_ENTRIES,
	SQL_ROLL_REFUSED,
	SQL_ROLL_KEY,
	SQL_FORMER,
	SQL_FORMER_AFTER,
	SQL_PRUNE_FORMER,
	SQL_WIPED,
	SQL_SET_WIPED,
	SQL_KEEP,
	SQL_SET_KEEP,
	SQL_STATEMENTS
};

struct journal {
	sqlite3 *db;
	sqlite3_stmt *made[SQL_STATEMENTS]; /* on first use */
	char error[256];
	bool unsure; /* a commit that failed may be whole in the log */
};

/* The statement, reset and unbound; NULL after an error. Whoever steps it
 * ends with sql_done or sql_run, so that no read stays open. */
sqlite3_stmt *sql_get(struct journal *j, enum statement which);
/* One step: *row tells whether there is a row. False: error. */
bool sql_step(struct journal *j, sqlite3_stmt *s, bool *row) OAP_CHECKED;
void sql_done(sqlite3_stmt *s);
/* Steps a statement that gives no rows, and is done with it. */
bool sql_run(struct journal *j, sqlite3_stmt *s) OAP_CHECKED;
bool sql_failed(struct journal *j);

/* Binding is by position, from 1; a NULL statement is passed over, as
 * sql_run and sql_step fail for it. Views must live until sql_done. */
void sql_int(sqlite3_stmt *s, int at, int64_t v);
void sql_blob(sqlite3_stmt *s, int at, struct bytes v);
void sql_text(sqlite3_stmt *s, int at, struct bytes v);
/* Columns, from 0. */
struct bytes sql_column(sqlite3_stmt *s, int at);
/* Exactly n bytes, or zeros and false. */
bool sql_column_exact(sqlite3_stmt *s, int at, uint8_t *p, size_t n);

#endif
