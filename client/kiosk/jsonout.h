/* SPDX-License-Identifier: Apache-2.0 */
/* jsonout.h: results for scripts, one JSON object a line on standard output.
 * Times are ms since 1970 UTC, amounts minor units; what is not known is left
 * out. */
#ifndef OAP_KIOSK_JSONOUT_H
#define OAP_KIOSK_JSONOUT_H

#include <jansson.h>

#include "options.h"

void json_told(struct oap *kiosk, const struct options *o,
	       const struct oap_told *told);
void json_enrolled(const struct oap_enrolled *e);
void json_rolled(const struct oap_rolled *r);
void json_kept(unsigned days);
void json_synced(const struct oap_refreshed *r, const struct oap_synced *s);
void json_exported(const struct oap_exported *out);
void json_imported(const struct oap_imported *in);
void json_status(struct oap *kiosk, const struct options *o,
		 const struct oap_status *s);

/* The same as values, the caller's own. */
json_t *told_object(struct oap *kiosk, enum oap_lang lang,
		    const struct oap_told *told);
json_t *status_object(struct oap *kiosk, enum oap_lang lang,
		      const struct oap_status *s);
json_t *refusals_array(const struct oap_synced *s);

#endif
