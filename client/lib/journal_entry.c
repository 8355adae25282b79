/* SPDX-License-Identifier: Apache-2.0 */
/* journal_entry.c: the chain of entries, and which of them are sent. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "entry.h"
#include "journal_sql.h"

static bool damaged(struct journal *j, uint64_t seq)
{
	snprintf(j->error, sizeof(j->error),
		 "entry %llu is not what its hash says; keep this directory "
		 "for the operator and enrol a new kiosk in another",
		 (unsigned long long)seq);
	return false;
}

static bool hash_fits(struct bytes message, struct bytes hash)
{
	uint8_t made[32];

	entry_hash(message, made);
	return hash.n == sizeof(made) && memcmp(made, hash.p, hash.n) == 0;
}

bool journal_tip(struct journal *j, struct journal_tip *out)
{
	sqlite3_stmt *s = sql_get(j, SQL_TIP);
	bool row, ok = sql_step(j, s, &row);

	*out = (struct journal_tip){.next_seq = 1};
	if (ok && row) {
		out->next_seq = (uint64_t)sqlite3_column_int64(s, 0) + 1;
		if (!hash_fits(sql_column(s, 2), sql_column(s, 1)) ||
		    !sql_column_exact(s, 1, out->prev, sizeof(out->prev)))
			ok = damaged(j, out->next_seq - 1);
	}
	sql_done(s);
	return ok;
}

/* Of what may be accepted until the next contact. */
static bool spend(struct journal *j, int64_t discount)
{
	sqlite3_stmt *s = sql_get(j, SQL_SPEND);

	sql_int(s, 1, discount);
	return sql_run(j, s);
}

bool journal_append(struct journal *j, const struct journal_entry *e)
{
	sqlite3_stmt *s = sql_get(j, SQL_APPEND);

	sql_int(s, 1, (int64_t)e->seq);
	sql_blob(s, 2, bytes_of(e->id, sizeof(e->id)));
	sql_blob(s, 3, e->message);
	sql_blob(s, 4, bytes_of(e->hash, sizeof(e->hash)));
	sql_blob(s, 5, e->salt);
	sql_blob(s, 6, e->scanned);
	sql_int(s, 7, e->effective_ms);
	if (e->pass != NULL)
		sql_blob(s, 8, bytes_of(e->pass, PASS_HASH_SIZE));
	if (!e->reversal) {
		sql_int(s, 9, e->told);
		sql_text(s, 10, e->benefit);
	}
	sql_int(s, 11, e->period);
	sql_int(s, 12, e->counted);
	if (e->reversal)
		sql_blob(s, 13, bytes_of(e->of_id, sizeof(e->of_id)));
	if (e->alone)
		sql_int(s, 14, e->spent);
	return sql_run(j, s) && (!e->alone || spend(j, e->spent));
}

static bool is_reversed(struct journal *j, const uint8_t id[static 16],
			bool *reversed)
{
	sqlite3_stmt *s = sql_get(j, SQL_REVERSED);
	bool ok;

	sql_blob(s, 1, bytes_of(id, 16));
	ok = sql_step(j, s, reversed);
	sql_done(s);
	return ok;
}

static bool read_found(sqlite3_stmt *s, struct journal_found *out)
{
	out->seq = (uint64_t)sqlite3_column_int64(s, 0);
	out->told = (unsigned)sqlite3_column_int(s, 1);
	out->effective_ms = sqlite3_column_int64(s, 2);
	out->has_pass = sql_column_exact(s, 3, out->pass, sizeof(out->pass));
	out->period = (int32_t)sqlite3_column_int(s, 5);
	out->counted = sqlite3_column_int(s, 6) != 0;
	return bytes_to_text(sql_column(s, 4), out->benefit,
			     sizeof(out->benefit));
}

static bool find_in(struct journal *j, enum statement which,
		    const uint8_t id[static 16], struct journal_found *out,
		    bool *there)
{
	sqlite3_stmt *s = sql_get(j, which);
	bool ok;

	*out = (struct journal_found){.rolled = which == SQL_FIND_ROLLED};
	sql_blob(s, 1, bytes_of(id, 16));
	ok = sql_step(j, s, there);
	if (ok && *there &&
	    (!read_found(s, out) ||
	     (out->rolled &&
	      !sql_column_exact(s, 7, out->kid, sizeof(out->kid)))))
		ok = damaged(j, out->seq);
	sql_done(s);
	return ok;
}

