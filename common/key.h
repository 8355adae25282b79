/* SPDX-License-Identifier: Apache-2.0 */
/* key.h: Ed25519 keys, their ids, and the key that a kiosk and its service
 * both derive. libsodium's functions as documented, nothing of our own. */
#ifndef OAP_KEY_H
#define OAP_KEY_H

#include "bytes.h"
#include "cbor.h"

#define KEY_PUBLIC 32
#define KEY_SECRET 64 /* libsodium's form: seed || public key */
#define KEY_KID 8
#define KEY_SIGNATURE 64
#define KEY_MAC 32

/* SHA-256 over the deterministic COSE_Key (RFC 9679). */
void key_thumbprint(const uint8_t pk[static 32], uint8_t out[static 32]);
/* Its first 8 bytes. */
void key_kid(const uint8_t pk[static 32], uint8_t kid[static 8]);

/* {1: 1, -1: 6, -2: pk} */
void key_put_cose(struct outbuf *out, const uint8_t pk[static 32]);
bool key_read_cose(struct cbor_in *in, uint8_t pk[static 32]) OAP_CHECKED;

/* Ed25519 (RFC 8032); false unless signature.n is 64. */
bool key_verify(const uint8_t pk[static 32], struct bytes message,
		struct bytes signature) OAP_CHECKED;

/* The COSE_Mac0 key of a kiosk and a service (messages.cddl): each side gives
 * its own secret key and the other's public key. False for a public key that
 * is no usable point. */
bool key_derive_mac(const uint8_t own_sk[static 64],
		    const uint8_t peer_pk[static 32],
		    uint8_t mac[static 32]) OAP_CHECKED;

#endif
