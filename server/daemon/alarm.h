/* SPDX-License-Identifier: Apache-2.0 */
/* alarm.h: what somebody should look at, in the audit trail. */
#ifndef OAP_ALARM_H
#define OAP_ALARM_H

#include "store_setup.h"

struct alarm {
	const char *action; /* "enrolment.refused", "quarantine.full", … */
	const char *object; /* what it is about: an id, or a kid in hex */
	const char *actor;  /* whose doing */
	const char *said;   /* one line */
	int most;	    /* an hour of one object; 0: ALARMS_PER_OBJECT_MAX */
	int64_t now_ms;
};

/* In the caller's transaction, and into the log. Who can cause alarms can do
 * so as often as they like: the trail is not theirs to fill, and one who tries
 * must not drown what happens elsewhere. So there are ALARMS_PER_OBJECT_MAX
 * and ALARMS_PER_HOUR_MAX of an action; what is beyond is STORE_NONE. */
enum store_result alarm_raise(struct store *s,
			      const struct alarm *a) OAP_CHECKED;

#endif
