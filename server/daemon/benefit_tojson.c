/* SPDX-License-Identifier: Apache-2.0 */
/* benefit_tojson.c: writes a benefit as JSON, in the fields that
 * benefit_from_json reads: what comes out can go in again. */
#include <stdio.h>

#include "benefit_json.h"
#include "limits.h"
#include "pass.h"
#include "taker.h"

/* One member of a list; NULL at its end. */
typedef json_t *next_member(struct cbor_in *in);

static json_t *next_text(struct cbor_in *in)
{
	struct bytes text;

	return cbor_text(in, &text) ? json_of_bytes(text) : NULL;
}

static json_t *next_class(struct cbor_in *in)
{
	uint64_t class;

	return cbor_uint(in, &class)
		   ? json_string(pass_class_name((unsigned)class))
		   : NULL;
}

static json_t *json_of_day(int32_t date)
{
	char text[11];

	date_format(date, text);
	return json_string(text);
}

static json_t *next_day(struct cbor_in *in)
{
	uint64_t date;

	return cbor_uint(in, &date) ? json_of_day((int32_t)date) : NULL;
}

static json_t *json_of_minute(uint64_t minute)
{
	char text[8];

	snprintf(text, sizeof(text), "%02u:%02u", (unsigned)(minute / 60 % 100),
		 (unsigned)(minute % 60));
	return json_string(text);
}

static json_t *json_of_weekdays(uint64_t bits)
{
	static const char *const NAMES[7] = {"mon", "tue", "wed", "thu",
					     "fri", "sat", "sun"};
	json_t *array = json_array();

	for (unsigned day = 0; day < 7; day++) {
		if ((bits >> day & 1) != 0)
			json_array_append_new(array, json_string(NAMES[day]));
	}
	return array;
}

static json_t *next_hours(struct cbor_in *in)
{
	uint64_t weekdays, from, until;
	size_t n;

	if (!cbor_array(in, &n) || !cbor_uint(in, &weekdays) ||
	    !cbor_uint(in, &from) || !cbor_uint(in, &until))
		return NULL;
	return json_pack("{s:o, s:o, s:o}", "weekdays",
			 json_of_weekdays(weekdays), "from",
			 json_of_minute(from), "until", json_of_minute(until));
}

static bool put(json_t *o, const char *name, json_t *value)
{
	return json_object_set_new(o, name, value) == 0;
}

/* Absent lists stay absent: they name everybody. */
static bool put_list(json_t *o, const char *name, struct bytes list,
		     next_member *next)
{
	struct cbor_in in = cbor_reader(list);
	json_t *array, *member;
	size_t n;

	if (list.n == 0)
		return true;
	array = json_array();
	if (!cbor_array(&in, &n)) {
		json_decref(array);
		return false;
	}
	while ((member = next(&in)) != NULL) {
		if (json_array_append_new(array, member) != 0)
			break;
	}
	if (json_array_size(array) == n)
		return put(o, name, array);
	json_decref(array);
	return false;
}

static bool put_day(json_t *o, const char *name, int32_t date)
{
	return date == 0 || put(o, name, json_of_day(date));
}

static bool put_limit(json_t *o, const struct benefit *b)
{
	return put(o, "limit",
		   json_pack("{s:I, s:s, s:s}", "uses", (json_int_t)b->limit,
			     "per", limit_per_name(b->per), "scope",
			     limit_scope_name(b->scope)));
}

json_t *benefit_to_json(const struct benefit *b, bool withdrawn)
{
	json_t *o = json_object();

	if (put(o, "id", json_of_bytes(b->id)) &&
	    put(o, "names", json_of_names(&b->names)) &&
	    put_list(o, "facilities", b->facilities, next_text) &&
	    put_list(o, "issuers", b->issuers, next_text) &&
	    put_list(o, "classes", b->classes, next_class) &&
	    put(o, "kind", json_string(benefit_kind_name(b->kind))) &&
	    put(o, "value", json_integer(b->value)) &&
	    put(o, "rounding_unit", json_integer(b->rounding_unit)) &&
	    put(o, "party_max", json_integer(b->party_max)) &&
	    put_limit(o, b) && put_day(o, "first_day", b->first_date) &&
	    put_day(o, "last_day", b->last_date) &&
	    put_list(o, "hours", b->hours, next_hours) &&
	    put_list(o, "closed_days", b->closed, next_day) &&
	    put(o, "live", json_string(live_rule_name(b->live))) &&
	    put(o, "offline", json_boolean(b->offline)) &&
	    put(o, "reversal_minutes", json_integer(b->reversal_minutes)) &&
	    put(o, "currency", json_of_bytes(b->currency)) &&
	    put(o, "withdrawn", json_boolean(withdrawn)))
		return o;
	json_decref(o);
	return NULL;
}
