/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_purge.c: forgetting which pass an old attempt was about. Rows,
 * signed entries, amounts and totals stay; what leads to a person goes. Debian's
 * SQLite is built with secure delete, so what goes is overwritten.
 *
 * Attempts are looked through once, in the order in which they were first
 * heard of; those with a reason to stay whole are listed in purge_kept and
 * looked at again, some in each step. Counters are looked through in turn. */
#include <string.h>

#include "localday.h"
#include "store_ledger.h"
#include "store_sqlite.h"

/* Rows of a step: a few milliseconds of the ledger's time. */
#define ATTEMPTS_A_STEP 500
#define KEPT_A_STEP 100
#define COUNTERS_A_STEP 2000
#define DAY_MS 86400000

struct place {
	int64_t attempt, kept, counter;
};

struct due {
	int64_t n;
	bool keep;
};

static enum store_result read_place(struct store *s, struct place *p)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT attempt, kept, counter FROM purge");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	r = store_step(s, q);
	if (r == STORE_OK)
		*p = (struct place){column_i64(q, 0), column_i64(q, 1),
		                    column_i64(q, 2)};
	store_end(q);
	return r == STORE_NONE ? STORE_FAILED : r;
}

static enum store_result write_place(struct store *s, const struct place *p)
{
	sqlite3_stmt *q = store_sql(s, "UPDATE purge SET attempt = ?1,"
	                               " kept = ?2, counter = ?3");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, p->attempt);
	bind_i64(q, 2, p->kept);
	bind_i64(q, 3, p->counter);
	return store_run(s, q);
}

/* ----------------------------------------------------------- attempts */

#define FROM_ATTEMPT                                                      \
	" FROM attempt a JOIN device d ON d.n = a.kiosk"                  \
	" LEFT JOIN counter c ON c.n = a.counter"                         \
	" LEFT JOIN entry e ON e.attempt = a.n"
/* An accept that waits for an operator; a use beyond the limit, or beside
 * one; an entry behind others that are still to come. */
#define KEEP                                                              \
	"(a.judgement = 4 AND a.admission = 0)"                           \
	" OR coalesce(c.conflicts, 0) > 0"                                \
	" OR coalesce(e.seq > d.oldest_unsent, 0)"

static enum store_result read_due(struct store *s, sqlite3_stmt *q,
                                  struct due *due, size_t cap, size_t *n)
{
	enum store_result r = STORE_NONE;

	*n = 0;
	while (*n < cap && (r = store_step(s, q)) == STORE_OK)
		due[(*n)++] = (struct due){column_i64(q, 0),
		                           column_i64(q, 1) != 0};
	store_end(q);
	return r == STORE_FAILED ? STORE_FAILED : STORE_OK;
}

static enum store_result on_one(struct store *s, const char *sql, int64_t n)
{
	sqlite3_stmt *q = store_sql(s, sql);

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, n);
	return store_run(s, q);
}

static enum store_result purge_attempt(struct store *s, int64_t n)
{
	enum store_result r;

	r = on_one(s, "UPDATE attempt SET scanned = NULL, counter = NULL"
	              " WHERE n = ?1", n);
	if (r == STORE_OK)
		r = on_one(s, "UPDATE entry SET salt = NULL WHERE attempt = ?1",
		           n);
	return r == STORE_OK
	           ? on_one(s, "DELETE FROM shown WHERE attempt = ?1", n)
	           : r;
}

/* Those that nobody has looked at yet, up to the first that is too young. */
static enum store_result new_ones(struct store *s, int64_t before_ms,
                                  struct place *p, bool *more)
{
	struct due due[ATTEMPTS_A_STEP];
	enum store_result r;
	size_t n;
	sqlite3_stmt *q = store_sql(
	    s, "SELECT a.n, " KEEP FROM_ATTEMPT " WHERE a.n > ?1 AND a.n <"
	       " coalesce((SELECT n FROM (SELECT n, CASE asked_ms WHEN 0"
	       "   THEN received_ms ELSE asked_ms END AS first_ms FROM attempt"
	       "   WHERE n > ?1 ORDER BY n LIMIT ?3)"
	       "  WHERE first_ms >= ?2 ORDER BY n LIMIT 1),"
	       " 9223372036854775807)"
	       " ORDER BY a.n LIMIT ?3");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, p->attempt);
	bind_i64(q, 2, before_ms);
	bind_i64(q, 3, ATTEMPTS_A_STEP);
	r = read_due(s, q, due, ATTEMPTS_A_STEP, &n);
	for (size_t i = 0; r == STORE_OK && i < n; i++) {
		r = due[i].keep
		        ? on_one(s, "INSERT OR IGNORE INTO purge_kept"
		                    " VALUES (?1)", due[i].n)
		        : purge_attempt(s, due[i].n);
		p->attempt = due[i].n;
	}
	*more = n == ATTEMPTS_A_STEP;
	return r;
}

