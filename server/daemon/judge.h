/* SPDX-License-Identifier: Apache-2.0 */
/* judge.h: what the ledger thread does with a question, with one item of an
 * upload, and with a report, inside its transaction. STORE_FAILED: the
 * transaction is to be given up. */
#ifndef OAP_JUDGE_H
#define OAP_JUDGE_H

#include "grant.h"
#include "order.h"
#include "settle.h"

/* What a job's parts share. */
struct inforce;

struct judging {
	struct store *store;
	const uint8_t *grant_key; /* GRANT_KEY bytes */
	const struct ledger_job *job;
	struct inforce *inforce;
	int64_t kiosk; /* device.n of the job's kiosk */
	int64_t now_ms;
};

/* judge.c: fills job->answer. */
enum store_result judge_question(const struct judging *j,
                                 const struct question *q,
                                 const struct admitted *admitted,
                                 struct ask_result *answer) OAP_CHECKED;

/* record.c: fills item->result. */
enum store_result record_item(const struct judging *j,
                              struct ledger_item *item) OAP_CHECKED;
/* An item that is no record: kept aside under a verified report, where it is
 * known who sent it; else refused. */
enum store_result refuse_item(const struct judging *j, struct ledger_item *item,
                              enum verdict result,
                              enum quarantine_kind kind) OAP_CHECKED;
/* That the kiosk said so, and what follows from it for answers that have no
 * entry. After the items that came with it. */
enum store_result record_report(const struct judging *j,
                                const struct report *r) OAP_CHECKED;
/* An accepting answer that is known to have reached nobody. */
enum store_result give_up(const struct judging *j,
                          struct attempt *a) OAP_CHECKED;
/* For the turns of the job's kiosk, under the policy in force. */
struct ordering ordering_of(const struct judging *j);

/* reverse.c */
enum store_result record_reversal(const struct judging *j,
                                  struct ledger_item *item) OAP_CHECKED;
/* Row n was not to be: its attempt counts again, unless another reversal stands
 * for it. */
enum store_result undo_reversal(struct store *s, int64_t n,
                                int64_t now_ms) OAP_CHECKED;
/* Pending reversals of an attempt about which something new is known. */
enum store_result apply_pending(struct store *s, const uint8_t kid[static 8],
                                struct attempt *a, int64_t now_ms) OAP_CHECKED;

#endif
