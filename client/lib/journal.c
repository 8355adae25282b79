/* SPDX-License-Identifier: Apache-2.0 */
/* journal.c: transactions and statements, and what is said when one fails. */
#include "journal.h"

#include <stdio.h>
#include <string.h>

#include "journal_sql.h"

#define DIGITS_OF(n) #n
#define DIGITS(n) DIGITS_OF(n)

static const char *const SQL[SQL_STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	/* what it holds already: a page is written, and nothing changes */
	[SQL_OVERWRITE] = "PRAGMA user_version = " DIGITS(SCHEMA_VERSION),
	[SQL_IDENTITY] = "SELECT url, service_pk, pin, hash_key, enrolment,"
			 " answered, facility FROM identity",
	[SQL_SET_IDENTITY] = "REPLACE INTO identity VALUES"
			     " (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_CLOCK] = "SELECT offset_ms, floor_ms, contact_ms, anchor_ms,"
		      " boot_id FROM clock",
	[SQL_SET_CLOCK] = "REPLACE INTO clock VALUES (1, ?1, ?2, ?3, ?4, ?5)",
	[SQL_BUNDLE] = "SELECT message, etag FROM bundle",
	[SQL_SET_BUNDLE] = "REPLACE INTO bundle VALUES (1, ?1, ?2)",
	[SQL_HELD] = "SELECT epoch, made_at, hash, next_key, pins, listed,"
		     " device, facility FROM held",
	[SQL_SET_HELD] = "REPLACE INTO held VALUES"
			 " (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
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
		       " counted, of_id, spent) VALUES"
		       " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		       " ?13, ?14)",
	[SQL_FIND] = "SELECT seq, told, effective_ms, pass, benefit, period,"
		     " counted FROM entry WHERE id = ?1 AND told IS NOT NULL",
	[SQL_FIND_ROLLED] = "SELECT n, told, effective_ms, pass, benefit,"
			    " period, counted, kid FROM rolled_entry"
			    " WHERE id = ?1 AND told IS NOT NULL",
	[SQL_FIRST_USE] = "SELECT min(ms) FROM (SELECT effective_ms AS ms"
			  " FROM entry WHERE counted = 1 AND pass = ?1"
			  " AND benefit = ?2 AND period = ?3 UNION ALL"
			  " SELECT effective_ms FROM rolled_entry"
			  " WHERE counted = 1 AND pass = ?1 AND benefit = ?2"
			  " AND period = ?3)",
	/* a refused one does not stand in the way of another */
	[SQL_REVERSED] = "SELECT 1 FROM entry WHERE of_id = ?1 AND"
			 " (result IS NULL OR result IN (128, 129, 132))"
			 " UNION ALL SELECT 1 FROM rolled_entry"
			 " WHERE of_id = ?1 AND"
			 " (result IS NULL OR result IN (128, 129, 132))",
	[SQL_SET_COUNTED] = "UPDATE entry SET counted = ?2 WHERE seq = ?1",
	[SQL_SET_ROLLED_COUNTED] = "UPDATE rolled_entry SET counted = ?2"
				   " WHERE n = ?1",
	[SQL_REVERSED_BY] = "SELECT of_id, message FROM entry WHERE seq = ?1"
			    " AND of_id IS NOT NULL",
	[SQL_UNSENT] = "SELECT seq, message, salt, scanned FROM entry"
		       " WHERE sent = 0 ORDER BY seq LIMIT ?1",
	/* what changes how often the pass was used, then the latest */
	[SQL_UNSENT_OF_PASS] = "SELECT seq, message, salt, scanned FROM entry"
			       " WHERE seq IN (SELECT seq FROM entry"
			       "  WHERE sent = 0 AND pass = ?2 ORDER BY"
			       "  (told IS NULL OR told < 16) DESC, seq DESC"
			       "  LIMIT ?1) ORDER BY seq",
	[SQL_UNSENT_WITH] = "SELECT seq, message, salt, scanned FROM entry"
			    " WHERE seq IN (SELECT seq FROM entry"
			    "  WHERE sent = 0 AND (seq = ?2 OR pass ="
			    "   (SELECT pass FROM entry WHERE seq = ?2))"
			    "  ORDER BY seq DESC LIMIT ?1) ORDER BY seq",
	[SQL_UNSENT_BETWEEN] = "SELECT seq, message, salt, scanned FROM entry"
			       " WHERE sent = 0 AND seq > ?2 AND seq <= ?3"
			       " ORDER BY seq LIMIT ?1",
	[SQL_ENTRY_AT] = "SELECT sent, hash, sent = 1 AND (" RESULT_TAKES ")"
			 " FROM entry WHERE seq = ?1",
	[SQL_SETTLE] = "UPDATE entry SET sent = 1, result = ?2, marks = ?3,"
		       " settled_ms = coalesce(settled_ms, ?4)"
		       " WHERE seq = ?1",
	[SQL_RESULT] = "SELECT coalesce(result, 0), marks FROM entry"
		       " WHERE seq = ?1",
	[SQL_REFUSE] = "REPLACE INTO refused VALUES (?1, ?2, ?3, ?4)",
	[SQL_REFUSED] = "SELECT seq, kid, id, verdict FROM refused"
			" WHERE seq > ?1 ORDER BY seq LIMIT 1",
	[SQL_DROP_REFUSED] = "DELETE FROM refused WHERE seq = ?1",
	[SQL_THERE] = "SELECT held_seq, held_count, diverged, held_ms, lost_ms"
		      " FROM contact",
	[SQL_SET_THERE] = "UPDATE contact SET held_seq = ?1, held_count = ?2,"
			  " diverged = ?3, held_ms = ?4, lost_ms = ?5",
	[SQL_UNSEND] = "UPDATE entry SET sent = 0, result = NULL, marks = 0,"
		       " settled_ms = NULL WHERE sent = 1 AND seq > ?1",
	[SQL_HASH] = "SELECT hash FROM entry WHERE seq = ?1",
	[SQL_SPENT] = "SELECT uses, spent FROM contact",
	[SQL_SPEND] = "UPDATE contact SET uses = uses + 1, spent = spent + ?1",
	[SQL_NO_CONTACT] = "UPDATE contact SET since_seq = 1, held_seq = 0,"
			   " held_count = 0, diverged = 0, uses = 0,"
			   " spent = 0, held_ms = 0, lost_ms = 0",
	/* what was written since the report, or the question, was made */
	[SQL_CONTACT] = "UPDATE contact SET since_seq = ?1,"
			" (uses, spent) = (SELECT count(*),"
			"  coalesce(sum(e.spent), 0) FROM entry e"
			"  WHERE e.spent IS NOT NULL AND e.seq >= ?1)"
			" WHERE since_seq < ?1",
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
	[SQL_PRUNE_SHOWN] = "DELETE FROM shown WHERE (hash, benefit) IN"
			    " (SELECT hash, benefit FROM shown"
			    "  WHERE until_ms < ?1 ORDER BY until_ms LIMIT ?2)",
	[SQL_PRUNE_ENTRIES] = "DELETE FROM entry WHERE seq IN"
			      " (SELECT seq FROM entry WHERE sent = 1"
			      "  AND " ENTRY_TAKEN " AND settled_ms < ?1"
			      "  AND seq < (SELECT max(seq) FROM entry)"
			      "  ORDER BY settled_ms LIMIT ?2)",
	[SQL_PRUNE_ROLLED] = "DELETE FROM rolled_entry WHERE n IN"
			     " (SELECT n FROM rolled_entry WHERE " ENTRY_TAKEN
			     "  AND settled_ms < ?1"
			     "  ORDER BY settled_ms LIMIT ?2)",
	/* period 0 is a lifetime, which is never over */
	[SQL_PRUNE_USES] = "DELETE FROM use WHERE (pass, benefit, period) IN"
			   " (SELECT pass, benefit, period FROM use"
			   "  WHERE period <> 0 AND last_ms < ?1"
			   "  ORDER BY last_ms LIMIT ?2)",
	[SQL_ROLL] = "SELECT enrolment, answered FROM roll",
	[SQL_SET_ROLL] = "REPLACE INTO roll VALUES (1, ?1, ?2)",
	[SQL_DROP_ROLL] = "DELETE FROM roll",
	[SQL_ROLL_ENTRIES] = "INSERT INTO rolled_entry (kid, seq, id, message,"
			     " hash, salt, scanned, effective_ms, pass, told,"
			     " benefit, period, counted, of_id, result, marks,"
			     " settled_ms) SELECT ?1, seq, id, message, hash,"
			     " salt, scanned, effective_ms, pass, told,"
			     " benefit, period, counted, of_id, result, marks,"
			     " coalesce(settled_ms, effective_ms)"
			     " FROM entry ORDER BY seq",
	[SQL_DROP_ENTRIES] = "DELETE FROM entry",
	[SQL_ROLL_REFUSED] = "UPDATE refused SET seq = seq + ?1",
	[SQL_ROLL_KEY] = "INSERT INTO former_key (kid, mac, enrolment, at_ms,"
			 " last_seq) SELECT ?1, ?2, ?3, ?4,"
			 " coalesce(max(seq), 0) FROM entry",
	[SQL_FORMER] = "SELECT kid, mac, enrolment, last_seq FROM former_key"
		       " ORDER BY n DESC LIMIT ?1",
	[SQL_FORMER_AFTER] = "SELECT seq, message, salt, scanned"
			     " FROM rolled_entry WHERE kid = ?1 AND seq > ?2"
			     " ORDER BY seq LIMIT ?3",
	[SQL_PRUNE_FORMER] = "DELETE FROM former_key WHERE n IN"
			     " (SELECT n FROM former_key k WHERE at_ms < ?1"
			     "  AND NOT EXISTS (SELECT 1 FROM rolled_entry"
			     "   WHERE kid = k.kid) LIMIT ?2)",
	[SQL_WIPED] = "SELECT kid, at_ms, report FROM wiped",
	[SQL_SET_WIPED] = "REPLACE INTO wiped VALUES (1, ?1, ?2, ?3)",
	[SQL_KEEP] = "SELECT keep_days FROM setting",
	[SQL_SET_KEEP] = "REPLACE INTO setting VALUES (1, ?1)",
};

