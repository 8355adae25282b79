/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.h: one HTTP request by libcurl, in the thread that calls. */
#ifndef OAP_FETCH_H
#define OAP_FETCH_H

#include "net.h"

struct fetch; /* one easy handle, which keeps its connection */

struct fetch *fetch_make(void);
void fetch_free(struct fetch *f); /* takes NULL */
/* Fills in the reply, which comes zeroed. Returns about when the request's
 * time is over, at the latest. */
void fetch_run(struct fetch *f, const struct net_place *place,
	       const struct net_request *request, struct net_reply *reply);

#endif
