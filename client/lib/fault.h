/* SPDX-License-Identifier: Apache-2.0 */
/* fault.h: fills in struct oap_problem, the one line that a person reads. */
#ifndef OAP_FAULT_H
#define OAP_FAULT_H

#include "include/oap.h"

/* Returns result, so that a function can end with it. why may be NULL. */
enum oap_result fault(struct oap_problem *why, enum oap_result result,
		      const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum oap_result fault_none(struct oap_problem *why);

#endif
