/* SPDX-License-Identifier: Apache-2.0 */
/* servicenext.h: from one service key to the next. The next one is made, named
 * in every bundle for SERVICE_KEY_NOTICE_S at least, so that kiosks learn it
 * under the signature of the present one, and then takes its place; the keys
 * of pass hashes and grants stay as they are. */
#ifndef OAP_SERVICENEXT_H
#define OAP_SERVICENEXT_H

#include "servicekeys.h"

/* Makes service.key.next beside service.key; refused when there is one. */
bool service_next_make(const char *data_dir, const uint8_t *wrap,
		       uint64_t now_s, char *error,
		       size_t error_size) OAP_CHECKED;
/* Puts it in the place of service.key, which becomes service.key.before; for
 * whoever holds the data directory. Refused before its notice is over. */
bool service_next_use(const char *data_dir, const uint8_t *wrap,
		      uint64_t now_s, char *error,
		      size_t error_size) OAP_CHECKED;
/* What is to be announced: *has tells whether there is one. */
bool service_next_pk(const char *data_dir, const uint8_t *wrap,
		     uint8_t pk[static KEY_PUBLIC], bool *has, char *error,
		     size_t error_size) OAP_CHECKED;

#endif
