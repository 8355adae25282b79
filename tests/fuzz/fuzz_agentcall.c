/* SPDX-License-Identifier: Apache-2.0 */
/* What callers and scanners of the agent send. A change of the desk leaves it
 * whole: refused, nothing has changed and why is said; taken, party and amount
 * are within their bounds. What a call asks for is within them, too, and fits
 * what keeps it; or why it is not is said. Lines are of bounded length and hold no ends of
 * lines. A Host is taken only when it is ours, a bearer only with a secret. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "asked.h"
#include "desk.h"
#include "guard.h"
#include "lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void change_desk(json_t *body)
{
	const struct offers offers = {
	    .id = {"day", "night"}, .count = 2, .currency = "EUR"};
	char why[DESK_WHY] = "";
	struct desk desk, before;
	json_t *shown;

	desk_init(&desk, NULL);
	(void)desk_offer(&desk, &offers);
	memcpy(&before, &desk, sizeof(desk));
	if (!desk_change(&desk, body, why)) {
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
}

/* One line that says something. */
static void check_why(const char why[ASKED_WHY])
{
	check(why[0] != '\0' && memchr(why, '\0', ASKED_WHY) != NULL);
	check(strchr(why, '\n') == NULL);
}

static void check_code(const char *code, size_t n)
{
	check(n > 0 && n < SCANNED_TEXT && strlen(code) == n);
}

static void ask(const json_t *body)
{
	struct asked_reversal reversal;
	struct asked asked;
	char why[ASKED_WHY] = "";
	const char *code;
	size_t n;

	if (asked_scan(body, &code, &n, why))
		check_code(code, n);
	else
		check_why(why);
	why[0] = '\0';
	if (asked_redeem(body, &asked, why)) {
		check_code(asked.code, asked.n);
		check(strlen(asked.benefit) < OAP_NAME_ID_TEXT);
		check(asked.party >= 1 && asked.party <= PARTY_MAX);
		check(asked.list >= OAP_NO_AMOUNT && asked.list <= LIST_MAX);
		check(asked.deadline_ms == 0 ||
		      (asked.deadline_ms >= DEADLINE_MIN_MS &&
		       asked.deadline_ms <= DEADLINE_MAX_MS));
	} else {
		check_why(why);
	}
	why[0] = '\0';
	if (asked_reverse(body, &reversal, why))
		check(memchr(reversal.id, '\0', sizeof(reversal.id)) != NULL &&
		      reversal.reason <= OAP_REASON_OTHER);
	else
		check_why(why);
}

static void call(const char *text, size_t n)
{
	json_t *body = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(body)) {
		change_desk(body);
		ask(body);
	}
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
	call(text, size);
	cut_lines(text, size);
	look_at_headers(text);
	free(text);
	return 0;
}
