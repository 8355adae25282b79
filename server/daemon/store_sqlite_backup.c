/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_backup.c: SQLite's backup, page by page, in a read transaction:
 * without one it would start anew at each commit of the ledger's, and with a
 * busy ledger never end. */
#include "store_backup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store_sqlite.h"

#define PAGES_A_STEP 1024 /* 4 MiB: a stop is noticed within moments */
#define CHECK_STEPS 100000 /* of SQLite's machine, between looks for a stop */

struct copying {
	sqlite3 *copy;
	const atomic_bool *stop;
	char *error;
	size_t error_size;
};

static enum store_result fail(const struct copying *c, const char *what)
{
	const char *advice = "";
	int code = sqlite3_errcode(c->copy) & 0xff;

	if (code == SQLITE_FULL || code == SQLITE_IOERR)
		advice = "; make room for it on the disk of the data directory";
	if (atomic_load(c->stop))
		snprintf(c->error, c->error_size, "the daemon is ending");
	else
		snprintf(c->error, c->error_size, "%s: %s%s", what,
		         sqlite3_errmsg(c->copy), advice);
	return STORE_FAILED;
}

/* From here to the end of its transaction the reader sees one moment. */
static bool fix_view(struct store *reader)
{
	sqlite3_stmt *q =
	    store_sql(reader, "SELECT count(*) FROM sqlite_schema");

	return q != NULL && store_run(reader, q) != STORE_FAILED;
}

static enum store_result copy_pages(const struct copying *c,
                                    struct store *reader)
{
	sqlite3_backup *b =
	    sqlite3_backup_init(c->copy, "main", reader->db, "main");
	int rc = SQLITE_OK;

	if (b == NULL)
		return fail(c, "the copy cannot be begun");
	while (rc == SQLITE_OK && !atomic_load(c->stop))
		rc = sqlite3_backup_step(b, PAGES_A_STEP);
	/* Takes over what a step has met. */
	sqlite3_backup_finish(b);
	return rc == SQLITE_DONE ? STORE_OK
	                         : fail(c, "the copy cannot be written");
}

static enum store_result mark(const struct copying *c, int64_t now_ms)
{
	char sql[96];

	snprintf(sql, sizeof sql,
	         "INSERT INTO restored (copied_ms) VALUES (%lld)",
	         (long long)now_ms);
	return sqlite3_exec(c->copy, sql, NULL, NULL, NULL) == SQLITE_OK
	           ? STORE_OK
	           : fail(c, "the copy cannot be marked");
}

static int is_stopped(void *stop)
{
	return atomic_load((const atomic_bool *)stop);
}

/* The first row of the only column. */
static bool says(const struct copying *c, const char *sql, const char *wanted)
{
	sqlite3_stmt *q = NULL;
	const unsigned char *text = NULL;
	bool good;

	if (sqlite3_prepare_v2(c->copy, sql, -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		text = sqlite3_column_text(q, 0);
	good = text != NULL && strcmp((const char *)text, wanted) == 0;
	if (!good && text != NULL)
		snprintf(c->error, c->error_size, "%s: %s", sql,
		         (const char *)text);
	else if (!good)
		fail(c, sql);
	sqlite3_finalize(q);
	return good;
}

/* Out of the log's mode first: so it is a file that needs no other. */
static enum store_result settle_and_check(const struct copying *c)
{
	sqlite3_progress_handler(c->copy, CHECK_STEPS, is_stopped,
	                         (void *)(uintptr_t)c->stop);
	return says(c, "PRAGMA journal_mode=DELETE", "delete") &&
	               says(c, "PRAGMA quick_check(1)", "ok")
	           ? STORE_OK
	           : STORE_FAILED;
}

/* Its head says so itself (SQLite's file format, 1.3: write and read version):
 * when a write fails in the wrong moment SQLite says "delete" and leaves it. */
static enum store_result check_head(const struct copying *c, const char *path)
{
	static const uint8_t no_log[] = {1, 1};
	uint8_t versions[2] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 &&
	            pread(fd, versions, sizeof versions, 18) == 2 &&
	            memcmp(versions, no_log, sizeof no_log) == 0;

	if (fd >= 0)
		close(fd);
	if (!good)
		snprintf(c->error, c->error_size,
		         "the copy cannot be finished; see what is wrong with "
		         "the disk of the data directory");
	return good ? STORE_OK : STORE_FAILED;
}

enum store_result store_backup(struct store *reader, const char *path,
                               int64_t now_ms, const atomic_bool *stop,
                               char *error, size_t error_size)
{
	struct copying c = {.stop = stop, .error = error,
	                    .error_size = error_size};
	enum store_result r;

	snprintf(error, error_size, "%s", path);
	if (sqlite3_open_v2(path, &c.copy,
	                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	                        SQLITE_OPEN_EXRESCODE,
	                    NULL) != SQLITE_OK) {
		r = fail(&c, path);
	} else if (!fix_view(reader)) {
		snprintf(error, error_size, "%s", store_error(reader));
		r = STORE_FAILED;
	} else {
		/* It is on its way elsewhere, and synced there. */
		sqlite3_exec(c.copy, "PRAGMA synchronous=OFF", NULL, NULL,
		             NULL);
		r = copy_pages(&c, reader);
		if (r == STORE_OK)
			r = mark(&c, now_ms);
		if (r == STORE_OK)
			r = settle_and_check(&c);
	}
	sqlite3_close(c.copy);
	return r == STORE_OK ? check_head(&c, path) : r;
}