bool journal_find(struct journal *j, const uint8_t id[static 16],
		  struct journal_found *out, bool *there)
{
	return find_in(j, SQL_FIND, id, out, there) &&
	       (*there || find_in(j, SQL_FIND_ROLLED, id, out, there)) &&
	       is_reversed(j, id, &out->reversed);
}

bool journal_set_counted(struct journal *j, const struct journal_found *of,
			 bool counted)
{
	sqlite3_stmt *s = sql_get(j, of->rolled ? SQL_SET_ROLLED_COUNTED
						: SQL_SET_COUNTED);

	sql_int(s, 1, (int64_t)of->seq);
	sql_int(s, 2, counted);
	return sql_run(j, s);
}

bool journal_reversed_by(struct journal *j, uint64_t seq,
			 struct journal_reversal *out)
{
	sqlite3_stmt *s = sql_get(j, SQL_REVERSED_BY);
	struct entry e;
	bool ok, row;

	*out = (struct journal_reversal){.there = false};
	sql_int(s, 1, (int64_t)seq);
	ok = sql_step(j, s, &row);
	if (ok && row) {
		out->there = sql_column_exact(s, 0, out->id, sizeof(out->id));
		out->has_kid = entry_read(sql_column(s, 1), &e) &&
			       e.typ == TYP_REVERSAL;
		if (out->has_kid)
			memcpy(out->kid, e.of_kid, sizeof(out->kid));
	}
	sql_done(s);
	return ok;
}

bool journal_refuse(struct journal *j, const struct journal_refused *r)
{
	sqlite3_stmt *s = sql_get(j, SQL_REFUSE);

	sql_int(s, 1, (int64_t)r->seq);
	sql_blob(s, 2, bytes_of(r->kid, sizeof(r->kid)));
	sql_blob(s, 3, bytes_of(r->id, sizeof(r->id)));
	sql_int(s, 4, r->verdict);
	return sql_run(j, s);
}

bool journal_refused(struct journal *j, uint64_t after,
		     struct journal_refused *out, bool *there)
{
	sqlite3_stmt *s = sql_get(j, SQL_REFUSED);
	bool ok;

	*out = (struct journal_refused){0};
	sql_int(s, 1, (int64_t)after);
	ok = sql_step(j, s, there);
	if (ok && *there) {
		out->seq = (uint64_t)sqlite3_column_int64(s, 0);
		out->verdict = (unsigned)sqlite3_column_int(s, 3);
		if (!sql_column_exact(s, 1, out->kid, sizeof(out->kid)) ||
		    !sql_column_exact(s, 2, out->id, sizeof(out->id)))
			ok = damaged(j, out->seq);
	}
	sql_done(s);
	return ok;
}

bool journal_drop_refused(struct journal *j, uint64_t seq)
{
	sqlite3_stmt *s = sql_get(j, SQL_DROP_REFUSED);

	sql_int(s, 1, (int64_t)seq);
	return sql_run(j, s);
}

static bool visit_unsent(struct journal *j, sqlite3_stmt *s,
			 journal_visit *visit, void *arg)
{
	bool ok, row;

	while ((ok = sql_step(j, s, &row)) && row)
		visit(arg, (uint64_t)sqlite3_column_int64(s, 0),
		      sql_column(s, 1), sql_column(s, 2), sql_column(s, 3));
	sql_done(s);
	return ok;
}

bool journal_unsent(struct journal *j, const uint8_t *pass, size_t max,
		    journal_visit *visit, void *arg)
{
	sqlite3_stmt *s = sql_get(j, pass ? SQL_UNSENT_OF_PASS : SQL_UNSENT);

	sql_int(s, 1, (int64_t)max);
	if (pass != NULL)
		sql_blob(s, 2, bytes_of(pass, PASS_HASH_SIZE));
	return visit_unsent(j, s, visit, arg);
}

