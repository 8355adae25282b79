/* SPDX-License-Identifier: Apache-2.0 */
/* setup_benefit.c: benefits: added, changed, withdrawn. */
#include "setup_act.h"

#include <stdlib.h>
#include <string.h>

static const char *const set_fields[] = {
    "names",	 "facilities", "issuers",   "classes",
    "kind",	 "value",      "rounding_unit", "party_max",
    "limit",	 "first_day",  "last_day",  "hours",
    "closed_days", "live",     "offline",   "reversal_minutes",
    "currency",	 "withdrawn",  NULL};

struct benefit_form {
	struct benefit benefit;
	bool withdrawn;
	struct bytes encoded;
	uint8_t lists[BENEFIT_ENCODED_MAX];
	uint8_t buf[BENEFIT_ENCODED_MAX];
};

static bool read_form(const json_t *body, struct benefit_form *form,
		      struct problem *p)
{
	struct outbuf lists = outbuf_in(form->lists, sizeof(form->lists));
	struct outbuf out = outbuf_in(form->buf, sizeof(form->buf));
	struct benefit again;

	if (!benefit_from_json(body, &lists, &form->benefit, &form->withdrawn,
			       p))
		return false;
	benefit_put(&out, &form->benefit);
	form->encoded = out_view(&out);
	/* What kiosks could not read must not get into a bundle. */
	return (!out.failed && benefit_read(form->encoded, &again)) ||
	       problem_set(p, 400, NULL,
			   "the body: the benefit is too long altogether");
}

static bool check_add(const json_t *body, struct problem *p)
{
	struct benefit_form *form = malloc(sizeof(*form));
	bool good;

	if (form == NULL)
		return problem_unavailable(p);
	good = read_form(body, form, p);
	free(form);
	return good;
}

struct facility_check {
	struct act_run *run;
	const struct benefit *benefit;
	bool seen;
};

static bool check_facility(void *arg, const void *row)
{
	struct facility_check *check = arg;
	const struct facility_row *facility = row;

	check->seen = true;
	if (!bytes_equal(facility->currency, check->benefit->currency))
		problem_set(check->run->problem, 409, "currency",
			    "field \"currency\": facility \"%.*s\" has %.*s, "
			    "not %.*s; make one benefit a currency",
			    (int)facility->id.n, (const char *)facility->id.p,
			    (int)facility->currency.n,
			    (const char *)facility->currency.p,
			    (int)check->benefit->currency.n,
			    (const char *)check->benefit->currency.p);
	return true;
}

/* Each facility it names is there and has its currency. */
static enum store_result check_facilities(struct act_run *run,
					  const struct benefit *b)
{
	struct facility_check check = {run, b, false};
	struct cbor_in in = cbor_reader(b->facilities);
	struct bytes id;
	size_t n;

	if (b->facilities.n == 0 || !cbor_array(&in, &n))
		return STORE_OK;
	while (cbor_text(&in, &id)) {
		enum store_result r = store_facilities(run->store, &id,
						       check_facility, &check);

		if (r == STORE_FAILED)
			return r;
		if (r == STORE_NONE)
			problem_set(run->problem, 409, "unknown-facility",
				    "facility \"%.*s\": unknown; oapctl "
				    "facility list shows them",
				    (int)id.n, (const char *)id.p);
		if (run->problem->status != 0)
			return STORE_NONE;
	}
	return STORE_OK;
}

/* What is common to adding and changing: reads, checks, writes. */
static enum store_result save(struct act_run *run, const json_t *body,
			      enum store_result (*write)(
				  struct store *s,
				  const struct benefit_row *row))
{
	struct benefit_form *form = malloc(sizeof(*form));
	struct benefit_row row = {0};
	enum store_result r = STORE_NONE;

	if (form == NULL)
		return act_no_memory(run);
	if (read_form(body, form, run->problem))
		r = check_facilities(run, &form->benefit);
	if (r == STORE_OK) {
		row.id = form->benefit.id;
		row.encoded = form->encoded;
		row.withdrawn = form->withdrawn;
		r = write(run->store, &row);
	}
	if (r == STORE_OK) {
		json_t *after = benefit_row_json(&row);

		json_decref(run->after);
		run->after = after;
		run->changed = true;
		if (after == NULL)
			r = act_no_memory(run);
	}
	free(form);
	return r;
}

static enum store_result run_add(struct act_run *run)
{
	enum store_result r;

	run->id = json_string_value(json_object_get(run->body, "id"));
	r = save(run, run->body, store_benefit_add);
	return r == STORE_EXISTS ? act_exists(run, "benefit") : r;
}

static enum store_result run_set(struct act_run *run)
{
	enum store_result r;

	run->before = act_view(run, SETUP_BENEFIT, run->id, &r);
	if (r == STORE_NONE)
		return act_not_found(run, "benefit", "oapctl benefit list");
	if (r != STORE_OK)
		return r;
	run->after = act_merge(run->before, run->body);
	if (run->after == NULL)
		return act_no_memory(run);
	return save(run, run->after, store_benefit_set);
}

static const struct setup_act benefit_add = {"benefit.add", benefit_fields,
					     201, check_add, run_add};
static const struct setup_act benefit_set = {"benefit.set", set_fields, 200,
					     NULL, run_set};

struct setup_change *setup_benefit_add(const json_t *body, struct problem *p)
{
	return setup_change_new(&benefit_add, NULL, body, p);
}

struct setup_change *setup_benefit_set(const char *id, const json_t *body,
				       struct problem *p)
{
	return setup_change_new(&benefit_set, id, body, p);
}

json_t *benefit_row_json(const struct benefit_row *row)
{
	struct benefit b;

	return benefit_read(row->encoded, &b)
		   ? benefit_to_json(&b, row->withdrawn)
		   : NULL;
}
