/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_setup.c: the tables of set-up, and the rows of facilities,
 * benefits, operators and policy.
 *
 * Times are milliseconds since 1970 UTC (…_ms), or seconds in what messages
 * carry (iat, exp, ttl, made_at, expires). kid: 8 bytes of a key's thumbprint.
 *
 * facility	names: an encoded map; zone: a name of the time-zone database.
 * benefit	encoded as in the bundle; withdrawn: no longer in it.
 * issuer	root: the pinned key; document verbatim, number is its; where
 *		document and status lists are fetched (store_sqlite_issuer.c).
 * status_token	the latest token of each (uri, signer), verbatim: its iat is
 *		the floor against rollback. entries: length of the list.
 * kiosk	an enrolled key; predecessor: the kid that it rolled from; state
 *		as in the bundle. What it has sent is in device.
 * enrol_code	a one-time code, by the SHA-256 of its secret; kid: the key
 *		that it is bound to, NULL while it is unused.
 * operator	token: SHA-256 of the bearer token; role 0 viewer, 1 operator,
 *		2 admin.
 * policy	one row.
 * key_mark	one row: which service.key it is used with.
 * epoch	the bundles: content is the hash of what is in it but times;
 *		since when there was one, and when it was last signed.
 * former_place	where a kiosk was, and until when last.
 * version	what was in force from an epoch on: kind 0 facility, 1 benefit,
 *		2 policy, 3 issuer document, 4 status token; body NULL: it
 *		went.
 * audit	who changed what: before and after are JSON. alarm 1: refused,
 *		and somebody should look at it. */
#include "store_setup.h"
#include "store_sqlite_setup.h"

const char *const store_setup_schema_1[] = {
    "CREATE TABLE facility (id TEXT PRIMARY KEY, city TEXT NOT NULL,"
    " names BLOB NOT NULL, currency TEXT NOT NULL, zone TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID",
    "CREATE TABLE benefit (id TEXT PRIMARY KEY, encoded BLOB NOT NULL,"
    " withdrawn INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE issuer (iss TEXT PRIMARY KEY, root BLOB NOT NULL,"
    " number INTEGER NOT NULL, document BLOB NOT NULL) STRICT",
    "CREATE TABLE status_token (iss TEXT NOT NULL REFERENCES issuer(iss),"
    " uri TEXT NOT NULL, signer BLOB NOT NULL, iat INTEGER NOT NULL,"
    " exp INTEGER NOT NULL, ttl INTEGER NOT NULL, entries INTEGER NOT NULL,"
    " token BLOB NOT NULL, PRIMARY KEY (iss, uri, signer)) STRICT",
    "CREATE TABLE kiosk (kid BLOB PRIMARY KEY, pk BLOB NOT NULL UNIQUE,"
    " facility TEXT NOT NULL REFERENCES facility(id), name TEXT NOT NULL,"
    " version TEXT NOT NULL, state INTEGER NOT NULL,"
    " enrolled_ms INTEGER NOT NULL,"
    " predecessor BLOB REFERENCES kiosk(kid)) STRICT",
    "CREATE INDEX kiosk_predecessor ON kiosk (predecessor)"
    " WHERE predecessor IS NOT NULL",
    "CREATE TABLE enrol_code (secret_hash BLOB PRIMARY KEY,"
    " facility TEXT NOT NULL REFERENCES facility(id), name TEXT NOT NULL,"
    " confirm INTEGER NOT NULL, made_ms INTEGER NOT NULL,"
    " expires INTEGER NOT NULL, kid BLOB) STRICT",
    "CREATE TABLE operator (id TEXT PRIMARY KEY, role INTEGER NOT NULL,"
    " token BLOB NOT NULL UNIQUE, disabled INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL) STRICT",
    "CREATE TABLE policy (n INTEGER PRIMARY KEY CHECK (n = 1),"
    " encoded BLOB NOT NULL) STRICT",
    "CREATE TABLE key_mark (n INTEGER PRIMARY KEY CHECK (n = 1),"
    " mark BLOB NOT NULL) STRICT",
    "CREATE TABLE epoch (epoch INTEGER PRIMARY KEY,"
    " made_at INTEGER NOT NULL, content BLOB NOT NULL) STRICT",
    "CREATE TABLE version (kind INTEGER NOT NULL, id TEXT NOT NULL,"
    " epoch INTEGER NOT NULL, body BLOB,"
    " PRIMARY KEY (kind, id, epoch)) STRICT",
    "CREATE TABLE audit (n INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL,"
    " actor TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,"
    " before TEXT, after TEXT, alarm INTEGER NOT NULL) STRICT",
    "CREATE INDEX audit_alarm ON audit (at_ms) WHERE alarm = 1",
    NULL};

