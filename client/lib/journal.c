/* SPDX-License-Identifier: Apache-2.0 */
/* journal.c: opening, transactions and statements.
 *
 * WAL with synchronous=FULL: a commit has returned only when its frames are
 * synced, which is what "durable before it is told" stands on. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "journal_sql.h"

#define SCHEMA_VERSION 1

static const char *const SCHEMA =
    "CREATE TABLE identity (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " url TEXT NOT NULL, service_pk BLOB NOT NULL, pin BLOB,"
    " hash_key BLOB NOT NULL, enrolment BLOB NOT NULL,"
    " answered INTEGER NOT NULL, facility TEXT NOT NULL) STRICT;"
    "CREATE TABLE clock (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " offset_ms INTEGER NOT NULL, floor_ms INTEGER NOT NULL,"
    " contact_ms INTEGER NOT NULL, anchor_ms INTEGER NOT NULL,"
    " boot_id TEXT NOT NULL) STRICT;"
    "CREATE TABLE bundle (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " etag TEXT NOT NULL, message BLOB NOT NULL) STRICT;"
    "CREATE TABLE document_floor (iss TEXT NOT NULL, root BLOB NOT NULL,"
    " number INTEGER NOT NULL, hash BLOB NOT NULL,"
    " PRIMARY KEY (iss, root)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE token_floor (uri TEXT NOT NULL, signer BLOB NOT NULL,"
    " iat INTEGER NOT NULL, PRIMARY KEY (uri, signer)) STRICT, WITHOUT ROWID;"
    /* sent: 0 until the service gave a final result; told is NULL and of_id
     * is not for a reversal */
    "CREATE TABLE entry (seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
    " message BLOB NOT NULL, hash BLOB NOT NULL, salt BLOB NOT NULL,"
    " scanned BLOB NOT NULL, effective_ms INTEGER NOT NULL, pass BLOB,"
    " told INTEGER, benefit TEXT, period INTEGER NOT NULL,"
    " counted INTEGER NOT NULL, of_id BLOB, sent INTEGER NOT NULL DEFAULT 0,"
    " result INTEGER, marks INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX entry_unsent ON entry (seq) WHERE sent = 0;"
    "CREATE INDEX entry_unsent_pass ON entry (pass, seq) WHERE sent = 0;"
    "CREATE INDEX entry_reversal ON entry (of_id) WHERE of_id IS NOT NULL;"
    "CREATE INDEX entry_sent ON entry (effective_ms) WHERE sent = 1;"
    "CREATE TABLE use (pass BLOB NOT NULL, benefit TEXT NOT NULL,"
    " period INTEGER NOT NULL, uses INTEGER NOT NULL,"
    " last_ms INTEGER NOT NULL, PRIMARY KEY (pass, benefit, period))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE shown (hash BLOB NOT NULL, benefit TEXT NOT NULL,"
    " until_ms INTEGER NOT NULL, PRIMARY KEY (hash, benefit))"
    " STRICT, WITHOUT ROWID;";

