/* SPDX-License-Identifier: Apache-2.0 */
/* benefit_json.c: reads a benefit from JSON, with a sentence for each thing
 * that can be wrong with it. */
#include "benefit_json.h"

#include <stdio.h>
#include <string.h>

#include "limits.h"
#include "pass.h"
#include "plain.h"
#include "taker.h"

#define DAY_MINUTES 1440
#define REVERSAL_MINUTES_DEFAULT 30

const char *const benefit_fields[] = {
    "id",	   "names",	       "facilities", "issuers",
    "classes",	   "kind",	       "value",	     "rounding_unit",
    "party_max",   "limit",	       "first_day",  "last_day",
    "hours",	   "closed_days",      "live",	     "offline",
    "reversal_minutes", "currency", "withdrawn",  NULL};

static const char *const WEEKDAYS[7] = {"mon", "tue", "wed", "thu",
					"fri", "sat", "sun"};

/* What was put since `from`, as a view. */
static struct bytes put_since(const struct outbuf *out, size_t from)
{
	return bytes_of(out->p + from, out->n - from);
}

static bool too_long(const struct taker *t, const char *name)
{
	return take_refuse(t, name, "is too long altogether");
}

/* -------------------------------------------- facilities and issuers */

static bool is_id(struct bytes text)
{
	return name_id_valid(text);
}

static bool is_iss(struct bytes text)
{
	return text.n >= 1 && text.n <= ISS_MAX && plain_valid(text);
}

static bool is_repeated(const json_t *array, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (json_equal(json_array_get(array, i),
			       json_array_get(array, at)))
			return true;
	}
	return false;
}

static bool take_texts(const struct taker *t, const char *name, size_t max,
		       bool (*is_good)(struct bytes), struct outbuf *lists,
		       struct bytes *out)
{
	const json_t *array;
	size_t from = lists->n, n;

	if (!take_array(t, name, max, &array) || array == NULL)
		return array == NULL;
	n = json_array_size(array);
	cbor_put_array(lists, n);
	for (size_t i = 0; i < n; i++) {
		const json_t *member = json_array_get(array, i);

		if (!json_is_string(member) || !is_good(json_bytes(member)))
			return take_refuse(t, name,
					   "has a member that is no id");
		if (is_repeated(array, i))
			return take_refuse(t, name, "names one twice");
		cbor_put_text(lists, json_bytes(member));
	}
	if (lists->failed)
		return too_long(t, name);
	*out = put_since(lists, from);
	return true;
}

/* ------------------------------------------------------------ classes */

static bool take_classes(const struct taker *t, struct outbuf *lists,
			 struct bytes *out)
{
	bool wanted[CLASS_COUNT] = {false};
	const json_t *array;
	size_t from = lists->n, count = 0;

	if (!take_array(t, "classes", CLASS_COUNT, &array) || array == NULL)
		return array == NULL;
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *member = json_array_get(array, i);
		int class = json_is_string(member)
				? pass_class_of(json_string_value(member))
				: -1;

		if (class < 0 || wanted[class])
			return take_refuse(t, "classes",
					   "must be adult, youth, child, "
					   "senior or disabled, each once");
		wanted[class] = true;
		count++;
	}
	cbor_put_array(lists, count);
	for (unsigned class = 0; class < CLASS_COUNT; class++) {
		if (wanted[class])
			cbor_put_uint(lists, class);
	}
	*out = put_since(lists, from);
	return !lists->failed || too_long(t, "classes");
}

/* -------------------------------------------------------- hours, days */

static bool take_weekdays(const struct taker *t, unsigned *bits)
{
	const json_t *array;

	*bits = 0;
	if (!take_array(t, "weekdays", 7, &array))
		return false;
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *name =
		    json_string_value(json_array_get(array, i));
		unsigned day = 0;

		while (day < 7 && (name == NULL || strcmp(WEEKDAYS[day], name)))
			day++;
		if (day == 7 || (*bits >> day & 1) != 0)
			return take_refuse(t, "weekdays",
					   "must be of mon, tue, wed, thu, "
					   "fri, sat, sun, each once");
		*bits |= 1u << day;
	}
	return *bits != 0 || take_refuse(t, "weekdays", "is missing");
}

