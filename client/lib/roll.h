/* SPDX-License-Identifier: Apache-2.0 */
/* roll.h: from one device key to the next. */
#ifndef OAP_ROLL_H
#define OAP_ROLL_H

#include "handle.h"

/* Without the lock. The service does not know this key: it was put back to
 * before the roll, and is told of it again. OAP_REFUSED, too, when the key came
 * by a code: that is of no use twice. */
enum oap_result roll_introduce(struct oap *o, int64_t until_ms,
			       struct oap_problem *why) OAP_CHECKED;

#endif
