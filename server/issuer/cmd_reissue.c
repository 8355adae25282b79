/* SPDX-License-Identifier: Apache-2.0 */
/* reissue: new papers for passes that are there: the same pass id, so that
 * limits follow the resident, with a new index; the old index is revoked.
 * Run again for the same key, it gives what it gave before once more. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulk.h"

struct reissue {
	const struct options *o;
	const struct world *world;
	struct request request; /* what the command line changes */
	struct renewal renewal;
	uint8_t kid[8];
	/* the ids of the command line, ascending; none with --kid */
	uint8_t (*cti)[16];
	size_t count, next;
	/* with --kid: the last id of the batch before */
	bool has_after;
	uint8_t after[16];
	atomic_bool at_end; /* set by the registry thread */
};

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static bool take_ids(struct reissue *r, struct fault *fault)
{
	r->count = (size_t)r->o->arg_count;
	r->cti = calloc(r->count, 16);
	if (!r->cti)
		return fault_set(fault, EXIT_IO, "no memory");
	for (size_t i = 0; i < r->count; i++)
		if (!hex_decode(bytes_text(r->o->args[i]), r->cti[i], 16))
			return fault_set(fault, EXIT_USAGE,
					 "\"%s\": not a pass id, which has 32 "
					 "hexadecimal digits", r->o->args[i]);
	qsort(r->cti, r->count, 16, compare_ids);
	for (size_t i = 1; i < r->count; i++)
		if (!memcmp(r->cti[i - 1], r->cti[i], 16))
			return fault_set(fault, EXIT_USAGE,
					 "a pass id is given twice");
	return true;
}

static bool take_kid(struct reissue *r, struct fault *fault)
{
	const char *kid = options_get(r->o, OPT_KID);

	if (!hex_decode(bytes_text(kid), r->kid, 8))
		return fault_set(fault, EXIT_USAGE,
				 "--kid \"%s\": 16 hexadecimal digits are "
				 "expected; oap-issuer keys lists them", kid);
	r->renewal.kid = r->kid;
	return true;
}

static bool take_changes(struct reissue *r, bool single, struct fault *fault)
{
	const char *hint = options_get(r->o, OPT_HINT);
	const char *holder = options_get(r->o, OPT_HOLDER_KEY);
	struct request *q = &r->request;

	if (!single && (hint || holder))
		return fault_set(fault, EXIT_USAGE,
				 "--hint, --holder-key: for one pass only");
	if ((hint && !request_hint(q, bytes_text(hint), fault)) ||
	    (holder && !request_holder(q, bytes_text(holder), fault))) {
		fault->status = EXIT_USAGE;
		return false;
	}
	if (!desk_take_validity(r->o, r->world->now, q, fault))
		return false;
	r->renewal.exp = q->exp;
	r->renewal.holder = q->has_holder ? q->holder : NULL;
	r->renewal.hint = request_hint_view(q);
	return true;
}

static bool take_command(struct reissue *r, bool *single, struct fault *fault)
{
	const char *out = options_get(r->o, OPT_OUT);
	const char *dot = out ? strrchr(out, '.') : NULL;
	bool has_kid = options_has(r->o, OPT_KID);
	enum form form = FORM_TXT;

	if (has_kid == (r->o->arg_count > 0))
		return fault_set(fault, EXIT_USAGE,
				 "reissue: give pass ids, or --kid KID");
	*single = r->o->arg_count == 1 && !options_has(r->o, OPT_OUT_DIR) &&
		  !(dot && !strcmp(dot, ".csv"));
	if (!*single && options_has(r->o, OPT_JSON))
		return fault_set(fault, EXIT_USAGE,
				 "--json: for one pass only");
	if (!(*single ? handover_form(r->o, &form, fault)
		      : delivery_form(r->o, &form, fault)))
		return false;
	return (has_kid ? take_kid(r, fault) : take_ids(r, fault)) &&
	       take_changes(r, *single, fault);
}

static bool read_batch(void *arg, struct batch *batch)
{
	struct bulk *bulk = arg;
	struct reissue *r = bulk->reader;

	batch->n = 0;
	if (r->renewal.kid)
		return !atomic_load(&r->at_end); /* the registry thread looks them up */
	while (r->next < r->count && batch->n < ISSUE_BATCH) {
		struct item *item = &batch->item[batch->n++];

		item->bad[0] = '\0';
		item->other_validity = false;
		memset(&item->request, 0, sizeof(item->request));
		memcpy(item->record.cti, r->cti[r->next++], 16);
	}
	return batch->n > 0;
}

