/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: writes what a visitor is told as a signed entry, chained to the
 * one before, together with all that follows from it here: the use, the
 * presentation seen, the clock's floor. One transaction, durable on return.
 * All under the handle's lock. */
#ifndef OAP_RECORD_H
#define OAP_RECORD_H

#include "handle.h"

struct attempt_record {
	uint8_t id[16];
	struct bytes facility; /* that the question named */
	const struct visit *visit;
	const struct judged *judged;
	unsigned told;
	struct moment at;
	bool has_discount;
	int64_t discount;
	bool has_grant; /* else it was decided here */
	uint8_t grant[ENTRY_GRANT];
	/* items that came with the question, and what became of them */
	const struct answer_results *results;
	const uint64_t *seqs; /* results->count of them */
	int64_t answered_ms;  /* when the service said so: its time */
};

/* False: it is not durable, so nothing may be told but journal-failed. */
bool record_attempt(struct oap *o, const struct attempt_record *r)
    OAP_CHECKED;

struct reversal_record {
	uint8_t id[16];
	uint8_t of_kid[8], of_id[16];
	enum reversal_reason reason;
	struct moment at;
	const struct journal_found *of; /* NULL: another kiosk's attempt */
};

/* Gives back the use that the attempt took here. *seq is the entry's. */
bool record_reversal(struct oap *o, const struct reversal_record *r,
		     uint64_t *seq) OAP_CHECKED;

/* Neither retry nor device: the entry need not be sent again. */
bool record_is_final(unsigned verdict) OAP_CHECKED;
/* Marks items as sent that got a final result, at now_ms (service time), in the
 * caller's transaction; a reversal that was refused takes its use again, and is
 * kept for the next sync to tell. *marked counts those with a mark. */
bool record_results(struct oap *o, const struct answer_results *results,
		    const uint64_t *seqs, int64_t now_ms,
		    uint64_t *marked) OAP_CHECKED;

#endif
