/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite.h: what the store_sqlite*.c files share: the handle, its kept
 * statements, and short ways to bind, step and read. Private to them: nobody
 * else includes sqlite3.h.
 *
 * A statement is used as
 *	sqlite3_stmt *q = store_sql(s, "SELECT …");
 *	if (!q) return STORE_FAILED;
 *	bind_i64(q, 1, n);
 *	r = store_step(s, q);		STORE_OK: a row, STORE_NONE: no more
 *	…
 *	store_end(q);			always, before the next use
 * or, when no rows come back, store_run(s, q) in place of the last two. */
#ifndef OAP_STORE_SQLITE_H
#define OAP_STORE_SQLITE_H

#include <sqlite3.h>

#include "store.h"

/* Slots for kept statements: about 150 are in use. */
#define STORE_STATEMENTS 512
#define STORE_FILE "oapd.db"

struct ledger_batch;

struct store {
	sqlite3 *db;
	int dir_fd; /* holds the directory's lock; -1 for a reader */
	bool read_only;
	int wal_pages; /* in the log, after the last commit */
	int log_pages; /* that it may hold */
	int tidy_at;   /* wal_pages from which it is written back */
	char *path;
	char error[256];
	struct {
		const char *sql;
		sqlite3_stmt *statement;
	} kept[STORE_STATEMENTS];
	/* What is held in memory; NULL for a reader (store_batch.h). */
	struct ledger_batch *batch;
	bool none_pending; /* known: no reversal waits for its attempt */
	bool none_troubled; /* known: no conflict open, nothing disputed */
	bool none_restored; /* known: this database was never a copy */
	bool quarantine_counted; /* quarantined is known */
	int64_t quarantined;	 /* items whose bytes are kept */
};

/* The statement of that text, prepared at its first use and kept. sql must be
 * a string literal (it is known by its address). NULL: store_error says why. */
sqlite3_stmt *store_sql(struct store *s, const char *sql) OAP_CHECKED;
/* STORE_OK: a row is there. STORE_NONE: the end. STORE_EXISTS: a UNIQUE or
 * PRIMARY KEY was violated (the transaction goes on). */
enum store_result store_step(struct store *s, sqlite3_stmt *q) OAP_CHECKED;
/* Resets it and lets go of what was bound. */
void store_end(sqlite3_stmt *q);
/* Step to the end and store_end. */
enum store_result store_run(struct store *s, sqlite3_stmt *q) OAP_CHECKED;
/* Takes down what the database says; gives STORE_FAILED. */
enum store_result store_failed(struct store *s, const char *what);

/* Bound bytes must live until store_end or store_run. A failure (memory) is
 * reported by the next step. */
void bind_i64(sqlite3_stmt *q, int at, int64_t v);
void bind_bytes(sqlite3_stmt *q, int at, struct bytes v);
void bind_blob(sqlite3_stmt *q, int at, const void *p, size_t n);
void bind_text(sqlite3_stmt *q, int at, const char *text);
void bind_text_bytes(sqlite3_stmt *q, int at, struct bytes text);
void bind_null(sqlite3_stmt *q, int at);
/* NULL when !has. */
void bind_maybe(sqlite3_stmt *q, int at, bool has, int64_t v);

/* Views live until the next step or store_end. */
int64_t column_i64(sqlite3_stmt *q, int at);
bool column_has(sqlite3_stmt *q, int at);
struct bytes column_blob(sqlite3_stmt *q, int at);
struct bytes column_text(sqlite3_stmt *q, int at);
/* Copies at most n bytes; the rest of p is zeroed. */
void column_copy(sqlite3_stmt *q, int at, void *p, size_t n);
/* With a NUL; cut when it does not fit. */
void column_string(sqlite3_stmt *q, int at, char *text, size_t cap);

/* The statements that bring a file's tables to a schema version, in order;
 * NULL ends the list. */
extern const char *const store_ledger_schema_1[];
extern const char *const store_setup_schema_1[];
extern const char *const store_ledger_schema_2[];
extern const char *const store_setup_schema_2[];
extern const char *const store_ledger_schema_3[];
extern const char *const store_setup_schema_3[];
extern const char *const store_issuer_urls_schema[];
extern const char *const store_ledger_schema_5[];
extern const char *const store_restored_schema[];

#endif
