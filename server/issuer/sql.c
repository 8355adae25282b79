/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's schema and statements, and the handle they run on. */
#include "sql.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 5000

/* A row of pass is one signed pass. Its key is its place in the order in which
 * a list's indices are given out (shuffle.h): as a place is taken once, so is
 * its index, whatever else goes wrong; and rows are appended, which is what
 * makes large files of residents fast. */
static const char schema_1[] =
    "CREATE TABLE issuer ("
    " one INTEGER PRIMARY KEY CHECK (one = 1),"
    " iss TEXT NOT NULL,"
    " status_uri TEXT NOT NULL,"
    " root_pk BLOB NOT NULL CHECK (length(root_pk) = 32),"
    " capacity INTEGER NOT NULL,"
    " made_at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE name ("
    " lang TEXT PRIMARY KEY,"
    " text TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE key ("
    " n INTEGER PRIMARY KEY,"
    " kid BLOB NOT NULL UNIQUE CHECK (length(kid) = 8),"
    " pk BLOB NOT NULL CHECK (length(pk) = 32),"
    " state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),"
    " since INTEGER NOT NULL,"
    " until INTEGER) STRICT;"
    "CREATE TABLE list ("
    " n INTEGER PRIMARY KEY,"
    " capacity INTEGER NOT NULL,"
    " shuffle_key BLOB NOT NULL CHECK (length(shuffle_key) = 16),"
    " given INTEGER NOT NULL CHECK (given BETWEEN 0 AND capacity),"
    " published_at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE pass ("
    " list INTEGER NOT NULL REFERENCES list,"
    " place INTEGER NOT NULL,"
    " idx INTEGER NOT NULL,"
    " cti BLOB NOT NULL CHECK (length(cti) = 16),"
    " iat INTEGER NOT NULL,"
    " exp INTEGER NOT NULL,"
    " class INTEGER NOT NULL CHECK (class BETWEEN 0 AND 4),"
    " kid BLOB NOT NULL REFERENCES key (kid),"
    " ref BLOB CHECK (length(ref) = 16),"
    " holder BLOB CHECK (length(holder) = 32),"
    " state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),"
    " current INTEGER NOT NULL CHECK (current IN (0, 1)),"
    " nbf INTEGER CHECK (nbf > iat),"
    " PRIMARY KEY (list, place)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX pass_cti ON pass (cti);"
    "CREATE INDEX pass_ref ON pass (ref) WHERE ref IS NOT NULL;"
    "CREATE TABLE document ("
    " number INTEGER PRIMARY KEY,"
    " message BLOB NOT NULL) STRICT;";

/* Whether a document was written out. Of those that schema 1 has it is not
 * known: they are taken for published, so that no key is given up for it. */
static const char schema_2[] =
    "ALTER TABLE document ADD COLUMN"
    " published INTEGER NOT NULL DEFAULT 1 CHECK (published IN (0, 1));";

static const char *const schema[] = {schema_1, schema_2};
#define SCHEMA_VERSION ((int)(sizeof(schema) / sizeof(schema[0])))

#define KEY_COLUMNS "kid, pk, state, since, until"
#define PASS_COLUMNS                                                           \
	"list, place, idx, cti, iat, exp, class, kid, ref, holder, state, "     \
	"current, nbf"

