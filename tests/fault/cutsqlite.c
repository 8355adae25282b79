/* SPDX-License-Identifier: Apache-2.0 */
/* cutsqlite.c: with OAP_CUT_SYNCHRONOUS=OFF in the environment, SQLite runs
 * with synchronous=OFF whatever the program asks for: so that a test of power
 * cuts can be shown to fail. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "interpose.h"

static bool wanted_off(void)
{
	const char *off = getenv("OAP_CUT_SYNCHRONOUS");

	return off != NULL && strcmp(off, "OFF") == 0;
}

/* A copy of the SQL in which every synchronous = … says OFF. */
static char *switched_off(const char *sql, size_t n)
{
	static const char word[] = "synchronous";
	char *copy = strndup(sql, n), *at = copy;

	while (copy != NULL && (at = strcasestr(at, word)) != NULL) {
		at += strlen(word);
		char *value = at + strspn(at, " \t=(");
		size_t length = strspn(
		    value, "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
		if (length > 0 && value != at) {
			memset(value, ' ', length);
			memcpy(value, length < 3 ? "0  " : "OFF",
			       length < 3 ? 1 : 3);
		}
	}
	return copy;
}

static bool is_about_it(const char *sql, int n)
{
	return wanted_off() && sql != NULL &&
	       memmem(sql, n < 0 ? strlen(sql) : strnlen(sql, (size_t)n),
		      "synchronous", 11) != NULL;
}

SHOWN int sqlite3_exec(sqlite3 *db, const char *sql,
		       int (*row)(void *, int, char **, char **), void *arg,
		       char **error)
{
	int (*next)(sqlite3 *, const char *,
		    int (*)(void *, int, char **, char **), void *, char **) =
	    REAL("sqlite3_exec", int, sqlite3 *, const char *,
		 int (*)(void *, int, char **, char **), void *, char **);

	if (!is_about_it(sql, -1))
		return next(db, sql, row, arg, error);
	char *off = switched_off(sql, strlen(sql));
	int result = next(db, off, row, arg, error);
	free(off);
	return result;
}

SHOWN int sqlite3_open_v2(const char *name, sqlite3 **db, int flags,
			  const char *vfs)
{
	int result = REAL("sqlite3_open_v2", int, const char *, sqlite3 **, int,
			  const char *)(name, db, flags, vfs);

	if (wanted_off() && result == SQLITE_OK)
		sqlite3_exec(*db, "PRAGMA synchronous=OFF", NULL, NULL, NULL);
	return result;
}

static int prepare_as(const char *call, sqlite3 *db, const char *sql,
		      int n, unsigned flags, sqlite3_stmt **statement,
		      const char **tail)
{
	const char *end = NULL;
	char *off = NULL;
	const char *text = sql;

	if (is_about_it(sql, n)) {
		off = switched_off(sql, n < 0 ? strlen(sql) : (size_t)n);
		text = off;
	}
	int result =
	    strcmp(call, "sqlite3_prepare_v3") == 0
		? REAL("sqlite3_prepare_v3", int, sqlite3 *, const char *, int,
		       unsigned, sqlite3_stmt **, const char **)(
		      db, text, n, flags, statement, &end)
		: REAL("sqlite3_prepare_v2", int, sqlite3 *, const char *, int,
		       sqlite3_stmt **, const char **)(db, text, n, statement,
						       &end);
	if (tail != NULL)
		*tail = end ? sql + (end - text) : NULL;
	free(off);
	return result;
}

SHOWN int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int n,
			     sqlite3_stmt **statement, const char **tail)
{
	return prepare_as("sqlite3_prepare_v2", db, sql, n, 0, statement, tail);
}

SHOWN int sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n,
			     unsigned flags, sqlite3_stmt **statement,
			     const char **tail)
{
	return prepare_as("sqlite3_prepare_v3", db, sql, n, flags, statement,
			  tail);
}