const char *const store_setup_schema_2[] = {
    "ALTER TABLE issuer ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0",
    NULL};

const char *const store_setup_schema_3[] = {
    "CREATE TABLE former_place (kid BLOB NOT NULL REFERENCES kiosk(kid),"
    " facility TEXT NOT NULL, until_ms INTEGER NOT NULL,"
    " PRIMARY KEY (kid, facility)) STRICT, WITHOUT ROWID",
    "ALTER TABLE epoch ADD COLUMN since INTEGER NOT NULL DEFAULT 0",
    "UPDATE epoch SET since = min(epoch, made_at)",
    NULL};

enum store_result store_walk(struct store *s, sqlite3_stmt *q,
			     store_read_row *read, bool one,
			     store_visit *visit, void *arg)
{
	enum store_result r = STORE_OK;
	bool any = false, went = true;

	while (went && (r = store_step(s, q)) == STORE_OK) {
		union store_row row = {0};

		any = true;
		read(q, &row);
		went = visit(arg, &row);
	}
	store_end(q);
	if (!went)
		return store_failed(s, "a row could not be taken");
	if (r != STORE_NONE)
		return r;
	return one && !any ? STORE_NONE : STORE_OK;
}

enum store_result store_run_changing(struct store *s, sqlite3_stmt *q)
{
	enum store_result r = store_run(s, q);

	if (r == STORE_OK && sqlite3_changes(s->db) == 0)
		return STORE_NONE;
	return r;
}

/* All rows in order, or the one of an id: two texts, so that each has its
 * kept statement. */
static sqlite3_stmt *select_rows(struct store *s, const char *all,
				 const char *one, const struct bytes *id)
{
	sqlite3_stmt *q = store_sql(s, id != NULL ? one : all);

	if (q != NULL && id != NULL)
		bind_text_bytes(q, 1, *id);
	return q;
}

/* --------------------------------------------------------- facilities */

#define FACILITY "SELECT id, city, names, currency, zone FROM facility"

static void read_facility(sqlite3_stmt *q, union store_row *row)
{
	row->facility.id = column_text(q, 0);
	row->facility.city = column_text(q, 1);
	row->facility.names = column_blob(q, 2);
	row->facility.currency = column_text(q, 3);
	row->facility.zone = column_text(q, 4);
}

enum store_result store_facilities(struct store *s, const struct bytes *id,
				   store_visit *visit, void *arg)
{
	sqlite3_stmt *q = select_rows(s, FACILITY " ORDER BY id",
				      FACILITY " WHERE id = ?1", id);

	if (q == NULL)
		return STORE_FAILED;
	return store_walk(s, q, read_facility, id != NULL, visit, arg);
}

static void bind_facility(sqlite3_stmt *q, const struct facility_row *row)
{
	bind_text_bytes(q, 1, row->id);
	bind_text_bytes(q, 2, row->city);
	bind_bytes(q, 3, row->names);
	bind_text_bytes(q, 4, row->currency);
	bind_text_bytes(q, 5, row->zone);
}

enum store_result store_facility_add(struct store *s,
				     const struct facility_row *row)
{
	sqlite3_stmt *q =
	    store_sql(s, "INSERT INTO facility (id, city, names, currency,"
			 " zone) VALUES (?1, ?2, ?3, ?4, ?5)");

	if (q == NULL)
		return STORE_FAILED;
	bind_facility(q, row);
	return store_run(s, q);
}

enum store_result store_facility_set(struct store *s,
				     const struct facility_row *row)
{
	sqlite3_stmt *q =
	    store_sql(s, "UPDATE facility SET city = ?2, names = ?3,"
			 " currency = ?4, zone = ?5 WHERE id = ?1");

	if (q == NULL)
		return STORE_FAILED;
	bind_facility(q, row);
	return store_run_changing(s, q);
}

/* ----------------------------------------------------------- benefits */

#define BENEFIT "SELECT id, encoded, withdrawn FROM benefit"

static void read_benefit(sqlite3_stmt *q, union store_row *row)
{
	row->benefit.id = column_text(q, 0);
	row->benefit.encoded = column_blob(q, 1);
	row->benefit.withdrawn = column_i64(q, 2) != 0;
}

enum store_result store_benefits(struct store *s, const struct bytes *id,
				 store_visit *visit, void *arg)
{
	sqlite3_stmt *q = select_rows(s, BENEFIT " ORDER BY id",
				      BENEFIT " WHERE id = ?1", id);

	if (q == NULL)
		return STORE_FAILED;
	return store_walk(s, q, read_benefit, id != NULL, visit, arg);
}

