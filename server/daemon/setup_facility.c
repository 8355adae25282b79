/* SPDX-License-Identifier: Apache-2.0 */
/* setup_facility.c: facilities: where a pass is shown, in which currency, and
 * by which clock. */
#include "setup_act.h"

#include <string.h>

#include "zone.h"

static const char *const add_fields[] = {"id",	     "city", "names",
					 "currency", "zone", NULL};
static const char *const set_fields[] = {"city", "names", "currency", "zone",
					 NULL};

/* Four names of NAME_TEXT_MAX and their heads. */
#define NAMES_ENCODED_MAX (4 * (NAME_TEXT_MAX + 8))

struct facility_form {
	struct facility_row row;
	uint8_t names[NAMES_ENCODED_MAX];
};

static bool take_zone(const struct taker *t, struct bytes *out)
{
	char name[ZONE_NAME_MAX + 1];

	if (!take_text(t, "zone", TAKE_NEEDED, ZONE_NAME_MAX, out))
		return false;
	return (bytes_to_text(*out, name, sizeof(name)) && zone_known(name)) ||
	       take_refuse(t, "zone",
			   "must be a name of the time-zone database, such as "
			   "Asia/Seoul");
}

static bool read_form(const json_t *body, struct facility_form *form,
		      struct problem *p)
{
	struct outbuf out = outbuf_in(form->names, sizeof(form->names));
	struct names names = {0};
	struct taker t;

	memset(&form->row, 0, sizeof(form->row));
	if (!taker_open(&t, body, p) || !take_known(&t, add_fields) ||
	    !take_name_id(&t, "id", TAKE_NEEDED, &form->row.id) ||
	    !take_name_id(&t, "city", TAKE_NEEDED, &form->row.city) ||
	    !take_names(&t, "names", &names) ||
	    !take_currency(&t, "currency", &form->row.currency) ||
	    !take_zone(&t, &form->row.zone))
		return false;
	names_put(&out, &names);
	form->row.names = out_view(&out);
	return true;
}

static bool check_add(const json_t *body, struct problem *p)
{
	struct facility_form form;

	return read_form(body, &form, p);
}

static enum store_result run_add(struct act_run *run)
{
	struct facility_form form;
	enum store_result r;

	if (!read_form(run->body, &form, run->problem))
		return STORE_NONE;
	run->id = json_string_value(json_object_get(run->body, "id"));
	r = store_facility_add(run->store, &form.row);
	if (r == STORE_EXISTS)
		return act_exists(run, "facility");
	if (r != STORE_OK)
		return r;
	run->after = facility_json(&form.row);
	run->changed = true;
	return run->after != NULL ? STORE_OK : act_no_memory(run);
}

/* The benefits that name a facility. */
struct naming {
	struct bytes facility;
	char benefit[NAME_ID_MAX + 1]; /* the first; "": none */
};

static bool note_naming(void *arg, const void *row)
{
	struct naming *naming = arg;
	const struct benefit_row *benefit = row;
	struct benefit b;

	if (naming->benefit[0] == '\0' && !benefit->withdrawn &&
	    benefit_read(benefit->encoded, &b) && b.facilities.n > 0 &&
	    benefit_is_for_facility(&b, naming->facility) &&
	    !bytes_to_text(b.id, naming->benefit, sizeof(naming->benefit)))
		return false;
	return true;
}

/* What was sold in one currency is not to be read in another. */
static enum store_result check_currency(struct act_run *run,
					const struct facility_row *row)
{
	struct naming naming = {.facility = row->id};
	struct bytes before =
	    json_bytes(json_object_get(run->before, "currency"));
	enum store_result r;

	if (bytes_equal(before, row->currency))
		return STORE_OK;
	r = store_benefits(run->store, NULL, note_naming, &naming);
	if (r != STORE_OK || naming.benefit[0] == '\0')
		return r;
	problem_set(run->problem, 409, "in-use",
		    "facility \"%s\": its currency cannot change while benefit "
		    "\"%s\" names it; withdraw that benefit first",
		    run->id, naming.benefit);
	return STORE_EXISTS;
}

static enum store_result run_set(struct act_run *run)
{
	struct facility_form form;
	enum store_result r;

	run->before = act_view(run, SETUP_FACILITY, run->id, &r);
	if (r == STORE_NONE)
		return act_not_found(run, "facility", "oapctl facility list");
	if (r != STORE_OK)
		return r;
	run->after = act_merge(run->before, run->body);
	if (run->after == NULL)
		return act_no_memory(run);
	if (!read_form(run->after, &form, run->problem))
		return STORE_NONE;
	r = check_currency(run, &form.row);
	if (r != STORE_OK)
		return r;
	run->changed = true;
	return store_facility_set(run->store, &form.row);
}

static const struct setup_act facility_add = {"facility.add", add_fields, 201,
					      check_add, run_add};
static const struct setup_act facility_set = {"facility.set", set_fields, 200,
					      NULL, run_set};

struct setup_change *setup_facility_add(const json_t *body, struct problem *p)
{
	return setup_change_new(&facility_add, NULL, body, p);
}

struct setup_change *setup_facility_set(const char *id, const json_t *body,
					struct problem *p)
{
	return setup_change_new(&facility_set, id, body, p);
}

json_t *facility_json(const struct facility_row *row)
{
	struct cbor_in in = cbor_reader(row->names);
	struct names names;

	if (!names_read(&in, &names))
		return NULL;
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "id",
			 json_of_bytes(row->id), "city",
			 json_of_bytes(row->city), "names",
			 json_of_names(&names), "currency",
			 json_of_bytes(row->currency), "zone",
			 json_of_bytes(row->zone));
}
