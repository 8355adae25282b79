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

/* Why an accept is disputed: the verdict that a kiosk which kept to the rules
 * would have told (1..255), or what else does not fit. */
enum dispute {
	DISPUTE_NONE = 0,
	DISPUTE_NO_GRANT = 256, /* told `accepted` without the service's */
	DISPUTE_AMOUNT,         /* another discount than the benefit's */
	DISPUTE_ELSEWHERE,      /* a facility where the kiosk was not */
	DISPUTE_AHEAD,          /* later than it was received */
	DISPUTE_BACKDATED,      /* earlier than entries before it, or the
	                         * kiosk's enrolment */
	DISPUTE_ALLOWANCE,      /* more than a kiosk may accept alone */
	DISPUTE_REVOKED_KIOSK,  /* first received after that, or after its
	                         * key was rolled */
	DISPUTE_END
};
/* "amount", "backdated", …; a verdict's name; NULL for none. */
const char *dispute_name(unsigned dispute);

enum admission { ADMISSION_NONE, ADMISSION_ADMITTED, ADMISSION_REJECTED };

/* "none", "admitted", "rejected". */
const char *admission_name(enum admission admission);

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
