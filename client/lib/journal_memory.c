/* SPDX-License-Identifier: Apache-2.0 */
/* journal_memory.c: uses counted at this kiosk, presentations it has seen, and
 * forgetting. */
#include "journal_sql.h"

#define MS_PER_DAY INT64_C(86400000)

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

bool journal_keep(struct journal *j, unsigned *days)
{
	sqlite3_stmt *s = sql_get(j, SQL_KEEP);
	bool row, ok = sql_step(j, s, &row);
	int64_t set = ok && row ? sqlite3_column_int64(s, 0) : KIOSK_KEEP_DAYS;

	/* What is no number of days must not make it forget. */
	*days = set < KIOSK_KEEP_DAYS_MIN || set > KIOSK_KEEP_DAYS_MAX
		    ? KIOSK_KEEP_DAYS_MAX
		    : (unsigned)set;
	sql_done(s);
	return ok;
}

bool journal_set_keep(struct journal *j, unsigned days)
{
	sqlite3_stmt *s = sql_get(j, SQL_SET_KEEP);

	sql_int(s, 1, days);
	return sql_run(j, s);
}

static bool prune(struct journal *j, enum statement which, int64_t before_ms,
		  bool *more)
{
	sqlite3_stmt *s = sql_get(j, which);

	sql_int(s, 1, before_ms);
	sql_int(s, 2, KIOSK_PRUNE_MAX);
	if (!sql_run(j, s))
		return false;
	*more = *more || sqlite3_changes64(j->db) == KIOSK_PRUNE_MAX;
	return true;
}

bool journal_prune(struct journal *j, int64_t now_ms, unsigned keep_days,
		   bool *more)
{
	int64_t entries_ms = now_ms - (int64_t)keep_days * MS_PER_DAY;

	*more = false;
	return prune(j, SQL_PRUNE_SHOWN, now_ms, more) &&
	       prune(j, SQL_PRUNE_ENTRIES, entries_ms, more) &&
	       prune(j, SQL_PRUNE_ROLLED, entries_ms, more) &&
	       prune(j, SQL_PRUNE_FORMER, entries_ms, more) &&
	       prune(j, SQL_PRUNE_USES, now_ms - KIOSK_KEEP_USES_MS, more);
}