/* "09:30", up to "24:00". */
static bool take_minute(const struct taker *t, const char *name,
			uint64_t *out)
{
	struct bytes text = json_bytes(take(t, name));
	unsigned digit[4] = {0};
	size_t n = 0;

	for (size_t i = 0; i < text.n && text.n == 5; i++) {
		if (i == 2 ? text.p[i] == ':'
			   : text.p[i] >= '0' && text.p[i] <= '9')
			n++;
		if (i != 2)
			digit[i < 2 ? i : i - 1] = (unsigned)(text.p[i] - '0');
	}
	*out = (digit[0] * 10 + digit[1]) * 60 + digit[2] * 10 + digit[3];
	if (n != 5 || digit[2] > 5 || *out > DAY_MINUTES)
		return take_refuse(t, name,
				   "must be a time of day as HH:MM, up to "
				   "24:00");
	return true;
}

static bool take_opening(const struct taker *t, struct outbuf *lists)
{
	static const char *const FIELDS[] = {"weekdays", "from", "until",
					     NULL};
	uint64_t from, until;
	unsigned weekdays;

	if (!take_known(t, FIELDS) || !take_weekdays(t, &weekdays) ||
	    !take_minute(t, "from", &from) || !take_minute(t, "until", &until))
		return false;
	if (from >= until)
		return take_refuse(t, "until",
				   "must be later than \"from\"; hours past "
				   "midnight are two entries");
	cbor_put_array(lists, 3);
	cbor_put_uint(lists, weekdays);
	cbor_put_uint(lists, from);
	cbor_put_uint(lists, until);
	return true;
}

static bool take_hours(const struct taker *t, struct outbuf *lists,
		       struct bytes *out)
{
	size_t from = lists->n, n;
	char where[32];
	struct taker inner = {.where = where, .problem = t->problem};
	const json_t *array;

	if (!take_array(t, "hours", HOURS_PER_BENEFIT_MAX, &array) ||
	    array == NULL)
		return array == NULL;
	n = json_array_size(array);
	cbor_put_array(lists, n);
	for (size_t i = 0; i < n; i++) {
		inner.object = json_array_get(array, i);
		snprintf(where, sizeof(where), "hours[%zu].", i);
		if (!json_is_object(inner.object))
			return take_refuse(t, "hours",
					   "must hold {\"weekdays\", "
					   "\"from\", \"until\"}");
		if (!take_opening(&inner, lists))
			return false;
	}
	*out = put_since(lists, from);
	return !lists->failed || too_long(t, "hours");
}

/* Puts a day into ascending order; false: it is there already. */
static bool insert_day(int32_t *days, size_t n, int32_t day)
{
	size_t at = n;

	while (at > 0 && days[at - 1] > day) {
		days[at] = days[at - 1];
		at--;
	}
	days[at] = day;
	return at == 0 || days[at - 1] != day;
}

static bool take_closed(const struct taker *t, struct outbuf *lists,
			struct bytes *out)
{
	int32_t days[CLOSED_DAYS_MAX], day;
	size_t from = lists->n, n;
	const json_t *array;

	if (!take_array(t, "closed_days", CLOSED_DAYS_MAX, &array) ||
	    array == NULL)
		return array == NULL;
	n = json_array_size(array);
	for (size_t i = 0; i < n; i++) {
		const json_t *member = json_array_get(array, i);

		if (!json_is_string(member) ||
		    !date_parse(json_bytes(member), &day) ||
		    !insert_day(days, i, day))
			return take_refuse(t, "closed_days",
					   "must be days as YYYY-MM-DD, each "
					   "once");
	}
	cbor_put_array(lists, n);
	for (size_t i = 0; i < n; i++)
		cbor_put_int(lists, days[i]);
	*out = put_since(lists, from);
	return !lists->failed || too_long(t, "closed_days");
}

/* -------------------------------------------------------------- money */

