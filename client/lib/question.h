/* SPDX-License-Identifier: Apache-2.0 */
/* question.h: a question, and before it unsent entries: all of the same pass,
 * and the oldest others, so that a busy door needs no uploads. The body of
 * POST /v1/ask, built once; asking again sends the same bytes. */
#ifndef OAP_QUESTION_H
#define OAP_QUESTION_H

#include "handle.h"

struct ask {
	uint8_t id[16];
	int64_t list; /* as asked, or OAP_NO_AMOUNT */
	char currency[CURRENCY_LEN + 1]; /* the facility's; "": not known */
	uint8_t *body; /* malloc'd; ask_free */
	size_t n;
	uint64_t seqs[ITEMS_PER_ASK_MAX]; /* of the entries in it */
	size_t count;
};

/* Under the lock. VERDICT_NONE, or why it cannot be asked: journal-failed. */
enum verdict ask_build(struct oap *o, const struct visit *visit,
		       const struct judged *j, const struct moment *now,
		       uint32_t left_ms, struct ask *out) OAP_CHECKED;
void ask_free(struct ask *a);

/* A reply of the service to it. */
struct asked {
	unsigned verdict; /* VERDICT_NONE: answer has it; else why not */
	struct answer answer;
	bool tried; /* the service was asked at all */
	int64_t again_ms; /* it said to wait so long; 0: it did not */
	struct moment sent; /* before the request that was answered */
	int64_t got_ms;	    /* net_now_ms when the reply to it came */
	char detail[OAP_PROBLEM_TEXT];
};

/* Without the lock. Asks until there is an answer or the time is over, at
 * until_ms of net_now_ms. */
void ask_service(struct oap *o, const struct net_place *place,
		 const struct ask *a, int64_t until_ms, struct asked *out);

#endif
