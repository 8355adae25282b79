/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_search.c: attempts searched for, and those of a pass. */
#include "limits.h"
#include "store_report.h"
#include "store_sqlite.h"

/* Walks the index of days down from a place; whether a row is one of those
 * sought is told in its last column, so that rows looked at can be counted. */
static const char search_sql[] =
    "SELECT n, day, (?4 IS NULL OR facility = ?4)"
    " AND (?5 IS NULL OR benefit = ?5) AND (?6 IS NULL OR issuer = ?6)"
    " AND (?7 IS NULL OR kiosk = ?7) AND (?8 IS NULL OR ?8 ="
    " CASE WHEN told <> 0 THEN told ELSE answer END)"
    " FROM attempt WHERE day >= ?1 AND (day, n) < (?2, ?3)"
    " ORDER BY day DESC, n DESC";

static void bind_maybe_text(sqlite3_stmt *q, int at, const char *text)
{
	if (text[0] != '\0')
		bind_text(q, at, text);
}

static enum store_result kid_of(struct store *s, int64_t kiosk,
                                uint8_t kid[static 8])
{
	sqlite3_stmt *q = store_sql(s, "SELECT kid FROM device WHERE n = ?1");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, kiosk);
	r = store_step(s, q);
	if (r == STORE_OK)
		column_copy(q, 0, kid, 8);
	store_end(q);
	return r;
}

enum store_result store_attempt_found(struct store *s, int64_t n,
                                      struct found_attempt *out)
{
	enum store_result r = store_attempt_get(s, n, &out->attempt);

	return r == STORE_OK ? kid_of(s, out->attempt.kiosk, out->kid) : r;
}

static enum store_result show(struct store *s, int64_t n, attempt_visit *visit,
                              void *arg)
{
	struct found_attempt found;
	enum store_result r = store_attempt_found(s, n, &found);

	/* Both are in the view that is being read. */
	if (r != STORE_OK || !visit(&found, arg))
		return STORE_FAILED;
	return STORE_OK;
}

/* The place follows every row that was looked at, so that a page which found
 * nothing leads on all the same. */
static enum store_result walk(struct store *s, sqlite3_stmt *q,
                              struct attempt_place *place, size_t most,
                              attempt_visit *visit, void *arg, bool *more)
{
	size_t seen = 0, given = 0;
	enum store_result r;

	while ((r = store_step(s, q)) == STORE_OK) {
		bool hit = column_i64(q, 2);

		*more = seen == SEARCH_ROWS_MAX || (hit && given == most);
		if (*more)
			return STORE_OK;
		seen++;
		place->n = column_i64(q, 0);
		place->day = (int32_t)column_i64(q, 1);
		if (!hit)
			continue;
		given++;
		if (show(s, place->n, visit, arg) != STORE_OK)
			return STORE_FAILED;
	}
	return r == STORE_NONE ? STORE_OK : r;
}

enum store_result store_search(struct store *s,
                               const struct attempt_filter *filter,
                               struct attempt_place *place, size_t most,
                               attempt_visit *visit, void *arg, bool *more)
{
	int64_t kiosk = 0;
	enum store_result r;
	sqlite3_stmt *q;

	*more = false;
	if (filter->has_kiosk) {
		r = store_device_find(s, filter->kid, &kiosk);
		if (r != STORE_OK) /* one that never sent anything */
			return r == STORE_NONE ? STORE_OK : r;
	}
	q = store_sql(s, search_sql);
	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, filter->first_day);
	bind_i64(q, 2, place->day);
	bind_i64(q, 3, place->n);
	bind_maybe_text(q, 4, filter->facility);
	bind_maybe_text(q, 5, filter->benefit);
	bind_maybe_text(q, 6, filter->issuer);
	bind_maybe(q, 7, filter->has_kiosk, kiosk);
	bind_maybe(q, 8, filter->verdict != 0, filter->verdict);
	r = walk(s, q, place, most, visit, arg, more);
	store_end(q);
	return r;
}

enum store_result store_attempts_of_pass(struct store *s,
                                         const uint8_t pass[static PASS_HASH],
                                         size_t most, attempt_visit *visit,
                                         void *arg)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT n FROM attempt WHERE counter IN"
	                 " (SELECT n FROM counter WHERE pass = ?1)"
	                 " ORDER BY n DESC LIMIT ?2");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, pass, PASS_HASH);
	bind_i64(q, 2, (int64_t)most);
	while ((r = store_step(s, q)) == STORE_OK)
		if (show(s, column_i64(q, 0), visit, arg) != STORE_OK) {
			r = STORE_FAILED;
			break;
		}
	store_end(q);
	return r == STORE_NONE ? STORE_OK : STORE_FAILED;
}
