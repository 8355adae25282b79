/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_kiosk.c: rows of kiosks and of enrolment codes. */
#include <string.h>

#include "store_setup.h"
#include "store_sqlite_setup.h"

/* What it has sent is the ledger's; held is the run from seq 1. */
#define KIOSK                                                               \
	"SELECT k.kid, k.pk, k.facility, k.name, k.state, k.enrolled_ms,"   \
	" k.predecessor, d.version, d.reported_ms, d.offset_ms, d.epoch,"   \
	" d.queue_depth, d.oldest_unsent, r.last, d.entries, k.version,"    \
	" d.next_seq, (SELECT min(seq) FROM fork WHERE kiosk = d.n),"       \
	" (SELECT min(first) FROM run"                                      \
	"  WHERE kiosk = d.n AND first > coalesce(r.last, 0)),"             \
	" (SELECT max(at_ms) FROM audit WHERE alarm = 1"                    \
	"  AND action = 'enrolment.refused' AND object = lower(hex(k.kid)))," \
	" d.quarantined"                                                    \
	" FROM kiosk k LEFT JOIN device d ON d.kid = k.kid"                 \
	" LEFT JOIN run r ON r.kiosk = d.n AND r.first = 1"

/* The entries that the latest report tells of and no longer holds back: none
 * of them may be missing here. */
static uint64_t sent_below(const struct kiosk_row *k, uint64_t next_seq)
{
	if (!k->reported)
		return 0;
	return k->has_unsent && k->oldest_unsent < next_seq ? k->oldest_unsent
							   : next_seq;
}

/* next_seq: of the latest report; next_run: where entries are held again, 0
 * for nowhere. What the kiosk has still to send is no gap but a queue, until
 * something behind it is held. */
static void find_gap(struct kiosk_row *k, uint64_t next_seq, uint64_t next_run)
{
	struct kiosk_chain *c = &k->chain;
	uint64_t sent = sent_below(k, next_seq);

	c->from = k->held_seq + 1;
	if (sent > c->from) {
		c->gap = GAP_MISSING;
		c->to = next_run > 0 && next_run < sent ? next_run - 1
							: sent - 1;
	} else if (next_run > 0) {
		c->gap = GAP_OPEN;
		c->to = next_run - 1;
	}
}

static void read_kiosk(sqlite3_stmt *q, union store_row *row)
{
	struct kiosk_row *k = &row->kiosk;

	k->kid = column_blob(q, 0);
	k->pk = column_blob(q, 1);
	k->facility = column_text(q, 2);
	k->name = column_text(q, 3);
	k->state = (enum device_state)column_i64(q, 4);
	k->enrolled_ms = column_i64(q, 5);
	k->predecessor = column_blob(q, 6);
	k->version = column_text(q, column_has(q, 7) ? 7 : 15);
	k->reported = column_has(q, 8);
	k->reported_ms = column_i64(q, 8);
	k->offset_ms = column_i64(q, 9);
	k->epoch = (uint64_t)column_i64(q, 10);
	k->queue_depth = (uint64_t)column_i64(q, 11);
	k->has_unsent = column_has(q, 12);
	k->oldest_unsent = (uint64_t)column_i64(q, 12);
	k->held_seq = (uint64_t)column_i64(q, 13);
	k->held_count = (uint64_t)column_i64(q, 14);
	k->chain = (struct kiosk_chain){.has_fork = column_has(q, 17),
					.fork = (uint64_t)column_i64(q, 17)};
	find_gap(k, (uint64_t)column_i64(q, 16), (uint64_t)column_i64(q, 18));
	k->refused = column_has(q, 19);
	k->refused_ms = column_i64(q, 19);
	k->quarantined = (uint64_t)column_i64(q, 20);
}

enum store_result store_kiosks(struct store *s, const struct bytes *kid,
			       store_visit *visit, void *arg)
{
	sqlite3_stmt *q = kid != NULL
			      ? store_sql(s, KIOSK " WHERE k.kid = ?1")
			      : store_sql(s, KIOSK " ORDER BY k.kid");

	if (q == NULL)
		return STORE_FAILED;
	if (kid != NULL)
		bind_bytes(q, 1, *kid);
	return store_walk(s, q, read_kiosk, kid != NULL, visit, arg);
}

enum store_result store_kiosk_add(struct store *s, const struct kiosk_row *row)
{
	sqlite3_stmt *q =
	    store_sql(s, "INSERT INTO kiosk (kid, pk, facility, name, version,"
			 " state, enrolled_ms, predecessor)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

	if (q == NULL)
		return STORE_FAILED;
	bind_bytes(q, 1, row->kid);
	bind_bytes(q, 2, row->pk);
	bind_text_bytes(q, 3, row->facility);
	bind_text_bytes(q, 4, row->name);
	bind_text_bytes(q, 5, row->version);
	bind_i64(q, 6, row->state);
	bind_i64(q, 7, row->enrolled_ms);
	if (row->predecessor.n > 0)
		bind_bytes(q, 8, row->predecessor);
	return store_run(s, q);
}

enum store_result store_kiosk_state(struct store *s, struct bytes kid,
				    enum device_state state)
{
	sqlite3_stmt *q =
	    store_sql(s, "UPDATE kiosk SET state = ?2 WHERE kid = ?1");

