/* SPDX-License-Identifier: Apache-2.0 */
/* zone.h: UTC offsets of a place from the system's time-zone database, for the
 * bundle: what is in force ZONE_BACK_DAYS ago, and every change up to
 * ZONE_AHEAD_DAYS from now. */
#ifndef OAP_ZONE_H
#define OAP_ZONE_H

#include "localday.h"

#define ZONE_BACK_DAYS 40   /* late uploads are judged by the day they name */
#define ZONE_AHEAD_DAYS 400 /* longer than any bundle is good for */
#define ZONE_NAME_MAX 64    /* the longest of tzdata has 32 */

/* Whether the database has that name ("Asia/Seoul"). */
bool zone_known(const char *name);
/* False for a name that is not known, or one that changes more often than
 * TRANSITIONS_MAX in the span. */
bool zone_span(const char *name, int64_t now_s, struct zone_span *out)
    OAP_CHECKED;

#endif
