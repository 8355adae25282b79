/* SPDX-License-Identifier: Apache-2.0 */
/* tool_rows.c: commits rows to an SQLite database one by one, or numbered
 * files under their final names, and acknowledges each on stdout. Without
 * end: it is there to be killed.
 *
 *   tool_rows db FILE wal|delete FULL|EXTRA
 *   tool_rows files DIRECTORY
 *   tool_rows careless DIRECTORY    without any fsync
 */
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "tool_rows: %s\n", what);
		exit(4);
	}
}

static void acknowledge(long row)
{
	printf("%ld\n", row);
	fflush(stdout);
}

static long last_row(sqlite3 *db)
{
	sqlite3_stmt *s;

	must(sqlite3_prepare_v2(db, "SELECT coalesce(max(id), 0) FROM rows",
				-1, &s, NULL) == SQLITE_OK &&
		 sqlite3_step(s) == SQLITE_ROW,
	     sqlite3_errmsg(db));
	long row = (long)sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return row;
}

static void commit_rows(const char *path, const char *journal,
			const char *synchronous)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	char sql[256];

	must(sqlite3_open_v2(path, &db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			     NULL) == SQLITE_OK,
	     path);
	snprintf(sql, sizeof(sql),
		 "PRAGMA journal_mode=%s; PRAGMA synchronous=%s;"
		 "PRAGMA wal_autocheckpoint=20;"
		 "CREATE TABLE IF NOT EXISTS rows"
		 "(id INTEGER PRIMARY KEY, text TEXT)",
		 journal, synchronous);
	must(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK,
	     sqlite3_errmsg(db));
	long row = last_row(db);
	must(sqlite3_prepare_v2(db,
				"INSERT INTO rows VALUES "
				"(?1, printf('%.*c', 500 + ?1 % 900, 'x'))",
				-1, &s, NULL) == SQLITE_OK,
	     sqlite3_errmsg(db));
	for (;;) {
		sqlite3_bind_int64(s, 1, ++row);
		must(sqlite3_step(s) == SQLITE_DONE, sqlite3_errmsg(db));
		sqlite3_reset(s);
		acknowledge(row);
	}
}

/* Each file is written under a name of its own, synced, renamed over the one
 * that was there, and the directory synced. */
static void write_files(const char *dir, bool careful)
{
	char temporary[PATH_MAX], final[PATH_MAX], text[64];
	int top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	must(top >= 0, dir);
	snprintf(temporary, sizeof(temporary), "%s/new", dir);
	for (long n = 1;; n++) {
		snprintf(final, sizeof(final), "%s/file-%ld", dir, n % 5);
		snprintf(text, sizeof(text), "%ld\n", n);
		int fd = open(temporary,
			      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		must(fd >= 0, temporary);
		must(write(fd, text, strlen(text)) == (ssize_t)strlen(text),
		     temporary);
		must(!careful || fsync(fd) == 0, temporary);
		close(fd);
		must(rename(temporary, final) == 0, final);
		must(!careful || fsync(top) == 0, dir);
		acknowledge(n);
	}
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "db") == 0)
		commit_rows(argv[2], argv[3], argv[4]);
	if (argc == 3)
		write_files(argv[2], strcmp(argv[1], "files") == 0);
	fputs("tool_rows: db FILE JOURNAL SYNCHRONOUS, files DIR, careless "
	      "DIR\n",
	      stderr);
	return 2;
}
