/* SPDX-License-Identifier: Apache-2.0 */
/* order.h: what a kiosk accepted by itself, judged in the order of writing: no
 * entry is dated before those of lower seqs, and between two contacts with the
 * service it accepts no more than its policy allows. An entry has its turn
 * when every lower seq is held or missing: said to be sent by a report, or not
 * come in ORDER_GAP_MS. Contact is an entry with the service's own answer in
 * it, and a report that was answered; one that is older than what was written
 * before it changes nothing, nor does a report by a clock that is not set.
 * Nothing is dated before its kiosk was enrolled. A reversal that is backdated
 * is undone. What a kiosk accepted in the time that a restore of the service
 * took with it is held to no allowance: the contacts of then are gone. */
#ifndef OAP_ORDER_H
#define OAP_ORDER_H

#include "store_ledger.h"

#define ORDER_GAP_MS INT64_C(86400000) /* a door shut over night is back */
/* Turns in one go: nobody waits long for what a kiosk has piled up behind a
 * gap; the rest comes with its next entries and reports. */
#define ORDER_TURNS_ENTRY 64
#define ORDER_TURNS_REPORT 4096

struct ordering {
	struct store *store;
	int64_t kiosk; /* device.n */
	int64_t now_ms;
	int64_t skew_ms;
	bool carried; /* the report came as a file, some time after */
};

/* a: the attempt that the entry is of, as it stands: changed with it, also by
 * what becomes due. NULL: the entry is of none. */
enum store_result order_entry(const struct ordering *o,
			      const struct turn *turn,
			      struct attempt *a) OAP_CHECKED;
/* After the entries that came with it. */
enum store_result order_report(const struct ordering *o,
			       const struct report *report) OAP_CHECKED;
/* Gives up the gaps that are too old, of all kiosks. */
enum store_result order_overdue(struct store *s, int64_t now_ms) OAP_CHECKED;

/* An accept that was counted so far, or comes now. */
void order_dispute(struct attempt *a, unsigned dispute);

#endif
