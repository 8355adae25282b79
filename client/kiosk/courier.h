/* SPDX-License-Identifier: Apache-2.0 */
/* courier.h: keeps a kiosk that is open all day in touch with its service, on
 * a thread of its own: entries go when the door is quiet, a report at least
 * every five minutes, the bundle is asked for every hour and when there is a
 * newer one. */
#ifndef OAP_KIOSK_COURIER_H
#define OAP_KIOSK_COURIER_H

#include <oap.h>
#include <stdbool.h>

struct courier;

/* NULL when out of memory or threads. The kiosk stays the caller's, and open
 * until courier_stop. What goes wrong is said on standard error, once. */
struct courier *courier_start(struct oap *kiosk);
/* A visitor was told something: there is an entry to be sent; and, behind, a
 * bundle to be fetched. Any thread. */
void courier_nudge(struct courier *c, bool behind);
/* Waits for a call that is on its way, up to 20 s; takes NULL. */
void courier_stop(struct courier *c);

#endif
