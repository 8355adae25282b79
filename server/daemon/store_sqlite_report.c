/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_report.c: sums of the totals, by the days asked. */
#include <string.h>

#include "store_report.h"
#include "store_sqlite.h"

/* The primary key begins with the day, so only those rows are read. */
#define SUMS(number, key)                                               \
	"SELECT " number ", " key ", currency, verdict, sum(attempts)," \
	" sum(counting), sum(persons), sum(list), sum(discount),"       \
	" sum(without_price), sum(reversed), sum(conflicts) FROM total" \
	" WHERE day BETWEEN ?1 AND ?2 GROUP BY 1, 2, 3, 4"              \
	" ORDER BY 1, 2, 3, 4"
static const char *const sums_sql[BY_COUNT] = {
    [BY_DAY] = SUMS("day", "''"),          [BY_MONTH] = SUMS("day / 100", "''"),
    [BY_FACILITY] = SUMS("0", "facility"), [BY_BENEFIT] = SUMS("0", "benefit"),
    [BY_ISSUER] = SUMS("0", "issuer"),
};

static void read_sums(sqlite3_stmt *q, struct sums *s)
{
	struct total *t = &s->total;

	s->number = column_i64(q, 0);
	s->key = column_text(q, 1);
	s->currency = column_text(q, 2);
	s->verdict = (unsigned)column_i64(q, 3);
	t->attempts = column_i64(q, 4);
	t->counting = column_i64(q, 5);
	t->persons = column_i64(q, 6);
	t->list = column_i64(q, 7);
	t->discount = column_i64(q, 8);
	t->without_price = column_i64(q, 9);
	t->reversed = column_i64(q, 10);
	t->conflicts = column_i64(q, 11);
}

enum store_result store_sums(struct store *s, enum report_by by,
                             int32_t first_day, int32_t last_day,
                             sums_visit *visit, void *arg)
{
	static const struct total nothing;
	sqlite3_stmt *q = store_sql(s, sums_sql[by]);
	enum store_result r;
	struct sums sums;

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, first_day);
	bind_i64(q, 2, last_day);
	while ((r = store_step(s, q)) == STORE_OK) {
		read_sums(q, &sums);
		if (memcmp(&sums.total, &nothing, sizeof nothing) == 0)
			continue;
		if (!visit(&sums, arg)) {
			r = STORE_FAILED;
			break;
		}
	}
	store_end(q);
	return r == STORE_NONE ? STORE_OK : STORE_FAILED;
}
