/* SPDX-License-Identifier: Apache-2.0 */
/* former.h: the keys that this kiosk had before. A service that was put back
 * to before a roll knows one of them alone; what has been told since is made
 * good under each, in order. */
#ifndef OAP_FORMER_H
#define OAP_FORMER_H

#include "handle.h"

/* Without the lock: to a service that does not know the key in use, all that
 * it lacks of the keys before, and every key after the one that it knows but
 * the last. OAP_REFUSED: it knows none of them. */
enum oap_result former_send(struct oap *o, struct oap_problem *why) OAP_CHECKED;

#endif
