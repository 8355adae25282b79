/* SPDX-License-Identifier: Apache-2.0 */
/* benefit.c: a benefit as messages carry it, its conditions, and its price.
 * Everything about it is judged when it is read, so that the conditions below
 * walk its lists without failing. */
#include "benefit.h"

#include <string.h>

#include "currency.h"
#include "limits.h"
#include "mapkey.h"
#include "pass.h"

#define WEEKDAYS_ALL 127
#define DAY_MINUTES 1440

/* Reads one member of a list; *rank orders those that must ascend. */
typedef bool member_reader(struct cbor_in *in, int64_t *rank);

struct list_rule {
	member_reader *read;
	size_t max;
	bool ascending;
};

static bool read_facility(struct cbor_in *in, int64_t *rank)
{
	struct bytes id;

	*rank = 0;
	return cbor_name_id(in, &id);
}

static bool read_issuer(struct cbor_in *in, int64_t *rank)
{
	struct bytes iss;

	*rank = 0;
	return cbor_text_sized(in, 1, ISS_MAX, &iss);
}

static bool read_class(struct cbor_in *in, int64_t *rank)
{
	return cbor_int_range(in, 0, CLASS_COUNT - 1, rank);
}

static bool read_date(struct cbor_in *in, int64_t *rank)
{
	return cbor_int(in, rank) && date_valid(*rank);
}

struct hours {
	uint64_t weekdays, from, until;
};

static bool read_hours(struct cbor_in *in, struct hours *h)
{
	size_t n;

	return cbor_array(in, &n) && n == 3 &&
	       cbor_uint_max(in, WEEKDAYS_ALL, &h->weekdays) &&
	       h->weekdays > 0 &&
	       cbor_uint_max(in, DAY_MINUTES - 1, &h->from) &&
	       cbor_uint_max(in, DAY_MINUTES, &h->until) &&
	       h->from < h->until;
}

static bool read_hours_member(struct cbor_in *in, int64_t *rank)
{
	struct hours h;

	*rank = 0;
	return read_hours(in, &h);
}

static const struct list_rule FACILITIES = {read_facility,
					    FACILITIES_PER_BENEFIT_MAX, false};
static const struct list_rule ISSUERS = {read_issuer, ISSUERS_PER_BENEFIT_MAX,
					 false};
static const struct list_rule CLASSES = {read_class, CLASS_COUNT, true};
static const struct list_rule HOURS = {read_hours_member,
				       HOURS_PER_BENEFIT_MAX, false};
static const struct list_rule CLOSED = {read_date, CLOSED_DAYS_MAX, true};

/* A list under a key that may be absent; *list is its encoded array. */
static bool read_list(struct cbor_in *in, int64_t key,
		      const struct list_rule *rule, struct bytes *list)
{
	struct cbor_in member;
	int64_t rank, before = -1;
	size_t n;

	*list = (struct bytes){NULL, 0};
	if (!map_key(in, key))
		return true;
	if (!cbor_item(in, list))
		return false;
	member = cbor_reader(*list);
	if (!cbor_array(&member, &n) || n < 1 || n > rule->max)
		return false;
	for (; n > 0; n--) {
		if (!rule->read(&member, &rank))
			return false;
		if (rule->ascending && rank <= before)
			return false;
		before = rank;
	}
	return true;
}

static bool read_count(struct cbor_in *in, uint64_t min, uint64_t max,
		       uint32_t *v)
{
	uint64_t wide;

	if (!cbor_uint_max(in, max, &wide) || wide < min)
		return false;
	*v = (uint32_t)wide;
	return true;
}

/* Keys 6 to 8. */
static bool read_price_rule(struct cbor_in *in, struct benefit *b)
{
	static const int64_t VALUE_MAX[KIND_COUNT] = {
	    [KIND_PERCENT] = BASIS_POINTS_MAX,
	    [KIND_AMOUNT_OFF] = AMOUNT_MAX,
	    [KIND_FIXED_PRICE] = AMOUNT_MAX,
	    [KIND_FREE] = 0,
	};
	int64_t kind;

	if (!map_int(in, 6, 0, KIND_COUNT - 1, &kind))
		return false;
	b->kind = (enum benefit_kind)kind;
	return map_int(in, 7, 0, VALUE_MAX[kind], &b->value) &&
	       map_int(in, 8, 1, ROUNDING_UNIT_MAX, &b->rounding_unit);
}

