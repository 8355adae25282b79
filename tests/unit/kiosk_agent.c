/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's pure parts: who may call, lines, addresses, the desk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "desk.h"
#include "guard.h"
#include "lines.h"
#include "listen.h"
#include "page.h"

static void only_our_own_hosts_and_origins_pass(void **state)
{
	struct guard g = {0};

	(void)state;
	guard_hosts(&g, "127.0.0.1", 8441);
	assert_true(guard_host(&g, "127.0.0.1:8441"));
	assert_true(guard_host(&g, "LocalHost:8441"));
	assert_false(guard_host(&g, "127.0.0.1"));
	assert_false(guard_host(&g, "127.0.0.1:8441 "));
	assert_false(guard_host(&g, "127.0.0.2:8441"));
	assert_false(guard_host(&g, ""));
	assert_false(guard_host(&g, NULL));
	assert_true(guard_origin(&g, NULL));
	assert_true(guard_origin(&g, "http://127.0.0.1:8441"));
	assert_false(guard_origin(&g, "https://127.0.0.1:8441"));
	assert_false(guard_origin(&g, "http://127.0.0.1:8441/"));
	assert_false(guard_origin(&g, "http://"));
	assert_false(guard_origin(&g, "null"));
	assert_false(guard_origin(&g, ""));
}

static void browsers_leave_the_usual_port_away(void **state)
{
	struct guard g = {0};

	(void)state;
	guard_hosts(&g, "[::1]", 80);
	assert_true(guard_host(&g, "[::1]"));
	assert_true(guard_origin(&g, "http://localhost"));
	assert_false(guard_host(&g, "[::1]:80"));
}

static void a_bearer_is_one_of_two_whole_secrets(void **state)
{
	struct guard g = {.token = "0123456789abcdef0123456789abcdef",
			  .page = "ffffffffffffffffffffffffffffffff"};
	char header[AUTH_MAX + 64];

	(void)state;
	snprintf(header, sizeof(header), "Bearer %s", g.token);
	assert_true(guard_bearer(&g, header));
	header[strlen(header) - 1] = '\0';
	assert_false(guard_bearer(&g, header));
	snprintf(header, sizeof(header), "Bearer %s%s", g.token, g.token);
	assert_false(guard_bearer(&g, header));
	snprintf(header, sizeof(header), "bearer %s", g.page);
	assert_true(guard_bearer(&g, header));
	assert_false(guard_bearer(&g, "Bearer "));
	assert_false(guard_bearer(&g, NULL));
	g.page[0] = g.token[0] = '\0';
	assert_false(guard_bearer(&g, "Bearer "));
}

static void a_token_has_a_length_and_no_spaces(void **state)
{
	char token[TOKEN_MAX + 2];

	(void)state;
	memset(token, 'a', sizeof(token));
	token[TOKEN_MAX + 1] = '\0';
	assert_false(guard_token_is_good(token));
	token[TOKEN_MAX] = '\0';
	assert_true(guard_token_is_good(token));
	token[TOKEN_MIN] = '\0';
	assert_true(guard_token_is_good(token));
	token[3] = ' ';
	assert_false(guard_token_is_good(token));
	token[3] = 'a';
	token[TOKEN_MIN - 1] = '\0';
	assert_false(guard_token_is_good(token));
}

struct taken {
	char text[8][16];
	size_t length[8], count;
};

static void take(void *arg, const char *line, size_t n)
{
	struct taken *t = arg;

	assert_true(t->count < 8);
	t->length[t->count] = n;
	memcpy(t->text[t->count], line, n < 15 ? n : 15);
	t->count++;
}

static void lines_end_in_cr_lf_or_both_and_keep_spaces(void **state)
{
	static const char INPUT[] = "\r\n A B \r\n\nC\rD\0E\nlast";
	struct lines l = {.length = 0};
	struct taken t = {.count = 0};

	(void)state;
	/* byte after byte, as a slow device gives them */
	for (size_t i = 0; i < sizeof(INPUT) - 1; i++)
		lines_add(&l, INPUT + i, 1, take, &t);
	assert_int_equal(t.count, 3);
	assert_string_equal(t.text[0], " A B ");
	assert_string_equal(t.text[1], "C");
	assert_memory_equal(t.text[2], "D\0E", 3);
	lines_end(&l, take, &t);
	lines_end(&l, take, &t);
	assert_int_equal(t.count, 4);
	assert_string_equal(t.text[3], "last");
}

static void a_line_without_an_end_takes_no_more_than_its_room(void **state)
{
	struct lines l = {.length = 0};
	struct taken t = {.count = 0};

	(void)state;
	for (int i = 0; i < 3 * SCANNED_TEXT; i++)
		lines_add(&l, "x", 1, take, &t);
	lines_add(&l, "\nnext\n", 6, take, &t);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.length[0], SCANNED_TEXT - 1);
	assert_string_equal(t.text[1], "next");
}

