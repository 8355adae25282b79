/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_reversal.c: reversals, those that wait for their attempt among
 * them. */
#include <string.h>

#include "store_ledger.h"
#include "store_sqlite.h"

#define REVERSAL_COLUMNS                                          \
	"n, kid, id, of_kid, of_id, operator, facility, reason, " \
	"effective_ms, received_ms, result"

static void read_reversal(sqlite3_stmt *q, struct reversal *r)
{
	memset(r, 0, sizeof *r);
	r->n = column_i64(q, 0);
	column_copy(q, 1, r->kid, sizeof r->kid);
	column_copy(q, 2, r->id, sizeof r->id);
	column_copy(q, 3, r->of_kid, sizeof r->of_kid);
	column_copy(q, 4, r->of_id, sizeof r->of_id);
	r->by_operator = column_has(q, 5);
	column_string(q, 5, r->operator, sizeof r->operator);
	column_string(q, 6, r->facility, sizeof r->facility);
	r->reason = (enum reversal_reason)column_i64(q, 7);
	r->effective_ms = column_i64(q, 8);
	r->received_ms = column_i64(q, 9);
	r->result = (enum verdict)column_i64(q, 10);
}

enum store_result store_reversal_find(struct store *s,
                                      const uint8_t kid[static 8],
                                      const uint8_t id[static 16],
                                      struct bytes message,
                                      struct reversal *out, bool *same)
{
	sqlite3_stmt *q = store_sql(s, "SELECT " REVERSAL_COLUMNS ", message"
	                               " FROM reversal"
	                               " WHERE id = ?1 AND kid = ?2");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, id, 16);
	bind_blob(q, 2, kid, 8);
	r = store_step(s, q);
	if (r == STORE_OK) {
		read_reversal(q, out);
		*same = bytes_equal(column_blob(q, 11), message);
	}
	store_end(q);
	return r;
}

enum store_result store_reversal_add(struct store *s, struct reversal *r,
                                     struct bytes message)
{
	sqlite3_stmt *q = store_sql(
	    s, "INSERT INTO reversal (kid, id, of_kid, of_id, operator,"
	       " facility, reason, effective_ms, received_ms, result, message)"
	       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
	enum store_result result;

	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, r->kid, sizeof r->kid);
	bind_blob(q, 2, r->id, sizeof r->id);
	bind_blob(q, 3, r->of_kid, sizeof r->of_kid);
	bind_blob(q, 4, r->of_id, sizeof r->of_id);
	if (r->by_operator)
		bind_text(q, 5, r->operator);
	bind_text(q, 6, r->facility);
	bind_i64(q, 7, r->reason);
	bind_i64(q, 8, r->effective_ms);
	bind_i64(q, 9, r->received_ms);
	bind_i64(q, 10, r->result);
	bind_bytes(q, 11, message);
	s->none_pending = false;
	result = store_run(s, q);
	if (result == STORE_OK)
		r->n = sqlite3_last_insert_rowid(s->db);
	return result;
}

/* Reversals that are before their attempts are so rare that there is mostly
 * none at all: that is looked up once, and again after each change. */
static enum store_result any_pending(struct store *s)
{
	sqlite3_stmt *q;
	enum store_result r;

	if (s->none_pending)
		return STORE_NONE;
	q = store_sql(s, "SELECT 1 FROM reversal INDEXED BY reversal_pending"
	                 " WHERE result = 132 LIMIT 1");
	if (!q)
		return STORE_FAILED;
	r = store_step(s, q);
	store_end(q);
	s->none_pending = r == STORE_NONE;
	return r;
}

enum store_result store_reversal_pending(struct store *s,
                                         const uint8_t of_kid[static 8],
                                         const uint8_t of_id[static 16],
                                         int64_t after, struct reversal *out)
{
	sqlite3_stmt *q = store_sql(
	    s, "SELECT " REVERSAL_COLUMNS " FROM reversal"
	       " INDEXED BY reversal_pending"
	       " WHERE of_id = ?1 AND of_kid = ?2 AND result = 132 AND n > ?3"
	       " ORDER BY n LIMIT 1");
	enum store_result r = any_pending(s);

	if (r != STORE_OK)
		return r;
	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, of_id, 16);
	bind_blob(q, 2, of_kid, 8);
	bind_i64(q, 3, after);
	r = store_step(s, q);
	if (r == STORE_OK)
		read_reversal(q, out);
	store_end(q);
	return r;
}

enum store_result store_reversal_result(struct store *s, int64_t n,
                                        enum verdict result)
{
	sqlite3_stmt *q =
	    store_sql(s, "UPDATE reversal SET result = ?2 WHERE n = ?1");

	if (!q)
		return STORE_FAILED;
	s->none_pending = false;
	bind_i64(q, 1, n);
	bind_i64(q, 2, result);
	return store_run(s, q);
}

enum store_result store_reversal_get(struct store *s, int64_t n,
                                     struct reversal *out)
{
	sqlite3_stmt *q = store_sql(s, "SELECT " REVERSAL_COLUMNS
	                               " FROM reversal WHERE n = ?1");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, n);
	r = store_step(s, q);
	if (r == STORE_OK)
		read_reversal(q, out);
	store_end(q);
	return r;
}

enum store_result store_reversals_reopen(struct store *s,
                                         const uint8_t of_kid[static 8],
                                         const uint8_t of_id[static 16])
{
	sqlite3_stmt *q = store_sql(
	    s, "UPDATE reversal SET result = ?3 WHERE of_id = ?1"
	       " AND of_kid = ?2 AND result = ?4");

	if (!q)
		return STORE_FAILED;
	s->none_pending = false;
	bind_blob(q, 1, of_id, 16);
	bind_blob(q, 2, of_kid, 8);
	bind_i64(q, 3, VERDICT_REVERSAL_PENDING);
	bind_i64(q, 4, VERDICT_ALREADY_REVERSED);
	return store_run(s, q);
}

enum store_result store_reversals_of(struct store *s,
                                     const uint8_t of_kid[static 8],
                                     const uint8_t of_id[static 16],
                                     bool (*visit)(void *arg,
                                                   const struct reversal *r),
                                     void *arg)
{
	sqlite3_stmt *q = store_sql(
	    s, "SELECT " REVERSAL_COLUMNS " FROM reversal"
	       " INDEXED BY reversal_of"
	       " WHERE of_id = ?1 AND of_kid = ?2 ORDER BY n LIMIT ?3");
	enum store_result r;
	struct reversal reversal;

	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, of_id, 16);
	bind_blob(q, 2, of_kid, 8);
	bind_i64(q, 3, REVERSALS_SHOWN_MAX);
	while ((r = store_step(s, q)) == STORE_OK) {
		read_reversal(q, &reversal);
		if (!visit(arg, &reversal)) {
			r = STORE_FAILED;
			break;
		}
	}
	store_end(q);
	return r == STORE_NONE ? STORE_OK : r;
}