	if (q == NULL)
		return STORE_FAILED;
	bind_bytes(q, 1, kid);
	bind_i64(q, 2, state);
	return store_run_changing(s, q);
}

enum store_result store_kiosk_place(struct store *s, struct bytes kid,
				    struct bytes facility, struct bytes name,
				    int64_t now_ms)
{
	sqlite3_stmt *q = store_sql(
	    s, "INSERT INTO former_place (kid, facility, until_ms)"
	       " SELECT kid, facility, ?3 FROM kiosk"
	       " WHERE kid = ?1 AND facility <> ?2"
	       " ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms");
	enum store_result r;

	if (q == NULL)
		return STORE_FAILED;
	bind_bytes(q, 1, kid);
	bind_text_bytes(q, 2, facility);
	bind_i64(q, 3, now_ms);
	r = store_run(s, q);
	if (r != STORE_OK)
		return r;
	q = store_sql(s, "UPDATE kiosk SET facility = ?2, name = ?3"
			 " WHERE kid = ?1");
	if (q == NULL)
		return STORE_FAILED;
	bind_bytes(q, 1, kid);
	bind_text_bytes(q, 2, facility);
	bind_text_bytes(q, 3, name);
	return store_run_changing(s, q);
}

enum store_result store_kiosk_was_at(struct store *s, struct bytes kid,
				     struct bytes facility, uint64_t since_s,
				     bool *was)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT 1 FROM former_place WHERE kid = ?1"
			 " AND facility = ?2 AND until_ms / 1000 >= ?3");
	enum store_result r;

	if (q == NULL)
		return STORE_FAILED;
	bind_bytes(q, 1, kid);
	bind_text_bytes(q, 2, facility);
	bind_i64(q, 3, since_s > INT64_MAX ? INT64_MAX : (int64_t)since_s);
	r = store_step(s, q);
	*was = r == STORE_OK;
	store_end(q);
	return r == STORE_NONE ? STORE_OK : r;
}

enum store_result store_kiosks_roll(struct store *s, bool *changed)
{
	sqlite3_stmt *q =
	    store_sql(s, "UPDATE kiosk SET state = ?1 WHERE state = ?2 AND"
			 " kid IN (SELECT k.predecessor FROM kiosk k"
			 "  JOIN device d ON d.kid = k.kid"
			 "  WHERE k.predecessor IS NOT NULL"
			 "  AND d.reported_ms IS NOT NULL)");
	enum store_result r;

	*changed = false;
	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, DEVICE_ROLLED);
	bind_i64(q, 2, DEVICE_ACTIVE);
	r = store_run_changing(s, q);
	*changed = r == STORE_OK;
	return r == STORE_NONE ? STORE_OK : r;
}

/* ------------------------------------------------------------- codes */

enum store_result store_code_add(struct store *s, const struct code_row *row)
{
	sqlite3_stmt *q =
	    store_sql(s, "INSERT INTO enrol_code (secret_hash, facility, name,"
			 " confirm, made_ms, expires)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

	if (q == NULL)
		return STORE_FAILED;
	bind_blob(q, 1, row->secret_hash, sizeof(row->secret_hash));
	bind_text(q, 2, row->facility);
	bind_text(q, 3, row->name);
	bind_i64(q, 4, row->confirm);
	bind_i64(q, 5, row->made_ms);
	bind_i64(q, 6, (int64_t)row->expires);
	return store_run(s, q);
}

static void read_code(sqlite3_stmt *q, struct code_row *out)
{
	memset(out, 0, sizeof(*out));
	column_copy(q, 0, out->secret_hash, sizeof(out->secret_hash));
	column_string(q, 1, out->facility, sizeof(out->facility));
	column_string(q, 2, out->name, sizeof(out->name));
	out->confirm = column_i64(q, 3) != 0;
	out->made_ms = column_i64(q, 4);
	out->expires = (uint64_t)column_i64(q, 5);
	out->used = column_has(q, 6);
	column_copy(q, 6, out->kid, sizeof(out->kid));
}

enum store_result store_code_find(struct store *s,
				  const uint8_t secret_hash[static 32],
				  struct code_row *out)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT secret_hash, facility, name, confirm,"
			 " made_ms, expires, kid FROM enrol_code"
			 " WHERE secret_hash = ?1");
	enum store_result r;

	if (q == NULL)
		return STORE_FAILED;
	bind_blob(q, 1, secret_hash, 32);
	r = store_step(s, q);
	if (r == STORE_OK)
		read_code(q, out);
	store_end(q);
	return r;
}

enum store_result store_code_bind(struct store *s,
				  const uint8_t secret_hash[static 32],
				  const uint8_t kid[static 8])
{
	sqlite3_stmt *q =
	    store_sql(s, "UPDATE enrol_code SET kid = ?2"
			 " WHERE secret_hash = ?1 AND kid IS NULL");

	if (q == NULL)
		return STORE_FAILED;
	bind_blob(q, 1, secret_hash, 32);
	bind_blob(q, 2, kid, 8);
	return store_run_changing(s, q);
}
