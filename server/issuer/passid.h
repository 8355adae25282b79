/* SPDX-License-Identifier: Apache-2.0 */
/* passid.h: pass ids, key ids and registry rows as people read them. */
#ifndef ISSUER_PASSID_H
#define ISSUER_PASSID_H

#include "registry.h"

/* "valid", "revoked", "suspended". */
const char *state_name(enum status_value state);
bool pass_id_read(const char *text, uint8_t cti[static 16],
		  struct fault *fault) OAP_CHECKED;
bool kid_read(const char *text, uint8_t kid[static 8], struct fault *fault)
    OAP_CHECKED;

#endif
