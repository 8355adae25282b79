/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_quarantine.c: what of kiosks is no record and is kept to be
 * looked at: written by the ledger, listed for operators. */
#include <sodium.h>
#include <string.h>

#include "limits.h"
#include "store_report.h"
#include "store_sqlite.h"

/* ------------------------------------------------------------ writing */

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
	s->quarantine_counted = false;
	return r;
}

/* Sent before, and kept then. */
static enum store_result is_quarantined(struct store *s, int64_t kiosk,
                                        const uint8_t *hash, bool *is)
{
	sqlite3_stmt *q = store_sql(s, "SELECT 1 FROM quarantine"
	                               " WHERE kiosk = ?1 AND hash = ?2");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	bind_blob(q, 2, hash, crypto_hash_sha256_BYTES);
	r = store_step(s, q);
	*is = r == STORE_OK;
	store_end(q);
	return r == STORE_NONE ? STORE_OK : r;
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
	/* No row either way, when it is full. */
	if (r == STORE_EXISTS ||
	    (r == STORE_OK && sqlite3_changes(s->db) == 0))
		return is_quarantined(s, kiosk, hash, kept);
	if (r != STORE_OK)
		return r;
	return quarantine_place(s, kiosk, kept);
}

/* ------------------------------------------------------------ reading */

static enum store_result count_places(struct store *s)
{
	sqlite3_stmt *q = store_sql(
	    s, "SELECT coalesce(sum(quarantined), 0) FROM device");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	r = store_step(s, q);
	s->quarantine_counted = r == STORE_OK;
	if (r == STORE_OK)
		s->quarantined = column_i64(q, 0);
	store_end(q);
	return r;
}

enum store_result store_quarantine_count(struct store *s, int64_t *count)
{
	enum store_result r = STORE_OK;

	if (!s->quarantine_counted)
		r = count_places(s);
	if (r == STORE_OK)
		*count = s->quarantined;
	return r;
}

/* raw: the bytes, or NULL where they are not asked for. */
#define ITEM(raw)                                                           \
	"SELECT q.n, d.kid, k.facility, q.kind, q.received_ms, q.hash,"     \
	" length(q.raw), " raw " FROM quarantine q"                         \
	" JOIN device d ON d.n = q.kiosk LEFT JOIN kiosk k ON k.kid = d.kid"

static bool visit_item(sqlite3_stmt *q, quarantine_visit *visit, void *arg)
{
	struct quarantined item = {
	    .n = column_i64(q, 0),
	    .kid = column_blob(q, 1),
	    .facility = column_text(q, 2),
	    .kind = (enum quarantine_kind)column_i64(q, 3),
	    .received_ms = column_i64(q, 4),
	    .hash = column_blob(q, 5),
	    .size = (size_t)column_i64(q, 6),
	    .raw = column_blob(q, 7)};

	return visit(&item, arg);
}

enum store_result store_quarantine_list(struct store *s, int64_t *below,
                                        size_t most, quarantine_visit *visit,
                                        void *arg, bool *more)
{
	sqlite3_stmt *q = store_sql(s, ITEM("NULL") " WHERE q.n < ?1"
	                                            " ORDER BY q.n DESC LIMIT ?2");
	enum store_result r;

	*more = false;
	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, *below);
	bind_i64(q, 2, (int64_t)most + 1);
	while ((r = store_step(s, q)) == STORE_OK) {
		*more = most == 0;
		if (*more)
			break;
		most--;
		*below = column_i64(q, 0);
		if (!visit_item(q, visit, arg)) {
			r = STORE_FAILED;
			break;
		}
	}
	store_end(q);
	return r == STORE_NONE ? STORE_OK : r;
}

enum store_result store_quarantine_one(struct store *s, int64_t n,
                                       quarantine_visit *visit, void *arg)
{
	sqlite3_stmt *q = store_sql(s, ITEM("q.raw") " WHERE q.n = ?1");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, n);
	r = store_step(s, q);
	if (r == STORE_OK && !visit_item(q, visit, arg))
		r = STORE_FAILED;
	store_end(q);
	return r;
}
