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

/* The row's own faults, and its size, which needs the key's length. */
static bool read_item(struct bulk *bulk, struct residents *residents,
		      struct item *item)
{
	struct press *press = &bulk->desk->press;
	struct request *q = &item->request;
	struct fault why;

	item->bad[0] = '\0';
	switch (residents_next(residents, q, &why)) {
	case RESIDENT_END: return false;
	case RESIDENT:
		if (!press_check_request(press, q, &why) ||
		    !render_check_hint(bulk->form, request_hint_view(q), &why))
			break;
		press_ref_hash(press, request_ref_view(q), item->ref_hash);
		return true;
	case RESIDENT_BAD: break;
	}
	snprintf(item->bad, sizeof(item->bad), "%.*s", ROW_FAULT_MAX - 1,
		 why.text);
	return true;
}

static bool read_batch(void *arg, struct batch *batch)
{
	struct bulk *bulk = arg;
	struct residents *residents = bulk->reader;

	batch->n = 0;
	while (batch->n < ISSUE_BATCH &&
	       read_item(bulk, residents, &batch->item[batch->n]))
		batch->n++;
	bulk->part = residents->csv.at;
	return batch->n > 0;
}

static bool enter_item(struct enlisting *e, struct item *item,
		       struct fault *fault)
{
	item->outcome = enlist(e, &item->request, item->ref_hash,
			       &item->record, fault);
	item->other_validity = false;
	if (item->outcome == ENLISTED_BEFORE) {
		bool same;

		if (!enlist_same_validity(e, &item->request, &item->record,
					  &same, fault))
			return false;
		item->other_validity = !same;
	}
	return item->outcome != ENLISTED_FAILED;
}

static bool enter_batch(void *arg, struct batch *batch, struct fault *fault)
{
	struct bulk *bulk = arg;
	struct enlisting *e = &bulk->desk->enlisting;

	if (!registry_begin(e->registry, fault))
		return false;
	for (size_t i = 0; i < batch->n; i++)
		if (!batch->item[i].bad[0] &&
		    !enter_item(e, &batch->item[i], fault))
			goto fail;
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
	struct residents residents;
	struct fault fault;
	int status = EXIT_IO;

	bulk->seen = seen_new();
	if (!bulk->seen) {
		say("no memory");
	} else if (!residents_start(&residents, text, now, &otherwise,
				    &fault)) {
		bulk_complain(bulk, 1, fault.text);
		status = EXIT_REFUSED;
	} else {
		bulk->reader = &residents;
		bulk->whole = text.n;
		status = bulk_run(bulk, read_batch, enter_batch);
	}
	seen_free(bulk->seen);
	return status;
}

static bool check_many(const struct options *o, enum form *form,
		       struct fault *fault)
{
	const char *out = options_get(o, OPT_OUT);
	static const enum option_key single[] = {OPT_CLASS, OPT_REF, OPT_HINT,
						 OPT_HOLDER_KEY, OPT_JSON,
						 OPT_AGAIN};

	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (options_has(o, single[i]))
			return fault_set(fault, EXIT_USAGE,
					 "--csv: takes no --class, --ref, "
					 "--hint, --holder-key, --again or "
					 "--json; rows say what they are");
	return delivery_form(o, form, fault) &&
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

	if (!check_many(o, &bulk.form, &fault) ||
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
