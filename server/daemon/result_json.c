/* SPDX-License-Identifier: Apache-2.0 */
/* result_json.c: what a kiosk is told of its entries. */
#include "result_json.h"

bool json_put_verdict(json_t *o, enum verdict verdict)
{
	return json_object_set_new_nocheck(
		   o, "verdict",
		   json_string_nocheck(verdict_name(verdict))) == 0 &&
	       json_object_set_new_nocheck(o, "number",
					   json_integer(verdict)) == 0;
}

static json_t *json_of_marks(unsigned marks)
{
	json_t *array = json_array();

	for (unsigned bit = 0; bit < MARK_COUNT; bit++) {
		unsigned mark = 1u << bit;

		if ((marks & mark) != 0 &&
		    json_array_append_new(
			array, json_string(mark_name((enum mark)mark))) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *json_of_result(const struct ledger_item *item)
{
	const struct item_result *result = &item->result;
	json_t *o = json_object();
	json_t *seq = result->seq > 0 ? json_integer((json_int_t)result->seq)
				      : json_null();

	if (json_object_set_new_nocheck(o, "seq", seq) == 0 &&
	    json_put_verdict(o, result->result) &&
	    json_object_set_new_nocheck(o, "marks",
					json_of_marks(result->marks)) == 0)
		return o;
	json_decref(o);
	return NULL;
}

json_t *json_of_results(const struct ledger_item *items, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(array, json_of_result(&items[i])) !=
		    0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

json_t *json_of_held(const struct held *held)
{
	char hash[2 * sizeof(held->hash) + 1];

	hex_encode(held->hash, sizeof(held->hash), hash);
	return json_pack("{s:I, s:s, s:I}", "seq", (json_int_t)held->seq,
			 "hash", hash, "count", (json_int_t)held->count);
}