/* The next ids that the key signed. */
static bool look_up(struct reissue *r, struct registry *registry,
		    struct batch *batch, struct fault *fault)
{
	uint8_t(*cti)[16] = calloc(ISSUE_BATCH, 16);
	bool ok;

	if (!cti)
		return fault_set(fault, EXIT_IO, "no memory");
	ok = registry_passes_of_key(registry, r->kid,
				    r->has_after ? r->after : NULL, cti,
				    ISSUE_BATCH, &batch->n, fault);
	if (ok && batch->n == 0)
		atomic_store(&r->at_end, true);
	for (size_t i = 0; ok && i < batch->n; i++) {
		struct item *item = &batch->item[i];

		item->bad[0] = '\0';
		item->other_validity = false;
		memset(&item->request, 0, sizeof(item->request));
		memcpy(item->record.cti, cti[i], 16);
		memcpy(r->after, cti[i], 16);
		r->has_after = true;
	}
	free(cti);
	return ok;
}

/* What ended by itself or for good needs no new paper. */
static void drop_ended(struct batch *batch)
{
	size_t kept = 0;

	for (size_t i = 0; i < batch->n; i++) {
		if (batch->item[i].outcome == ENLISTED_NOT)
			continue;
		if (kept != i)
			batch->item[kept] = batch->item[i];
		kept++;
	}
	batch->n = kept;
}

static bool enter_all(struct reissue *r, struct enlisting *e,
		      struct batch *batch, struct fault *fault)
{
	for (size_t i = 0; i < batch->n; i++) {
		struct item *item = &batch->item[i];
		uint8_t cti[16];

		memcpy(cti, item->record.cti, 16);
		item->outcome = enlist_again(e, cti, &r->renewal,
					     &item->record, &item->why, fault);
		if (item->outcome == ENLISTED_FAILED)
			return false;
		if (item->outcome == ENLISTED_NOT)
			memcpy(item->record.cti, cti, 16);
	}
	return true;
}

static bool enter_batch(void *arg, struct batch *batch, struct fault *fault)
{
	struct bulk *bulk = arg;
	struct reissue *r = bulk->reader;
	struct enlisting *e = &bulk->desk->enlisting;

	if (!registry_begin(e->registry, fault))
		return false;
	if ((r->renewal.kid && !look_up(r, e->registry, batch, fault)) ||
	    !enter_all(r, e, batch, fault) ||
	    !registry_commit(e->registry, fault)) {
		registry_rollback(e->registry);
		return false;
	}
	if (r->renewal.kid)
		drop_ended(batch);
	return true;
}

/* A key's passes are replaced by another key. */
static bool check_kid(struct reissue *r, struct desk *desk,
		      struct fault *fault)
{
	struct issuer_key key;
	enum found found;

	if (!r->renewal.kid)
		return true;
	found = registry_key(desk->office.registry, r->kid, &key, fault);
	if (found == FOUND_FAILED)
		return false;
	if (found == NOT_FOUND)
		return fault_set(fault, EXIT_REFUSED,
				 "--kid %s: not a key of this issuer; "
				 "oap-issuer keys lists them",
				 options_get(r->o, OPT_KID));
	if (!memcmp(r->kid, desk->key->kid, 8))
		return fault_set(fault, EXIT_REFUSED,
				 "--kid %s: that key still signs; oap-issuer "
				 "rotate makes another one first",
				 options_get(r->o, OPT_KID));
	return true;
}

static int run(struct reissue *r, struct desk *desk, bool single)
{
	struct bulk bulk = {.desk = desk,
			    .source = "reissue",
			    .reader = r,
			    .renews = r->renewal.kid == NULL};
	struct fault fault;

	if (!desk_open(desk, r->o, r->world, &fault) ||
	    !check_kid(r, desk, &fault))
		return fault_report(&fault);
	if (single && r->request.hint_n &&
	    !press_check_request(&desk->press, &r->request, &fault))
		return fault_report(&fault);
	if (single)
		return desk_one(desk, NULL, r->cti[0], &r->renewal,
				request_hint_view(&r->request), &fault);
	return bulk_run(&bulk, read_batch, enter_batch);
}

int cmd_reissue(const struct options *o, const struct world *world)
{
	struct reissue r = {.o = o, .world = world};
	struct desk desk = {.office.dir = -1};
	struct fault fault;
	bool single;
	int status;

	if (take_command(&r, &single, &fault))
		status = run(&r, &desk, single);
	else
		status = fault_report(&fault);
	desk_close(&desk);
	free(r.cti);
	return status;
}
