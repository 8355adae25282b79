/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_device.c: kiosks as senders: their reports, what is held of
 * their chains, and what of theirs nobody could read. */
#include <sodium.h>
#include <string.h>

#include "limits.h"
#include "store_ledger.h"
#include "store_sqlite.h"

enum store_result store_device_find(struct store *s,
                                    const uint8_t kid[static 8], int64_t *n)
{
	sqlite3_stmt *q = store_sql(s, "SELECT n FROM device WHERE kid = ?1");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, kid, 8);
	r = store_step(s, q);
	if (r == STORE_OK)
		*n = column_i64(q, 0);
	store_end(q);
	return r;
}

static enum store_result find_sender(struct store *s,
                                     const uint8_t kid[static 8], int64_t *n,
                                     enum device_state *state)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT d.n, k.state FROM device d"
	                 " LEFT JOIN kiosk k ON k.kid = d.kid"
	                 " WHERE d.kid = ?1");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, kid, 8);
	r = store_step(s, q);
	if (r == STORE_OK) {
		*n = column_i64(q, 0);
		if (column_has(q, 1))
			*state = (enum device_state)column_i64(q, 1);
	}
	store_end(q);
	return r;
}

enum store_result store_device(struct store *s, const uint8_t kid[static 8],
                               int64_t *n, enum device_state *state)
{
	enum store_result r = find_sender(s, kid, n, state);
	sqlite3_stmt *q;

	if (r != STORE_NONE)
		return r;
	q = store_sql(s, "INSERT INTO device (kid, entries, quarantined)"
	                 " VALUES (?1, 0, 0)");
	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, kid, 8);
	r = store_run(s, q);
	return r == STORE_OK ? find_sender(s, kid, n, state) : r;
}

enum store_result store_device_report(struct store *s, int64_t kiosk,
                                      const struct report *r, int64_t now_ms)
{
	sqlite3_stmt *q =
	    store_sql(s, "UPDATE device SET reported_ms = ?2, at_ms = ?3,"
	                 " offset_ms = ?4, epoch = ?5, next_seq = ?6,"
	                 " oldest_unsent = ?7, queue_depth = ?8, version = ?9"
	                 " WHERE n = ?1");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	bind_i64(q, 2, now_ms);
	bind_i64(q, 3, r->at_ms);
	bind_i64(q, 4, r->offset_ms);
	bind_i64(q, 5, (int64_t)r->epoch);
	bind_i64(q, 6, (int64_t)r->next_seq);
	bind_maybe(q, 7, r->has_unsent, (int64_t)r->oldest_unsent);
	bind_i64(q, 8, (int64_t)r->queue_depth);
	bind_text_bytes(q, 9, r->version);
	return store_run(s, q);
}

/* ------------------------------------------------------------- chains */

struct run {
	uint64_t first, last;
	uint8_t prev[32], hash[32];
};

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

static enum store_result count_entry(struct store *s, int64_t kiosk)
{
	sqlite3_stmt *q = store_sql(
	    s, "UPDATE device SET entries = entries + 1 WHERE n = ?1");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
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

/* Seqs over this do not fit SQLite's integers; no kiosk gets there. */
#define SEQ_MAX ((uint64_t)INT64_MAX - 1)

enum store_result store_chain_add(struct store *s, int64_t kiosk,
                                  const struct link *link, int64_t now_ms)
{
	static const uint8_t no_hash[32];
	struct run run;
	enum store_result r = count_entry(s, kiosk);

	if (r != STORE_OK)
		return r;
	if (link->seq > SEQ_MAX)
		return fork_add(s, kiosk, SEQ_MAX, FORK_SAME_SEQ, link->hash,
		                now_ms);
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

enum store_result store_held(struct store *s, int64_t kiosk, struct held *out)
{
	sqlite3_stmt *q = store_sql(
	    s, "SELECT d.entries, r.last, r.hash FROM device d LEFT JOIN run r"
	       " ON r.kiosk = d.n AND r.first = 1 WHERE d.n = ?1");
	enum store_result r;

	memset(out, 0, sizeof *out);
	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	r = store_step(s, q);
	if (r == STORE_OK) {
		out->count = (uint64_t)column_i64(q, 0);
		out->seq = (uint64_t)column_i64(q, 1);
		column_copy(q, 2, out->hash, sizeof out->hash);
	}
	store_end(q);
	return r == STORE_NONE ? STORE_OK : r;
}

/* --------------------------------------------------------- quarantine */

/* Takes a place, when there is one. */
static enum store_result quarantine_place(struct store *s, int64_t kiosk,
                                          bool *taken)
{
	sqlite3_stmt *q =
	    store_sql(s, "UPDATE device SET quarantined = quarantined + 1"
	                 " WHERE n = ?1 AND quarantined < ?2");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	bind_i64(q, 2, QUARANTINE_PER_KIOSK_MAX);
	r = store_run(s, q);
	*taken = r == STORE_OK && sqlite3_changes(s->db) == 1;
	return r;
}

enum store_result store_quarantine(struct store *s, int64_t kiosk,
                                   enum quarantine_kind kind, struct bytes raw,
                                   int64_t now_ms, bool *kept)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	enum store_result r;
	sqlite3_stmt *q;

	*kept = false;
	crypto_hash_sha256(hash, raw.p, raw.n);
	q = store_sql(s, "INSERT INTO quarantine (kiosk, kind, hash,"
	                 " received_ms, raw) SELECT ?1, ?2, ?3, ?4, ?5"
	                 " FROM device WHERE n = ?1 AND quarantined < ?6");
	if (!q)
		return STORE_FAILED;
	if (raw.n > QUARANTINE_ITEM_MAX)
		raw.n = QUARANTINE_ITEM_MAX;
	bind_i64(q, 1, kiosk);
	bind_i64(q, 2, kind);
	bind_blob(q, 3, hash, sizeof hash);
	bind_i64(q, 4, now_ms);
	bind_bytes(q, 5, raw);
	bind_i64(q, 6, QUARANTINE_PER_KIOSK_MAX);
	r = store_run(s, q);
	if (r == STORE_EXISTS) { /* sent before, and kept then */
		*kept = true;
		return STORE_OK;
	}
	if (r != STORE_OK || sqlite3_changes(s->db) == 0)
		return r;
	return quarantine_place(s, kiosk, kept);
}
