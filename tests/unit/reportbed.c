/* SPDX-License-Identifier: Apache-2.0 */
/* reportbed.c: reports of what a ledger has written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reportbed.h"
#include "store_sqlite.h"

struct params reportbed_params(char *text, struct param *p, size_t cap)
{
	struct params params = {.p = p};
	char *rest = text, *pair;

	while ((pair = strsep(&rest, "&")) && *pair != '\0') {
		char *value = strchr(pair, '=');

		assert_non_null(value);
		*value = '\0';
		assert_true(params.n < cap);
		p[params.n++] = (struct param){pair, value + 1};
	}
	return params;
}

struct report_request *reportbed_request(const char *name, const char *query,
                                         struct problem *problem)
{
	char text[256];
	struct param p[8];

	snprintf(text, sizeof text, "%s", query);
	memset(problem, 0, sizeof *problem);
	return report_request_read(name, reportbed_params(text, p, 8), problem);
}

struct store *reportbed_reader(const struct bed *bed)
{
	char error[256] = "";
	struct store *s = store_open_reader(bed_dir(bed), error, sizeof error);

	if (!s)
		fail_msg("%s", error);
	return s;
}

char *reportbed_text(struct bed *bed, const char *name, const char *query,
                     const char *type)
{
	struct store *reader = reportbed_reader(bed);
	struct report_output out;
	struct problem problem;
	struct report_request *r = reportbed_request(name, query, &problem);
	char *text;

	if (!r)
		fail_msg("%s", problem.detail);
	assert_int_equal(store_begin(reader), STORE_OK);
	assert_int_equal(report_run(reader, r, &out), STORE_OK);
	assert_int_equal(store_commit(reader), STORE_OK);
	assert_string_equal(out.content_type, type);
	text = strndup(out.body, out.n);
	assert_non_null(text);
	free(out.body);
	report_request_free(r);
	store_close(reader);
	return text;
}

json_t *reportbed_json(struct bed *bed, const char *name, const char *query)
{
	char *text = reportbed_text(bed, name, query, "application/json");
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(o);
	free(text);
	return o;
}

/* Single quotes stand for double ones. */
static json_t *expected(const char *text)
{
	char *copy = strdup(text);
	json_error_t error;
	json_t *o;

	assert_non_null(copy);
	for (char *c = copy; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	o = json_loads(copy, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!o)
		fail_msg("%s: %s", error.text, copy);
	free(copy);
	return o;
}

void reportbed_assert(const json_t *is, const char *should)
{
	json_t *o = expected(should);

	if (!json_equal(is, o)) {
		char *text = json_dumps(is, JSON_INDENT(1) | JSON_ENCODE_ANY);

		fail_msg("%s\nshould be\n%s", text ? text : "?", should);
	}
	json_decref(o);
}

void reportbed_rows(struct bed *bed, const char *name, const char *query,
                    const char *rows)
{
	json_t *o = reportbed_json(bed, name, query);

	reportbed_assert(json_object_get(o, "rows"), rows);
	json_decref(o);
}

void reportbed_tell(struct bed *bed, const struct visit *v, enum verdict told,
                    const struct ask_result *answer)
{
	struct paper p = bed_write(bed, v, told, answer);

	assert_int_equal(bed_send_one(bed, &p).result, told);
}

enum verdict reportbed_redeem(struct bed *bed, const struct visit *v)
{
	return bed_redeem(bed, v).answer.verdict;
}

/* ---------------------------------------------------------------- cost */

static void explain(struct store *s, sqlite3_stmt *of, char *plan, size_t cap)
{
	sqlite3_stmt *q;
	char sql[2048];
	size_t n = 0;

	snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", sqlite3_sql(of));
	assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &q, NULL),
	                 SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW)
		n += (size_t)snprintf(plan + n, cap - n, "%s; ",
		                      sqlite3_column_text(q, 3));
	sqlite3_finalize(q);
}

size_t reportbed_plans(struct store *reader, const char *part, const char *must,
                       const char *must_not)
{
	size_t n = 0;

	for (size_t i = 0; i < STORE_STATEMENTS; i++) {
		char plan[1024] = "";

		if (!reader->kept[i].sql || !strstr(reader->kept[i].sql, part))
			continue;
		explain(reader, reader->kept[i].statement, plan, sizeof plan);
		if (!strstr(plan, must) || strstr(plan, must_not))
			fail_msg("%s", plan);
		n++;
	}
	return n;
}
