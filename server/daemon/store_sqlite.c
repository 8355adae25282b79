/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite.c: the handle on the embedded database: opening and locking,
 * schema versions, transactions and what to do after one failed. */
#include "store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_batch.h"

/* Of a lock that another handle holds: a reader's checkpoint at most. Well
 * under a kiosk's deadline, so that it hears `unavailable` in time. */
#define BUSY_MS 1000
/* Pages of 4 KiB that the log may grow to before it is written back: often
 * enough to stay small, seldom enough that hot pages are written once for
 * many commits. */
#define WAL_PAGES_MAX 8192

#define SCHEMA_FILES 2
static const char *const *const schema[][SCHEMA_FILES] = {
    {store_ledger_schema_1, store_setup_schema_1},
    {store_ledger_schema_2, store_setup_schema_2},
    {store_ledger_schema_3, store_setup_schema_3},
    {store_issuer_urls_schema},
    {store_ledger_schema_5},
    {store_restored_schema},
};
#define SCHEMA_VERSION ((int)(sizeof schema / sizeof schema[0]))

/* Pages are 4096 bytes; the cache holds the hot end of every table. No more:
 * where a commit has split a page, SQLite (3.39 and later) looks through the
 * whole cache at its end (balance_nonroot swaps page numbers by way of the
 * lock page's, and the pager then drops what lies beyond the file). */
static const char pragmas[] = "PRAGMA journal_mode=WAL;"
                              "PRAGMA synchronous=FULL;"
                              "PRAGMA foreign_keys=ON;"
                              "PRAGMA wal_autocheckpoint=0;"
                              "PRAGMA journal_size_limit=134217728;"
                              "PRAGMA cache_size=-16384;"
                              "PRAGMA temp_store=MEMORY;"
                              "PRAGMA trusted_schema=OFF;";
static const char reader_pragmas[] = "PRAGMA query_only=ON;"
                                     "PRAGMA cache_size=-16384;"
                                     "PRAGMA temp_store=MEMORY;"
                                     "PRAGMA trusted_schema=OFF;";

void store_library(void)
{
	/* Without it every allocation takes a lock, to count. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum store_result store_failed(struct store *s, const char *what)
{
	snprintf(s->error, sizeof s->error, "%s: %s", what,
	         s->db ? sqlite3_errmsg(s->db) : "no database");
	return STORE_FAILED;
}

const char *store_error(const struct store *s)
{
	return s->error;
}

static enum store_result execute(struct store *s, const char *sql)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_failed(s, sql);
	return STORE_OK;
}

/* Called after each commit; the pages are looked at in store_tidy. */
static int on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *s = arg;

	(void)db;
	(void)name;
	s->wal_pages = pages;
	return SQLITE_OK;
}

static enum store_result open_database(struct store *s)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;

	if (s->read_only)
		flags |= SQLITE_OPEN_READONLY;
	else
		flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK)
		return store_failed(s, s->path);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	if (sqlite3_exec(s->db, s->read_only ? reader_pragmas : pragmas, NULL,
	                 NULL, NULL) != SQLITE_OK)
		return store_failed(s, s->path);
	if (!s->read_only)
		sqlite3_wal_hook(s->db, on_commit, s);
	return STORE_OK;
}

