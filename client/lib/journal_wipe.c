/* SPDX-License-Identifier: Apache-2.0 */
/* journal_wipe.c: what a kiosk forgets when it is revoked. Freed pages are
 * overwritten, and the log is emptied: deleted rows are not to be read out of
 * either. */
#include <string.h>

#include "journal_sql.h"

/* Entries that wait to be sent stay whole, but for the hash of their pass: its
 * key goes. */
#define FORGET                                                               \
	"DELETE FROM bundle; DELETE FROM use; DELETE FROM shown;"            \
	"DELETE FROM rolled_entry; DELETE FROM entry WHERE sent = 1;"        \
	"DELETE FROM former_key;"                                            \
	"UPDATE entry SET pass = NULL; DELETE FROM refused;"                 \
	"DELETE FROM roll; DELETE FROM document_floor;"                      \
	"DELETE FROM token_floor"

static bool run(struct journal *j, const char *sql)
{
	return sqlite3_exec(j->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       sql_failed(j);
}

/* Its frames hold what was in the pages before. That it could not be emptied
 * now costs nothing but time: closing does it, too. */
static void empty_log(struct journal *j)
{
	sqlite3_exec(j->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL,
		     NULL);
}

bool journal_wiped(struct journal *j, struct wiped *out)
{
	sqlite3_stmt *s = sql_get(j, SQL_WIPED);
	bool row, ok = sql_step(j, s, &row);
	struct bytes report;

	*out = (struct wiped){.there = false};
	if (ok && row) {
		out->there = true;
		sql_column_exact(s, 0, out->kid, sizeof(out->kid));
		out->at_ms = sqlite3_column_int64(s, 1);
		report = sql_column(s, 2);
		if (report.n > 0 && report.n <= sizeof(out->report)) {
			memcpy(out->report, report.p, report.n);
			out->report_n = report.n;
		}
	}
	sql_done(s);
	return ok;
}

static bool set_wiped(struct journal *j, const struct wiped *w)
{
	sqlite3_stmt *s = sql_get(j, SQL_SET_WIPED);

	sql_blob(s, 1, bytes_of(w->kid, sizeof(w->kid)));
	sql_int(s, 2, w->at_ms);
	sql_blob(s, 3, bytes_of(w->report, w->report_n));
	return sql_run(j, s);
}

/* Runs what is to be one transaction, then forgets its log. */
static bool end(struct journal *j, bool done)
{
	if (!done) {
		journal_rollback(j);
		return false;
	}
	if (!journal_commit(j))
		return false;
	empty_log(j);
	return true;
}

bool journal_wipe(struct journal *j, const struct identity *left,
		  const struct wiped *w)
{
	return run(j, "PRAGMA secure_delete = ON") && journal_begin(j) &&
	       end(j, run(j, FORGET) && journal_set_identity(j, left) &&
			  set_wiped(j, w));
}

bool journal_wipe_entries(struct journal *j)
{
	struct wiped w;

	if (!journal_wiped(j, &w) || !run(j, "PRAGMA secure_delete = ON") ||
	    !journal_begin(j))
		return false;
	w.report_n = 0;
	return end(j, sql_run(j, sql_get(j, SQL_DROP_ENTRIES)) &&
			  set_wiped(j, &w));
}
