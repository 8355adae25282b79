/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_use.c: rows about the uses of a pass: counters, conflicts,
 * entries, live presentations. */
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
	s->none_troubled = false;
	return store_run(s, q);
}

enum store_result store_conflict_close(struct store *s, int64_t counter,
                                       int64_t attempt, int64_t now_ms)
{
	sqlite3_stmt *q =
	    store_sql(s, "UPDATE conflict SET closed_ms = ?3 WHERE counter = ?1"
	                 " AND attempt = ?2 AND closed_ms IS NULL");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, counter);
	bind_i64(q, 2, attempt);
	bind_i64(q, 3, now_ms);
	r = store_run(s, q);
	return r == STORE_OK && sqlite3_changes(s->db) == 0 ? STORE_NONE : r;
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

enum store_result store_shown_where(struct store *s,
                                    const uint8_t pass[static PASS_HASH],
                                    const struct attempt *a, uint64_t seq,
                                    bool *here, bool *elsewhere)
{
	sqlite3_stmt *q = store_sql(
	    s, "SELECT a.kiosk = ?3 FROM shown s JOIN attempt a"
	       " ON a.n = s.attempt LEFT JOIN entry e ON e.attempt = a.n"
	       " WHERE s.pass = ?1 AND s.iat_s = ?2 AND a.n <> ?5"
	       " AND CASE WHEN a.kiosk = ?3"
	       "  THEN a.benefit = ?4 AND (e.seq < ?6 OR"
	       "   (a.told <> 0 AND a.counts = 1))"
	       "  ELSE NOT (a.told = 0 AND a.given_up = 1) END");
	enum store_result r;

	*here = *elsewhere = false;
	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, pass, PASS_HASH);
	bind_i64(q, 2, a->shown_s);
	bind_i64(q, 3, a->kiosk);
	bind_text(q, 4, a->benefit);
	bind_i64(q, 5, a->n);
	bind_i64(q, 6, (int64_t)seq);
	while ((r = store_step(s, q)) == STORE_OK)
		*(column_i64(q, 0) ? here : elsewhere) = true;
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

/* ------------------------------------------------------------ trouble */

/* There is mostly none at all: that is looked up once, and again after each
 * change that may bring some. */
static enum store_result any_trouble(struct store *s)
{
	sqlite3_stmt *q;
	enum store_result r;

	if (s->none_troubled)
		return STORE_NONE;
	q = store_sql(s, "SELECT 1 WHERE"
	                 " EXISTS (SELECT 1 FROM conflict"
	                 "  WHERE closed_ms IS NULL)"
	                 " OR EXISTS (SELECT 1 FROM attempt"
	                 "  INDEXED BY attempt_disputed"
	                 "  WHERE judgement = 4 AND admission = 0)");
	if (!q)
		return STORE_FAILED;
	r = store_step(s, q);
	store_end(q);
	s->none_troubled = r == STORE_NONE;
	return r;
}

enum store_result store_pass_marks(struct store *s,
                                   const uint8_t pass[static PASS_HASH],
                                   unsigned *marks)
{
	enum store_result r = any_trouble(s);
	sqlite3_stmt *q;

	*marks = 0;
	if (r != STORE_OK)
		return r == STORE_NONE ? STORE_OK : r;
	q = store_sql(s, "SELECT EXISTS (SELECT 1 FROM conflict"
	                 "  WHERE closed_ms IS NULL AND counter IN"
	                 "  (SELECT n FROM counter WHERE pass = ?1)),"
	                 " EXISTS (SELECT 1 FROM attempt"
	                 "  WHERE judgement = 4 AND admission = 0 AND counter IN"
	                 "  (SELECT n FROM counter WHERE pass = ?1))");
	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, pass, PASS_HASH);
	r = store_step(s, q);
	if (r == STORE_OK && column_i64(q, 0))
		*marks |= MARK_CONFLICT;
	if (r == STORE_OK && column_i64(q, 1))
		*marks |= MARK_DISPUTED;
	store_end(q);
	return r;
}
