/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h: what the service answers, out of its JSON. Nothing here trusts
 * it: figures that do not add up make the answer unreadable. */
#ifndef OAP_ANSWER_H
#define OAP_ANSWER_H

#include "entry.h"
#include "include/oap.h"
#include "verdict.h"

struct answer_result { /* of one item, in the order they were sent */
	unsigned verdict; /* VERDICT_NONE: not told */
	unsigned marks;
	bool has_seq;
	uint64_t seq;
};

struct answer_results {
	size_t count;
	struct answer_result at[ITEMS_PER_UPLOAD_MAX];
};

struct answer {
	unsigned verdict; /* of a kind that this version knows, or another */
	int64_t service_ms; /* when it was judged */
	bool stored; /* asked before: service_ms is of that time */
	unsigned marks; /* OAP_MARK_…: what is known of the pass's uses */
	bool has_price;
	int64_t list, discount, price;
	char currency[CURRENCY_LEN + 1]; /* "" : not told */
	bool has_grant;
	uint8_t grant[ENTRY_GRANT];
	int64_t first_use_ms; /* OAP_NO_TIME: not told */
	char first_use_facility[NAME_ID_MAX + 1];
	char first_use_city[NAME_ID_MAX + 1];
	uint64_t uses, limit;
	unsigned stale; /* OAP_STALE_… */
	int64_t key_age_ms, status_age_ms; /* OAP_NO_TIME: not told */
	uint64_t epoch; /* of the service's bundle; 0: not told */
	struct answer_results items;
};

/* To POST /v1/ask: status 200. list is what was asked, or -1; currency the
 * facility's, "" when it is not known. */
bool answer_read(struct bytes json, int64_t list, const char *currency,
		 struct answer *out) OAP_CHECKED;
/* Whether they are about the entries of these seqs, in this order. */
bool answer_results_fit(const struct answer_results *results,
			const uint64_t *seqs, size_t count) OAP_CHECKED;

struct entries_answer {
	struct answer_results results;
	int64_t service_ms;
	char device[12];
	bool has_held;
	uint64_t held_seq; /* highest contiguous held; 0: none */
	uint8_t held_hash[32];
	uint64_t held_count; /* of all that are held */
};
/* To an upload of the entries seqs: its results fit them. */
bool entries_answer_read(struct bytes json, const uint64_t *seqs, size_t count,
			 struct entries_answer *out) OAP_CHECKED;

struct enrolment_answer {
	char kiosk[OAP_KID_TEXT];
	char facility[NAME_ID_MAX + 1];
	bool pending;
	int64_t service_ms;
};
bool enrolment_answer_read(struct bytes json, struct enrolment_answer *out)
    OAP_CHECKED;

/* application/problem+json. */
struct problem_answer {
	unsigned verdict; /* VERDICT_NONE: none in it */
	char detail[OAP_PROBLEM_TEXT]; /* or its title, plain; "" */
};
void problem_answer_read(struct bytes json, struct problem_answer *out);

#endif
