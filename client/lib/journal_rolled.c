/* SPDX-License-Identifier: Apache-2.0 */
/* journal_rolled.c: a key roll under way, and the entries of keys before the
 * one in use. Those have a table of their own: an entry's number in its chain
 * is its row, and each key's chain begins at 1. */
#include <stdio.h>
#include <string.h>

#include "journal_sql.h"

/* Far beyond any number of an entry: refusals of a chain that is over never
 * meet those of the next one. */
#define REFUSED_APART (INT64_C(1) << 48)

bool journal_roll(struct journal *j, struct roll *out)
{
	sqlite3_stmt *s = sql_get(j, SQL_ROLL);
	bool row, ok = sql_step(j, s, &row);
	struct bytes message;

	*out = (struct roll){.there = false};
	if (ok && row) {
		message = sql_column(s, 0);
		out->there = true;
		out->answered = sqlite3_column_int(s, 1) != 0;
		/* one that does not fit is none: it is made again */
		if (message.n > 0 && message.n <= sizeof(out->enrolment)) {
			memcpy(out->enrolment, message.p, message.n);
			out->enrolment_n = message.n;
		}
	}
	sql_done(s);
	return ok;
}

bool journal_set_roll(struct journal *j, const struct roll *r)
{
	sqlite3_stmt *s = sql_get(j, SQL_SET_ROLL);

	sql_blob(s, 1, bytes_of(r->enrolment, r->enrolment_n));
	sql_int(s, 2, r->answered);
	return sql_run(j, s);
}

bool journal_drop_roll(struct journal *j)
{
	return sql_run(j, sql_get(j, SQL_DROP_ROLL));
}

/* ---------------------------------------------------------- keys before */

static bool keep_key(struct journal *j, const struct former_key *key,
		     int64_t now_ms)
{
	sqlite3_stmt *s = sql_get(j, SQL_ROLL_KEY);

	sql_blob(s, 1, bytes_of(key->kid, sizeof(key->kid)));
	sql_blob(s, 2, bytes_of(key->mac, sizeof(key->mac)));
	sql_blob(s, 3, bytes_of(key->enrolment, key->enrolment_n));
	sql_int(s, 4, now_ms);
	return sql_run(j, s);
}

bool journal_begin_chain(struct journal *j, const struct former_key *key,
			 int64_t now_ms)
{
	sqlite3_stmt *put = sql_get(j, SQL_ROLL_ENTRIES);
	sqlite3_stmt *apart = sql_get(j, SQL_ROLL_REFUSED);

	sql_blob(put, 1, bytes_of(key->kid, sizeof(key->kid)));
	sql_int(apart, 1, REFUSED_APART);
	return keep_key(j, key, now_ms) && sql_run(j, put) &&
	       sql_run(j, sql_get(j, SQL_DROP_ENTRIES)) &&
	       sql_run(j, apart) && sql_run(j, sql_get(j, SQL_NO_CONTACT));
}

/* One that went bad is of no use, and the older ones behind it neither. */
static bool read_key(sqlite3_stmt *s, struct former_key *out)
{
	struct bytes message = sql_column(s, 2);

	if (!sql_column_exact(s, 0, out->kid, sizeof(out->kid)) ||
	    !sql_column_exact(s, 1, out->mac, sizeof(out->mac)) ||
	    message.n == 0 || message.n > sizeof(out->enrolment))
		return false;
	memcpy(out->enrolment, message.p, message.n);
	out->enrolment_n = message.n;
	out->last_seq = (uint64_t)sqlite3_column_int64(s, 3);
	return true;
}

bool journal_former(struct journal *j,
		    struct former_key keys[static FORMER_KEYS_MAX],
		    size_t *count)
{
	sqlite3_stmt *s = sql_get(j, SQL_FORMER);
	bool ok, row;

	*count = 0;
	sql_int(s, 1, FORMER_KEYS_MAX);
	while ((ok = sql_step(j, s, &row)) && row && read_key(s, &keys[*count]))
		++*count;
	sql_done(s);
	return ok;
}

bool journal_former_after(struct journal *j, const uint8_t kid[static 8],
			  uint64_t after, size_t max, journal_visit *visit,
			  void *arg)
{
	sqlite3_stmt *s = sql_get(j, SQL_FORMER_AFTER);
	bool ok, row;

	sql_blob(s, 1, bytes_of(kid, 8));
	sql_int(s, 2, (int64_t)after);
	sql_int(s, 3, (int64_t)max);
	while ((ok = sql_step(j, s, &row)) && row)
		visit(arg, (uint64_t)sqlite3_column_int64(s, 0),
		      sql_column(s, 1), sql_column(s, 2), sql_column(s, 3));
	sql_done(s);
	return ok;
}
