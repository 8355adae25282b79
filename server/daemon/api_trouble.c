/* SPDX-License-Identifier: Apache-2.0 */
/* api_trouble.c: GET /v1/conflicts, /v1/disputed, /v1/unconfirmed: what needs
 * a look, the latest first, by pages. */
#include <stdlib.h>

#include "api.h"
#include "attempts.h"
#include "page.h"
#include "reply.h"
#include "router.h"
#include "store_report.h"
#include "viewcall.h"

struct trouble_query {
	enum trouble kind;
	struct page page;
	json_t *rows;
};

static const char *const names[] = {
    [TROUBLE_CONFLICT] = "conflicts",
    [TROUBLE_DISPUTED] = "disputed",
    [TROUBLE_UNCONFIRMED] = "unconfirmed",
};

static bool append(const struct trouble_row *row, void *arg)
{
	struct trouble_query *q = arg;
	json_t *attempt = attempts_json(&row->attempt), *o = attempt;

	if (q->kind == TROUBLE_CONFLICT)
		o = json_pack("{s:I, s:I, s:I, s:o, s:o}", "opened_ms",
			      (json_int_t)row->opened_ms, "uses",
			      (json_int_t)row->uses, "limit",
			      (json_int_t)row->limit, "attempt", attempt,
			      "against",
			      row->has_against ? attempts_json(&row->against)
					       : json_null());
	return json_array_append_new(q->rows, o) == 0;
}

static enum store_result view_trouble(struct store *reader,
				      struct viewcall *view)
{
	struct trouble_query *q = view->query;
	int64_t below = q->page.below;
	enum store_result r;
	bool more;

	q->rows = json_array();
	r = store_trouble(reader, q->kind, &below, q->page.limit, append, q,
			  &more);
	if (r != STORE_OK)
		return r;
	view->json = json_pack("{s:O, s:o}", names[q->kind], q->rows, "cursor",
			       page_cursor(below, more));
	return view->json != NULL ? STORE_OK : STORE_FAILED;
}

static void free_query(void *query)
{
	struct trouble_query *q = query;

	json_decref(q->rows);
	free(q);
}

void api_trouble(struct request *r)
{
	struct trouble_query *q = calloc(1, sizeof(*q));
	struct problem p = {.status = 0};

	if (q == NULL) {
		reply_unavailable(r);
		return;
	}
	q->kind = (enum trouble)r->route->what;
	if (page_read(request_params(r), &q->page, &p)) {
		viewcall_submit(r, q, free_query, view_trouble);
		return;
	}
	free_query(q);
	reply_problem(r, &p);
}
