/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_router.c: what the router takes is what openapi.yaml describes, and
 * what comes in a URL is decoded strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router.h"

#define CALLS_MAX 128
#define CALL_TEXT 128

struct calls {
	char text[CALLS_MAX][CALL_TEXT]; /* "GET /v1/attempts/{}/{}" */
	size_t count;
};

static void add(struct calls *calls, const char *method, const char *path)
{
	assert_true(calls->count < CALLS_MAX);
	snprintf(calls->text[calls->count++], CALL_TEXT, "%s %s", method,
		 path);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void sort(struct calls *calls)
{
	qsort(calls->text, calls->count, sizeof(calls->text[0]), compare);
}

/* "{kid}" becomes "{}". */
static void blank_names(char *path)
{
	char *open = path;

	while ((open = strchr(open, '{')) != NULL) {
		char *close = strchr(open, '}');

		assert_non_null(close);
		memmove(open + 1, close, strlen(close) + 1);
		open++;
	}
}

/* The file is indented by two at a path and by four at a method. */
static void read_described(struct calls *calls)
{
	static const struct {
		const char *line, *method;
	} methods[] = {
	    {"    get:\n", "GET"},	{"    post:\n", "POST"},
	    {"    patch:\n", "PATCH"},	{"    put:\n", "PUT"},
	    {"    delete:\n", "DELETE"},
	};
	FILE *file = fopen(OAP_SOURCE_DIR "/server/daemon/openapi.yaml", "r");
	char line[512], path[CALL_TEXT] = "";

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strcmp(line, "components:\n") == 0)
			break;
		if (strncmp(line, "  /", 3) == 0) {
			snprintf(path, sizeof(path), "%.*s",
				 (int)strcspn(line + 2, ":"), line + 2);
			blank_names(path);
		}
		for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]);
		     i++)
			if (strcmp(line, methods[i].line) == 0)
				add(calls, methods[i].method, path);
	}
	fclose(file);
	sort(calls);
}

static void read_routed(struct calls *calls)
{
	size_t count;
	const struct route *table = router_table(&count);

	for (size_t i = 0; i < count; i++)
		add(calls,
		    table[i].method == EVHTTP_REQ_GET	 ? "GET"
		    : table[i].method == EVHTTP_REQ_POST ? "POST"
							 : "PATCH",
		    table[i].path);
	sort(calls);
}

static void every_call_is_described_and_every_description_is_a_call(
    void **state)
{
	struct calls *described = calloc(1, sizeof(*described));
	struct calls *routed = calloc(1, sizeof(*routed));

	(void)state;
	assert_non_null(described);
	assert_non_null(routed);
	read_described(described);
	read_routed(routed);
	assert_true(routed->count > 20);
	for (size_t i = 0; i < routed->count && i < described->count; i++)
		assert_string_equal(routed->text[i], described->text[i]);
	assert_int_equal(routed->count, described->count);
	free(described);
	free(routed);
}

static void who_writes_must_say_who_it_is(void **state)
{
	size_t count;
	const struct route *table = router_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct route *route = &table[i];

		/* An open call carries its proof in its body. */
		if (route->method != EVHTTP_REQ_GET &&
		    route->access == ACCESS_OPEN)
			assert_int_equal(route->body, BODY_CBOR);
		if (route->method == EVHTTP_REQ_PATCH)
			assert_true(route->access >= ACCESS_OPERATOR);
		assert_true((route->body == BODY_NONE) ==
			    (route->body_max == 0));
	}
}

static void escapes_are_decoded_strictly(void **state)
{
	static const struct {
		const char *text;
		bool plus, good;
		const char *decoded;
	} cases[] = {
	    {"", false, true, ""},
	    {"plain", false, true, "plain"},
	    {"%41%62%7a", false, true, "Abz"},
	    {"a%2Fb", false, true, "a/b"},
	    {"%C3%a9", false, true, "\xc3\xa9"},
	    {"a+b", true, true, "a b"},
	    {"a+b", false, true, "a+b"},
	    {"%2B", true, true, "+"},
	    {"%00", false, false, NULL},
	    {"a%0", false, false, NULL},
	    {"a%", false, false, NULL},
	    {"%zz", false, false, NULL},
	    {"%4", false, false, NULL},
	    {"%4g", false, false, NULL},
	    {"%-1", false, false, NULL},
	    {"12345678", false, false, NULL}, /* no room for the NUL */
	    {"1234567", false, true, "1234567"},
	    {"%31234567", false, true, "1234567"},
	};
	char out[8];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good = percent_decode(cases[i].text,
					   strlen(cases[i].text),
					   cases[i].plus, out, sizeof(out));

		assert_int_equal(good, cases[i].good);
		if (good)
			assert_string_equal(out, cases[i].decoded);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		every_call_is_described_and_every_description_is_a_call),
	    cmocka_unit_test(who_writes_must_say_who_it_is),
	    cmocka_unit_test(escapes_are_decoded_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