/* Keys 9 and 10. */
static bool read_limits(struct cbor_in *in, struct benefit *b)
{
	int64_t per, scope;
	size_t n;

	if (!map_key(in, 9) || !read_count(in, 1, PARTY_MAX, &b->party_max) ||
	    !map_key(in, 10) || !cbor_array(in, &n) || n != 3 ||
	    !read_count(in, 1, LIMIT_USES_MAX, &b->limit) ||
	    !cbor_int_range(in, 0, PER_COUNT - 1, &per) ||
	    !cbor_int_range(in, 0, SCOPE_COUNT - 1, &scope))
		return false;
	b->per = (enum limit_per)per;
	b->scope = (enum limit_scope)scope;
	return true;
}

static bool read_day(struct cbor_in *in, int64_t key, int32_t *date)
{
	int64_t wide = 0;

	if (map_key(in, key) && !read_date(in, &wide))
		return false;
	*date = (int32_t)wide;
	return true;
}

/* Keys 11 to 14. */
static bool read_calendar(struct cbor_in *in, struct benefit *b)
{
	return read_day(in, 11, &b->first_date) &&
	       read_day(in, 12, &b->last_date) &&
	       (b->last_date == 0 || b->first_date <= b->last_date) &&
	       read_list(in, 13, &HOURS, &b->hours) &&
	       read_list(in, 14, &CLOSED, &b->closed);
}

/* Keys 15 to 18. */
static bool read_rest(struct cbor_in *in, struct benefit *b)
{
	int64_t live;

	if (!map_int(in, 15, 0, LIVE_COUNT - 1, &live))
		return false;
	b->live = (enum live_rule)live;
	return map_key(in, 16) && cbor_bool(in, &b->offline) &&
	       map_key(in, 17) &&
	       read_count(in, 0, REVERSAL_MINUTES_MAX, &b->reversal_minutes) &&
	       map_key(in, 18) && currency_read(in, &b->currency);
}

bool benefit_read(struct bytes encoded, struct benefit *out)
{
	struct cbor_in in = cbor_reader(encoded);
	size_t pairs;

	memset(out, 0, sizeof(*out));
	return cbor_check(encoded, NULL) == CBOR_OK && cbor_map(&in, &pairs) &&
	       map_name_id(&in, 1, &out->id) && map_key(&in, 2) &&
	       names_read(&in, &out->names) &&
	       read_list(&in, 3, &FACILITIES, &out->facilities) &&
	       read_list(&in, 4, &ISSUERS, &out->issuers) &&
	       read_list(&in, 5, &CLASSES, &out->classes) &&
	       read_price_rule(&in, out) && read_limits(&in, out) &&
	       read_calendar(&in, out) && read_rest(&in, out) &&
	       cbor_at_end(&in);
}

static void put_list(struct outbuf *out, int64_t key, struct bytes list)
{
	if (list.n > 0)
		map_put_item(out, key, list);
}

static void put_day(struct outbuf *out, int64_t key, int32_t date)
{
	if (date != 0)
		map_put_int(out, key, date);
}

static size_t count_pairs(const struct benefit *b)
{
	return 11 + (b->facilities.n > 0) + (b->issuers.n > 0) +
	       (b->classes.n > 0) + (b->first_date != 0) +
	       (b->last_date != 0) + (b->hours.n > 0) + (b->closed.n > 0);
}

void benefit_put(struct outbuf *out, const struct benefit *b)
{
	cbor_put_map(out, count_pairs(b));
	map_put_text(out, 1, b->id);
	cbor_put_uint(out, 2);
	names_put(out, &b->names);
	put_list(out, 3, b->facilities);
	put_list(out, 4, b->issuers);
	put_list(out, 5, b->classes);
	map_put_int(out, 6, b->kind);
	map_put_int(out, 7, b->value);
	map_put_int(out, 8, b->rounding_unit);
	map_put_int(out, 9, b->party_max);
	cbor_put_uint(out, 10);
	cbor_put_array(out, 3);
	cbor_put_uint(out, b->limit);
	cbor_put_uint(out, b->per);
	cbor_put_uint(out, b->scope);
	put_day(out, 11, b->first_date);
	put_day(out, 12, b->last_date);
	put_list(out, 13, b->hours);
	put_list(out, 14, b->closed);
	map_put_int(out, 15, b->live);
	cbor_put_uint(out, 16);
	cbor_put_bool(out, b->offline);
	map_put_int(out, 17, b->reversal_minutes);
	map_put_text(out, 18, b->currency);
}

/* An absent list names everybody. */
static bool names_text(struct bytes list, struct bytes text)
{
	struct cbor_in in = cbor_members(list);
	struct bytes member;

	while (cbor_text(&in, &member)) {
		if (bytes_equal(member, text))
			return true;
	}
	return list.n == 0;
}

