/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as a terminal shows them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "table.h"

/* rows of cells, each with as many as there are headings; "-" for a rule. */
static void shows(const char *const *headings, const char *const *cells,
		  const char *expected)
{
	size_t columns = 0, n = 0;
	char *text = NULL;
	struct table *t;
	FILE *out;

	while (headings[columns] != NULL)
		columns++;
	t = table_new(headings, columns);
	assert_non_null(t);
	for (size_t i = 0; cells[i] != NULL; i++)
		if (strcmp(cells[i], "-") == 0)
			table_rule(t);
		else
			table_cell(t, cells[i]);
	out = open_memstream(&text, &n);
	assert_non_null(out);
	assert_true(table_print(t, out));
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
	table_free(t);
}

static const char *const NAMES[] = {"id", ">visits", ",because", NULL};

static void figures_stand_right_and_wide_characters_count_twice(void **state)
{
	static const char *const cells[] = {
	    "宮", "7", "closed 1", "nmwa", "1,000", "", NULL};

	(void)state;
	shows(NAMES, cells,
	      "id    visits  because\n"
	      "宮         7  closed 1\n"
	      "nmwa   1,000\n");
}

static void empty_columns_are_left_out(void **state)
{
	static const char *const cells[] = {"a", "1", "", "b", "", "", NULL};
	static const char *const nothing[] = {NULL};

	(void)state;
	shows(NAMES, cells, "id  visits\na        1\nb\n");
	shows(NAMES, nothing, "id  visits  because\n");
}

static void a_long_list_goes_on_below(void **state)
{
	static const char *const cells[] = {
	    "a", "1", "bad-signature 1, expired 1, revoked 1, suspended 1",
	    "-", "total", "1", "revoked 1", NULL};

	(void)state;
	shows(NAMES, cells,
	      "id     visits  because\n"
	      "a           1  bad-signature 1, expired 1,\n"
	      "               revoked 1, suspended 1\n"
	      "─────  ──────  ───────────────────────────\n"
	      "total       1  revoked 1\n");
}

static void an_item_is_never_taken_apart(void **state)
{
	static const char *const cells[] = {
	    "a", "1",
	    "a name that is longer than any line may be, b, "
	    "another that is longer than any line may be",
	    NULL};

	(void)state;
	shows(NAMES, cells,
	      "id  visits  because\n"
	      "a        1  a name that is longer than any line may be,\n"
	      "            b,\n"
	      "            another that is longer than any line may be\n");
}

static void a_name_with_commas_is_no_list(void **state)
{
	static const char *const headings[] = {"id", "name", NULL};
	static const char *const cells[] = {
	    "a", "Museum of Art, Design, Craft and Lacquer, Tokyo", NULL};

	(void)state;
	shows(headings, cells,
	      "id  name\n"
	      "a   Museum of Art, Design, Craft and Lacquer, Tokyo\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    figures_stand_right_and_wide_characters_count_twice),
		cmocka_unit_test(empty_columns_are_left_out),
		cmocka_unit_test(a_long_list_goes_on_below),
		cmocka_unit_test(an_item_is_never_taken_apart),
		cmocka_unit_test(a_name_with_commas_is_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
