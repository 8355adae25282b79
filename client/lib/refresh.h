/* SPDX-License-Identifier: Apache-2.0 */
/* refresh.h: fetching and applying the bundle. */
#ifndef OAP_REFRESH_H
#define OAP_REFRESH_H

#include "handle.h"

/* Without the lock: GET /v1/bundle, and what it says applied. */
enum oap_result refresh_run(struct oap *o, int64_t until_ms, bool *changed,
			    struct oap_problem *why) OAP_CHECKED;
/* Without the lock. Takes message, malloc'd, in every case: verified under the
 * pinned key (or the next one that the bundle held announced), not older than
 * the one held, and kept durably; else nothing has changed. */
enum oap_result refresh_apply(struct oap *o, uint8_t *message, size_t n,
			      const char *etag, bool *changed,
			      struct oap_problem *why) OAP_CHECKED;

/* What a reply that is no success means; always a fault. what: "bundle". */
enum oap_result refresh_refused(const struct net_reply *reply,
				const char *what, struct oap_problem *why);

#endif