static void bind_benefit(sqlite3_stmt *q, const struct benefit_row *row)
{
	bind_text_bytes(q, 1, row->id);
	bind_bytes(q, 2, row->encoded);
	bind_i64(q, 3, row->withdrawn);
}

enum store_result store_benefit_add(struct store *s,
				    const struct benefit_row *row)
{
	sqlite3_stmt *q =
	    store_sql(s, "INSERT INTO benefit (id, encoded, withdrawn)"
			 " VALUES (?1, ?2, ?3)");

	if (q == NULL)
		return STORE_FAILED;
	bind_benefit(q, row);
	return store_run(s, q);
}

enum store_result store_benefit_set(struct store *s,
				    const struct benefit_row *row)
{
	sqlite3_stmt *q = store_sql(s, "UPDATE benefit SET encoded = ?2,"
				       " withdrawn = ?3 WHERE id = ?1");

	if (q == NULL)
		return STORE_FAILED;
	bind_benefit(q, row);
	return store_run_changing(s, q);
}

/* ---------------------------------------------------------- operators */

#define OPERATOR "SELECT id, role, token, disabled, created_ms FROM operator"

static void read_operator(sqlite3_stmt *q, union store_row *row)
{
	row->operator.id = column_text(q, 0);
	row->operator.role = (unsigned)column_i64(q, 1);
	row->operator.token_hash = column_blob(q, 2);
	row->operator.disabled = column_i64(q, 3) != 0;
	row->operator.created_ms = column_i64(q, 4);
}

enum store_result store_operators(struct store *s, const struct bytes *id,
				  store_visit *visit, void *arg)
{
	sqlite3_stmt *q = select_rows(s, OPERATOR " ORDER BY id",
				      OPERATOR " WHERE id = ?1", id);

	if (q == NULL)
		return STORE_FAILED;
	return store_walk(s, q, read_operator, id != NULL, visit, arg);
}

static void bind_operator(sqlite3_stmt *q, const struct operator_row *row)
{
	bind_text_bytes(q, 1, row->id);
	bind_i64(q, 2, row->role);
	bind_bytes(q, 3, row->token_hash);
	bind_i64(q, 4, row->disabled);
}

enum store_result store_operator_add(struct store *s,
				     const struct operator_row *row)
{
	sqlite3_stmt *q =
	    store_sql(s, "INSERT INTO operator (id, role, token, disabled,"
			 " created_ms) VALUES (?1, ?2, ?3, ?4, ?5)");

	if (q == NULL)
		return STORE_FAILED;
	bind_operator(q, row);
	bind_i64(q, 5, row->created_ms);
	return store_run(s, q);
}

enum store_result store_operator_set(struct store *s,
				     const struct operator_row *row)
{
	sqlite3_stmt *q =
	    store_sql(s, "UPDATE operator SET role = ?2, token = ?3,"
			 " disabled = ?4 WHERE id = ?1");

	if (q == NULL)
		return STORE_FAILED;
	bind_operator(q, row);
	return store_run_changing(s, q);
}

/* ------------------------------------------------------------- policy */

static void read_encoded(sqlite3_stmt *q, union store_row *row)
{
	row->encoded = column_blob(q, 0);
}

enum store_result store_policy(struct store *s, store_visit *visit, void *arg)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT encoded FROM policy WHERE n = 1");

	if (q == NULL)
		return STORE_FAILED;
	return store_walk(s, q, read_encoded, true, visit, arg);
}

enum store_result store_policy_set(struct store *s, struct bytes encoded)
{
	sqlite3_stmt *q =
	    store_sql(s, "INSERT INTO policy (n, encoded) VALUES (1, ?1)"
			 " ON CONFLICT DO UPDATE SET encoded = ?1");

	if (q == NULL)
		return STORE_FAILED;
	bind_bytes(q, 1, encoded);
	return store_run(s, q);
}

enum store_result store_key_mark(struct store *s, uint8_t mark[static KEY_MARK])
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT mark FROM key_mark WHERE n = 1");
	enum store_result r;

	if (q == NULL)
		return STORE_FAILED;
	r = store_step(s, q);
	if (r == STORE_OK)
		column_copy(q, 0, mark, KEY_MARK);
	store_end(q);
	return r;
}

enum store_result store_key_mark_set(struct store *s,
				     const uint8_t mark[static KEY_MARK])
{
	sqlite3_stmt *q =
	    store_sql(s, "INSERT INTO key_mark (n, mark) VALUES (1, ?1)"
			 " ON CONFLICT DO UPDATE SET mark = ?1");

	if (q == NULL)
		return STORE_FAILED;
	bind_blob(q, 1, mark, KEY_MARK);
	return store_run(s, q);
}
