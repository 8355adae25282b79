/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_device.c: the numbers of kiosks in the ledger, and what of
 * theirs nobody could read. */
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
