/* SPDX-License-Identifier: Apache-2.0 */
/* Writes one pass where it is wanted. */
#include "handover.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "code.h"
#include "output.h"
#include "when.h"

static const char *destination(const struct options *o)
{
	const char *out = options_get(o, OPT_OUT);

	return out ? out : "-";
}

bool handover_form(const struct options *o, enum form *form,
		   struct fault *fault)
{
	const char *as = options_get(o, OPT_AS);
	const char *path = destination(o);
	int f = as ? form_of_name(as) : form_of_path(path);

	if (options_has(o, OPT_OUT_DIR))
		return fault_set(fault, EXIT_USAGE,
				 "--out-dir: for many passes; one goes to "
				 "--out FILE");
	if (f < 0)
		return fault_set(fault, EXIT_USAGE,
				 "--out \"%s\": end it in .png, .svg, .pdf or "
				 ".txt, or say --as", path);
	if (!strcmp(path, "-") && options_has(o, OPT_JSON) && f != FORM_TXT)
		return fault_set(fault, EXIT_USAGE,
				 "--json: a picture cannot go to stdout too; "
				 "give --out FILE");
	*form = (enum form)f;
	return true;
}

static void print_json(const struct pass_record *record, struct bytes code)
{
	char id[33], kid[17];
	json_t *j;

	hex_encode(record->cti, 16, id);
	hex_encode(record->kid, 8, kid);
	j = json_pack("{s:s, s:s%, s:s, s:I, s:I, s:s, s:i, s:i}", "pass_id",
		      id, "code", code.p, code.n, "class",
		      pass_class_name(record->class), "iat",
		      (json_int_t)record->iat, "exp", (json_int_t)record->exp,
		      "kid", kid, "list", (int)record->list, "idx",
		      (int)record->idx);
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
}

static void tell(const struct pass_record *record, const char *path)
{
	char id[33], until[WHEN_TEXT];
	bool to_stdout = !strcmp(path, "-");

	hex_encode(record->cti, 16, id);
	when_format(record->exp, until);
	say("pass %s, %s, until %s, list %u index %u%s%s", id,
	    pass_class_name(record->class), until, record->list, record->idx,
	    to_stdout ? "" : ": ", to_stdout ? "" : path);
	if (!to_stdout)
		puts(id);
}

bool handover_open(struct handover *h, const struct options *o,
		   const struct identity *identity, struct bytes hint,
		   struct fault *fault)
{
	const char *path = destination(o);

	*h = (struct handover){.o = o};
	if (!handover_form(o, &h->form, fault) ||
	    !render_check(h->form, identity, fault) ||
	    !render_check_hint(h->form, hint, fault))
		return false;
	if (options_has(o, OPT_JSON) && !strcmp(path, "-"))
		return true;
	h->out = output_open(path, OUTPUT_MODE_PASS, fault);
	return h->out != NULL;
}

void handover_close(struct handover *h)
{
	output_abandon(h->out);
	h->out = NULL;
}

static bool write_out(struct handover *h, const struct sheet *sheet,
		      struct fault *fault)
{
	struct output *out = h->out;
	struct blob blob;

	if (!render(h->form, sheet, &blob, fault))
		return false;
	output_put(out, blob_view(&blob));
	blob_free(&blob);
	h->out = NULL;
	if (!output_commit(out, fault))
		return false;
	h->written = strcmp(destination(h->o), "-") != 0;
	return true;
}

bool handover_put(struct handover *h, const struct press *press,
		  const struct pass_record *record, struct bytes hint,
		  struct fault *fault)
{
	uint8_t buf[CODE_MAX];
	struct outbuf code = outbuf_in(buf, sizeof(buf));
	struct sheet sheet = {.identity = press->identity,
			      .record = record,
			      .hint = hint};

	press_code(press, record, hint, &code);
	if (code.failed)
		return fault_set(fault, EXIT_REFUSED,
				 "the pass does not fit a code");
	sheet.code = out_view(&code);
	if (h->out && !write_out(h, &sheet, fault))
		return false;
	if (options_has(h->o, OPT_JSON))
		print_json(record, sheet.code);
	else
		tell(record, destination(h->o));
	return output_flush_stdout(fault);
}