static bool take_price_rule(const struct taker *t, struct benefit *b)
{
	static const int64_t MAX[KIND_COUNT] = {
	    [KIND_PERCENT] = BASIS_POINTS_MAX,
	    [KIND_AMOUNT_OFF] = AMOUNT_MAX,
	    [KIND_FIXED_PRICE] = AMOUNT_MAX,
	    [KIND_FREE] = 0,
	};
	enum take_need need;
	int kind;

	if (!take_choice(t, "kind", TAKE_NEEDED, benefit_kind_of,
			 "percent, amount-off, fixed-price, free", &kind))
		return false;
	b->kind = (enum benefit_kind)kind;
	b->value = 0;
	b->rounding_unit = 1;
	need = b->kind == KIND_FREE ? TAKE_OPTIONAL : TAKE_NEEDED;
	return take_whole(t, "value", need, 0, MAX[kind], &b->value) &&
	       take_whole(t, "rounding_unit", TAKE_OPTIONAL, 1,
			  ROUNDING_UNIT_MAX, &b->rounding_unit) &&
	       take_currency(t, "currency", &b->currency);
}

static bool take_limit(const struct taker *t, struct benefit *b)
{
	static const char *const FIELDS[] = {"uses", "per", "scope", NULL};
	struct taker inner = {take(t, "limit"), "limit.", t->problem};
	int per, scope = SCOPE_SERVICE;
	int64_t uses;

	if (!json_is_object(inner.object))
		return take_refuse(t, "limit",
				   "must be {\"uses\": 1, \"per\": \"day\", "
				   "\"scope\": \"service\"}");
	if (!take_known(&inner, FIELDS) ||
	    !take_whole(&inner, "uses", TAKE_NEEDED, 1, LIMIT_USES_MAX,
			&uses) ||
	    !take_choice(&inner, "per", TAKE_NEEDED, limit_per_of,
			 "day, month, year, lifetime", &per) ||
	    !take_choice(&inner, "scope", TAKE_OPTIONAL, limit_scope_of,
			 "facility, service", &scope))
		return false;
	b->limit = (uint32_t)uses;
	b->per = (enum limit_per)per;
	b->scope = (enum limit_scope)scope;
	return true;
}

static bool take_rest(const struct taker *t, struct benefit *b)
{
	int64_t party = 1, minutes = REVERSAL_MINUTES_DEFAULT;
	int live = LIVE_BOUND;

	b->offline = true;
	if (!take_whole(t, "party_max", TAKE_OPTIONAL, 1, PARTY_MAX, &party) ||
	    !take_choice(t, "live", TAKE_OPTIONAL, live_rule_of,
			 "bound, always, never", &live) ||
	    !take_flag(t, "offline", TAKE_OPTIONAL, &b->offline) ||
	    !take_whole(t, "reversal_minutes", TAKE_OPTIONAL, 0, DAY_MINUTES,
			&minutes))
		return false;
	b->party_max = (uint32_t)party;
	b->live = (enum live_rule)live;
	b->reversal_minutes = (uint32_t)minutes;
	return true;
}

static bool take_days(const struct taker *t, struct benefit *b)
{
	if (!take_day(t, "first_day", TAKE_OPTIONAL, &b->first_date) ||
	    !take_day(t, "last_day", TAKE_OPTIONAL, &b->last_date))
		return false;
	return b->last_date == 0 || b->first_date <= b->last_date ||
	       take_refuse(t, "last_day", "is before \"first_day\"");
}

bool benefit_from_json(const json_t *body, struct outbuf *lists,
		       struct benefit *out, bool *withdrawn, struct problem *p)
{
	struct taker t;

	memset(out, 0, sizeof(*out));
	*withdrawn = false;
	return taker_open(&t, body, p) && take_known(&t, benefit_fields) &&
	       take_name_id(&t, "id", TAKE_NEEDED, &out->id) &&
	       take_names(&t, "names", &out->names) &&
	       take_texts(&t, "facilities", FACILITIES_PER_BENEFIT_MAX, is_id,
			  lists, &out->facilities) &&
	       take_texts(&t, "issuers", ISSUERS_PER_BENEFIT_MAX, is_iss,
			  lists, &out->issuers) &&
	       take_classes(&t, lists, &out->classes) &&
	       take_price_rule(&t, out) && take_limit(&t, out) &&
	       take_days(&t, out) && take_hours(&t, lists, &out->hours) &&
	       take_closed(&t, lists, &out->closed) && take_rest(&t, out) &&
	       take_flag(&t, "withdrawn", TAKE_OPTIONAL, withdrawn);
}
