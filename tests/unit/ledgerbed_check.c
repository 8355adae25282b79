/* SPDX-License-Identifier: Apache-2.0 */
/* ledgerbed_check.c: whether everything in a bed's store adds up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>

#include "ledgerbed.h"

static sqlite3 *look(const struct bed *bed)
{
	char path[128];
	sqlite3 *db;

	snprintf(path, sizeof path, "%s/oapd.db", bed_dir(bed));
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL),
	                 SQLITE_OK);
	return db;
}

static bool number_of(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *q;
	bool there;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	there = sqlite3_step(q) == SQLITE_ROW;
	*out = there ? sqlite3_column_int64(q, 0) : 0;
	sqlite3_finalize(q);
	return there;
}

int64_t bed_number(struct bed *bed, const char *sql)
{
	sqlite3 *db = look(bed);
	int64_t n;

	if (!number_of(db, sql, &n))
		fail_msg("%s: no row", sql);
	sqlite3_close(db);
	return n;
}

/* Each finds rows that are wrong; they say the rules a second time, in SQL. */
#define TELLS "CASE WHEN told <> 0 THEN told ELSE answer END"
#define DISPUTED                                               \
	"(told IN (1, 2) AND (admission = 2 OR (judgement = 4" \
	" AND admission = 0)))"
#define TOTALS                                                               \
	"SELECT day, month, facility, benefit, issuer, class, " TELLS        \
	" AS verdict, online, currency, count(*) AS attempts,"               \
	" sum(counts) AS counting, sum(counts * party) AS persons,"          \
	" sum(counts * coalesce(list, 0)) AS list,"                          \
	" sum(counts * coalesce(discount, 0)) AS discount,"                  \
	" sum(counts AND list IS NULL) AS without_price,"                    \
	" sum(reversed_ms IS NOT NULL AND " TELLS " IN (1, 2)) AS reversed," \
	" sum(marks & 1) AS conflicts FROM attempt WHERE NOT " DISPUTED      \
	" GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
#define STORED                                                               \
	"SELECT day, month, facility, benefit, issuer, class, verdict,"      \
	" online, currency, attempts, counting, persons, list, discount,"    \
	" without_price, reversed, conflicts FROM total"                     \
	" WHERE attempts <> 0 OR counting <> 0 OR persons <> 0 OR list <> 0" \
	" OR discount <> 0 OR without_price <> 0 OR reversed <> 0"           \
	" OR conflicts <> 0"
#define HOURS                                                          \
	"SELECT day, hour, facility, " TELLS " IN (1, 2) AS accepted," \
	" count(*) AS attempts FROM attempt WHERE NOT " DISPUTED       \
	" GROUP BY 1, 2, 3, 4"
static const char *const wrongs[][2] = {
    {"counts follows from what is known",
     "SELECT count(*) FROM attempt WHERE counts <> (reversed_ms IS NULL AND"
     " CASE WHEN told = 0 THEN answer IN (1, 2) AND given_up = 0"
     " ELSE told IN (1, 2) AND NOT " DISPUTED " END)"},
    {"a counter is the number of its attempts that count, and of forgotten ones",
     "SELECT count(*) FROM counter c WHERE uses < (SELECT count(*)"
     " FROM attempt WHERE counter = c.n AND counts = 1)"
     " OR (uses > (SELECT count(*) FROM attempt WHERE counter = c.n"
     "  AND counts = 1) AND NOT EXISTS (SELECT 1 FROM attempt"
     "  WHERE scanned IS NULL))"},
    {"a purged attempt leads to no pass",
     "SELECT count(*) FROM attempt a WHERE scanned IS NULL AND (counter IS"
     " NOT NULL OR EXISTS (SELECT 1 FROM entry WHERE attempt = a.n"
     "  AND salt IS NOT NULL) OR EXISTS (SELECT 1 FROM shown"
     "  WHERE attempt = a.n))"},
    {"open conflicts are the uses over the limit",
     "SELECT count(*) FROM counter c WHERE conflicts <> max(0, CASE"
     " WHEN use_limit = 0 THEN 0 ELSE uses - use_limit END)"
     " OR conflicts <> (SELECT count(*) FROM conflict WHERE counter = c.n"
     " AND closed_ms IS NULL)"},
    {"an open conflict is on an attempt of its counter that counts",
     "SELECT count(*) FROM conflict x JOIN attempt a ON a.n = x.attempt"
     " WHERE closed_ms IS NULL AND (a.counts = 0 OR a.counter <> x.counter"
     " OR (a.marks & 1) = 0)"},
    {"an attempt has one open conflict when it is marked, else none",
     "SELECT count(*) FROM attempt a WHERE (marks & 1) <> (SELECT count(*)"
     " FROM conflict WHERE attempt = a.n AND closed_ms IS NULL)"},
    {"totals are the sums of the rows",
     "SELECT (SELECT count(*) FROM (" TOTALS " EXCEPT " STORED "))"
     " + (SELECT count(*) FROM (" STORED " EXCEPT " TOTALS "))"},
    {"hours are the sums of the rows",
     "SELECT (SELECT count(*) FROM (" HOURS
     " EXCEPT SELECT * FROM hourly)) + (SELECT count(*) FROM (SELECT *"
     " FROM hourly WHERE attempts <> 0 EXCEPT " HOURS "))"},
    {"a told verdict has its entry, and only that",
     "SELECT count(*) FROM attempt a WHERE (told <> 0) <> EXISTS"
     " (SELECT 1 FROM entry WHERE attempt = a.n)"},
    {"a kiosk's count is the number of its entries",
     "SELECT count(*) FROM device d WHERE entries <> (SELECT count(*)"
     " FROM entry JOIN attempt ON n = attempt WHERE kiosk = d.n)"
     " + (SELECT count(*) FROM reversal WHERE kid = d.kid)"},
    {"the database is whole", "SELECT count(*) FROM pragma_integrity_check"
                              " WHERE integrity_check <> 'ok'"},
    {"no reference is broken", "SELECT count(*) FROM pragma_foreign_key_check"},
};

void bed_check(struct bed *bed)
{
	sqlite3 *db = look(bed);

	for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
		int64_t n;

		assert_true(number_of(db, wrongs[i][1], &n));
		if (n != 0)
			fail_msg("not so: %s (%lld)", wrongs[i][0],
			         (long long)n);
	}
	sqlite3_close(db);
}

int bed_begin_story(void **state)
{
	*state = bed_open();
	return 0;
}

int bed_end_story(void **state)
{
	bed_check(*state);
	bed_close(*state);
	return 0;
}
