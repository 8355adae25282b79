/* SPDX-License-Identifier: Apache-2.0 */
/* cosepart.h: what reading and writing COSE messages share. */
#ifndef OAP_COSEPART_H
#define OAP_COSEPART_H

#include "cose.h"

/* Header parameters (RFC 9052 section 3.1, RFC 9528, RFC 9596). */
#define COSE_HEADER_ALG 1
#define COSE_HEADER_KID 4
#define COSE_HEADER_KCWT 13
#define COSE_HEADER_TYP 16

#define COSE_STATUS_TYP "application/statuslist+cwt"

/* HMAC 256/256 over the MAC_structure. */
void cose_mac(struct bytes protected, struct bytes payload,
              const uint8_t key[static 32], uint8_t mac[static 32]);

#endif
