/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h: what the answers to a kiosk's questions and uploads have in common,
 * as members of the JSON object that is open in j. */
#ifndef OAP_ANSWER_H
#define OAP_ANSWER_H

#include "jsontext.h"
#include "ledger.h"

/* "verdict": "accepted", "number": 1 */
void answer_verdict(struct jsontext *j, enum verdict verdict);
/* "marks": their names */
void answer_marks(struct jsontext *j, unsigned marks);
/* An array of what became of each item, in their order; each comes to at most
 * ANSWER_RESULT_MAX bytes. */
#define ANSWER_RESULT_MAX 200
void answer_results(struct jsontext *j, const char *name,
		    const struct ledger_item *items, size_t count);
/* "held": what the service has of the kiosk's chain */
void answer_held(struct jsontext *j, const struct held *held);
/* "epoch" and "bundle_etag": which bundle there is to get now */
void answer_bundle(struct jsontext *j, struct snapshot_box *box);

#endif
