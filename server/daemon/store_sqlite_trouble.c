/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_trouble.c: lists of what needs a look, each over an index that
 * has nothing else in it. */
#include "store_report.h"
#include "store_sqlite.h"

/* Row number, attempt; and of conflicts what they are with, and since when. */
static sqlite3_stmt *select_rows(struct store *s, enum trouble kind)
{
	switch (kind) {
	case TROUBLE_CONFLICT:
		return store_sql(
		    s, "SELECT o.n, o.attempt, o.earliest, o.opened_ms, c.uses,"
		       " c.use_limit FROM open_conflict o"
		       " JOIN counter c ON c.n = o.counter"
		       " WHERE o.n < ?1 ORDER BY o.n DESC LIMIT ?2");
	case TROUBLE_DISPUTED:
		return store_sql(s, "SELECT n, n FROM attempt"
				    " INDEXED BY attempt_disputed"
				    " WHERE judgement = 4 AND admission = 0"
				    " AND n < ?1 ORDER BY n DESC LIMIT ?2");
	case TROUBLE_UNCONFIRMED: break;
	}
	/* There are few, as a rule; of many the sorter keeps the limit's. */
	return store_sql(s, "SELECT n, n FROM attempt"
			    " INDEXED BY attempt_unconfirmed"
			    " WHERE told = 0 AND counts = 1 AND n < ?1"
			    " ORDER BY n DESC LIMIT ?2");
}

static enum store_result read_row(struct store *s, sqlite3_stmt *q,
				  enum trouble kind, struct trouble_row *row)
{
	enum store_result r =
	    store_attempt_found(s, column_i64(q, 1), &row->attempt);

	row->has_against = false;
	if (r != STORE_OK || kind != TROUBLE_CONFLICT)
		return r;
	row->has_against = column_has(q, 2);
	row->opened_ms = column_i64(q, 3);
	row->uses = column_i64(q, 4);
	row->limit = column_i64(q, 5);
	return row->has_against
		   ? store_attempt_found(s, column_i64(q, 2), &row->against)
		   : STORE_OK;
}

enum store_result store_trouble(struct store *s, enum trouble kind,
				int64_t *below, size_t most,
				trouble_visit *visit, void *arg, bool *more)
{
	sqlite3_stmt *q = select_rows(s, kind);
	struct trouble_row row;
	enum store_result r;

	*more = false;
	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, *below);
	bind_i64(q, 2, (int64_t)most + 1);
	while ((r = store_step(s, q)) == STORE_OK) {
		*more = most == 0;
		if (*more)
			break;
		most--;
		*below = column_i64(q, 0);
		r = read_row(s, q, kind, &row);
		if (r != STORE_OK || !visit(&row, arg)) {
			r = STORE_FAILED;
			break;
		}
	}
	store_end(q);
	return r == STORE_NONE ? STORE_OK : r;
}
