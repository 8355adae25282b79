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

#define HEX_SHOWN 32 /* bytes of the longest that a good pass has */

static void print_hex(struct bytes v)
{
	size_t n = v.n < HEX_SHOWN ? v.n : HEX_SHOWN;
	char hex[2 * HEX_SHOWN + 1];

	hex_encode(v.p, n, hex);
	printf("%s%s\n", hex, n < v.n ? "..." : "");
}

static void print_number(enum part part, int64_t number)
{
	const char *what = "";

	if (part == PART_TYPE)
		what = number == TYP_PASS	    ? "  (pass)"
		       : number == TYP_PRESENTATION ? "  (presentation)"
						    : "";
	else if (part == PART_ALGORITHM)
		what = number == COSE_ALG_EDDSA	   ? "  (EdDSA)"
		       : number == COSE_ALG_ED25519 ? "  (Ed25519)"
						    : "";
	printf("%" PRId64 "%s\n", number, what);
}

static void print_part(enum part part, const struct part_value *v)
{
	char line[2 * URI_MAX], when[WHEN_TEXT];

	printf("  %-12s ", part_name(part));
	switch (part_kind(part)) {
	case PART_TEXT: puts(printable(v->bytes, line, sizeof(line))); break;
	case PART_HEX: print_hex(v->bytes); break;
	case PART_NUMBER: print_number(part, v->number); break;
	case PART_TIME:
		when_format((uint64_t)v->number, when);
		printf("%s  (%" PRId64 ")\n", when, v->number);
		break;
	}
}

static json_t *part_json(enum part part, const struct part_value *v)
{
	char hex[2 * PASS_MAX + 1];

	switch (part_kind(part)) {
	case PART_TEXT:
		return json_stringn((const char *)v->bytes.p, v->bytes.n);
	case PART_HEX:
		hex_encode(v->bytes.p,
			   v->bytes.n < PASS_MAX ? v->bytes.n : PASS_MAX, hex);
		return json_string(hex);
	case PART_NUMBER:
	case PART_TIME: break;
	}
	return json_integer((json_int_t)v->number);
}

static const char *const results[] = {"ok", "bad", "unknown"};

static void print_json(const struct examination *x)
{
	json_t *checks = json_array(), *fields = json_object(), *all;

	for (int part = 0; part < PART_COUNT; part++)
		if (x->parts.part[part].is_there)
			json_object_set_new(
			    fields, part_name((enum part)part),
			    part_json((enum part)part, &x->parts.part[part]));
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
			"fields", fields, "checks", checks);
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

	if (x->scanned->is_code) {
		puts(x->scanned->shape != VERDICT_NONE ? "Not a pass"
		     : x->scanned->scan.live	       ? "Pass, shown live"
						       : "Pass");
		for (int part = 0; part < PART_COUNT; part++)
			if (x->parts.part[part].is_there)
				print_part((enum part)part,
					   &x->parts.part[part]);
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
