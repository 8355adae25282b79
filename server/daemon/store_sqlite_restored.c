/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_restored.c: what a restore took: the time from when the copy was
 * made until the service went on with it. The copy itself says that it is one. */
#include "store_ledger.h"
#include "store_sqlite.h"

/* restored	a copy that became the database. copied_ms: when it was begun;
 *		started_ms: when it was first opened as a service's; NULL: it
 *		never was, this file is a copy. */
const char *const store_restored_schema[] = {
    "CREATE TABLE restored (n INTEGER PRIMARY KEY,"
    " copied_ms INTEGER NOT NULL, started_ms INTEGER) STRICT",
    NULL};

/* One row at most: a copy is made of a database that is in use. */
enum store_result store_restored(struct store *s, int64_t now_ms,
				 int64_t *copied_ms)
{
	sqlite3_stmt *q = store_sql(
	    s, "UPDATE restored SET started_ms = max(copied_ms, ?1)"
	       " WHERE started_ms IS NULL RETURNING copied_ms");
	enum store_result r;

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, now_ms);
	r = store_step(s, q);
	if (r == STORE_OK)
		*copied_ms = column_i64(q, 0);
	store_end(q);
	s->none_restored = false;
	return r;
}

static enum store_result any_restored(struct store *s)
{
	sqlite3_stmt *q;
	enum store_result r;

	if (s->none_restored)
		return STORE_NONE;
	q = store_sql(s, "SELECT 1 FROM restored LIMIT 1");
	if (q == NULL)
		return STORE_FAILED;
	r = store_step(s, q);
	store_end(q);
	s->none_restored = r == STORE_NONE;
	return r;
}

enum store_result store_was_lost(struct store *s, int64_t from_ms,
				 int64_t to_ms, bool *lost)
{
	enum store_result r = any_restored(s);
	sqlite3_stmt *q;

	*lost = false;
	if (r != STORE_OK)
		return r == STORE_NONE ? STORE_OK : r;
	q = store_sql(s, "SELECT 1 FROM restored WHERE started_ms >= ?1"
			 " AND copied_ms <= ?2 LIMIT 1");
	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, from_ms);
	bind_i64(q, 2, to_ms);
	r = store_step(s, q);
	*lost = r == STORE_OK;
	store_end(q);
	return r == STORE_NONE ? STORE_OK : r;
}
