/* SPDX-License-Identifier: Apache-2.0 */
/* enrol.h: introducing a key to the service. */
#ifndef OAP_ENROL_H
#define OAP_ENROL_H

#include "handle.h"

struct introduced {
	struct moment sent;
	int64_t got_ms; /* net_now_ms when the answer came */
	struct enrolment_answer answer;
};

/* Without the lock: POST /v1/enrolments of a 65006 of the key kid, which the
 * service answers alike however often it gets it. OAP_REFUSED: it said no. */
enum oap_result enrol_post(struct oap *o, struct bytes message,
			   const uint8_t kid[static 8], int64_t until_ms,
			   struct introduced *out,
			   struct oap_problem *why) OAP_CHECKED;

#endif