static const char *const SQL[SQL_STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_IDENTITY] = "SELECT url, service_pk, pin, hash_key, enrolment,"
			 " answered, facility FROM identity",
	[SQL_SET_IDENTITY] = "REPLACE INTO identity VALUES"
			     " (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_CLOCK] = "SELECT offset_ms, floor_ms, contact_ms, anchor_ms,"
		      " boot_id FROM clock",
	[SQL_SET_CLOCK] = "REPLACE INTO clock VALUES (1, ?1, ?2, ?3, ?4, ?5)",
	[SQL_BUNDLE] = "SELECT message, etag FROM bundle",
	[SQL_SET_BUNDLE] = "REPLACE INTO bundle VALUES (1, ?1, ?2)",
	[SQL_DOCUMENT_FLOOR] = "SELECT number, hash FROM document_floor"
			       " WHERE iss = ?1 AND root = ?2",
	[SQL_SET_DOCUMENT_FLOOR] = "REPLACE INTO document_floor VALUES"
				   " (?1, ?2, ?3, ?4)",
	[SQL_TOKEN_FLOOR] = "SELECT iat FROM token_floor"
			    " WHERE uri = ?1 AND signer = ?2",
	[SQL_SET_TOKEN_FLOOR] = "REPLACE INTO token_floor VALUES (?1, ?2, ?3)",
	[SQL_DROP_TOKEN_FLOORS] = "DELETE FROM token_floor WHERE signer = ?1",
	[SQL_TIP] = "SELECT seq, hash, message FROM entry"
		    " ORDER BY seq DESC LIMIT 1",
	[SQL_APPEND] = "INSERT INTO entry (seq, id, message, hash, salt,"
		       " scanned, effective_ms, pass, told, benefit, period,"
		       " counted, of_id) VALUES"
		       " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		       " ?13)",
	[SQL_FIND] = "SELECT seq, told, effective_ms, pass, benefit, period,"
		     " counted FROM entry WHERE id = ?1 AND told IS NOT NULL",
	/* a refused one does not stand in the way of another */
	[SQL_REVERSED] = "SELECT 1 FROM entry WHERE of_id = ?1 AND"
			 " (result IS NULL OR result IN (128, 129, 132))",
	[SQL_SET_COUNTED] = "UPDATE entry SET counted = ?2 WHERE seq = ?1",
	[SQL_REVERSED_BY] = "SELECT of_id FROM entry WHERE seq = ?1"
			    " AND of_id IS NOT NULL",
	[SQL_UNSENT] = "SELECT seq, message, salt, scanned FROM entry"
		       " WHERE sent = 0 ORDER BY seq LIMIT ?1",
	[SQL_UNSENT_OF_PASS] = "SELECT seq, message, salt, scanned FROM entry"
			       " WHERE sent = 0 AND pass = ?2"
			       " ORDER BY seq LIMIT ?1",
	[SQL_SETTLE] = "UPDATE entry SET sent = 1, result = ?2, marks = ?3"
		       " WHERE seq = ?1",
	[SQL_RESULT] = "SELECT coalesce(result, 0) FROM entry WHERE seq = ?1",
	/* 132, reversal-pending: held, its result was not told */
	[SQL_SETTLE_HELD] = "UPDATE entry SET sent = 1,"
			    " result = coalesce(told, 132)"
			    " WHERE sent = 0 AND seq <= ?1 AND EXISTS"
			    " (SELECT 1 FROM entry WHERE seq = ?1 AND"
			    " hash = ?2)",
	[SQL_QUEUE] = "SELECT count(*), min(seq), (SELECT effective_ms FROM"
		      " entry WHERE sent = 0 ORDER BY seq LIMIT 1)"
		      " FROM entry WHERE sent = 0",
	[SQL_CHAIN] = "SELECT seq, message, hash FROM entry ORDER BY seq",
	[SQL_USES] = "SELECT uses FROM use"
		     " WHERE pass = ?1 AND benefit = ?2 AND period = ?3",
	[SQL_COUNT] = "INSERT INTO use VALUES (?1, ?2, ?3, max(0, ?4), ?5)"
		      " ON CONFLICT DO UPDATE SET uses = max(0, uses + ?4),"
		      " last_ms = max(last_ms, ?5)",
	[SQL_SHOWN] = "SELECT 1 FROM shown WHERE hash = ?1 AND benefit = ?2",
	[SQL_SHOW] = "REPLACE INTO shown VALUES (?1, ?2, ?3)",
	[SQL_PRUNE_SHOWN] = "DELETE FROM shown WHERE until_ms < ?1",
	[SQL_PRUNE_ENTRIES] = "DELETE FROM entry WHERE sent = 1"
			      " AND effective_ms < ?1"
			      " AND seq < (SELECT max(seq) FROM entry)",
	/* period 0 is a lifetime, which is never over */
	[SQL_PRUNE_USES] = "DELETE FROM use WHERE last_ms < ?1 AND period <> 0",
};

bool sql_failed(struct journal *j)
{
	snprintf(j->error, sizeof(j->error), "%s", sqlite3_errmsg(j->db));
	return false;
}

sqlite3_stmt *sql_get(struct journal *j, enum statement which)
{
	sqlite3_stmt **s = &j->made[which];

	if (*s == NULL &&
	    sqlite3_prepare_v3(j->db, SQL[which], -1, SQLITE_PREPARE_PERSISTENT,
			       s, NULL) != SQLITE_OK) {
		sql_failed(j);
		return NULL;
	}
	sqlite3_reset(*s);
	sqlite3_clear_bindings(*s);
	return *s;
}

bool sql_step(struct journal *j, sqlite3_stmt *s, bool *row)
{
	int rc;

	*row = false;
	if (s == NULL)
		return false;
	rc = sqlite3_step(s);
	*row = rc == SQLITE_ROW;
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return true;
	sql_failed(j);
	sqlite3_reset(s);
	return false;
}

void sql_done(sqlite3_stmt *s)
{
	if (s != NULL)
		sqlite3_reset(s);
}

bool sql_run(struct journal *j, sqlite3_stmt *s)
{
	bool row, ok = sql_step(j, s, &row);

	sql_done(s);
	return ok;
}

void sql_int(sqlite3_stmt *s, int at, int64_t v)
{
	if (s != NULL)
		sqlite3_bind_int64(s, at, v);
}

/* A view without bytes may have no address, which SQLite takes for NULL. */
void sql_blob(sqlite3_stmt *s, int at, struct bytes v)
{
	if (s != NULL)
		sqlite3_bind_blob64(s, at, v.n > 0 ? (const void *)v.p : "",
				    v.n, SQLITE_STATIC);
}

