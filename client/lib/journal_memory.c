/* SPDX-License-Identifier: Apache-2.0 */
/* journal_memory.c: uses counted at this kiosk, presentations it has seen, and
 * forgetting. */
#include "journal_sql.h"

bool journal_uses(struct journal *j, const uint8_t pass[static PASS_HASH_SIZE],
		  struct bytes benefit, int32_t period, uint64_t *uses)
{
	sqlite3_stmt *s = sql_get(j, SQL_USES);
	bool ok, row;

	*uses = 0;
	sql_blob(s, 1, bytes_of(pass, PASS_HASH_SIZE));
	sql_text(s, 2, benefit);
	sql_int(s, 3, period);
	ok = sql_step(j, s, &row);
	if (ok && row)
		*uses = (uint64_t)sqlite3_column_int64(s, 0);
	sql_done(s);
	return ok;
}

bool journal_first_use(struct journal *j,
		       const uint8_t pass[static PASS_HASH_SIZE],
		       struct bytes benefit, int32_t period, int64_t *first_ms,
		       bool *there)
{
	sqlite3_stmt *s = sql_get(j, SQL_FIRST_USE);
	bool ok;

	*first_ms = 0;
	sql_blob(s, 1, bytes_of(pass, PASS_HASH_SIZE));
	sql_text(s, 2, benefit);
	sql_int(s, 3, period);
	ok = sql_step(j, s, there);
	*there = ok && *there && sqlite3_column_type(s, 0) == SQLITE_INTEGER;
	if (*there)
		*first_ms = sqlite3_column_int64(s, 0);
	sql_done(s);
	return ok;
}

bool journal_count(struct journal *j, const uint8_t pass[static PASS_HASH_SIZE],
		   struct bytes benefit, int32_t period, int64_t now_ms,
		   int delta)
{
	sqlite3_stmt *s = sql_get(j, SQL_COUNT);

	sql_blob(s, 1, bytes_of(pass, PASS_HASH_SIZE));
	sql_text(s, 2, benefit);
	sql_int(s, 3, period);
	sql_int(s, 4, delta);
	sql_int(s, 5, now_ms);
	return sql_run(j, s);
}

bool journal_shown(struct journal *j, const uint8_t hash[static PASS_HASH_SIZE],
		   struct bytes benefit, bool *seen)
{
	sqlite3_stmt *s = sql_get(j, SQL_SHOWN);
	bool ok;

	sql_blob(s, 1, bytes_of(hash, PASS_HASH_SIZE));
	sql_text(s, 2, benefit);
	ok = sql_step(j, s, seen);
	sql_done(s);
	return ok;
}

bool journal_show(struct journal *j, const uint8_t hash[static PASS_HASH_SIZE],
		  struct bytes benefit, int64_t until_ms)
{
	sqlite3_stmt *s = sql_get(j, SQL_SHOW);

	sql_blob(s, 1, bytes_of(hash, PASS_HASH_SIZE));
	sql_text(s, 2, benefit);
	sql_int(s, 3, until_ms);
	return sql_run(j, s);
}

static bool prune(struct journal *j, enum statement which, int64_t before_ms)
{
	sqlite3_stmt *s = sql_get(j, which);

	sql_int(s, 1, before_ms);
	return sql_run(j, s);
}

bool journal_prune(struct journal *j, int64_t now_ms)
{
	return prune(j, SQL_PRUNE_SHOWN, now_ms) &&
	       prune(j, SQL_PRUNE_ENTRIES, now_ms - KIOSK_KEEP_ENTRIES_MS) &&
	       prune(j, SQL_PRUNE_ROLLED, now_ms - KIOSK_KEEP_ENTRIES_MS) &&
	       prune(j, SQL_PRUNE_FORMER, now_ms - KIOSK_KEEP_ENTRIES_MS) &&
	       prune(j, SQL_PRUNE_USES, now_ms - KIOSK_KEEP_USES_MS);
}
