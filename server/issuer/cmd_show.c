/* SPDX-License-Identifier: Apache-2.0 */
/* show: every field and every check of a code, for people or as JSON. It
 * needs no office, no key and no network. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "examine.h"
#include "printable.h"
#include "when.h"

/* One list of fields for both forms; value is text, or for JSON a number. */
struct sink {
	json_t *json; /* NULL: print */
};

static void put_text(struct sink *sink, const char *name, struct bytes text)
{
	char line[2 * URI_MAX];

	if (sink->json)
		json_object_set_new(
		    sink->json, name,
		    json_stringn((const char *)text.p, text.n));
	else
		printf("  %-12s %s\n", name,
		       printable(text, line, sizeof(line)));
}

static void put_hex(struct sink *sink, const char *name, const uint8_t *p,
		    size_t n)
{
	char hex[65];

	hex_encode(p, n, hex);
	put_text(sink, name, bytes_text(hex));
}

static void put_time(struct sink *sink, const char *name, uint64_t seconds)
{
	char when[WHEN_TEXT];

	when_format(seconds, when);
	if (sink->json)
		json_object_set_new(sink->json, name,
				    json_integer((json_int_t)seconds));
	else
		printf("  %-12s %s  (%" PRIu64 ")\n", name, when, seconds);
}

static void put_number(struct sink *sink, const char *name, uint64_t n)
{
	if (sink->json)
		json_object_set_new(sink->json, name,
				    json_integer((json_int_t)n));
	else
		printf("  %-12s %" PRIu64 "\n", name, n);
}

static void put_fields(struct sink *sink, const struct scan *scan)
{
	const struct pass *pass = &scan->pass;

	put_text(sink, "issuer", pass->iss);
	put_hex(sink, "pass_id", pass->cti, 16);
	put_text(sink, "class", bytes_text(pass_class_name(pass->class)));
	if (pass->hint.n)
		put_text(sink, "hint", pass->hint);
	put_time(sink, "issued", pass->iat);
	if (pass->has_nbf)
		put_time(sink, "not_before", pass->nbf);
	put_time(sink, "until", pass->exp);
	if (pass->has_cnf)
		put_hex(sink, "holder_key", pass->cnf, 32);
	put_text(sink, "status_list", pass->uri);
	put_number(sink, "index", pass->idx);
	put_hex(sink, "key", scan->kid, 8);
	if (!scan->live)
		return;
	put_time(sink, "shown_at", scan->presentation.iat);
	if (scan->presentation.aud.n)
		put_text(sink, "shown_to", scan->presentation.aud);
}

static const char *const results[] = {"ok", "bad", "unknown"};

static void print_json(const struct examination *x)
{
	json_t *checks = json_array(), *all;
	struct sink fields = {json_object()};

	if (x->scanned->shape == VERDICT_NONE)
		put_fields(&fields, &x->scanned->scan);
	for (size_t i = 0; i < x->checks; i++)
		json_array_append_new(
		    checks, json_pack("{s:s, s:s, s:s}", "check",
				      x->check[i].name, "result",
				      results[x->check[i].result], "why",
				      x->check[i].why));
	all = json_pack("{s:s, s:s, s:o, s:o}", "verdict",
			verdict_name(x->verdict), "kind",
			x->scanned->shape != VERDICT_NONE ? "none"
			: x->scanned->scan.live		  ? "presentation"
							  : "pass",
			"fields", fields.json, "checks", checks);
	json_dumpf(all, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(all);
}

/* The mark before a check, in colour on a terminal. */
static const char *mark(enum check_result result)
{
	static const char *const plain[] = {"ok ", "NO ", "?  "};
	static const char *const colour[] = {"\033[32mok\033[0m ",
					     "\033[31mNO\033[0m ",
					     "\033[33m?\033[0m  "};

	return isatty(STDOUT_FILENO) == 1 ? colour[result] : plain[result];
}

static void print_text(const struct examination *x)
{
	const struct verdict_info *info = verdict_find(x->verdict);
	struct sink fields = {NULL};

	if (x->scanned->shape == VERDICT_NONE) {
		puts(x->scanned->scan.live ? "Pass, shown live" : "Pass");
		put_fields(&fields, &x->scanned->scan);
		putchar('\n');
	}
	puts("Checks");
	for (size_t i = 0; i < x->checks; i++)
		printf("  %s %-10s %s\n", mark(x->check[i].result),
		       x->check[i].name, x->check[i].why);
	printf("\n%s", verdict_name(x->verdict));
	if (x->verdict == VERDICT_ACCEPTED)
		puts(": a good pass; what it is good for is decided at the "
		     "door");
	else if (info)
		printf(": %s\n", info->text[LANG_EN]);
}

int cmd_show(const struct options *o, const struct world *world)
{
	struct evidence *evidence = calloc(1, sizeof(*evidence));
	struct scanned scanned;
	struct examination x;
	struct fault fault;
	int status;

	if (!evidence) {
		say("no memory");
		return EXIT_IO;
	}
	if (evidence_read(evidence, o, &fault) &&
	    scanned_get(o->args[0], &scanned, &fault)) {
		examine(&x, &scanned, evidence, world->now);
		if (options_has(o, OPT_JSON))
			print_json(&x);
		else
			print_text(&x);
		status = verdict_exit_status(x.verdict);
	} else {
		status = fault_report(&fault);
	}
	evidence_free(evidence);
	free(evidence);
	return status;
}
