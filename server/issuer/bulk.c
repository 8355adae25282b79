/* SPDX-License-Identifier: Apache-2.0 */
/* Delivers what the pipeline has entered, and says how it went. */
#include "bulk.h"

#include <stdio.h>
#include <string.h>

#include "interrupt.h"

void bulk_complain(struct bulk *bulk, size_t line, const char *why)
{
	progress_clear(&bulk->progress);
	if (line)
		fprintf(stderr, "%s:%zu: %s\n", bulk->source, line, why);
	else
		fprintf(stderr, "%s: %s\n", bulk->source, why);
}

static void complain_pass(struct bulk *bulk, const struct item *item,
			  const char *what)
{
	struct fault why;
	char id[33];

	hex_encode(item->record.cti, 16, id);
	fault_set(&why, EXIT_REFUSED, "pass %s: %s", id, what);
	bulk_complain(bulk, item->request.line, why.text);
}

static bool other_holder(const struct request *q,
			 const struct pass_record *record)
{
	return q->has_holder &&
	       (!record->has_holder ||
		memcmp(q->holder, record->holder, sizeof(q->holder)) != 0);
}

static void complain_twice(struct bulk *bulk, const struct item *item,
			   size_t line)
{
	struct fault why;

	fault_set(&why, EXIT_REFUSED, "already issued: the reference of line "
		  "%zu", line);
	bulk_complain(bulk, item->request.line, why.text);
}

/* Whether a pass that is there already can be handed out again. */
static bool same_again(struct bulk *bulk, const struct item *item)
{
	const struct pass_record *record = &item->record;
	const struct request *q = &item->request;
	size_t line = bulk->seen ? seen_line(bulk->seen, item->ref_hash) : 0;
	struct fault why;

	if (line) {
		complain_twice(bulk, item, line);
	} else if ((q->has_class && q->class != record->class) ||
	    record->state == STATUS_INVALID) {
		desk_already(record, &why);
		bulk_complain(bulk, q->line, why.text);
	} else if (memcmp(record->kid, bulk->desk->key->kid, 8) != 0) {
		complain_pass(bulk, item,
			      "already issued, under a key that was rotated; "
			      "reissue makes a new paper");
	} else if (other_holder(q, record)) {
		complain_pass(bulk, item,
			      "already issued, for another holder key; reissue "
			      "--holder-key makes a new paper");
	} else if (item->other_validity) {
		complain_pass(bulk, item,
			      "already issued, with another validity; reissue "
			      "--days or --until makes a new paper");
	} else {
		return true;
	}
	return false;
}

static bool deliver_item(struct bulk *bulk, const struct item *item,
			 struct fault *fault)
{
	struct bytes hint = request_hint_view(&item->request);
	uint8_t buf[CODE_MAX];
	struct outbuf code = outbuf_in(buf, sizeof(buf));

	if (item->bad[0]) {
		bulk->refused++;
		bulk_complain(bulk, item->request.line, item->bad);
		return true;
	}
	switch (item->outcome) {
	case ENLISTED_NEW: bulk->issued++; break;
	case ENLISTED_BEFORE:
		if (!same_again(bulk, item)) {
			bulk->refused++;
			return true;
		}
		bulk->before++;
		break;
	case ENLISTED_NOT:
	case ENLISTED_FAILED:
		bulk->refused++;
		complain_pass(bulk, item, item->why);
		return true;
	}
	if (bulk->seen &&
	    !seen_add(bulk->seen, item->ref_hash, item->request.line))
		return fault_set(fault, EXIT_IO, "no memory");
	press_code(&bulk->desk->press, &item->record, hint, &code);
	if (code.failed)
		return fault_set(fault, EXIT_REFUSED,
				 "a pass does not fit a code");
	return delivery_put(bulk->delivery, &item->record,
			    request_ref_view(&item->request), hint,
			    out_view(&code), fault);
}

static bool deliver(void *arg, struct batch *batch, struct fault *fault)
{
	struct bulk *bulk = arg;

	for (size_t i = 0; i < batch->n; i++) {
		bulk->interrupted = interrupt_waiting();
		if (bulk->interrupted)
			return fault_set(fault, EXIT_IO, "interrupted");
		if (!deliver_item(bulk, &batch->item[i], fault))
			return false;
		if (i % 16 == 0)
			progress_step(&bulk->progress,
				      bulk->issued + bulk->before, bulk->part,
				      bulk->whole);
	}
	return delivery_batch_end(bulk->delivery, fault);
}

static void tell_sums(struct bulk *bulk)
{
	int64_t ms = progress_ms(&bulk->progress);
	size_t done = bulk->issued + bulk->before;

	progress_clear(&bulk->progress);
	fprintf(stderr,
		"oap-issuer: %s: %zu issued, %zu already issued, %zu refused",
		bulk->source, bulk->issued, bulk->before, bulk->refused);
	if (ms >= 1000)
		fprintf(stderr, ", in %lld.%lld s (%lld/s)",
			(long long)ms / 1000, (long long)ms % 1000 / 100,
			(long long)done * 1000 / (long long)ms);
	fputc('\n', stderr);
	desk_tell_list_opened(bulk->desk);
}

/* Everything between the opening of the output and its end. */
static int run(struct bulk *bulk, const struct pipeline_steps *steps)
{
	struct fault fault;
	bool ok;

	bulk->delivery = delivery_open(
	    bulk->desk->o, &bulk->desk->office.identity, &fault);
	if (!bulk->delivery)
		return fault_report(&fault);
	progress_start(&bulk->progress);
	ok = pipeline_run(steps, bulk, &fault);
	if (ok)
		ok = delivery_close(bulk->delivery, &fault);
	else
		delivery_abandon(bulk->delivery);
	progress_clear(&bulk->progress);
	if (!ok) {
		say("%s; nothing is lost: run it again, and %s", fault.text,
		    bulk->renews ? "all get new papers, in place of those "
				   "made so far"
				 : "passes entered so far come out unchanged");
		return (int)fault.status;
	}
	tell_sums(bulk);
	return bulk->refused ? EXIT_REFUSED : EXIT_DONE;
}

int bulk_run(struct bulk *bulk,
	     bool (*read)(void *bulk, struct batch *batch),
	     bool (*enter)(void *bulk, struct batch *batch,
			   struct fault *fault))
{
	const struct pipeline_steps steps = {read, enter, deliver};
	struct interrupt held;
	int status;

	interrupt_hold(&held);
	status = run(bulk, &steps);
	interrupt_end(&held, bulk->interrupted);
	return status;
}