bool journal_unsent_with(struct journal *j, uint64_t seq, size_t max,
			 journal_visit *visit, void *arg)
{
	sqlite3_stmt *s = sql_get(j, SQL_UNSENT_WITH);

	sql_int(s, 1, (int64_t)max);
	sql_int(s, 2, (int64_t)seq);
	return visit_unsent(j, s, visit, arg);
}

bool journal_unsent_between(struct journal *j, uint64_t after, uint64_t last,
			    size_t max, journal_visit *visit, void *arg)
{
	sqlite3_stmt *s = sql_get(j, SQL_UNSENT_BETWEEN);

	sql_int(s, 1, (int64_t)max);
	sql_int(s, 2, (int64_t)after);
	sql_int(s, 3, last > INT64_MAX ? INT64_MAX : (int64_t)last);
	return visit_unsent(j, s, visit, arg);
}

bool journal_entry_at(struct journal *j, uint64_t seq, struct journal_at *out)
{
	sqlite3_stmt *s = sql_get(j, SQL_ENTRY_AT);
	bool ok;

	*out = (struct journal_at){.there = false};
	sql_int(s, 1, (int64_t)seq);
	ok = sql_step(j, s, &out->there);
	if (ok && out->there) {
		out->sent = sqlite3_column_int(s, 0) != 0;
		out->taken = sqlite3_column_int(s, 2) != 0;
		if (!sql_column_exact(s, 1, out->hash, sizeof(out->hash)))
			ok = damaged(j, seq);
	}
	sql_done(s);
	return ok;
}

bool journal_settle(struct journal *j, uint64_t seq, unsigned result,
		    unsigned marks, int64_t now_ms)
{
	sqlite3_stmt *s = sql_get(j, SQL_SETTLE);

	sql_int(s, 1, (int64_t)seq);
	sql_int(s, 2, result);
	sql_int(s, 3, marks);
	sql_int(s, 4, now_ms);
	return sql_run(j, s);
}

bool journal_result(struct journal *j, uint64_t seq, unsigned *result,
		    unsigned *marks)
{
	sqlite3_stmt *s = sql_get(j, SQL_RESULT);
	bool ok, row;

	*result = *marks = 0;
	sql_int(s, 1, (int64_t)seq);
	ok = sql_step(j, s, &row);
	if (ok && row) {
		*result = (unsigned)sqlite3_column_int(s, 0);
		*marks = (unsigned)sqlite3_column_int(s, 1);
	}
	sql_done(s);
	return ok;
}

bool journal_queue(struct journal *j, struct journal_queue *out)
{
	sqlite3_stmt *s = sql_get(j, SQL_QUEUE);
	bool row, ok = sql_step(j, s, &row);

	*out = (struct journal_queue){0};
	if (ok && row) {
		out->depth = (uint64_t)sqlite3_column_int64(s, 0);
		out->oldest_seq = (uint64_t)sqlite3_column_int64(s, 1);
		out->oldest_ms = sqlite3_column_int64(s, 2);
	}
	sql_done(s);
	return ok;
}

/* Whether an entry follows the one before, of which prev is the hash. After
 * the oldest were forgotten the first one kept can only be taken as it is. */
static bool follows(sqlite3_stmt *s, uint64_t *seq, uint8_t prev[static 32],
		    bool first)
{
	struct bytes message = sql_column(s, 1);
	uint64_t at = (uint64_t)sqlite3_column_int64(s, 0);
	struct entry e;
	bool ok = hash_fits(message, sql_column(s, 2)) &&
		  entry_read(message, &e) && e.seq == at;

	if (ok && first && at > 1)
		memcpy(prev, e.prev, 32);
	else
		ok = ok && at == *seq + 1;
	ok = ok && memcmp(e.prev, prev, 32) == 0;
	*seq = at;
	entry_hash(message, prev);
	return ok;
}

bool journal_verify(struct journal *j, uint64_t *bad)
{
	sqlite3_stmt *s = sql_get(j, SQL_CHAIN);
	uint8_t prev[32] = {0};
	uint64_t seq = 0;
	bool ok, row, first = true;

	*bad = 0;
	while ((ok = sql_step(j, s, &row)) && row) {
		if (!follows(s, &seq, prev, first)) {
			*bad = seq;
			break;
		}
		first = false;
	}
	sql_done(s);
	return ok;
}