/* What to do about it, where somebody can. */
static const char *advice(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return "; free some space on its disk";
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return "; make it and its directory writable for this user";
	case SQLITE_IOERR:
		return "; its disk is full or failing: see the system's log";
	case SQLITE_BUSY:
		return "; another program has it open: close that";
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return "; it is damaged: keep this directory for the operator "
		       "and enrol a new kiosk in another";
	default:
		return "";
	}
}

bool sql_failed(struct journal *j)
{
	snprintf(j->error, sizeof(j->error), "%s%s", sqlite3_errmsg(j->db),
		 advice(sqlite3_extended_errcode(j->db)));
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

/* A frame's checksum goes on from the one before it (SQLite's file format,
 * 4.1): with their first overwritten, the others are nobody's. */
void journal_make_sure(struct journal *j)
{
	char error[sizeof(j->error)];

	if (!j->unsure)
		return;
	memcpy(error, j->error, sizeof(error));
	j->unsure = !sql_run(j, sql_get(j, SQL_OVERWRITE));
	memcpy(j->error, error, sizeof(error));
}

bool journal_commit(struct journal *j)
{
	if (sql_run(j, sql_get(j, SQL_COMMIT))) {
		j->unsure = false;
		return true;
	}
	journal_rollback(j);
	j->unsure = true;
	journal_make_sure(j);
	return false;
}
