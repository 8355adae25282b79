/* SPDX-License-Identifier: Apache-2.0 */
/* benefit.h: what a benefit is, whom and when it is for, and what it costs.
 * Money is integers in minor units; nothing here knows floating point. */
#ifndef OAP_BENEFIT_H
#define OAP_BENEFIT_H

#include "localday.h"
#include "names.h"

enum benefit_kind { KIND_PERCENT, KIND_AMOUNT_OFF, KIND_FIXED_PRICE,
		    KIND_FREE, KIND_COUNT };
enum limit_per { PER_DAY, PER_MONTH, PER_YEAR, PER_LIFETIME, PER_COUNT };
enum limit_scope { SCOPE_FACILITY, SCOPE_SERVICE, SCOPE_COUNT };
enum live_rule { LIVE_BOUND, LIVE_ALWAYS, LIVE_NEVER, LIVE_COUNT };

/* Decoded; lists are the encoded arrays, already judged, as views: n == 0
 * when the key is absent (all facilities, all issuers, …). */
struct benefit {
	struct bytes id;
	struct names names;
	struct bytes facilities; /* array of ids */
	struct bytes issuers;	 /* array of iss */
	struct bytes classes;	 /* array of class numbers, ascending */
	enum benefit_kind kind;
	int64_t value; /* basis points, or minor units per person */
	int64_t rounding_unit;
	uint32_t party_max;
	uint32_t limit;
	enum limit_per per;
	enum limit_scope scope;
	int32_t first_date, last_date; /* 0: open */
	struct bytes hours;	       /* array of [weekdays, from, until] */
	struct bytes closed;	       /* array of dates, ascending */
	enum live_rule live;
	bool offline;
	uint32_t reversal_minutes;
	struct bytes currency;
};

/* A whole encoded benefit that fills the view (strict CBOR). */
bool benefit_read(struct bytes encoded, struct benefit *out) OAP_CHECKED;
void benefit_put(struct outbuf *out, const struct benefit *b);

bool benefit_is_for_facility(const struct benefit *b, struct bytes facility);
bool benefit_is_for_issuer(const struct benefit *b, struct bytes iss);
bool benefit_is_for_class(const struct benefit *b, unsigned class);
/* Within the first and last day. */
bool benefit_is_running(const struct benefit *b, const struct local_time *t);
/* Not a closed day, and within the hours. */
bool benefit_is_open(const struct benefit *b, const struct local_time *t);

struct price {
	int64_t list, discount, price; /* minor units, of the whole party */
};
/* price = max(0, rule(list)) rounded down to the unit, never over list;
 * discount = list - price. list in 0..AMOUNT_MAX, party in 1..PARTY_MAX. */
struct price benefit_price(const struct benefit *b, int64_t list,
			   uint32_t party);

/* The period of a use, for the counter: the local day, month (12 * year +
 * month - 1), year, or 0. */
int32_t benefit_period(const struct benefit *b, const struct local_time *t);

/* The names that set-up and reports use ("percent", "day", …), and back: -1
 * when there is none. */
const char *benefit_kind_name(unsigned kind);
int benefit_kind_of(const char *name);
const char *limit_per_name(unsigned per);
int limit_per_of(const char *name);
const char *limit_scope_name(unsigned scope);
int limit_scope_of(const char *name);
const char *live_rule_name(unsigned live);
int live_rule_of(const char *name);

#endif
