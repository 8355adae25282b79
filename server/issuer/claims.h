/* SPDX-License-Identifier: Apache-2.0 */
/* claims.h: the claims of a pass and of a presentation, one by one. */
#ifndef ISSUER_CLAIMS_H
#define ISSUER_CLAIMS_H

#include "dissect.h"

/* Puts the parts that can be read, and complains of the first claim that may
 * not be so. */
void claims_of_pass(struct dissection *d, struct bytes payload);
void claims_of_presentation(struct dissection *d, struct bytes payload);

#endif
