/* SPDX-License-Identifier: Apache-2.0 */
/* journal_contact.c: what the service was heard to hold, and what this kiosk
 * has accepted since it last heard of it. */
#include "journal_sql.h"

bool journal_there(struct journal *j, struct there *out)
{
	sqlite3_stmt *s = sql_get(j, SQL_THERE);
	bool row, ok = sql_step(j, s, &row);

	*out = (struct there){0};
	if (ok && row) {
		out->seq = (uint64_t)sqlite3_column_int64(s, 0);
		out->count = (uint64_t)sqlite3_column_int64(s, 1);
		out->diverged = sqlite3_column_int(s, 2) != 0;
		out->at_ms = sqlite3_column_int64(s, 3);
		out->lost_ms = sqlite3_column_int64(s, 4);
	}
	sql_done(s);
	return ok;
}

bool journal_set_there(struct journal *j, const struct there *there)
{
	sqlite3_stmt *s = sql_get(j, SQL_SET_THERE);

	sql_int(s, 1, (int64_t)there->seq);
	sql_int(s, 2, (int64_t)there->count);
	sql_int(s, 3, there->diverged);
	sql_int(s, 4, there->at_ms);
	sql_int(s, 5, there->lost_ms);
	return sql_run(j, s);
}

bool journal_unsend(struct journal *j, uint64_t seq)
{
	sqlite3_stmt *s = sql_get(j, SQL_UNSEND);

	sql_int(s, 1, (int64_t)seq);
	return sql_run(j, s);
}

bool journal_hash(struct journal *j, uint64_t seq, uint8_t hash[static 32],
		  bool *there)
{
	sqlite3_stmt *s = sql_get(j, SQL_HASH);
	bool row, ok;

	sql_int(s, 1, (int64_t)seq);
	ok = sql_step(j, s, &row);
	*there = ok && row && sql_column_exact(s, 0, hash, 32);
	sql_done(s);
	return ok;
}

bool journal_spent(struct journal *j, uint64_t *uses, int64_t *discount)
{
	sqlite3_stmt *s = sql_get(j, SQL_SPENT);
	bool row, ok = sql_step(j, s, &row);

	*uses = ok && row ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
	*discount = ok && row ? sqlite3_column_int64(s, 1) : 0;
	sql_done(s);
	return ok;
}

bool journal_contact(struct journal *j, uint64_t seq)
{
	sqlite3_stmt *s = sql_get(j, SQL_CONTACT);

	sql_int(s, 1, (int64_t)seq);
	return sql_run(j, s);
}
