/* SPDX-License-Identifier: Apache-2.0 */
/* journal_open.c: a journal's file: made, recognised, and opened.
 *
 * WAL with synchronous=FULL: a commit has returned only when its frames are
 * synced, which is what "durable before it is told" stands on. The directory's
 * lock keeps others out, so the file is locked whole as well, and SQLite needs
 * no shared memory beside it: a full disk then still lets a kiosk check. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "journal_sql.h"
#include "limits.h"

#define APPLICATION_ID 0x4f41504a /* "OAPJ": whose database it is */

/* A version each, of which user_version is the count. A step that has shipped
 * stays as it is: journals out there were made by it. */
static const char *const SCHEMA[] = {
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
    "CREATE INDEX entry_counted ON entry (pass, benefit, period)"
    " WHERE counted = 1;"
    "CREATE INDEX entry_reversal ON entry (of_id) WHERE of_id IS NOT NULL;"
    "CREATE INDEX entry_sent ON entry (effective_ms) WHERE sent = 1;"
    "CREATE TABLE use (pass BLOB NOT NULL, benefit TEXT NOT NULL,"
    " period INTEGER NOT NULL, uses INTEGER NOT NULL,"
    " last_ms INTEGER NOT NULL, PRIMARY KEY (pass, benefit, period))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE shown (hash BLOB NOT NULL, benefit TEXT NOT NULL,"
    " until_ms INTEGER NOT NULL, PRIMARY KEY (hash, benefit))"
    " STRICT, WITHOUT ROWID;",
    /* of the bundle, for when that goes bad; made from it when missing */
    ("CREATE TABLE held (one INTEGER PRIMARY KEY CHECK (one = 1),"
     " epoch INTEGER NOT NULL, made_at INTEGER NOT NULL, hash BLOB NOT NULL,"
     " next_key BLOB, pins BLOB NOT NULL, listed INTEGER NOT NULL,"
     " device INTEGER NOT NULL, facility TEXT NOT NULL) STRICT;"),
    /* reversals that the service refused, until somebody was told */
    ("CREATE TABLE refused (seq INTEGER PRIMARY KEY, kid BLOB NOT NULL,"
     " id BLOB NOT NULL, verdict INTEGER NOT NULL) STRICT;"),
	/* spent: of what was accepted alone, the discount; since_seq: the
	 * first entry after the last contact, uses and spent: of all since;
	 * held_…: what the service said */
    ("ALTER TABLE entry ADD COLUMN spent INTEGER;"
     "CREATE INDEX entry_spent ON entry (seq, spent)"
     " WHERE spent IS NOT NULL;"
     "CREATE TABLE contact (one INTEGER PRIMARY KEY CHECK (one = 1),"
     " since_seq INTEGER NOT NULL, held_seq INTEGER NOT NULL,"
     " held_count INTEGER NOT NULL, diverged INTEGER NOT NULL,"
     " uses INTEGER NOT NULL, spent INTEGER NOT NULL) STRICT;"
     "INSERT INTO contact VALUES (1, 1, 0, 0, 0, 0, 0);"),
    /* a roll under way; entries of keys that were rolled, all of them sent;
     * and what is left of a kiosk that has wiped itself */
    ("CREATE TABLE roll (one INTEGER PRIMARY KEY CHECK (one = 1),"
     " enrolment BLOB NOT NULL, answered INTEGER NOT NULL) STRICT;"
     "CREATE TABLE rolled_entry (n INTEGER PRIMARY KEY, kid BLOB NOT NULL,"
     " seq INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, message BLOB NOT NULL,"
     " hash BLOB NOT NULL, salt BLOB NOT NULL, scanned BLOB NOT NULL,"
     " effective_ms INTEGER NOT NULL, pass BLOB, told INTEGER, benefit TEXT,"
     " period INTEGER NOT NULL, counted INTEGER NOT NULL, of_id BLOB,"
     " result INTEGER, marks INTEGER NOT NULL) STRICT;"
     "CREATE INDEX rolled_counted ON rolled_entry (pass, benefit, period)"
     " WHERE counted = 1;"
     "CREATE INDEX rolled_reversal ON rolled_entry (of_id)"
     " WHERE of_id IS NOT NULL;"
     "CREATE INDEX rolled_age ON rolled_entry (effective_ms);"
     "CREATE TABLE wiped (one INTEGER PRIMARY KEY CHECK (one = 1),"
     " kid BLOB NOT NULL, at_ms INTEGER NOT NULL, report BLOB NOT NULL)"
     " STRICT;"),
    /* held_ms: when the service said so; lost_ms: when that was less; what
     * the operator has set; and what is forgotten by age is found by it, and
     * never what the service did not take (ENTRY_TAKEN) */
    ("ALTER TABLE contact ADD COLUMN held_ms INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE contact ADD COLUMN lost_ms INTEGER NOT NULL DEFAULT 0;"
     "CREATE TABLE setting (one INTEGER PRIMARY KEY CHECK (one = 1),"
     " keep_days INTEGER NOT NULL) STRICT;"
     "DROP INDEX entry_sent;"
     "CREATE INDEX entry_age ON entry (effective_ms) WHERE sent = 1 AND"
     " (result IS NULL OR result NOT IN (16, 19, 122) OR result = told"
     " OR marks & 16 <> 0);"
     "DROP INDEX rolled_age;"
     "CREATE INDEX rolled_age ON rolled_entry (effective_ms) WHERE"
     " (result IS NULL OR result NOT IN (16, 19, 122) OR result = told"
     " OR marks & 16 <> 0);"
     "CREATE INDEX use_age ON use (last_ms) WHERE period <> 0;"
     "CREATE INDEX shown_age ON shown (until_ms);"),
    /* keys before the one in use, and when each was rolled: former.c */
    ("CREATE TABLE former_key (n INTEGER PRIMARY KEY,"
     " kid BLOB NOT NULL UNIQUE, mac BLOB NOT NULL, enrolment BLOB NOT NULL,"
     " at_ms INTEGER NOT NULL, last_seq INTEGER NOT NULL) STRICT;"
     "CREATE INDEX rolled_seq ON rolled_entry (kid, seq);"),
    /* settled_ms: when the service said what became of it, from when it is
     * kept for so long; of one that was sent before that was written down, the
     * last contact there was, which without a network is a receipt */
    ("ALTER TABLE entry ADD COLUMN settled_ms INTEGER;"
     "ALTER TABLE rolled_entry ADD COLUMN settled_ms INTEGER NOT NULL"
     " DEFAULT 0;"
     "UPDATE entry SET settled_ms = max(effective_ms,"
     " coalesce((SELECT contact_ms FROM clock), 0),"
     " coalesce((SELECT held_ms FROM contact), 0)) WHERE sent = 1;"
     "UPDATE rolled_entry SET settled_ms = max(effective_ms,"
     " coalesce((SELECT contact_ms FROM clock), 0),"
     " coalesce((SELECT held_ms FROM contact), 0));"
     "DROP INDEX entry_age;"
     "CREATE INDEX entry_age ON entry (settled_ms) WHERE sent = 1 AND"
     " (result IS NULL OR result NOT IN (16, 19, 122) OR result = told"
     " OR marks & 16 <> 0);"
     "DROP INDEX rolled_age;"
     "CREATE INDEX rolled_age ON rolled_entry (settled_ms) WHERE"
     " (result IS NULL OR result NOT IN (16, 19, 122) OR result = told"
     " OR marks & 16 <> 0);"),
};
static_assert(sizeof(SCHEMA) / sizeof(*SCHEMA) == SCHEMA_VERSION,
	      "a step each");

