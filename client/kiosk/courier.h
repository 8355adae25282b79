/* SPDX-License-Identifier: Apache-2.0 */
/* courier.h: keeps a kiosk that is open all day in touch with its service, on
 * a thread of its own: entries go two seconds after the first visitor, a report
 * at least every five minutes, the bundle is asked for every hour and when
 * there is a newer one. */
#ifndef OAP_KIOSK_COURIER_H
#define OAP_KIOSK_COURIER_H

#include <oap.h>
#include <stdbool.h>

struct courier;

/* Who wants to know more than standard error says; called on the courier's
 * thread. */
struct courier_ears {
	/* After each call to the service; trouble: "" or one line. */
	void (*heard)(void *arg, enum oap_result result, const char *trouble);
	/* Reversals that the service refused; they come with every report
	 * until the listener has called oap_refusals_told. */
	void (*refused)(void *arg, const struct oap_synced *synced);
	void *arg;
	int report_ms; /* a report at least so often */
};

/* NULL when out of memory or threads. The kiosk stays the caller's, and open
 * until courier_stop. What goes wrong is said on standard error, once. ears
 * are copied; NULL: refusals are said on standard error, too. */
struct courier *courier_start(struct oap *kiosk,
			      const struct courier_ears *ears);
/* A visitor was told something: there is an entry to be sent; and, behind, a
 * bundle to be fetched. Any thread. */
void courier_nudge(struct courier *c, bool behind);
/* The service answered a visitor's question with that it does not know this
 * kiosk, or knows it as revoked: one that was restored to before a key roll
 * learns the key from the next report, which is due now. After one that the
 * service refused it waits its time, too; after some that did not reach it, as
 * it is there again, a few seconds at most. Any thread. */
void courier_hurry(struct courier *c);
/* Whether what a visitor was told is a reason for it. */
bool courier_is_wanted(const struct oap_told *told);
/* Waits for a call that is on its way, up to 20 s; takes NULL. */
void courier_stop(struct courier *c);

#endif
