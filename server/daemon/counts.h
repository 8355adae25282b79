/* SPDX-License-Identifier: Apache-2.0 */
/* counts.h: whether an attempt counts, from all that is known about it, in
 * whatever order it came. Counters, totals and conflicts follow from it. */
#ifndef OAP_COUNTS_H
#define OAP_COUNTS_H

#include <stdbool.h>

#include "verdict.h"

/* The service's judgement on an accept that was told. */
enum judgement {
	JUDGEMENT_NONE,     /* nothing told, or no accept */
	JUDGEMENT_GRANTED,  /* the service had accepted it: its own grant */
	JUDGEMENT_AGREED,   /* judged again, and accepted */
	JUDGEMENT_OUTDATED, /* refused only by what a kiosk could not know */
	JUDGEMENT_DISPUTED  /* not shown to be right: waits for an operator */
};

enum admission { ADMISSION_NONE, ADMISSION_ADMITTED, ADMISSION_REJECTED };

struct facts {
	enum verdict answer; /* NONE: not asked, or asked after it was told */
	enum verdict told;   /* NONE: no entry yet */
	bool given_up; /* an answer that is known to have reached nobody */
	enum judgement judgement;
	enum admission admission;
	bool reversed;
};

bool attempt_counts(const struct facts *f);
/* Told, or the answer until the entry comes. */
enum verdict attempt_verdict(const struct facts *f);
/* In no total: an accept that waits for an operator, or was rejected. */
bool attempt_is_disputed(const struct facts *f);

#endif