static const char *const texts[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_ADD_ISSUER] = "INSERT INTO issuer VALUES (1, ?, ?, ?, ?, ?)",
    [SQL_GET_ISSUER] = "SELECT iss, status_uri, root_pk, capacity, made_at "
		       "FROM issuer",
    [SQL_ADD_NAME] = "INSERT INTO name VALUES (?, ?)",
    [SQL_DROP_NAMES] = "DELETE FROM name",
    [SQL_GET_NAME] = "SELECT text FROM name WHERE lang = ?",
    [SQL_PUT_KEY] = "INSERT INTO key (" KEY_COLUMNS ") VALUES (?, ?, ?, ?, ?)"
		    " ON CONFLICT (kid) DO UPDATE SET"
		    " state = excluded.state, until = excluded.until",
    [SQL_KEY_AT] = "SELECT " KEY_COLUMNS " FROM key ORDER BY n "
		   "LIMIT 1 OFFSET ?",
    [SQL_KEY] = "SELECT " KEY_COLUMNS " FROM key WHERE kid = ?",
    [SQL_SIGNING_KEY] = "SELECT " KEY_COLUMNS " FROM key WHERE state = 0 "
			"ORDER BY n DESC LIMIT 1",
    [SQL_LAST_OF_KEY] = "SELECT ifnull(max(iat), 0) FROM pass WHERE kid = ?",
    [SQL_ADD_LIST] = "INSERT INTO list VALUES (?, ?, ?, 0, 0)",
    [SQL_LAST_LIST] = "SELECT n, capacity, given, published_at, shuffle_key "
		      "FROM list ORDER BY n DESC LIMIT 1",
    [SQL_LIST] = "SELECT n, capacity, given, published_at FROM list "
		 "WHERE n = ?",
    [SQL_SET_GIVEN] = "UPDATE list SET given = ? WHERE n = ?",
    [SQL_SET_PUBLISHED] = "UPDATE list SET published_at = ? WHERE n = ?",
    [SQL_FILL_LIST] = "SELECT idx, state FROM pass "
		      "WHERE list = ? AND state <> 0",
    [SQL_ADD_PASS] = "INSERT INTO pass (" PASS_COLUMNS ") "
		     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_SET_STATE] = "UPDATE pass SET state = ?, current = ? "
		      "WHERE list = ? AND place = ?",
    [SQL_PASS] = "SELECT " PASS_COLUMNS " FROM pass "
		 "WHERE cti = ? AND current = 1",
    [SQL_PASS_OF_REF] = "SELECT " PASS_COLUMNS " FROM pass "
			"WHERE ref = ? AND current = 1 "
			"ORDER BY exp <= ?, state = 1, exp DESC LIMIT 1",
    [SQL_PASSES_OF_KEY] = "SELECT DISTINCT cti FROM pass INDEXED BY pass_cti "
			  "WHERE cti > ? AND kid = ? ORDER BY cti LIMIT ?",
    [SQL_EACH_OF_CTI] = "SELECT " PASS_COLUMNS " FROM pass WHERE cti = ? "
			"ORDER BY iat, current",
    [SQL_EACH_OF_REF] = "SELECT " PASS_COLUMNS " FROM pass WHERE ref = ? "
			"ORDER BY iat, current",
    [SQL_GET_DOCUMENT] = "SELECT message, published FROM document "
			 "ORDER BY number DESC LIMIT 1",
    [SQL_GET_PUBLISHED] = "SELECT message, published FROM document "
			  "WHERE published = 1 ORDER BY number DESC LIMIT 1",
    [SQL_PUT_DOCUMENT] = "INSERT INTO document VALUES (?, ?, 0)",
    [SQL_DOCUMENT_PUBLISHED] = "UPDATE document SET published = 1 "
			       "WHERE number = ?",
};

bool sql_fault(const struct registry *r, struct fault *fault)
{
	int code = sqlite3_errcode(r->db) & 0xff;
	int error = sqlite3_system_errno(r->db);
	bool has_errno = error != 0 && (code == SQLITE_IOERR ||
					code == SQLITE_CANTOPEN);
	const char *advice = "";

	if (code == SQLITE_FULL || (has_errno && error == ENOSPC))
		advice = "; make room";
	else if (code == SQLITE_READONLY)
		advice = "; it must be writable, and its directory too";
	else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		advice = "; bring it back from a copy";
	return fault_set(fault, EXIT_IO, "%s: %s%s%s%s%s", r->path,
			 sqlite3_errmsg(r->db), has_errno ? " (" : "",
			 has_errno ? strerror(error) : "",
			 has_errno ? ")" : "", advice);
}

sqlite3_stmt *sql_get(struct registry *r, enum sql which,
		      struct fault *fault)
{
	sqlite3_stmt **s = &r->statement[which];

	if (!*s && sqlite3_prepare_v3(r->db, texts[which], -1,
				      SQLITE_PREPARE_PERSISTENT, s,
				      NULL) != SQLITE_OK) {
		sql_fault(r, fault);
		return NULL;
	}
	return *s;
}

bool sql_run(struct registry *r, sqlite3_stmt *s, struct fault *fault)
{
	bool ok = sqlite3_step(s) == SQLITE_DONE;

	if (!ok)
		sql_fault(r, fault);
	sqlite3_reset(s);
	return ok;
}

enum found sql_row(struct registry *r, sqlite3_stmt *s, struct fault *fault)
{
	int code = sqlite3_step(s);

