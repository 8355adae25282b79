/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_use.c: rows about the uses of a pass: counters, conflicts,
 * entries, live presentations, reversals. */
#include <string.h>

#include "store_ledger.h"
#include "store_sqlite.h"

/* ----------------------------------------------------------- counters */

static enum store_result one_counter(struct store *s, sqlite3_stmt *q,
                                     struct counter *c)
{
	enum store_result r = store_step(s, q);

	c->n = 0;
	c->uses = c->limit = c->conflicts = 0;
	c->last_exp_s = 0;
	if (r == STORE_OK) {
		c->n = column_i64(q, 0);
		c->uses = (uint64_t)column_i64(q, 1);
		c->limit = (uint64_t)column_i64(q, 2);
		c->conflicts = (uint64_t)column_i64(q, 3);
		c->last_exp_s = column_i64(q, 4);
	}
	store_end(q);
	return r;
}

static void bind_counter_key(sqlite3_stmt *q, const struct counter_key *key)
{
	bind_blob(q, 1, key->pass, sizeof key->pass);
	bind_text(q, 2, key->benefit);
	bind_text(q, 3, key->facility);
	bind_i64(q, 4, key->per);
	bind_i64(q, 5, key->period);
}

enum store_result store_counter_find(struct store *s, struct counter *c)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT n, uses, use_limit, conflicts, last_exp_s"
	                 " FROM counter WHERE pass = ?1 AND benefit = ?2 AND facility = ?3"
	                 " AND per = ?4 AND period = ?5");

	if (!q)
		return STORE_FAILED;
	bind_counter_key(q, &c->key);
	return one_counter(s, q, c);
}

enum store_result store_counter_get(struct store *s, struct counter *c)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT n, uses, use_limit, conflicts, last_exp_s"
	                 " FROM counter WHERE n = ?1");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, c->n);
	return one_counter(s, q, c);
}

static enum store_result counter_add(struct store *s, struct counter *c)
{
	sqlite3_stmt *q = store_sql(
	    s, "INSERT INTO counter (pass, benefit, facility, per, period,"
	       " uses, use_limit, conflicts, last_exp_s)"
	       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_counter_key(q, &c->key);
	bind_i64(q, 6, (int64_t)c->uses);
	bind_i64(q, 7, (int64_t)c->limit);
	bind_i64(q, 8, (int64_t)c->conflicts);
	bind_i64(q, 9, c->last_exp_s);
	r = store_run(s, q);
	if (r == STORE_OK)
		c->n = sqlite3_last_insert_rowid(s->db);
	return r;
}

enum store_result store_counter_put(struct store *s, struct counter *c)
{
	sqlite3_stmt *q;

	if (c->n == 0)
		return counter_add(s, c);
	q = store_sql(s, "UPDATE counter SET uses = ?2, use_limit = ?3,"
	                 " conflicts = ?4, last_exp_s = ?5 WHERE n = ?1");
	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, c->n);
	bind_i64(q, 2, (int64_t)c->uses);
	bind_i64(q, 3, (int64_t)c->limit);
	bind_i64(q, 4, (int64_t)c->conflicts);
	bind_i64(q, 5, c->last_exp_s);
	return store_run(s, q);
}

/* ---------------------------------------------------------- conflicts */

enum store_result store_conflict_open(struct store *s, int64_t counter,
                                      int64_t attempt, int64_t now_ms)
{
	sqlite3_stmt *q =
	    store_sql(s, "INSERT INTO conflict (counter, attempt, opened_ms)"
	                 " VALUES (?1, ?2, ?3)");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, counter);
	bind_i64(q, 2, attempt);
	bind_i64(q, 3, now_ms);
	return store_run(s, q);
}

enum store_result store_conflict_close(struct store *s, int64_t counter,
                                       int64_t attempt, int64_t now_ms)
{
	sqlite3_stmt *q =
	    store_sql(s, "UPDATE conflict SET closed_ms = ?3 WHERE counter = ?1"
	                 " AND attempt = ?2 AND closed_ms IS NULL");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, counter);
	bind_i64(q, 2, attempt);
	bind_i64(q, 3, now_ms);
	return store_run(s, q);
}

/* ------------------------------------------------------------ entries */

enum store_result store_entry_add(struct store *s, const struct attempt *a,
                                  uint64_t seq, const struct item *item,
                                  int64_t now_ms)
{
	sqlite3_stmt *q = store_sql(
	    s, "INSERT INTO entry (attempt, seq, received_ms, message, salt)"
	       " VALUES (?1, ?2, ?3, ?4, ?5)");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, a->n);
	bind_i64(q, 2, (int64_t)seq);
	bind_i64(q, 3, now_ms);
	bind_bytes(q, 4, item->entry);
	if (!a->purged)
		bind_bytes(q, 5, item->salt);
	return store_run(s, q);
}

enum store_result store_entry_is(struct store *s, int64_t attempt,
                                 struct bytes message, bool *same)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT message FROM entry WHERE attempt = ?1");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, attempt);
	r = store_step(s, q);
	*same = r == STORE_OK && bytes_equal(column_blob(q, 0), message);
	store_end(q);
	return r;
}

/* ------------------------------------------------------ presentations */

enum store_result store_shown_used(struct store *s,
                                   const uint8_t pass[static PASS_HASH],
                                   int64_t iat_s, int64_t kiosk,
                                   const char *benefit, bool *used)
{
	sqlite3_stmt *q = store_sql(
	    s, "SELECT 1 FROM shown s JOIN attempt a ON a.n = s.attempt"
	       " WHERE s.pass = ?1 AND s.iat_s = ?2"
	       " AND NOT (a.kiosk = ?3 AND a.benefit <> ?4)"
	       " AND NOT (a.told = 0 AND a.given_up = 1) LIMIT 1");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, pass, PASS_HASH);
	bind_i64(q, 2, iat_s);
	bind_i64(q, 3, kiosk);
	bind_text(q, 4, benefit);
	r = store_step(s, q);
	*used = r == STORE_OK;
	store_end(q);
	return r == STORE_NONE ? STORE_OK : r;
}

enum store_result store_shown_add(struct store *s,
                                  const uint8_t pass[static PASS_HASH],
                                  const struct attempt *a)
{
	sqlite3_stmt *q = store_sql(
	    s, "INSERT INTO shown (pass, iat_s, attempt) VALUES (?1, ?2, ?3)");

	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, pass, PASS_HASH);
	bind_i64(q, 2, a->shown_s);
	bind_i64(q, 3, a->n);
	return store_run(s, q);
}

/* ---------------------------------------------------------- reversals */

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
