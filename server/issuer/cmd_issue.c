/* SPDX-License-Identifier: Apache-2.0 */
/* issue: one pass from the command line, or one for each row of a CSV file.
 * The same file again issues no second pass: what a resident has already comes
 * out once more, the same to the last byte. Only the hint is taken from the row
 * each time, since the registry does not keep it. */
#include <stdio.h>
#include <string.h>

#include "bulk.h"
#include "output.h"
#include "residents.h"
#include "seen.h"

static bool take_one(const struct options *o, uint64_t now,
		     struct request *q, struct fault *fault)
{
	const char *class = options_get(o, OPT_CLASS);
	const char *ref = options_get(o, OPT_REF);
	const char *hint = options_get(o, OPT_HINT);
	const char *holder = options_get(o, OPT_HOLDER_KEY);

	memset(q, 0, sizeof(*q));
	if (!class)
		return fault_set(fault, EXIT_USAGE,
				 "issue: --class is missing (or --csv, for "
				 "many)");
	if (!desk_take_validity(o, now, q, fault))
		return false;
	if (!q->exp)
		return fault_set(fault, EXIT_USAGE,
				 "issue: --days or --until is missing");
	if (request_class(q, bytes_text(class), fault) &&
	    (!ref || request_ref(q, bytes_text(ref), fault)) &&
	    (!hint || request_hint(q, bytes_text(hint), fault)) &&
	    (!holder || request_holder(q, bytes_text(holder), fault)))
		return true;
	fault->status = EXIT_USAGE;
	return false;
}

static int issue_one(const struct options *o, const struct world *world)
{
	struct request request;
	struct desk desk;
	struct fault fault;
	enum form form = FORM_TXT;
	int status;

	if (!take_one(o, world->now, &request, &fault) ||
	    !handover_form(o, &form, &fault))
		return fault_report(&fault);
	if (!desk_open(&desk, o, world, &fault) ||
	    !press_check_request(&desk.press, &request, &fault))
		status = fault_report(&fault);
	else
		status = desk_one(&desk, &request, NULL, NULL,
				  request_hint_view(&request), &fault);
	desk_close(&desk);
	return status;
}

struct reader {
	struct residents residents;
	struct seen *seen;
};

/* Judges what needs the key: the size, and whether the file has it twice. */
static bool check_item(struct bulk *bulk, struct item *item,
		       struct fault *fault)
{
	struct reader *reader = bulk->reader;
	struct press *press = &bulk->desk->press;
	struct request *q = &item->request;
	size_t line;

	if (!press_check_request(press, q, fault))
		return false;
	press_ref_hash(press, request_ref_view(q), item->ref_hash);
	line = seen_before(reader->seen, item->ref_hash, q->line);
	if (line == SIZE_MAX)
		return fault_set(fault, EXIT_IO, "no memory");
	if (line)
		return fault_set(fault, EXIT_REFUSED,
				 "already issued: the reference of line %zu",
				 line);
	return true;
}

static bool read_batch(void *arg, struct batch *batch)
{
	struct bulk *bulk = arg;
	struct reader *reader = bulk->reader;
	enum resident_result result = RESIDENT;
	struct fault why;

	batch->n = 0;
	while (batch->n < ISSUE_BATCH) {
		struct item *item = &batch->item[batch->n];

		result =
		    residents_next(&reader->residents, &item->request, &why);
		if (result == RESIDENT_END)
			break;
		if (result == RESIDENT && check_item(bulk, item, &why)) {
			batch->n++;
			continue;
		}
		bulk->refused++;
		bulk_complain(bulk, item->request.line, why.text);
	}
	bulk->part = reader->residents.csv.at;
	return batch->n > 0;
}

static bool enter_batch(void *arg, struct batch *batch, struct fault *fault)
{
	struct bulk *bulk = arg;
	struct enlisting *e = &bulk->desk->enlisting;

	if (!registry_begin(e->registry, fault))
		return false;
	for (size_t i = 0; i < batch->n; i++) {
		struct item *item = &batch->item[i];

		item->outcome = enlist(e, &item->request, item->ref_hash,
				       &item->record, fault);
		if (item->outcome == ENLISTED_FAILED)
			goto fail;
	}
	if (registry_commit(e->registry, fault))
		return true;
fail:
	registry_rollback(e->registry);
	return false;
}

static struct bytes text_of(const struct options *o, enum option_key key)
{
	const char *text = options_get(o, key);

	return bytes_text(text ? text : "");
}

static int run_rows(struct bulk *bulk, struct bytes text, uint64_t now)
{
	const struct options *o = bulk->desk->o;
	const struct validity otherwise = {text_of(o, OPT_FROM),
					   text_of(o, OPT_DAYS),
					   text_of(o, OPT_UNTIL)};
	struct reader reader = {.seen = seen_new()};
	struct fault fault;
	int status = EXIT_IO;

	if (!reader.seen) {
		say("no memory");
	} else if (!residents_start(&reader.residents, text, now, &otherwise,
				    &fault)) {
		bulk_complain(bulk, 1, fault.text);
		status = EXIT_REFUSED;
	} else {
		bulk->reader = &reader;
		bulk->whole = text.n;
		status = bulk_run(bulk, read_batch, enter_batch);
	}
	seen_free(reader.seen);
	return status;
}

static bool check_many(const struct options *o, struct fault *fault)
{
	const char *out = options_get(o, OPT_OUT);
	static const enum option_key single[] = {OPT_CLASS, OPT_REF, OPT_HINT,
						 OPT_HOLDER_KEY, OPT_JSON,
						 OPT_AGAIN};
	enum form form = FORM_TXT;

	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (options_has(o, single[i]))
			return fault_set(fault, EXIT_USAGE,
					 "--csv: takes no --class, --ref, "
					 "--hint, --holder-key, --again or "
					 "--json; rows say what they are");
	return delivery_form(o, &form, fault) &&
	       (!out || output_refuse_input(out, options_get(o, OPT_CSV),
					    fault));
}

static int issue_many(const struct options *o, const struct world *world)
{
	const char *path = options_get(o, OPT_CSV);
	struct bulk bulk = {.source = strcmp(path, "-") ? path : "stdin"};
	struct request all = {0}; /* judges what holds for every row */
	struct desk desk;
	struct blob blob;
	struct fault fault;
	int status;

	if (!check_many(o, &fault) ||
	    !desk_take_validity(o, world->now, &all, &fault) ||
	    !file_read(path, CSV_FILE_MAX, &blob, &fault))
		return fault_report(&fault);
	bulk.desk = &desk;
	if (desk_open(&desk, o, world, &fault))
		status = run_rows(&bulk, blob_view(&blob), world->now);
	else
		status = fault_report(&fault);
	desk_close(&desk);
	blob_free(&blob);
	return status;
}

int cmd_issue(const struct options *o, const struct world *world)
{
	return options_has(o, OPT_CSV) ? issue_many(o, world)
				       : issue_one(o, world);
}
