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