/* Some of those that were kept; from the first again after the last. */
static enum store_result kept_ones(struct store *s, struct place *p)
{
	struct due due[KEPT_A_STEP];
	enum store_result r;
	size_t n;
	sqlite3_stmt *q = store_sql(
	    s, "SELECT a.n, " KEEP FROM_ATTEMPT
	       " JOIN purge_kept k ON k.attempt = a.n"
	       " WHERE k.attempt > ?1 ORDER BY k.attempt LIMIT ?2");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, p->kept);
	bind_i64(q, 2, KEPT_A_STEP);
	r = read_due(s, q, due, KEPT_A_STEP, &n);
	p->kept = n == KEPT_A_STEP ? due[n - 1].n : 0;
	for (size_t i = 0; r == STORE_OK && i < n; i++) {
		if (due[i].keep)
			continue;
		r = purge_attempt(s, due[i].n);
		if (r == STORE_OK)
			r = on_one(s, "DELETE FROM purge_kept"
			              " WHERE attempt = ?1", due[i].n);
	}
	return r;
}

/* ----------------------------------------------------------- counters */

/* Its period was over at the last facility on earth, and no attempt is left
 * in it. */
#define OVER                                                              \
	" WHERE n > ?1 AND n <= ?2 AND CASE per WHEN 0 THEN period < ?3"  \
	" WHEN 1 THEN period < ?4 WHEN 2 THEN period < ?5"                \
	" WHEN 3 THEN last_exp_s < ?6 ELSE 1 END AND conflicts = 0"       \
	" AND NOT EXISTS (SELECT 1 FROM attempt WHERE counter = counter.n)"

static enum store_result on_counters(struct store *s, const char *sql,
                                     int64_t after, int64_t last,
                                     int64_t before_ms)
{
	static const struct zone_span utc;
	/* Two days: no facility's day is that far from UTC's. */
	struct local_time t = local_time_at(&utc, before_ms - 2 * DAY_MS);
	sqlite3_stmt *q = store_sql(s, sql);

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, after);
	bind_i64(q, 2, last);
	bind_i64(q, 3, t.day);
	bind_i64(q, 4, 12 * t.year + t.month - 1);
	bind_i64(q, 5, t.year);
	bind_i64(q, 6, before_ms / 1000);
	return store_run(s, q);
}

/* *last 0: there is none; *whole: a step's worth, so more may follow. */
static enum store_result last_counter(struct store *s, int64_t after,
                                      int64_t *last, bool *whole)
{
	sqlite3_stmt *q =
	    store_sql(s, "SELECT max(n), count(*) FROM (SELECT n FROM counter"
	                 " WHERE n > ?1 ORDER BY n LIMIT ?2)");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, after);
	bind_i64(q, 2, COUNTERS_A_STEP);
	r = store_step(s, q);
	*last = r == STORE_OK ? column_i64(q, 0) : 0;
	*whole = r == STORE_OK && column_i64(q, 1) == COUNTERS_A_STEP;
	store_end(q);
	return r;
}

static enum store_result counters(struct store *s, int64_t before_ms,
                                  struct place *p)
{
	enum store_result r;
	int64_t last;
	bool whole;

	r = last_counter(s, p->counter, &last, &whole);
	/* Past conflicts name it for good: it loses its pass alone. */
	if (r == STORE_OK && last > 0)
		r = on_counters(s,
		                "UPDATE counter SET pass ="
		                " CAST('gone ' || n AS BLOB)" OVER
		                " AND length(pass) = 16 AND EXISTS"
		                " (SELECT 1 FROM conflict"
		                "  WHERE counter = counter.n)",
		                p->counter, last, before_ms);
	if (r == STORE_OK && last > 0)
		r = on_counters(s,
		                "DELETE FROM counter" OVER
		                " AND NOT EXISTS (SELECT 1 FROM conflict"
		                "  WHERE counter = counter.n)",
		                p->counter, last, before_ms);
	p->counter = whole ? last : 0;
	return r;
}

#define OLD "length(raw) > 0 AND received_ms < ?1"

static enum store_result quarantined(struct store *s, int64_t before_ms)
{
	enum store_result r;

	/* Their places are free again. */
	s->quarantine_counted = false;
	r = on_one(s, "UPDATE device SET quarantined = quarantined - (SELECT"
	              " count(*) FROM quarantine WHERE kiosk = device.n AND "
	              OLD ") WHERE n IN (SELECT kiosk FROM quarantine WHERE "
	              OLD ")", before_ms);
	return r == STORE_OK
	           ? on_one(s, "UPDATE quarantine SET raw = x'' WHERE " OLD,
	                    before_ms)
	           : r;
}

enum store_result store_purge(struct store *s, int64_t before_ms, bool *more)
{
	struct place was, p;
	enum store_result r = read_place(s, &was);

	*more = false;
	if (r != STORE_OK)
		return r;
	p = was;
	r = new_ones(s, before_ms, &p, more);
	if (r == STORE_OK)
		r = kept_ones(s, &p);
	if (r == STORE_OK)
		r = counters(s, before_ms, &p);
	if (r == STORE_OK)
		r = quarantined(s, before_ms);
	if (r == STORE_OK && memcmp(&p, &was, sizeof p) != 0)
		r = write_place(s, &p);
	return r;
}

enum store_result store_probe(struct store *s)
{
	sqlite3_stmt *q = store_sql(s, "INSERT OR REPLACE INTO probe"
	                               " VALUES (1, randomblob(?1))");

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, PROBE_BYTES);
	return store_run(s, q);
}
