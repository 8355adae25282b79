/* SPDX-License-Identifier: Apache-2.0 */
/* tell.h: struct oap_attempt in, struct oap_told out. */
#ifndef OAP_TELL_H
#define OAP_TELL_H

#include "handle.h"

/* Judges the parameters; the visit's views are into the attempt. */
enum oap_result tell_read(const struct oap_attempt *attempt,
			  struct visit *visit, struct oap_problem *why)
    OAP_CHECKED;

void tell_begin(struct oap_told *told);
/* Under the lock: what is known of the pass and the visit. */
void tell_visit(const struct oap *o, const struct visit *visit,
		const struct judged *j, int64_t at_ms, struct oap_told *told);
/* The verdict that was come to here. */
void tell_decision(const struct oap *o, const struct judged *j,
		   struct oap_told *told);
/* Under the lock: the verdict that the service gave. */
void tell_answer(const struct oap *o, const struct answer *a,
		 struct oap_told *told);
void tell_verdict(unsigned verdict, struct oap_told *told);

#endif
