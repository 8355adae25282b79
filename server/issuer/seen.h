/* SPDX-License-Identifier: Apache-2.0 */
/* seen.h: which references a CSV file has had so far, and in which line. */
#ifndef ISSUER_SEEN_H
#define ISSUER_SEEN_H

#include "registry.h"

struct seen;

struct seen *seen_new(void) OAP_CHECKED; /* NULL: no memory */
void seen_free(struct seen *seen);	 /* takes NULL */

/* The line in which the hash was given before, or 0 after remembering this
 * one; SIZE_MAX when there is no memory. */
size_t seen_before(struct seen *seen, const uint8_t hash[static REF_HASH],
		   size_t line) OAP_CHECKED;

#endif
