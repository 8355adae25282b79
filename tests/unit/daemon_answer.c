/* SPDX-License-Identifier: Apache-2.0 */
/* What a kiosk is told of its entries fits where it is put. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "answer.h"

#define ALL_MARKS ((1u << MARK_COUNT) - 1)

static void the_longest_result_has_its_bytes(void **state)
{
	static uint8_t buf[ANSWER_RESULT_MAX];
	unsigned known = 0;

	(void)state;
	for (unsigned number = 0; number < 256; number++) {
		struct item_result longest = {.result = (enum verdict)number,
					      .marks = ALL_MARKS,
					      .seq = INT64_MAX};
		struct ledger_item item = {.result = longest};
		struct jsontext j = jsontext_in(buf, sizeof(buf));

		if (verdict_find(number) == NULL)
			continue;
		known++;
		/* The comma after it takes the place of the brackets. */
		answer_results(&j, NULL, &item, 1);
		assert_false(j.out.failed);
	}
	assert_true(known > 40);
}

static void results_are_as_the_interface_has_them(void **state)
{
	static uint8_t buf[1024];
	static const struct ledger_item items[] = {
	    {.result = {VERDICT_ACCEPTED, MARK_LATE | MARK_CONFLICT, 7}},
	    {.result = {VERDICT_REVERSED, 0, 0}}};
	struct jsontext j = jsontext_in(buf, sizeof(buf));
	json_t *now, *expected;

	(void)state;
	answer_results(&j, NULL, items, 2);
	assert_false(j.out.failed);
	now = json_loadb((const char *)buf, j.out.n, JSON_REJECT_DUPLICATES,
			 NULL);
	expected = json_pack("[{s:i, s:s, s:i, s:[s, s]}, {s:n, s:s, s:i, s:[]}]",
			     "seq", 7, "verdict", "accepted", "number",
			     VERDICT_ACCEPTED, "marks", "conflict", "late",
			     "seq", "verdict", "reversed", "number",
			     VERDICT_REVERSED, "marks");
	assert_non_null(expected);
	assert_true(json_equal(now, expected));
	json_decref(now);
	json_decref(expected);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_longest_result_has_its_bytes),
	    cmocka_unit_test(results_are_as_the_interface_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