static void close_database(struct store *s)
{
	for (size_t i = 0; i < STORE_STATEMENTS; i++) {
		sqlite3_finalize(s->kept[i].statement);
		s->kept[i].statement = NULL;
		s->kept[i].sql = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
}

static enum store_result schema_version(struct store *s, int *version)
{
	sqlite3_stmt *q = store_sql(s, "PRAGMA user_version");

	if (!q || store_step(s, q) != STORE_OK)
		return STORE_FAILED;
	*version = (int)column_i64(q, 0);
	store_end(q);
	return STORE_OK;
}

static enum store_result migrate_to(struct store *s, int version)
{
	char pragma[40];

	for (size_t file = 0; file < SCHEMA_FILES; file++) {
		const char *const *sql = schema[version - 1][file];

		for (; sql && *sql; sql++)
			if (execute(s, *sql) != STORE_OK)
				return STORE_FAILED;
	}
	snprintf(pragma, sizeof pragma, "PRAGMA user_version=%d", version);
	return execute(s, pragma);
}

static enum store_result migrate(struct store *s)
{
	int version;

	if (schema_version(s, &version) != STORE_OK)
		return STORE_FAILED;
	if (version > SCHEMA_VERSION) {
		snprintf(s->error, sizeof s->error,
		         "%s: written by a newer oapd (schema %d, this one "
		         "knows %d); start that one",
		         s->path, version, SCHEMA_VERSION);
		return STORE_FAILED;
	}
	while (version < SCHEMA_VERSION && !s->read_only) {
		if (store_begin(s) != STORE_OK)
			return STORE_FAILED;
		if (migrate_to(s, ++version) != STORE_OK ||
		    store_commit(s) != STORE_OK) {
			store_rollback(s);
			return STORE_FAILED;
		}
	}
	return STORE_OK;
}

/* The name of a new directory, on the disk before anything in it is. */
static bool sync_parent(int dir_fd)
{
	int fd = openat(dir_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

/* The lock is on the directory itself, so that it holds before a file is
 * there, and whatever the database does with its own files. */
static bool lock_directory(struct store *s, const char *dir)
{
	bool made = mkdir(dir, 0700) == 0;

	if (!made && errno != EEXIST) {
		snprintf(s->error, sizeof s->error, "%s: cannot be made: %s; make "
		         "its parent, or name another [service] data_dir",
		         dir, strerror(errno));
		return false;
	}
	s->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0) {
		snprintf(s->error, sizeof s->error, "%s: cannot be opened: %s",
		         dir, strerror(errno));
		return false;
	}
	if (made && !sync_parent(s->dir_fd)) {
		snprintf(s->error, sizeof s->error,
		         "%s: its parent cannot be synced: %s", dir,
		         strerror(errno));
		return false;
	}
	if (flock(s->dir_fd, LOCK_EX | LOCK_NB) < 0) {
		snprintf(s->error, sizeof s->error,
		         "%s: in use by another oapd; stop it, or give this "
		         "one its own data_dir",
		         dir);
		return false;
	}
	return true;
}

static struct store *store_new(const char *dir, bool read_only)
{
	struct store *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->dir_fd = -1;
	s->read_only = read_only;
	s->log_pages = s->tidy_at = WAL_PAGES_MAX;
	if (asprintf(&s->path, "%s/" STORE_FILE, dir) < 0) {
		free(s);
		return NULL;
	}
	return s;
}

static struct store *open_or_close(struct store *s, char *error,
                                   size_t error_size)
{
	if (open_database(s) == STORE_OK && migrate(s) == STORE_OK)
		return s;
	snprintf(error, error_size, "%s", s->error);
	store_close(s);
	return NULL;
}

struct store *store_open(const char *dir, char *error, size_t error_size)
{
	struct store *s = store_new(dir, false);

	if (s)
		s->batch = batch_new();
	if (!s || !s->batch) {
		snprintf(error, error_size, "out of memory");
		store_close(s);
		return NULL;
	}
	if (!lock_directory(s, dir)) {
		snprintf(error, error_size, "%s", s->error);
		store_close(s);
		return NULL;
	}
	return open_or_close(s, error, error_size);
}

struct store *store_open_reader(const char *dir, char *error, size_t error_size)
{
	struct store *s = store_new(dir, true);

	if (!s) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	return open_or_close(s, error, error_size);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	close_database(s);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	batch_free(s->batch);
	free(s->path);
	free(s);
}

static enum store_result run_text(struct store *s, const char *sql)
{
	sqlite3_stmt *q = store_sql(s, sql);

	return q ? store_run(s, q) : STORE_FAILED;
}

enum store_result store_begin(struct store *s)
{
	enum store_result r;

	r = run_text(s, s->read_only ? "BEGIN" : "BEGIN IMMEDIATE");
	return r == STORE_OK ? STORE_OK : STORE_FAILED;
}

enum store_result store_commit(struct store *s)
{
	if (s->batch && batch_flush(s) != STORE_OK)
		return STORE_FAILED;
	return run_text(s, "COMMIT") == STORE_OK ? STORE_OK : STORE_FAILED;
}

bool store_in_transaction(const struct store *s)
{
	return s->db && !sqlite3_get_autocommit(s->db);
}

/* What is in memory, of rows that may be others now. */
static void forget(struct store *s)
{
	if (s->batch)
		batch_forget(s->batch);
	s->none_pending = s->none_troubled = false;
	s->quarantine_counted = false;
}

static enum store_result write_and_forget(struct store *s)
{
	if (s->batch && batch_flush(s) != STORE_OK)
		return STORE_FAILED;
	forget(s);
	return STORE_OK;
}

void store_rollback(struct store *s)
{
	char error[sizeof s->error];

	forget(s);
	if (!store_in_transaction(s))
		return;
	/* What brought us here is what store_error should tell. */
	memcpy(error, s->error, sizeof error);
	if (run_text(s, "ROLLBACK") == STORE_OK)
		memcpy(s->error, error, sizeof error);
}

enum store_result store_recover(struct store *s)
{
	store_rollback(s);
	if (s->db && !store_in_transaction(s))
		return STORE_OK;
	close_database(s);
	if (open_database(s) == STORE_OK)
		return STORE_OK;
	close_database(s);
	return STORE_FAILED;
}

enum store_result store_savepoint(struct store *s)
{
	/* The part before it must not be undone with it; and what follows may
	 * change any row. */
	if (write_and_forget(s) != STORE_OK)
		return STORE_FAILED;
	return run_text(s, "SAVEPOINT call") == STORE_OK ? STORE_OK
	                                                 : STORE_FAILED;
}

enum store_result store_release(struct store *s)
{
	if (write_and_forget(s) != STORE_OK)
		return STORE_FAILED;
	return run_text(s, "RELEASE call") == STORE_OK ? STORE_OK
	                                               : STORE_FAILED;
}

void store_undo(struct store *s)
{
	forget(s);
	if (!store_in_transaction(s))
		return;
	/* A part that cannot be undone takes the whole with it. */
	if (run_text(s, "ROLLBACK TO call") != STORE_OK ||
	    run_text(s, "RELEASE call") != STORE_OK)
		store_rollback(s);
}

void store_keep_log(struct store *s, int pages)
{
	s->log_pages = s->tidy_at = pages;
}

void store_tidy(struct store *s)
{
	int in_log = 0, written_back = 0;

	if (!s->db || s->wal_pages < s->tidy_at)
		return;
	/* What a reader or a fault keeps it from writing back now waits for
	 * a later time, not for the very next commit. */
	s->tidy_at = s->wal_pages + s->log_pages;
	if (sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE,
				      &in_log, &written_back) == SQLITE_OK &&
	    in_log == written_back)
		s->tidy_at = s->log_pages;
	s->wal_pages = 0;
}
