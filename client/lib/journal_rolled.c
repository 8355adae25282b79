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

bool journal_begin_chain(struct journal *j, const uint8_t kid[static 8])
{
	sqlite3_stmt *put = sql_get(j, SQL_ROLL_ENTRIES);
	sqlite3_stmt *apart = sql_get(j, SQL_ROLL_REFUSED);

	sql_blob(put, 1, bytes_of(kid, 8));
	sql_int(apart, 1, REFUSED_APART);
	return sql_run(j, put) && sql_run(j, sql_get(j, SQL_DROP_ENTRIES)) &&
	       sql_run(j, apart) && sql_run(j, sql_get(j, SQL_NO_CONTACT));
}
