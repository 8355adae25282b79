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
/* Without the lock: to one that knows the key in use, what it lacks of the keys
 * before. They may have gone on after that was introduced, and it may have been
 * put back to then. Looks now and then, and when it lost something. */
void former_look(struct oap *o);

#endif
