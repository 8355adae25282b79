/* SPDX-License-Identifier: Apache-2.0 */
/* rejudge.h: an accept that was told without the service's answer: whether it
 * counts. It does when a kiosk that kept to the rules could tell it, be it
 * over the limit or against what it could not know; else an operator has to
 * say so. */
#ifndef OAP_REJUDGE_H
#define OAP_REJUDGE_H

#include "judge.h"

/* a: as told, its effective time by the kiosk; sets judgement, dispute and
 * marks (one dated ahead is dated by its receipt), the minutes in which it may
 * be taken back, in turn what a kiosk may accept alone, and in terms what the
 * kiosk went by, where that is known. */
enum store_result rejudge(const struct judging *j,
			  const struct ledger_item *item, struct attempt *a,
			  struct turn *turn, struct terms *terms) OAP_CHECKED;

#endif
