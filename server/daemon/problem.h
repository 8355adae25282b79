/* SPDX-License-Identifier: Apache-2.0 */
/* problem.h: why a request was refused, as RFC 9457 tells it. */
#ifndef OAP_PROBLEM_H
#define OAP_PROBLEM_H

#include "verdict.h"

#define PROBLEM_DETAIL_MAX 512

/* No memory of its own; static texts but for the detail. */
struct problem {
	int status; /* HTTP; 0: there is no problem */
	const char *slug; /* "urn:oap:" and this; NULL: about:blank */
	enum verdict verdict; /* VERDICT_NONE: none goes with it */
	char detail[PROBLEM_DETAIL_MAX]; /* what, where, what to do; UTF-8 */
};

/* Fills it; the first problem stays when there is one already. Bytes of the
 * arguments that are no printable text are shown as '?'. Always false, so that
 * a check can end with `return problem_set(…)`. */
bool problem_set(struct problem *p, int status, const char *slug,
		 const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* "the service cannot reach its storage": 503 with verdict unavailable. */
bool problem_unavailable(struct problem *p);

#endif