static bool run(struct journal *j, const char *sql)
{
	return sqlite3_exec(j->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       sql_failed(j);
}

static bool set_number(struct journal *j, const char *pragma, int value)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA %s = %d", pragma, value);
	return run(j, sql);
}

/* -1: it cannot be read. */
static int get_number(struct journal *j, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int value = -1;

	if (sqlite3_prepare_v2(j->db, sql, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		value = sqlite3_column_int(s, 0);
	else
		sql_failed(j);
	sqlite3_finalize(s);
	return value;
}

/* What is missing of the schema, in one transaction with its version. */
static bool make_schema(struct journal *j, int version)
{
	bool made = run(j, "BEGIN IMMEDIATE");

	while (made && version < SCHEMA_VERSION)
		made = run(j, SCHEMA[version++]);
	if (made && set_number(j, "user_version", SCHEMA_VERSION) &&
	    run(j, "COMMIT"))
		return true;
	sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

static bool is_ours(struct journal *j)
{
	if (get_number(j, "PRAGMA application_id") == APPLICATION_ID)
		return true;
	snprintf(j->error, sizeof(j->error), "not a kiosk's journal");
	return false;
}

/* The number comes first, and not by way of the log: whoever finds the file
 * then knows whose it is. */
static bool set_up(struct journal *j, bool empty)
{
	int version;

	sqlite3_extended_result_codes(j->db, 1);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_busy_timeout(j->db, KIOSK_BUSY_MS);
	if (!run(j, "PRAGMA locking_mode = EXCLUSIVE") ||
	    !run(j, "PRAGMA synchronous = FULL") ||
	    (empty && !set_number(j, "application_id", APPLICATION_ID)) ||
	    !is_ours(j) || !run(j, "PRAGMA journal_mode = WAL"))
		return false;
	version = get_number(j, "PRAGMA user_version");
	if (version < 0)
		return false;
	if (version == SCHEMA_VERSION)
		return true;
	if (version < SCHEMA_VERSION)
		return make_schema(j, version);
	snprintf(j->error, sizeof(j->error),
		 "written by a newer version of this program; start that one");
	return false;
}

static enum oap_result make_handle(const char *path, const char *vfs,
				   bool empty, struct journal **out)
{
	struct journal *j = calloc(1, sizeof(*j));

	*out = j;
	if (j == NULL)
		return OAP_NO_MEMORY;
	if (sqlite3_open_v2(path, &j->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				SQLITE_OPEN_NOFOLLOW,
			    vfs) != SQLITE_OK) {
		sql_failed(j);
		return OAP_JOURNAL_FAILED;
	}
	return set_up(j, empty) ? OAP_OK : OAP_JOURNAL_FAILED;
}

/* The tip must be what its hash says: a file that was swapped or cut shows
 * before anything is chained to it. */
static bool tip_is_sound(struct journal *j)
{
	struct journal_tip tip;

	return journal_tip(j, &tip);
}

/* By SQLite's header (its file format, 1.3): another's file is left alone. One
 * that begins with zeros is what a power cut may leave; SQLite sees to it. */
static bool may_be_ours(const uint8_t *header, ssize_t n)
{
	static const char magic[16] = "SQLite format 3";
	static const uint8_t zeros[16];

	if (n == 0 || (n >= 16 && memcmp(header, zeros, 16) == 0))
		return true;
	return n == 100 && memcmp(header, magic, 16) == 0 &&
	       header[68] == (APPLICATION_ID >> 24) &&
	       header[69] == (APPLICATION_ID >> 16 & 0xff) &&
	       header[70] == (APPLICATION_ID >> 8 & 0xff) &&
	       header[71] == (APPLICATION_ID & 0xff);
}

/* It holds usable passes for as long as entries are kept. SQLite gives its
 * other files the mode of this one. */
static enum oap_result make_private(const char *path, bool create, bool *empty,
				    struct oap_problem *why)
{
	int fd = open(path,
		      O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0),
		      0600);
	enum oap_result result = OAP_OK;
	uint8_t header[100];
	ssize_t n;

	*empty = false;
	if (fd < 0 && errno == ENOENT && !create)
		return fault(why, OAP_NOT_ENROLLED,
			     "%s: no such file: not a kiosk's directory, or "
			     "not enrolled yet; oap-kiosk enrol does it",
			     path);
	if (fd < 0)
		return fault(why, OAP_JOURNAL_FAILED, "%s: %s; make it and its "
			     "directory writable for this user", path,
			     strerror(errno));
	n = pread(fd, header, sizeof(header), 0);
	*empty = n == 0;
	if (n < 0 || !may_be_ours(header, n))
		result = fault(why, OAP_JOURNAL_FAILED, "%s: %s", path,
			       n < 0 ? strerror(errno)
				     : "not a kiosk's journal; name another "
				       "directory");
	else if (fchmod(fd, 0600) != 0)
		result = fault(why, OAP_JOURNAL_FAILED, "%s: %s", path,
			       strerror(errno));
	close(fd);
	return result;
}

enum oap_result journal_open(const char *dir, bool create, const char *vfs,
			     struct journal **out, struct oap_problem *why)
{
	char path[4096];
	enum oap_result result;
	bool empty = false;
	int n = snprintf(path, sizeof(path), "%s/" JOURNAL_NAME, dir);

	*out = NULL;
	if (n < 0 || (size_t)n >= sizeof(path))
		return fault(why, OAP_NO_DIRECTORY, "%s: name too long", dir);
	result = make_private(path, create, &empty, why);
	if (result != OAP_OK)
		return result;
	result = make_handle(path, vfs, empty, out);
	if (result == OAP_OK && !tip_is_sound(*out))
		result = OAP_JOURNAL_FAILED;
	if (result == OAP_OK)
		return OAP_OK;
	if (result == OAP_NO_MEMORY)
		fault(why, result, "out of memory");
	else
		fault(why, result, "%s: %s", path, (*out)->error);
	journal_close(*out);
	*out = NULL;
	return result;
}

void journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	journal_make_sure(j);
	for (size_t i = 0; i < SQL_STATEMENTS; i++)
		sqlite3_finalize(j->made[i]);
	sqlite3_close(j->db);
	free(j);
}
