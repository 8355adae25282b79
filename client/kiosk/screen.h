/* SPDX-License-Identifier: Apache-2.0 */
/* screen.h: results for people, on standard output. Colour on a terminal
 * alone; the words say everything that a colour does. */
#ifndef OAP_KIOSK_SCREEN_H
#define OAP_KIOSK_SCREEN_H

#include "options.h"

#define REFUSAL_LINE 320

/* A card for one attempt or reversal, and one line where there are many. */
void screen_told(struct oap *kiosk, const struct options *o,
		 const struct oap_told *told);
void screen_line(struct oap *kiosk, const struct options *o,
		 const struct oap_told *told);
void screen_enrolled(const struct options *o, const struct oap_enrolled *e);
void screen_rolled(const struct oap_rolled *r);
void screen_kept(unsigned days);
void screen_synced(const struct options *o, const struct oap_refreshed *r,
		   const struct oap_synced *s);
/* One line: what became of a pending reversal, and who has to act. */
void screen_refusal(const struct oap_refusal *r, char *text, size_t cap);
void screen_status(struct oap *kiosk, const struct options *o,
		   const struct oap_status *s);

#endif
