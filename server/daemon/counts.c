/* SPDX-License-Identifier: Apache-2.0 */
/* counts.c: whether an attempt counts. */
#include "counts.h"

static bool accepts(enum verdict v)
{
	return verdict_is(v, CLASS_ACCEPT);
}

bool attempt_is_disputed(const struct facts *f)
{
	if (!accepts(f->told) || f->admission == ADMISSION_ADMITTED)
		return false;
	return f->admission == ADMISSION_REJECTED ||
	       f->judgement == JUDGEMENT_DISPUTED;
}

bool attempt_counts(const struct facts *f)
{
	if (f->reversed)
		return false;
	/* Nobody can have been told before there is an entry, so an answer
	 * that reached nobody uses nothing; and what was told is a fact. */
	if (f->told == VERDICT_NONE)
		return accepts(f->answer) && !f->given_up;
	return accepts(f->told) && !attempt_is_disputed(f);
}

enum verdict attempt_verdict(const struct facts *f)
{
	return f->told != VERDICT_NONE ? f->told : f->answer;
}

const char *dispute_name(unsigned dispute)
{
	static const char *const names[] = {
	    "no-grant",	 "amount",    "elsewhere",     "dated-ahead",
	    "backdated", "allowance", "revoked-kiosk",
	};

	if (dispute >= DISPUTE_NO_GRANT && dispute < DISPUTE_END)
		return names[dispute - DISPUTE_NO_GRANT];
	if (dispute == DISPUTE_NONE || dispute >= DISPUTE_NO_GRANT)
		return NULL;
	return verdict_name((enum verdict)dispute);
}

const char *admission_name(enum admission admission)
{
	switch (admission) {
	case ADMISSION_ADMITTED: return "admitted";
	case ADMISSION_REJECTED: return "rejected";
	case ADMISSION_NONE: break;
	}
	return "none";
}
