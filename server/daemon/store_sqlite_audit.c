/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_audit.c: rows of what was when: epochs of the bundle, the
 * versions that each brought, and the audit trail. */
#include <string.h>

#include "limits.h"
#include "store_setup.h"
#include "store_sqlite_setup.h"

static enum store_result one_epoch(struct store *s, sqlite3_stmt *q,
				   struct epoch_row *out)
{
	enum store_result r;

	memset(out, 0, sizeof(*out));
	r = store_step(s, q);
	if (r == STORE_OK) {
		out->epoch = (uint64_t)column_i64(q, 0);
		out->made_at = (uint64_t)column_i64(q, 1);
		column_copy(q, 2, out->content, sizeof(out->content));
	}
	store_end(q);
	return r;
}

enum store_result store_epoch(struct store *s, struct epoch_row *out)
{
	sqlite3_stmt *q = store_sql(s, "SELECT epoch, made_at, content"
				       " FROM epoch ORDER BY epoch DESC"
				       " LIMIT 1");

	if (q == NULL)
		return STORE_FAILED;
	return one_epoch(s, q, out);
}

enum store_result store_epoch_at(struct store *s, uint64_t epoch,
				 struct epoch_row *out)
{
	sqlite3_stmt *q = store_sql(s, "SELECT epoch, made_at, content"
				       " FROM epoch WHERE epoch <= ?1"
				       " ORDER BY epoch DESC LIMIT 1");

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, epoch > INT64_MAX ? INT64_MAX : (int64_t)epoch);
	return one_epoch(s, q, out);
}

enum store_result store_epoch_seen(struct store *s, int64_t now_ms,
				   uint64_t *epoch)
{
	sqlite3_stmt *q = store_sql(s, "SELECT max(epoch) FROM device"
				       " WHERE epoch <= ?1");
	enum store_result r;

	*epoch = 0;
	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, now_ms / 1000 + EPOCH_AHEAD_MAX_S);
	r = store_step(s, q);
	if (r == STORE_OK)
		*epoch = (uint64_t)column_i64(q, 0);
	store_end(q);
	return r;
}

enum store_result store_epoch_then(struct store *s, uint64_t time_s,
				   struct epoch_row *out)
{
	sqlite3_stmt *q = store_sql(s, "SELECT epoch, made_at, content"
				       " FROM epoch"
				       " WHERE since <= ?1"
				       " ORDER BY epoch DESC LIMIT 1");

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, time_s > INT64_MAX ? INT64_MAX : (int64_t)time_s);
	return one_epoch(s, q, out);
}

enum store_result store_epoch_put(struct store *s, const struct epoch_row *row)
{
	sqlite3_stmt *q =
	    store_sql(s, "INSERT INTO epoch (epoch, since, made_at, content)"
			 " VALUES (?1, ?2, ?2, ?3)"
			 " ON CONFLICT DO UPDATE SET made_at = ?2");

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, (int64_t)row->epoch);
	bind_i64(q, 2, (int64_t)row->made_at);
	bind_blob(q, 3, row->content, sizeof(row->content));
	return store_run(s, q);
}

/* ----------------------------------------------------------- versions */

/* *same: the newest version is that body (body.n == 0: it went, or never
 * was). */
static enum store_result newest_is(struct store *s, enum version_kind kind,
				   struct bytes id, struct bytes body,
				   bool *same)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT body FROM version WHERE kind = ?1"
			 " AND id = ?2 ORDER BY epoch DESC LIMIT 1");
	enum store_result r;

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, kind);
	bind_text_bytes(q, 2, id);
	r = store_step(s, q);
	if (r == STORE_OK)
		*same = bytes_equal(column_blob(q, 0), body);
	else
		*same = body.n == 0;
	store_end(q);
	return r == STORE_NONE ? STORE_OK : r;
}

enum store_result store_version_put(struct store *s, enum version_kind kind,
				    struct bytes id, uint64_t epoch,
				    struct bytes body)
{
	enum store_result r;
	sqlite3_stmt *q;
	bool same;

	r = newest_is(s, kind, id, body, &same);
	if (r != STORE_OK || same)
		return r;
	q = store_sql(s, "INSERT INTO version (kind, id, epoch, body)"
			 " VALUES (?1, ?2, ?3, ?4)"
			 " ON CONFLICT DO UPDATE SET body = ?4");
	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, kind);
	bind_text_bytes(q, 2, id);
	bind_i64(q, 3, (int64_t)epoch);
	if (body.n > 0)
		bind_bytes(q, 4, body);
	return store_run(s, q);
}

static void read_body(sqlite3_stmt *q, union store_row *row)
{
	row->encoded = column_blob(q, 0);
}

