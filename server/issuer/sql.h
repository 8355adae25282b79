/* SPDX-License-Identifier: Apache-2.0 */
/* sql.h: the registry's statements, for the files of the registry alone. */
#ifndef ISSUER_SQL_H
#define ISSUER_SQL_H

#include <sqlite3.h>

#include "registry.h"

/* Every statement that is used, prepared when it is first needed. */
enum sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_ADD_ISSUER,
	SQL_GET_ISSUER,
	SQL_ADD_NAME,
	SQL_DROP_NAMES,
	SQL_GET_NAME,
	SQL_PUT_KEY,
	SQL_KEY_AT,
	SQL_KEY,
	SQL_SIGNING_KEY,
	SQL_LAST_OF_KEY,
	SQL_ADD_LIST,
	SQL_LAST_LIST,
	SQL_LIST,
	SQL_SET_GIVEN,
	SQL_SET_PUBLISHED,
	SQL_FILL_LIST,
	SQL_ADD_PASS,
	SQL_SET_STATE,
	SQL_PASS,
	SQL_PASS_OF_REF,
	SQL_PASSES_OF_KEY,
	SQL_EACH_OF_CTI,
	SQL_EACH_OF_REF,
	SQL_GET_DOCUMENT,
	SQL_GET_PUBLISHED,
	SQL_PUT_DOCUMENT,
	SQL_DOCUMENT_PUBLISHED,
	SQL_COUNT
};

struct registry {
	sqlite3 *db;
	sqlite3_stmt *statement[SQL_COUNT];
	char path[4096];
	/* the newest list, while a transaction hands out indices of it */
	bool list_loaded, list_changed;
	struct list_info list;
	uint8_t shuffle_key[16];
};

/* Opens the file, which may be empty; NULL and a fault on failure. */
struct registry *sql_open(const char *path, struct fault *fault) OAP_CHECKED;
void sql_close(struct registry *r);
bool sql_make_schema(struct registry *r, struct fault *fault) OAP_CHECKED;
/* Brings an older schema up to date, and refuses a newer one. */
bool sql_check_schema(struct registry *r, struct fault *fault) OAP_CHECKED;

/* A new, empty list; it becomes r->list. */
bool sql_add_list(struct registry *r, uint32_t n, uint32_t capacity,
		  random_fn *random, struct fault *fault) OAP_CHECKED;

/* The statement, reset and ready to bind; NULL and a fault on failure. */
sqlite3_stmt *sql_get(struct registry *r, enum sql which,
		      struct fault *fault) OAP_CHECKED;
/* Runs one that returns nothing. */
bool sql_run(struct registry *r, sqlite3_stmt *s, struct fault *fault)
    OAP_CHECKED;
/* One row, or none; the statement stays on it until sql_done. */
enum found sql_row(struct registry *r, sqlite3_stmt *s, struct fault *fault)
    OAP_CHECKED;
void sql_done(sqlite3_stmt *s);
/* Sets the fault to what SQLite says; returns false. */
bool sql_fault(const struct registry *r, struct fault *fault);

/* Values. NULL p binds NULL. */
void sql_bind_blob(sqlite3_stmt *s, int at, const void *p, size_t n);
void sql_bind_uint(sqlite3_stmt *s, int at, uint64_t v);
/* Copies a blob of exactly n bytes; false when the column is NULL or has
 * another length. */
bool sql_blob(sqlite3_stmt *s, int column, void *p, size_t n);
uint64_t sql_uint(sqlite3_stmt *s, int column);

#endif