void sql_text(sqlite3_stmt *s, int at, struct bytes v)
{
	if (s != NULL)
		sqlite3_bind_text64(s, at, v.n > 0 ? (const char *)v.p : "",
				    v.n, SQLITE_STATIC, SQLITE_UTF8);
}

struct bytes sql_column(sqlite3_stmt *s, int at)
{
	const void *p = sqlite3_column_blob(s, at);

	return bytes_of(p, (size_t)sqlite3_column_bytes(s, at));
}

bool sql_column_exact(sqlite3_stmt *s, int at, uint8_t *p, size_t n)
{
	struct bytes v = sql_column(s, at);

	memset(p, 0, n);
	if (v.n != n || v.p == NULL)
		return false;
	memcpy(p, v.p, n);
	return true;
}

const char *journal_error(const struct journal *j)
{
	return j->error;
}

bool journal_begin(struct journal *j)
{
	return sql_run(j, sql_get(j, SQL_BEGIN));
}

void journal_rollback(struct journal *j)
{
	sqlite3_stmt *s;

	if (sqlite3_get_autocommit(j->db) != 0)
		return;
	s = sql_get(j, SQL_ROLLBACK);
	if (s != NULL) {
		sqlite3_step(s);
		sqlite3_reset(s);
	}
}

bool journal_commit(struct journal *j)
{
	if (sql_run(j, sql_get(j, SQL_COMMIT)))
		return true;
	journal_rollback(j);
	return false;
}

static bool run(struct journal *j, const char *sql)
{
	return sqlite3_exec(j->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       sql_failed(j);
}

static int schema_version(struct journal *j)
{
	sqlite3_stmt *s = NULL;
	int version = -1;

	if (sqlite3_prepare_v2(j->db, "PRAGMA user_version", -1, &s, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		version = sqlite3_column_int(s, 0);
	else
		sql_failed(j);
	sqlite3_finalize(s);
	return version;
}

/* The whole schema in one transaction with its version, or nothing. */
static bool make_schema(struct journal *j)
{
	char version[40];

	snprintf(version, sizeof(version), "PRAGMA user_version = %d",
		 SCHEMA_VERSION);
	if (run(j, "BEGIN IMMEDIATE") && run(j, SCHEMA) && run(j, version) &&
	    run(j, "COMMIT"))
		return true;
	sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

static bool set_up(struct journal *j)
{
	int version;

	sqlite3_extended_result_codes(j->db, 1);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_busy_timeout(j->db, 1000);
	if (!run(j, "PRAGMA journal_mode = WAL") ||
	    !run(j, "PRAGMA synchronous = FULL"))
		return false;
	version = schema_version(j);
	if (version == 0)
		return make_schema(j);
	if (version == SCHEMA_VERSION)
		return true;
	if (version > 0)
		snprintf(j->error, sizeof(j->error),
			 "written by a newer version of this program");
	return false;
}

static enum oap_result make_handle(const char *path, const char *vfs,
				   struct journal **out)
{
	struct journal *j = calloc(1, sizeof(*j));

	*out = j;
	if (j == NULL)
		return OAP_NO_MEMORY;
	if (sqlite3_open_v2(path, &j->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
				SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
			    vfs) != SQLITE_OK) {
		sql_failed(j);
		return OAP_JOURNAL_FAILED;
	}
	return set_up(j) ? OAP_OK : OAP_JOURNAL_FAILED;
}

/* The tip must be what its hash says: a file that was swapped or cut shows
 * before anything is chained to it. */
static bool tip_is_sound(struct journal *j)
{
	struct journal_tip tip;

	return journal_tip(j, &tip);
}

/* It holds usable passes until they are sent. SQLite gives its other files
 * the mode of this one. */
static bool make_private(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = fd >= 0 && fchmod(fd, 0600) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

enum oap_result journal_open(const char *dir, const char *vfs,
			     struct journal **out, struct oap_problem *why)
{
	char path[4096];
	enum oap_result result;
	int n = snprintf(path, sizeof(path), "%s/" JOURNAL_NAME, dir);

	*out = NULL;
	if (n < 0 || (size_t)n >= sizeof(path))
		return fault(why, OAP_NO_DIRECTORY, "%s: name too long", dir);
	if (!make_private(path))
		return fault(why, OAP_JOURNAL_FAILED, "%s: %s", path,
			     strerror(errno));
	result = make_handle(path, vfs, out);
	if (result == OAP_OK && !tip_is_sound(*out))
		result = OAP_JOURNAL_FAILED;
	if (result == OAP_OK)
		return OAP_OK;
	if (result == OAP_NO_MEMORY)
		fault(why, result, "out of memory");
	else
		fault(why, result, "%s: %s; restore it from a backup or enrol "
		      "a new kiosk", path, (*out)->error);
	journal_close(*out);
	*out = NULL;
	return result;
}

void journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	for (size_t i = 0; i < SQL_STATEMENTS; i++)
		sqlite3_finalize(j->made[i]);
	sqlite3_close(j->db);
	free(j);
}