enum store_result store_version_epoch(struct store *s, enum version_kind kind,
				      struct bytes id, uint64_t epoch,
				      uint64_t *since)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT epoch, body IS NULL FROM version"
			 " WHERE kind = ?1 AND id = ?2 AND epoch <= ?3"
			 " ORDER BY epoch DESC LIMIT 1");
	enum store_result r;

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, kind);
	bind_text_bytes(q, 2, id);
	bind_i64(q, 3, epoch > INT64_MAX ? INT64_MAX : (int64_t)epoch);
	r = store_step(s, q);
	if (r == STORE_OK && column_i64(q, 1))
		r = STORE_NONE;
	if (r == STORE_OK)
		*since = (uint64_t)column_i64(q, 0);
	store_end(q);
	return r;
}

enum store_result store_version(struct store *s, enum version_kind kind,
				struct bytes id, uint64_t epoch,
				store_visit *visit, void *arg)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT body FROM (SELECT body FROM version"
			 " WHERE kind = ?1 AND id = ?2 AND epoch <= ?3"
			 " ORDER BY epoch DESC LIMIT 1)"
			 " WHERE body IS NOT NULL");

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, kind);
	bind_text_bytes(q, 2, id);
	bind_i64(q, 3, epoch > INT64_MAX ? INT64_MAX : (int64_t)epoch);
	return store_walk(s, q, read_body, true, visit, arg);
}

enum store_result store_versions_gone(struct store *s, enum version_kind kind,
				      uint64_t epoch,
				      bool (*is_there)(void *arg,
						       struct bytes id),
				      void *arg)
{
	/* max(epoch) makes the bare column body that row's. */
	sqlite3_stmt *q =
	    store_sql(s, "SELECT id FROM (SELECT id, max(epoch), body"
			 " FROM version WHERE kind = ?1 GROUP BY id)"
			 " WHERE body IS NOT NULL ORDER BY id");
	enum store_result r, put = STORE_OK;

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, kind);
	while (put == STORE_OK && (r = store_step(s, q)) == STORE_OK) {
		struct bytes id = column_text(q, 0);

		if (!is_there(arg, id))
			put = store_version_put(s, kind, id, epoch,
						(struct bytes){NULL, 0});
	}
	store_end(q);
	if (put != STORE_OK)
		return put;
	return r == STORE_NONE ? STORE_OK : r;
}

/* -------------------------------------------------------- audit trail */

static void bind_text_or_null(sqlite3_stmt *q, int at, const char *text)
{
	if (text != NULL)
		bind_text(q, at, text);
	else
		bind_null(q, at);
}

enum store_result store_audit_add(struct store *s, const struct audit_row *row)
{
	sqlite3_stmt *q =
	    store_sql(s, "INSERT INTO audit (at_ms, actor, action, object,"
			 " before, after, alarm)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, row->at_ms);
	bind_text(q, 2, row->actor);
	bind_text(q, 3, row->action);
	bind_text(q, 4, row->object);
	bind_text_or_null(q, 5, row->before);
	bind_text_or_null(q, 6, row->after);
	bind_i64(q, 7, row->alarm);
	return store_run(s, q);
}

enum store_result store_alarms(struct store *s, const char *action,
			       const char *object, int64_t since_ms,
			       int64_t max, int64_t *count, int64_t *all)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT count(*), count(*) FILTER (WHERE object = ?2)"
			 " FROM (SELECT object FROM audit WHERE alarm = 1"
			 "  AND at_ms >= ?3 AND action = ?1 LIMIT ?4)");
	enum store_result r;

	*count = *all = 0;
	if (q == NULL)
		return STORE_FAILED;
	bind_text(q, 1, action);
	bind_text(q, 2, object);
	bind_i64(q, 3, since_ms);
	bind_i64(q, 4, max);
	r = store_step(s, q);
	if (r == STORE_OK) {
		*all = column_i64(q, 0);
		*count = column_i64(q, 1);
	}
	store_end(q);
	return r;
}

static const char *text_or_null(sqlite3_stmt *q, int at)
{
	return (const char *)sqlite3_column_text(q, at);
}

static const char *text_of(sqlite3_stmt *q, int at)
{
	const char *text = text_or_null(q, at);

	return text != NULL ? text : "";
}

static void read_audit(sqlite3_stmt *q, union store_row *row)
{
	row->audit.n = column_i64(q, 0);
	row->audit.at_ms = column_i64(q, 1);
	row->audit.actor = text_of(q, 2);
	row->audit.action = text_of(q, 3);
	row->audit.object = text_of(q, 4);
	row->audit.before = text_or_null(q, 5);
	row->audit.after = text_or_null(q, 6);
	row->audit.alarm = column_i64(q, 7) != 0;
}

enum store_result store_audit(struct store *s, int64_t below, int64_t limit,
			      store_visit *visit, void *arg)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT n, at_ms, actor, action, object, before,"
			 " after, alarm FROM audit WHERE n < ?1"
			 " ORDER BY n DESC LIMIT ?2");

	if (q == NULL)
		return STORE_FAILED;
	bind_i64(q, 1, below);
	bind_i64(q, 2, limit);
	return store_walk(s, q, read_audit, false, visit, arg);
}
