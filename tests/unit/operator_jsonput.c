/* SPDX-License-Identifier: Apache-2.0 */
/* JSON on a terminal, with text in it that others wrote. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "jsonput.h"

static void json_keeps_its_meaning_and_its_shape(void **state)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	assert_non_null(out);
	json_put("{\n  \"a\": \"\177 \xc2\x9b é 宮 \u202e \U0001F3DB\"\n}", out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text,
			    "{\n  \"a\": \"\\u007f \\u009b é 宮 \\u202e "
			    "\U0001F3DB\"\n}");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_keeps_its_meaning_and_its_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
