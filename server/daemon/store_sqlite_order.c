/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_order.c: turns: what came before entries of lower seqs, kept
 * until it is due. A kiosk sends in order, so there are few. */
#include "store_ledger.h"
#include "store_sqlite.h"

enum store_result store_turn_add(struct store *s, int64_t kiosk,
				 const struct turn *turn)
{
	sqlite3_stmt *q = store_sql(
	    s, "INSERT INTO waiting (kiosk, seq, kind, of, at_ms,"
	       " uses_max, amount_max, received_ms)"
	       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
	       " ON CONFLICT DO UPDATE SET at_ms = max(at_ms, ?5)");

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	bind_i64(q, 2, (int64_t)turn->seq);
	bind_i64(q, 3, turn->kind);
	bind_i64(q, 4, turn->of);
	bind_i64(q, 5, turn->at_ms);
	bind_i64(q, 6, turn->uses_max > INT64_MAX ? INT64_MAX
						  : (int64_t)turn->uses_max);
	bind_i64(q, 7, turn->amount_max);
	bind_i64(q, 8, turn->received_ms);
	return store_run(s, q);
}

enum store_result store_turn_first(struct store *s, int64_t kiosk,
				   struct turn *out)
{
	sqlite3_stmt *q = store_sql(
	    s, "SELECT seq, kind, of, at_ms, uses_max, amount_max,"
	       " received_ms FROM waiting WHERE kiosk = ?1"
	       " ORDER BY seq, kind, of LIMIT 1");
	enum store_result r;

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	r = store_step(s, q);
	if (r == STORE_OK)
		*out = (struct turn){
		    .seq = (uint64_t)column_i64(q, 0),
		    .kind = (enum turn_kind)column_i64(q, 1),
		    .of = column_i64(q, 2),
		    .at_ms = column_i64(q, 3),
		    .uses_max = (uint64_t)column_i64(q, 4),
		    .amount_max = column_i64(q, 5),
		    .received_ms = column_i64(q, 6),
		};
	store_end(q);
	return r;
}

enum store_result store_turn_drop(struct store *s, int64_t kiosk,
				  const struct turn *turn)
{
	sqlite3_stmt *q = store_sql(s, "DELETE FROM waiting WHERE kiosk = ?1"
				       " AND seq = ?2 AND kind = ?3"
				       " AND of = ?4");

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	bind_i64(q, 2, (int64_t)turn->seq);
	bind_i64(q, 3, turn->kind);
	bind_i64(q, 4, turn->of);
	return store_run(s, q);
}

enum store_result store_turn_old(struct store *s, int64_t before_ms,
				 int64_t *kiosk, uint64_t *seq)
{
	sqlite3_stmt *q = store_sql(
	    s, "SELECT kiosk, max(seq) FROM waiting WHERE received_ms < ?1"
	       " AND kiosk = (SELECT kiosk FROM waiting"
	       "  INDEXED BY waiting_received WHERE received_ms < ?1"
	       "  ORDER BY received_ms LIMIT 1) GROUP BY kiosk");
	enum store_result r;

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, before_ms);
	r = store_step(s, q);
	if (r == STORE_OK) {
		*kiosk = column_i64(q, 0);
		*seq = (uint64_t)column_i64(q, 1);
	}
	store_end(q);
	return r;
}
