/* SPDX-License-Identifier: Apache-2.0 */
/* traffic.h: counters of what was answered, for /metrics. Any thread. */
#ifndef OAP_TRAFFIC_H
#define OAP_TRAFFIC_H

#include <stdatomic.h>
#include <stdint.h>

#define TRAFFIC_VERDICTS 256 /* a verdict's number is a byte */

struct traffic {
	_Atomic uint64_t replies[6]; /* by the status's first digit */
	_Atomic uint64_t answers[TRAFFIC_VERDICTS]; /* to questions */
	_Atomic uint64_t results[TRAFFIC_VERDICTS]; /* of entries */
	/* From a request's last byte to its reply, in ns: sum and count. */
	_Atomic uint64_t ask_ns, asks;
	_Atomic uint64_t upload_ns, uploads;
};

#endif
