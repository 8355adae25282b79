/* SPDX-License-Identifier: Apache-2.0 */
/* store_report.h: reading for reports and searches: sums of the totals, and
 * rows of attempts. On any handle, inside a transaction, which makes what is
 * read one view. */
#ifndef OAP_STORE_REPORT_H
#define OAP_STORE_REPORT_H

#include "store_ledger.h"

/* ------------------------------------------------------------- totals */

/* What the sums are grouped by; also by currency and verdict. The month is
 * that of the local day, wherever it is booked. */
enum report_by {
	BY_DAY,
	BY_MONTH,
	BY_FACILITY,
	BY_BENEFIT,
	BY_ISSUER,
	BY_COUNT
};

struct sums {
	int64_t number;   /* BY_DAY: 10000y + 100m + d; BY_MONTH: 100y + m */
	struct bytes key; /* the others; a view */
	struct bytes currency; /* a view; "": the facility is not known */
	unsigned verdict;
	struct total total;
};

/* Called for each group, ascending by key, currency, verdict; groups of
 * nothing but zeros are left out. False ends it with STORE_FAILED. */
typedef bool sums_visit(const struct sums *sums, void *arg);
enum store_result store_sums(struct store *s, enum report_by by,
                             int32_t first_day, int32_t last_day,
                             sums_visit *visit, void *arg) OAP_CHECKED;

/* ------------------------------------------------------------- search */

/* "" and 0: any. */
struct attempt_filter {
	int32_t first_day; /* where the search ends */
	char facility[NAME_ID_MAX + 1], benefit[NAME_ID_MAX + 1];
	char issuer[ISS_MAX + 1];
	unsigned verdict; /* told, or the answer until it is known */
	bool has_kiosk;
	uint8_t kid[8];
};

/* A place between two rows in the order of a search: latest local day first,
 * and of one day the latest received. */
struct attempt_place {
	int32_t day;
	int64_t n; /* INT64_MAX: before all of that day */
};

struct found_attempt {
	uint8_t kid[8];
	struct attempt attempt;
};
typedef bool attempt_visit(const struct found_attempt *found, void *arg);

/* Gives up to most attempts that come after *place to the visitor, and moves
 * *place behind them. *more: it stopped before the end, which it also does
 * after looking at SEARCH_ROWS_MAX rows. */
enum store_result store_search(struct store *s,
                               const struct attempt_filter *filter,
                               struct attempt_place *place, size_t most,
                               attempt_visit *visit, void *arg,
                               bool *more) OAP_CHECKED;
/* An attempt by its row. */
enum store_result store_attempt_found(struct store *s, int64_t n,
                                      struct found_attempt *out) OAP_CHECKED;

/* What needs a look: open conflicts, disputed accepts that nobody has decided
 * about, accepting answers that wait for their entry. */
enum trouble { TROUBLE_CONFLICT, TROUBLE_DISPUTED, TROUBLE_UNCONFIRMED };

struct trouble_row {
	struct found_attempt attempt;
	/* of a conflict: the earliest other use, and the counter */
	bool has_against;
	struct found_attempt against;
	int64_t opened_ms, uses, limit;
};
typedef bool trouble_visit(const struct trouble_row *row, void *arg);
/* Latest first, those under row *below, which moves on to the last given. */
enum store_result store_trouble(struct store *s, enum trouble kind,
                                int64_t *below, size_t most,
                                trouble_visit *visit, void *arg,
                                bool *more) OAP_CHECKED;

/* An item that was kept aside. Views live as long as the visit. */
struct quarantined {
	int64_t n; /* rises in the order of receipt */
	struct bytes kid;
	struct bytes facility; /* where the kiosk is now; n == 0: nowhere */
	enum quarantine_kind kind;
	int64_t received_ms;
	struct bytes hash; /* SHA-256 of all that came */
	size_t size;	   /* bytes kept, QUARANTINE_ITEM_MAX at most; 0: purged */
	struct bytes raw;  /* those, of one; none in a list */
};
typedef bool quarantine_visit(const struct quarantined *item, void *arg);
/* As store_trouble. */
enum store_result store_quarantine_list(struct store *s, int64_t *below,
                                        size_t most, quarantine_visit *visit,
                                        void *arg, bool *more) OAP_CHECKED;
/* STORE_NONE: there is none of that number. */
enum store_result store_quarantine_one(struct store *s, int64_t n,
                                       quarantine_visit *visit,
                                       void *arg) OAP_CHECKED;

/* All of a pass, the latest received first, up to most. */
enum store_result store_attempts_of_pass(struct store *s,
                                         const uint8_t pass[static PASS_HASH],
                                         size_t most, attempt_visit *visit,
                                         void *arg) OAP_CHECKED;

#endif
