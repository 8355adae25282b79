/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_chain.c: what is held of a kiosk's chain, as rows: runs without
 * a gap, and forks. An entry may come in any order. */
#include <string.h>

#include "store_batch.h"
#include "store_ledger.h"
#include "store_sqlite.h"

static enum store_result one_run(struct store *s, sqlite3_stmt *q,
                                 struct run *out)
{
	enum store_result r = store_step(s, q);

	if (r == STORE_OK) {
		out->first = (uint64_t)column_i64(q, 0);
		out->last = (uint64_t)column_i64(q, 1);
		column_copy(q, 2, out->prev, sizeof out->prev);
		column_copy(q, 3, out->hash, sizeof out->hash);
	}
	store_end(q);
	return r;
}

/* The run that begins at seq or before it, and nearest to it. */
static enum store_result run_before(struct store *s, int64_t kiosk,
                                    uint64_t seq, struct run *out)
{
	sqlite3_stmt *q = store_sql(s, "SELECT first, last, prev, hash FROM run"
	                               " WHERE kiosk = ?1 AND first <= ?2"
	                               " ORDER BY first DESC LIMIT 1");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	bind_i64(q, 2, (int64_t)seq);
	return one_run(s, q, out);
}

static enum store_result run_at(struct store *s, int64_t kiosk, uint64_t first,
                                struct run *out)
{
	sqlite3_stmt *q = store_sql(s, "SELECT first, last, prev, hash FROM run"
	                               " WHERE kiosk = ?1 AND first = ?2");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	bind_i64(q, 2, (int64_t)first);
	return one_run(s, q, out);
}

enum store_result run_first(struct store *s, int64_t kiosk, struct run *out)
{
	return run_at(s, kiosk, 1, out);
}

enum store_result run_last(struct store *s, int64_t kiosk, struct run *out)
{
	sqlite3_stmt *q = store_sql(s, "SELECT first, last, prev, hash FROM run"
	                               " WHERE kiosk = ?1"
	                               " ORDER BY first DESC LIMIT 1");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	return one_run(s, q, out);
}

enum store_result run_grow(struct store *s, int64_t kiosk,
                           const struct run *run)
{
	sqlite3_stmt *q = store_sql(s, "UPDATE run SET last = ?3, hash = ?4"
	                               " WHERE kiosk = ?1 AND first = ?2");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	bind_i64(q, 2, (int64_t)run->first);
	bind_i64(q, 3, (int64_t)run->last);
	bind_blob(q, 4, run->hash, sizeof run->hash);
	return store_run(s, q);
}

static enum store_result run_put(struct store *s, int64_t kiosk,
                                 const struct run *run)
{
	sqlite3_stmt *q =
	    store_sql(s, "INSERT INTO run (kiosk, first, last, prev, hash)"
	                 " VALUES (?1, ?2, ?3, ?4, ?5)"
	                 " ON CONFLICT DO UPDATE SET last = ?3, hash = ?5");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	bind_i64(q, 2, (int64_t)run->first);
	bind_i64(q, 3, (int64_t)run->last);
	bind_blob(q, 4, run->prev, sizeof run->prev);
	bind_blob(q, 5, run->hash, sizeof run->hash);
	return store_run(s, q);
}

static enum store_result run_drop(struct store *s, int64_t kiosk,
                                  uint64_t first)
{
	sqlite3_stmt *q =
	    store_sql(s, "DELETE FROM run WHERE kiosk = ?1 AND first = ?2");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	bind_i64(q, 2, (int64_t)first);
	return store_run(s, q);
}

enum fork_kind { FORK_SAME_SEQ, FORK_WRONG_PREV };

static enum store_result fork_add(struct store *s, int64_t kiosk, uint64_t seq,
                                  enum fork_kind kind, const uint8_t *hash,
                                  int64_t now_ms)
{
	sqlite3_stmt *q = store_sql(
	    s, "INSERT INTO fork (kiosk, seq, kind, hash, received_ms)"
	       " VALUES (?1, ?2, ?3, ?4, ?5)");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	bind_i64(q, 2, (int64_t)seq);
	bind_i64(q, 3, kind);
	bind_blob(q, 4, hash, 32);
	bind_i64(q, 5, now_ms);
	return store_run(s, q);
}

/* The run after a new end, when the two now touch: made one. */
static enum store_result join_next(struct store *s, int64_t kiosk,
                                   struct run *run, int64_t now_ms)
{
	struct run next;
	enum store_result r = run_at(s, kiosk, run->last + 1, &next);

	if (r == STORE_NONE)
		return STORE_OK;
	if (r == STORE_OK && memcmp(next.prev, run->hash, 32) != 0)
		r = fork_add(s, kiosk, next.first, FORK_WRONG_PREV, next.prev,
		             now_ms);
	if (r == STORE_OK)
		r = run_drop(s, kiosk, next.first);
	if (r == STORE_OK) {
		run->last = next.last;
		memcpy(run->hash, next.hash, sizeof run->hash);
	}
	return r;
}

enum store_result chain_put(struct store *s, int64_t kiosk,
                            const struct link *link, int64_t now_ms)
{
	static const uint8_t no_hash[32];
	enum store_result r;
	struct run run;

	r = run_before(s, kiosk, link->seq, &run);
	if (r == STORE_FAILED)
		return r;
	if (r == STORE_OK && link->seq <= run.last)
		return fork_add(s, kiosk, link->seq, FORK_SAME_SEQ, link->hash,
		                now_ms);
	if (r == STORE_NONE || run.last + 1 != link->seq) {
		run.first = link->seq;
		memcpy(run.prev, link->prev, sizeof run.prev);
		/* What the first entry of all must name, and what no other
		 * can be held to yet. */
		memcpy(run.hash, link->seq == 1 ? no_hash : link->prev, 32);
	}
	if (memcmp(run.hash, link->prev, 32) != 0 &&
	    fork_add(s, kiosk, link->seq, FORK_WRONG_PREV, link->hash,
	             now_ms) != STORE_OK)
		return STORE_FAILED;
	run.last = link->seq;
	memcpy(run.hash, link->hash, sizeof run.hash);
	r = join_next(s, kiosk, &run, now_ms);
	return r == STORE_OK ? run_put(s, kiosk, &run) : r;
}
