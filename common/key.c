/* SPDX-License-Identifier: Apache-2.0 */
/* key.c: Ed25519 keys, their ids, and the key of a kiosk and its service. */
#include "key.h"

#include <string.h>

#include <sodium.h>

/* COSE_Key (RFC 9052 section 7, RFC 9053 section 7.2). */
#define COSE_KEY_KTY 1
#define COSE_KEY_CRV (-1)
#define COSE_KEY_X (-2)
#define KTY_OKP 1
#define CRV_ED25519 6
#define COSE_KEY_SIZE 40

#define MAC_SUBKEY 1
#define MAC_CONTEXT "OAPMAC01"

void key_put_cose(struct outbuf *out, const uint8_t pk[static 32])
{
	cbor_put_map(out, 3);
	cbor_put_int(out, COSE_KEY_KTY);
	cbor_put_int(out, KTY_OKP);
	cbor_put_int(out, COSE_KEY_CRV);
	cbor_put_int(out, CRV_ED25519);
	cbor_put_int(out, COSE_KEY_X);
	cbor_put_bytes(out, bytes_of(pk, KEY_PUBLIC));
}

bool key_read_cose(struct cbor_in *in, uint8_t pk[static 32])
{
	static const int64_t expected[] = {COSE_KEY_KTY, KTY_OKP, COSE_KEY_CRV,
	                                   CRV_ED25519, COSE_KEY_X};
	struct cbor_in at = *in;
	size_t pairs, i;
	int64_t found;

	if (!cbor_map(&at, &pairs) || pairs != 3)
		return false;
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		if (!cbor_int(&at, &found) || found != expected[i])
			return false;
	}
	if (!cbor_bytes_exact(&at, pk, KEY_PUBLIC))
		return false;
	*in = at;
	return true;
}

void key_thumbprint(const uint8_t pk[static 32], uint8_t out[static 32])
{
	uint8_t buf[COSE_KEY_SIZE];
	struct outbuf key = outbuf_in(buf, sizeof(buf));

	key_put_cose(&key, pk);
	crypto_hash_sha256(out, key.p, key.n);
}

void key_kid(const uint8_t pk[static 32], uint8_t kid[static 8])
{
	uint8_t thumbprint[crypto_hash_sha256_BYTES];

	key_thumbprint(pk, thumbprint);
	memcpy(kid, thumbprint, KEY_KID);
}

bool key_verify(const uint8_t pk[static 32], struct bytes message,
                struct bytes signature)
{
	/* libsodium reads 64 bytes, whatever there is. */
	if (signature.n != KEY_SIGNATURE)
		return false;
	return crypto_sign_verify_detached(signature.p, message.p, message.n,
	                                   pk) == 0;
}

bool key_derive_mac(const uint8_t own_sk[static 64],
                    const uint8_t peer_pk[static 32], uint8_t mac[static 32])
{
	uint8_t own[crypto_box_SECRETKEYBYTES];
	uint8_t peer[crypto_box_PUBLICKEYBYTES];
	uint8_t shared[crypto_box_BEFORENMBYTES];
	bool done;

	_Static_assert(crypto_box_BEFORENMBYTES == crypto_kdf_KEYBYTES,
	               "the shared secret is the master key of crypto_kdf");
	done = crypto_sign_ed25519_pk_to_curve25519(peer, peer_pk) == 0 &&
	       crypto_sign_ed25519_sk_to_curve25519(own, own_sk) == 0 &&
	       crypto_box_beforenm(shared, peer, own) == 0 &&
	       crypto_kdf_derive_from_key(mac, KEY_MAC, MAC_SUBKEY, MAC_CONTEXT,
	                                  shared) == 0;
	sodium_memzero(own, sizeof(own));
	sodium_memzero(shared, sizeof(shared));
	return done;
}
