/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_statement.c: statements, prepared once and kept by the address
 * of their text; and short ways to bind, step and read. */
#include <stdio.h>
#include <string.h>

#include "store_sqlite.h"

static size_t slot_of(const char *sql)
{
	uint64_t h = (uint64_t)(uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(h >> 32) % STORE_STATEMENTS;
}

sqlite3_stmt *store_sql(struct store *s, const char *sql)
{
	size_t at = slot_of(sql), left = STORE_STATEMENTS;

	while (s->kept[at].sql && s->kept[at].sql != sql && --left > 0)
		at = (at + 1) % STORE_STATEMENTS;
	if (s->kept[at].sql == sql)
		return s->kept[at].statement;
	if (!s->db || left == 0) {
		snprintf(s->error, sizeof s->error, "%s",
		         s->db ? "too many statements" : "no database");
		return NULL;
	}
	if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	                       &s->kept[at].statement, NULL) != SQLITE_OK) {
		(void)store_failed(s, sql);
		return NULL;
	}
	s->kept[at].sql = sql;
	return s->kept[at].statement;
}

enum store_result store_step(struct store *s, sqlite3_stmt *q)
{
	switch (sqlite3_step(q)) {
	case SQLITE_ROW: return STORE_OK;
	case SQLITE_DONE: return STORE_NONE;
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID: return STORE_EXISTS;
	default: return store_failed(s, sqlite3_sql(q));
	}
}

void store_end(sqlite3_stmt *q)
{
	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
}

enum store_result store_run(struct store *s, sqlite3_stmt *q)
{
	enum store_result r;

	do
		r = store_step(s, q);
	while (r == STORE_OK);
	store_end(q);
	return r == STORE_NONE ? STORE_OK : r;
}

void bind_i64(sqlite3_stmt *q, int at, int64_t v)
{
	sqlite3_bind_int64(q, at, v);
}

void bind_blob(sqlite3_stmt *q, int at, const void *p, size_t n)
{
	/* A NULL pointer would bind NULL, which an empty blob is not. */
	sqlite3_bind_blob64(q, at, n ? p : "", n, SQLITE_STATIC);
}

void bind_bytes(sqlite3_stmt *q, int at, struct bytes v)
{
	bind_blob(q, at, v.p, v.n);
}

void bind_text_bytes(sqlite3_stmt *q, int at, struct bytes text)
{
	sqlite3_bind_text64(q, at, text.n ? (const char *)text.p : "", text.n,
	                    SQLITE_STATIC, SQLITE_UTF8);
}

void bind_text(sqlite3_stmt *q, int at, const char *text)
{
	sqlite3_bind_text64(q, at, text, strlen(text), SQLITE_STATIC,
	                    SQLITE_UTF8);
}

void bind_null(sqlite3_stmt *q, int at)
{
	sqlite3_bind_null(q, at);
}

void bind_maybe(sqlite3_stmt *q, int at, bool has, int64_t v)
{
	if (has)
		sqlite3_bind_int64(q, at, v);
	else
		sqlite3_bind_null(q, at);
}

int64_t column_i64(sqlite3_stmt *q, int at)
{
	return sqlite3_column_int64(q, at);
}

bool column_has(sqlite3_stmt *q, int at)
{
	return sqlite3_column_type(q, at) != SQLITE_NULL;
}

struct bytes column_blob(sqlite3_stmt *q, int at)
{
	const void *p = sqlite3_column_blob(q, at);

	return bytes_of(p, p ? (size_t)sqlite3_column_bytes(q, at) : 0);
}

struct bytes column_text(sqlite3_stmt *q, int at)
{
	/* Not sqlite3_column_text: it copies to add a NUL, and says nothing
	 * when there is no memory for that. */
	return column_blob(q, at);
}

void column_copy(sqlite3_stmt *q, int at, void *p, size_t n)
{
	struct bytes v = column_blob(q, at);

	memset(p, 0, n);
	if (v.n)
		memcpy(p, v.p, v.n < n ? v.n : n);
}

void column_string(sqlite3_stmt *q, int at, char *text, size_t cap)
{
	struct bytes v = column_text(q, at);
	size_t n = v.n < cap ? v.n : cap - 1;

	if (n)
		memcpy(text, v.p, n);
	text[n] = '\0';
}
