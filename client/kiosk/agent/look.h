/* SPDX-License-Identifier: Apache-2.0 */
/* look.h: what this kiosk is and how old its data are, worked out on a thread
 * that may wait for the disk. Called on the loop's thread. */
#ifndef OAP_AGENT_LOOK_H
#define OAP_AGENT_LOOK_H

#include "web.h"

/* For every page. */
void look_for_pages(struct agent *a);
void look_status(struct call *c);
void look_benefits(struct call *c);
/* The reversals that were told as refused have been read. */
void look_refusals_told(struct call *c);

#endif
