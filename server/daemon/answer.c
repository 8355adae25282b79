/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c: what a kiosk is told of its entries and of the newest bundle. */
#include "answer.h"

void answer_verdict(struct jsontext *j, enum verdict verdict)
{
	jsontext_text(j, "verdict", bytes_text(verdict_name(verdict)));
	jsontext_number(j, "number", verdict);
}

void answer_marks(struct jsontext *j, unsigned marks)
{
	jsontext_open_array(j, "marks");
	for (unsigned bit = 0; bit < MARK_COUNT; bit++) {
		enum mark mark = (enum mark)(1u << bit);

		if ((marks & (unsigned)mark) != 0)
			jsontext_text(j, NULL, bytes_text(mark_name(mark)));
	}
	jsontext_close_array(j);
}

static void put_result(struct jsontext *j, const struct item_result *result)
{
	jsontext_open_object(j, NULL);
	if (result->seq > 0)
		jsontext_number(j, "seq", (int64_t)result->seq);
	else
		jsontext_null(j, "seq");
	answer_verdict(j, result->result);
	answer_marks(j, result->marks);
	jsontext_close_object(j);
}

void answer_results(struct jsontext *j, const char *name,
		    const struct ledger_item *items, size_t count)
{
	jsontext_open_array(j, name);
	for (size_t i = 0; i < count; i++)
		put_result(j, &items[i].result);
	jsontext_close_array(j);
}

void answer_held(struct jsontext *j, const struct held *held)
{
	char hash[2 * sizeof(held->hash) + 1];

	hex_encode(held->hash, sizeof(held->hash), hash);
	jsontext_open_object(j, "held");
	jsontext_number(j, "seq", (int64_t)held->seq);
	jsontext_text(j, "hash", bytes_text(hash));
	jsontext_number(j, "count", (int64_t)held->count);
	jsontext_close_object(j);
}

void answer_bundle(struct jsontext *j, struct snapshot_box *box)
{
	struct snapshot *now = snapshot_get(box);
	const char *etag;

	(void)snapshot_bundle(now, &etag);
	jsontext_number(j, "epoch", (int64_t)snapshot_epoch(now));
	jsontext_text(j, "bundle_etag", bytes_text(etag));
	snapshot_drop(now);
}
