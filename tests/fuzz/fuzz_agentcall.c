/* SPDX-License-Identifier: Apache-2.0 */
/* What callers and scanners of the agent send. A change of the desk leaves it
 * whole: refused, nothing has changed and why is said; taken, party and amount
 * are within their bounds. Lines are of bounded length and hold no ends of
 * lines. A Host is taken only when it is ours, a bearer only with a secret. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "guard.h"
#include "lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void change_desk(const char *text, size_t n)
{
	const struct offers offers = {
	    .id = {"day", "night"}, .count = 2, .currency = "EUR"};
	char why[DESK_WHY] = "";
	struct desk desk, before;
	json_t *body = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	json_t *shown;

	desk_init(&desk, NULL);
	(void)desk_offer(&desk, &offers);
	memcpy(&before, &desk, sizeof(desk));
	if (json_is_object(body) && !desk_change(&desk, body, why)) {
		check(why[0] != '\0');
		check(memcmp(&before, &desk, sizeof(desk)) == 0);
	}
	check(desk.party >= 1 && desk.party <= PARTY_MAX);
	check(desk_list(&desk) >= -1);
	/* For the visitor after that it is one person again. */
	before = desk;
	desk_next(&before);
	check(before.party == 1);
	shown = desk_object(&desk);
	check(json_is_object(shown));
	json_decref(shown);
	json_decref(body);
}

static void take(void *arg, const char *line, size_t n)
{
	size_t *total = arg;

	check(n > 0 && n < SCANNED_TEXT);
	check(memchr(line, '\n', n) == NULL && memchr(line, '\r', n) == NULL);
	*total += n;
}

static void cut_lines(const char *text, size_t n)
{
	static struct lines lines; /* too large for some stacks */
	size_t total = 0, half = n / 2;

	lines.length = 0;
	lines_add(&lines, text, half, take, &total);
	lines_add(&lines, text + half, n - half, take, &total);
	lines_end(&lines, take, &total);
	check(total <= n && lines.length == 0);
}

static void look_at_headers(const char *text)
{
	static const char SECRET[] = "0123456789abcdef0123456789abcdef";
	struct guard g = {0};

	memcpy(g.token, SECRET, sizeof(SECRET));
	memcpy(g.page, SECRET, sizeof(SECRET));
	guard_hosts(&g, "127.0.0.1", 8441);
	if (guard_host(&g, text))
		check(strlen(text) == strlen("127.0.0.1:8441") ||
		      strlen(text) == strlen("localhost:8441"));
	if (guard_origin(&g, text))
		check(guard_host(&g, text + strlen("http://")));
	if (guard_bearer(&g, text))
		check(strcmp(text + strlen("Bearer "), SECRET) == 0);
	if (guard_token_is_good(text))
		check(strlen(text) <= TOKEN_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	change_desk(text, size);
	cut_lines(text, size);
	look_at_headers(text);
	free(text);
	return 0;
}
