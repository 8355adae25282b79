/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_fetch.h: what /metrics says of fetching, and of how fresh each city's
 * lists are. */
#ifndef OAP_METRICS_FETCH_H
#define OAP_METRICS_FETCH_H

#include "service.h"

struct evbuffer;

/* snapshot NULL: nothing is known of lists. */
void metrics_fetch(struct evbuffer *out, const struct service *service,
		   const struct snapshot *snapshot);

#endif
