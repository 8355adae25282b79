/* SPDX-License-Identifier: Apache-2.0 */
/* tell.h: what a visitor was told and what this kiosk is, for pages and tills:
 * as oap-kiosk --json prints it, and with every text in each language, so that
 * a page changes its language without asking. Any thread. */
#ifndef OAP_AGENT_TELL_H
#define OAP_AGENT_TELL_H

#include <jansson.h>
#include <oap.h>

/* All are the caller's own; NULL: out of memory. */
json_t *tell_told(struct oap *kiosk, enum oap_lang lang, const char *via,
		  const struct oap_told *told);
json_t *tell_status(struct oap *kiosk, enum oap_lang lang,
		    const struct oap_status *s);
json_t *tell_benefits(struct oap *kiosk);

#endif
