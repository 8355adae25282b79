/* SPDX-License-Identifier: Apache-2.0 */
/* wrapkey.h: the key that seals service.key, when the service manager hands
 * one over (systemd's LoadCredential=oapd-wrap-key:…). */
#ifndef OAP_WRAPKEY_H
#define OAP_WRAPKEY_H

#include "bytes.h"
#include "servicekeys.h"

/* *has: whether there is one. False: there is one that is no key; one line in
 * error. */
bool wrap_key_read(uint8_t key[static SERVICE_WRAP_KEY], bool *has,
		   char *error, size_t error_size) OAP_CHECKED;

#endif
