/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_schedule.h: when an issuer is fetched next. */
#ifndef OAP_FETCH_SCHEDULE_H
#define OAP_FETCH_SCHEDULE_H

#include <stdint.h>

/* ms until the next time, so many failures in a row behind it. A glitch is
 * soon made up for; who stays away is asked ever less often, but at least once
 * in FETCH_BACKOFF_MAX_S or in the interval, whichever is longer. dice: any 32
 * bits, which spread it by a tenth to either side, so that services which were
 * started together do not ask together. */
int64_t fetch_delay_ms(int64_t interval_s, unsigned failures, uint32_t dice);

#endif