static bool has_number(struct bytes list, uint64_t number)
{
	struct cbor_in in = cbor_members(list);
	uint64_t member;

	while (cbor_uint(&in, &member)) {
		if (member == number)
			return true;
	}
	return false;
}

bool benefit_is_for_facility(const struct benefit *b, struct bytes facility)
{
	return names_text(b->facilities, facility);
}

bool benefit_is_for_issuer(const struct benefit *b, struct bytes iss)
{
	return names_text(b->issuers, iss);
}

bool benefit_is_for_class(const struct benefit *b, unsigned class)
{
	return b->classes.n == 0 || has_number(b->classes, class);
}

bool benefit_is_running(const struct benefit *b, const struct local_time *t)
{
	return t->date >= b->first_date &&
	       (b->last_date == 0 || t->date <= b->last_date);
}

bool benefit_is_open(const struct benefit *b, const struct local_time *t)
{
	struct cbor_in in = cbor_members(b->hours);
	struct hours h;

	if (has_number(b->closed, (uint64_t)t->date))
		return false;
	while (read_hours(&in, &h)) {
		if ((h.weekdays >> t->weekday & 1) != 0 &&
		    (int64_t)h.from <= t->minute &&
		    t->minute < (int64_t)h.until)
			return true;
	}
	return b->hours.n == 0;
}

static int64_t apply_percent(const struct benefit *b, int64_t list)
{
	int64_t unit = b->rounding_unit;

	/* One division, so that nothing is rounded twice. */
	return list * (BASIS_POINTS_MAX - b->value) /
	       (BASIS_POINTS_MAX * unit) * unit;
}

static int64_t round_down(const struct benefit *b, int64_t amount)
{
	return amount > 0 ? amount - amount % b->rounding_unit : 0;
}

struct price benefit_price(const struct benefit *b, int64_t list,
			   uint32_t party)
{
	struct price p = {.list = list};

	switch (b->kind) {
	case KIND_PERCENT:
		p.price = apply_percent(b, list);
		break;
	case KIND_AMOUNT_OFF:
		p.price = round_down(b, list - b->value * party);
		break;
	case KIND_FIXED_PRICE:
		p.price = round_down(b, b->value * party);
		break;
	case KIND_FREE:
	case KIND_COUNT:
		p.price = 0;
		break;
	}
	if (p.price > list)
		p.price = list;
	p.discount = list - p.price;
	return p;
}

int32_t benefit_period(const struct benefit *b, const struct local_time *t)
{
	switch (b->per) {
	case PER_DAY: return t->day;
	case PER_MONTH: return 12 * t->year + t->month - 1;
	case PER_YEAR: return t->year;
	case PER_LIFETIME:
	case PER_COUNT: break;
	}
	return 0;
}

static const char *const KINDS[KIND_COUNT] = {
    [KIND_PERCENT] = "percent",
    [KIND_AMOUNT_OFF] = "amount-off",
    [KIND_FIXED_PRICE] = "fixed-price",
    [KIND_FREE] = "free",
};
static const char *const PERS[PER_COUNT] = {
    [PER_DAY] = "day",
    [PER_MONTH] = "month",
    [PER_YEAR] = "year",
    [PER_LIFETIME] = "lifetime",
};
static const char *const SCOPES[SCOPE_COUNT] = {
    [SCOPE_FACILITY] = "facility",
    [SCOPE_SERVICE] = "service",
};
static const char *const LIVES[LIVE_COUNT] = {
    [LIVE_BOUND] = "bound",
    [LIVE_ALWAYS] = "always",
    [LIVE_NEVER] = "never",
};

static int index_of(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

const char *benefit_kind_name(unsigned kind)
{
	return kind < KIND_COUNT ? KINDS[kind] : "unknown";
}

int benefit_kind_of(const char *name)
{
	return index_of(KINDS, KIND_COUNT, name);
}

const char *limit_per_name(unsigned per)
{
	return per < PER_COUNT ? PERS[per] : "unknown";
}

int limit_per_of(const char *name)
{
	return index_of(PERS, PER_COUNT, name);
}

const char *limit_scope_name(unsigned scope)
{
	return scope < SCOPE_COUNT ? SCOPES[scope] : "unknown";
}

int limit_scope_of(const char *name)
{
	return index_of(SCOPES, SCOPE_COUNT, name);
}

const char *live_rule_name(unsigned live)
{
	return live < LIVE_COUNT ? LIVES[live] : "unknown";
}

int live_rule_of(const char *name)
{
	return index_of(LIVES, LIVE_COUNT, name);
}