	if (code == SQLITE_ROW)
		return FOUND;
	if (code != SQLITE_DONE)
		sql_fault(r, fault);
	sqlite3_reset(s);
	return code == SQLITE_DONE ? NOT_FOUND : FOUND_FAILED;
}

void sql_done(sqlite3_stmt *s)
{
	sqlite3_reset(s);
}

void sql_bind_blob(sqlite3_stmt *s, int at, const void *p, size_t n)
{
	/* what is bound outlives the step: every caller steps at once */
	if (p)
		sqlite3_bind_blob64(s, at, p, n, SQLITE_STATIC);
	else
		sqlite3_bind_null(s, at);
}

void sql_bind_uint(sqlite3_stmt *s, int at, uint64_t v)
{
	sqlite3_bind_int64(s, at, (sqlite3_int64)v);
}

bool sql_blob(sqlite3_stmt *s, int column, void *p, size_t n)
{
	const void *blob = sqlite3_column_blob(s, column);

	if (!blob || sqlite3_column_bytes(s, column) != (int)n)
		return false;
	memcpy(p, blob, n);
	return true;
}

uint64_t sql_uint(sqlite3_stmt *s, int column)
{
	return (uint64_t)sqlite3_column_int64(s, column);
}

static bool set_up(struct registry *r)
{
	static const char pragmas[] = "PRAGMA journal_mode = WAL;"
				      "PRAGMA synchronous = FULL;"
				      "PRAGMA foreign_keys = ON;"
				      "PRAGMA cache_size = -65536;";
	int on;

	sqlite3_extended_result_codes(r->db, 1);
	sqlite3_busy_timeout(r->db, BUSY_TIMEOUT_MS);
	sqlite3_db_config(r->db, SQLITE_DBCONFIG_DEFENSIVE, 1, &on);
	sqlite3_db_config(r->db, SQLITE_DBCONFIG_DQS_DML, 0, &on);
	sqlite3_db_config(r->db, SQLITE_DBCONFIG_DQS_DDL, 0, &on);
	return sqlite3_exec(r->db, pragmas, NULL, NULL, NULL) == SQLITE_OK;
}

struct registry *sql_open(const char *path, struct fault *fault)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	struct registry *r = calloc(1, sizeof(*r));

	if (!r) {
		fault_set(fault, EXIT_IO, "%s: no memory", path);
		return NULL;
	}
	snprintf(r->path, sizeof(r->path), "%s", path);
	if (sqlite3_open_v2(path, &r->db, flags, NULL) == SQLITE_OK &&
	    set_up(r))
		return r;
	sql_fault(r, fault);
	sql_close(r);
	return NULL;
}

void sql_close(struct registry *r)
{
	for (size_t i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(r->statement[i]);
	sqlite3_close(r->db);
	free(r);
}

/* One version after the other, each whole or not at all. */
static bool upgrade(struct registry *r, int version, struct fault *fault)
{
	char end[64];

	while (version < SCHEMA_VERSION) {
		const char *step = schema[version++];

		snprintf(end, sizeof(end), "PRAGMA user_version = %d; COMMIT",
			 version);
		if (sqlite3_exec(r->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ==
			SQLITE_OK &&
		    sqlite3_exec(r->db, step, NULL, NULL, NULL) == SQLITE_OK &&
		    sqlite3_exec(r->db, end, NULL, NULL, NULL) == SQLITE_OK)
			continue;
		sql_fault(r, fault);
		registry_rollback(r);
		return false;
	}
	return true;
}

bool sql_make_schema(struct registry *r, struct fault *fault)
{
	return upgrade(r, 0, fault);
}

bool sql_check_schema(struct registry *r, struct fault *fault)
{
	sqlite3_stmt *s = NULL;
	int version = -1;

	if (sqlite3_prepare_v2(r->db, "PRAGMA user_version", -1, &s, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		version = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	if (version < 0)
		return sql_fault(r, fault);
	if (version == 0)
		return fault_set(fault, EXIT_REFUSED,
				 "%s: not an issuer's registry", r->path);
	if (version > SCHEMA_VERSION)
		return fault_set(fault, EXIT_REFUSED,
				 "%s: made by a newer oap-issuer (schema %d, "
				 "this one knows %d)", r->path, version,
				 SCHEMA_VERSION);
	return upgrade(r, version, fault);
}