static void addresses_are_of_loopback(void **state)
{
	struct listen_at at;

	(void)state;
	assert_true(listen_read(NULL, &at));
	assert_int_equal(at.port, AGENT_PORT);
	assert_true(listen_read("127.9.9.9:0", &at));
	assert_string_equal(at.text, "127.9.9.9");
	assert_true(listen_read("[::1]:65535", &at));
	assert_int_equal(at.port, 65535);
	assert_true(listen_read("localhost:1", &at));
	assert_string_equal(at.text, "127.0.0.1");
	assert_false(listen_read("128.0.0.1:1", &at));
	assert_false(listen_read("[::]:1", &at));
	assert_false(listen_read("127.0.0.1:65536", &at));
	assert_false(listen_read("127.0.0.1:+1", &at));
	assert_false(listen_read("127.1:1", &at));
}

static struct desk new_desk(const char *currency)
{
	struct desk d;
	struct offers o = {.id = {"day", "night"}, .count = 2};

	snprintf(o.currency, sizeof(o.currency), "%s", currency);
	desk_init(&d, "day");
	assert_true(desk_offer(&d, &o));
	assert_string_equal(d.benefit, "day");
	return d;
}

static bool change(struct desk *d, const char *json)
{
	char why[DESK_WHY] = "";
	json_t *value = json_loads(json, 0, NULL);
	bool done = desk_change(d, value, why);

	json_decref(value);
	assert_int_equal(done, why[0] == '\0');
	return done;
}

static void the_list_is_of_the_whole_party(void **state)
{
	struct desk d = new_desk("EUR");

	(void)state;
	assert_int_equal(desk_list(&d), OAP_NO_AMOUNT);
	assert_true(change(&d, "{\"amount\":\"12.50\",\"party\":3}"));
	assert_int_equal(desk_list(&d), 3750);
	assert_true(change(&d, "{\"per_person\":false}"));
	assert_int_equal(desk_list(&d), 1250);
	desk_next(&d);
	assert_int_equal(d.party, 1);
	assert_int_equal(desk_list(&d), OAP_NO_AMOUNT);
}

static void a_change_is_whole_or_none(void **state)
{
	struct desk d = new_desk("KRW");

	(void)state;
	assert_false(change(&d, "{\"party\":3,\"amount\":\"1.5\"}"));
	assert_int_equal(d.party, 1);
	assert_false(change(&d, "{\"party\":1000}"));
	assert_false(change(&d, "{\"benefit\":\"other\"}"));
	assert_false(change(&d, "{\"amount\":\"9999999999999\"}"));
	assert_true(change(&d, "{\"amount\":\"999999999999\",\"party\":999}"));
	assert_int_equal(desk_list(&d), INT64_C(999999999999) * 999);
	assert_true(change(&d, "{\"amount\":null,\"benefit\":\"night\"}"));
}

static void a_benefit_that_is_gone_is_chosen_no_more(void **state)
{
	struct desk d = new_desk("KRW");
	struct offers o = {.id = {"night", "noon"}, .count = 2,
			   .currency = "KRW"};

	(void)state;
	assert_true(change(&d, "{\"amount\":\"3000\"}"));
	assert_true(desk_offer(&d, &o));
	assert_string_equal(d.benefit, "");
	assert_int_equal(desk_list(&d), 3000);
	assert_false(desk_offer(&d, &o));
	o.count = 1;
	assert_true(desk_offer(&d, &o));
	assert_string_equal(d.benefit, "night");
	/* no bundle says nothing of benefits; another currency does of money */
	o.count = 0;
	memcpy(o.currency, "JPY", 4);
	assert_true(desk_offer(&d, &o));
	assert_string_equal(d.benefit, "night");
	assert_int_equal(desk_list(&d), OAP_NO_AMOUNT);
}

static void the_page_is_in_the_program(void **state)
{
	const struct page_file *page = page_find("/");

	(void)state;
	assert_non_null(page);
	assert_memory_equal(page->bytes, "<!doctype html>", 15);
	assert_non_null(page_find("/main.js"));
	assert_null(page_find("/index.html"));
	assert_null(page_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_our_own_hosts_and_origins_pass),
		cmocka_unit_test(browsers_leave_the_usual_port_away),
		cmocka_unit_test(a_bearer_is_one_of_two_whole_secrets),
		cmocka_unit_test(a_token_has_a_length_and_no_spaces),
		cmocka_unit_test(lines_end_in_cr_lf_or_both_and_keep_spaces),
		cmocka_unit_test(
		    a_line_without_an_end_takes_no_more_than_its_room),
		cmocka_unit_test(addresses_are_of_loopback),
		cmocka_unit_test(the_list_is_of_the_whole_party),
		cmocka_unit_test(a_change_is_whole_or_none),
		cmocka_unit_test(a_benefit_that_is_gone_is_chosen_no_more),
		cmocka_unit_test(the_page_is_in_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
