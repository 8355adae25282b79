/* SPDX-License-Identifier: Apache-2.0 */
/* settle.h: brings everything that follows from an attempt in line with what
 * is now known of it: its row, the counter of its period, conflicts, totals.
 * The one place where any of them changes, and always by the difference. */
#ifndef OAP_SETTLE_H
#define OAP_SETTLE_H

#include "store_ledger.h"

/* An accepting answer without an entry is given up when, this long after it,
 * its kiosk says that it has sent everything. */
#define UNCONFIRMED_MS 10000

/* Where and when: fills effective_ms, day, month and hour from effective_ms,
 * by the facility's zone (UTC when it is not known). */
void attempt_date(struct attempt *a, const struct facility *f,
                  int64_t effective_ms);

/* Who showed it and what it is for, from what a loop found out. */
void attempt_subject(struct attempt *a, const struct admitted *admitted);

/* By what an attempt is counted: as it is set up, or as it was under the epoch
 * that a kiosk went by. NULL: it is not known. */
struct terms {
	const struct facility *facility;
	const struct benefit *benefit;
};

/* The counter that the attempt's effective time falls into, for that pass and
 * benefit; looked up. False in *has: no pass could be read, none is kept. */
enum store_result attempt_counter(struct store *s, const struct attempt *a,
                                  const struct admitted *admitted,
                                  const struct terms *terms,
                                  struct counter *c, bool *has) OAP_CHECKED;

/* A new attempt. c: its counter, or NULL when it has none. */
enum store_result settle_new(struct store *s, struct attempt *a,
                             struct counter *c, struct bytes scanned,
                             int64_t now_ms) OAP_CHECKED;
/* A stored attempt that was *before and is now *a. c: the counter it goes to,
 * or NULL when it stays where it is. */
enum store_result settle(struct store *s, const struct attempt *before,
                         struct attempt *a, struct counter *c,
                         int64_t now_ms) OAP_CHECKED;

#endif
