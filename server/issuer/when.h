/* SPDX-License-Identifier: Apache-2.0 */
/* when.h: times and lengths of time as people write them. Seconds since 1970
 * inside; UTC where nothing else is said. */
#ifndef ISSUER_WHEN_H
#define ISSUER_WHEN_H

#include "bytes.h"

#define WHEN_TEXT 21 /* "2027-11-24T00:00:00Z" and its NUL */

/* The beginning of a validity: "2027-01-01" is that day's in UTC,
 * "2027-01-01T09:00:00+09:00" that time, "1798761600" likewise. */
bool when_parse_start(struct bytes text, uint64_t *seconds) OAP_CHECKED;
/* The end of a validity: "2027-11-24" is good through that day in UTC,
 * "2027-11-24T18:00:00+09:00" up to that time, "1795478400" likewise. */
bool when_parse_end(struct bytes text, uint64_t *seconds) OAP_CHECKED;
/* "90", "90s", "15m", "36h", "14d", "2w"; 1 second to ten years. */
bool when_parse_span(const char *text, uint64_t *seconds) OAP_CHECKED;
/* Decimal digits only, up to max. */
bool when_parse_number(struct bytes text, uint64_t max, uint64_t *n)
    OAP_CHECKED;
/* RFC 3339 in UTC. */
void when_format(uint64_t seconds, char text[static WHEN_TEXT]);

#endif
