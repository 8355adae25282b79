/* SPDX-License-Identifier: Apache-2.0 */
/* api_quarantine.c: GET /v1/quarantine: what of kiosks is no record, the latest
 * first, by pages; and one of it with its bytes. They may hold the code of a
 * pass, which whoever reads lists is not to have. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "attempts_query.h"
#include "limits.h"
#include "page.h"
#include "reply.h"
#include "store_report.h"
#include "taker.h"
#include "viewcall.h"

#define RAW_TEXT_MAX                                                         \
	sodium_base64_ENCODED_LEN(QUARANTINE_ITEM_MAX,                       \
				  sodium_base64_VARIANT_ORIGINAL)

static json_t *item_json(const struct quarantined *item)
{
	static const char *const kinds[] = {
	    [QUARANTINE_UNREADABLE] = "unreadable",
	    [QUARANTINE_ID_REUSED] = "id-reused"};

	return json_pack("{s:I, s:o, s:o, s:s, s:I, s:I, s:o}", "n",
			 (json_int_t)item->n, "kiosk", json_of_hex(item->kid),
			 "facility",
			 item->facility.n > 0 ? json_of_bytes(item->facility)
					      : json_null(),
			 "kind", kinds[item->kind], "received_ms",
			 (json_int_t)item->received_ms, "size",
			 (json_int_t)item->size, "sha256",
			 json_of_hex(item->hash));
}

static bool append(const struct quarantined *item, void *array)
{
	return json_array_append_new(array, item_json(item)) == 0;
}

static enum store_result view_list(struct store *reader, struct viewcall *view)
{
	const struct page *page = view->query;
	int64_t below = page->below;
	json_t *rows = json_array();
	enum store_result r;
	bool more;

	r = store_quarantine_list(reader, &below, page->limit, append, rows,
				  &more);
	if (r != STORE_OK) {
		json_decref(rows);
		return r;
	}
	view->json = json_pack("{s:o, s:o}", "quarantine", rows, "cursor",
			       page_cursor(below, more));
	return view->json != NULL ? STORE_OK : STORE_FAILED;
}

void api_quarantine(struct request *r)
{
	struct page *page = calloc(1, sizeof(*page));
	struct problem p = {.status = 0};

	if (page == NULL) {
		reply_unavailable(r);
		return;
	}
	if (page_read(request_params(r), page, &p)) {
		viewcall_submit(r, page, free, view_list);
		return;
	}
	free(page);
	reply_problem(r, &p);
}

/* ------------------------------------------------------------------ one */

static json_t *raw_json(struct bytes raw)
{
	char text[RAW_TEXT_MAX];

	if (raw.n == 0 || raw.n > QUARANTINE_ITEM_MAX)
		return json_null();
	sodium_bin2base64(text, sizeof(text), raw.p, raw.n,
			  sodium_base64_VARIANT_ORIGINAL);
	return json_string(text);
}

static bool show(const struct quarantined *item, void *arg)
{
	json_t **out = arg;

	*out = item_json(item);
	return json_object_set_new(*out, "raw", raw_json(item->raw)) == 0;
}

static enum store_result view_one(struct store *reader, struct viewcall *view)
{
	const char *name = view->r->arg[0];
	enum store_result r = STORE_NONE;
	int64_t n;

	if (attempts_number_read(name, strlen(name), INT64_MAX, &n))
		r = store_quarantine_one(reader, n, show, &view->json);
	if (r == STORE_NONE)
		problem_set(&view->problem, 404, NULL,
			    "no item %.40s is in quarantine; oapctl quarantine "
			    "list shows them",
			    name);
	return r;
}

void api_quarantine_one(struct request *r)
{
	viewcall_submit(r, NULL, NULL, view_one);
}
