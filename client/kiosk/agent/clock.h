/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h: time that only goes forward, for waiting. */
#ifndef OAP_AGENT_CLOCK_H
#define OAP_AGENT_CLOCK_H

#include <stdint.h>

int64_t clock_ms(void); /* CLOCK_MONOTONIC */

#endif
