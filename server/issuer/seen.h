/* SPDX-License-Identifier: Apache-2.0 */
/* seen.h: whose passes a run over a CSV file has given out so far, and for
 * which line. */
#ifndef ISSUER_SEEN_H
#define ISSUER_SEEN_H

#include "registry.h"

struct seen;

struct seen *seen_new(void) OAP_CHECKED; /* NULL: no memory */
void seen_free(struct seen *seen);	 /* takes NULL */

/* The line that the hash was remembered with; 0: it was not. */
size_t seen_line(const struct seen *seen,
		 const uint8_t hash[static REF_HASH]);
/* Remembers one that was not; false when there is no memory. */
bool seen_add(struct seen *seen, const uint8_t hash[static REF_HASH],
	      size_t line) OAP_CHECKED;

#endif
