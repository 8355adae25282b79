/* SPDX-License-Identifier: Apache-2.0 */
/* coseput.c: writes COSE_Sign1 and COSE_Mac0, and the bytes that they sign or
 * authenticate. */
#include <string.h>

#include <sodium.h>

#include "cbor.h"
#include "cose.h"
#include "cosepart.h"
#include "key.h"
#include "limits.h"

/* alg, kid, typ and their keys; the text of a status token is the longest. */
#define HEADER_MAX 64

/* An empty header counts as an empty string (RFC 9052 sections 4.4, 6.3). */
static struct bytes header_part(struct bytes protected)
{
	return protected.n == 1 ? bytes_of(protected.p, 0) : protected;
}

void cose_put_tbs(struct outbuf *out, unsigned tag, struct bytes protected,
                  struct bytes payload)
{
	cbor_put_array(out, 4);
	cbor_put_text(out,
	              bytes_text(tag == COSE_TAG_MAC0 ? "MAC0" : "Signature1"));
	cbor_put_bytes(out, header_part(protected));
	cbor_put_bytes_head(out, 0); /* external_aad */
	cbor_put_bytes(out, payload);
}

/* In pieces, so that a payload of any size needs no room of ours. */
void cose_mac(struct bytes protected, struct bytes payload,
              const uint8_t key[static 32], uint8_t mac[static 32])
{
	crypto_auth_hmacsha256_state state;
	uint8_t buf[32];
	struct outbuf head = outbuf_in(buf, sizeof(buf));
	struct bytes part = header_part(protected);

	crypto_auth_hmacsha256_init(&state, key, KEY_MAC);
	cbor_put_array(&head, 4);
	cbor_put_text(&head, bytes_text("MAC0"));
	cbor_put_bytes_head(&head, part.n);
	crypto_auth_hmacsha256_update(&state, head.p, head.n);
	crypto_auth_hmacsha256_update(&state, part.p, part.n);
	head = outbuf_in(buf, sizeof(buf));
	cbor_put_bytes_head(&head, 0); /* external_aad */
	cbor_put_bytes_head(&head, payload.n);
	crypto_auth_hmacsha256_update(&state, head.p, head.n);
	crypto_auth_hmacsha256_update(&state, payload.p, payload.n);
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_memzero(&state, sizeof(state));
}

static void put_header(struct outbuf *out, int64_t alg, enum typ typ,
                       const uint8_t kid[static 8])
{
	cbor_put_map(out, 3);
	cbor_put_int(out, COSE_HEADER_ALG);
	cbor_put_int(out, alg);
	cbor_put_int(out, COSE_HEADER_KID);
	cbor_put_bytes(out, bytes_of(kid, KEY_KID));
	cbor_put_int(out, COSE_HEADER_TYP);
	if (typ == TYP_STATUS_TOKEN)
		cbor_put_text(out, bytes_text(COSE_STATUS_TYP));
	else
		cbor_put_int(out, typ);
}

static void put_message(struct outbuf *out, unsigned tag,
                        struct bytes protected, struct bytes payload,
                        struct bytes proof)
{
	cbor_put_tag(out, tag);
	cbor_put_array(out, 4);
	cbor_put_bytes(out, protected);
	cbor_put_map(out, 0);
	cbor_put_bytes(out, payload);
	cbor_put_bytes(out, proof);
}

static void put_signed(struct outbuf *out, struct bytes protected,
                       struct bytes payload, const uint8_t sk[static 64],
                       struct outbuf *scratch)
{
	uint8_t small[COSE_SMALL_MAX], signature[KEY_SIGNATURE];
	struct outbuf tbs = outbuf_in(small, sizeof(small));

	if (scratch)
		tbs = outbuf_in(scratch->p, scratch->cap);
	cose_put_tbs(&tbs, COSE_TAG_SIGN1, protected, payload);
	if (tbs.failed ||
	    crypto_sign_detached(signature, NULL, tbs.p, tbs.n, sk) != 0) {
		out->failed = true;
		return;
	}
	put_message(out, COSE_TAG_SIGN1, protected, payload,
	            bytes_of(signature, sizeof(signature)));
}

void cose_put_sign1(struct outbuf *out, enum typ typ,
                    const uint8_t kid[static 8], struct bytes payload,
                    const uint8_t sk[static 64], struct outbuf *scratch)
{
	uint8_t buf[HEADER_MAX];
	struct outbuf header = outbuf_in(buf, sizeof(buf));

	put_header(&header, COSE_ALG_EDDSA, typ, kid);
	put_signed(out, out_view(&header), payload, sk, scratch);
}

void cose_put_mac0(struct outbuf *out, enum typ typ,
                   const uint8_t kid[static 8], struct bytes payload,
                   const uint8_t key[static 32])
{
	uint8_t buf[HEADER_MAX], mac[KEY_MAC];
	struct outbuf header = outbuf_in(buf, sizeof(buf));

	put_header(&header, COSE_ALG_HMAC256, typ, kid);
	cose_mac(out_view(&header), payload, key, mac);
	put_message(out, COSE_TAG_MAC0, out_view(&header), payload,
	            bytes_of(mac, sizeof(mac)));
}

void cose_put_presentation(struct outbuf *out, struct bytes pass,
                           struct bytes payload, const uint8_t sk[static 64])
{
	uint8_t buf[PASS_MAX + HEADER_MAX];
	struct outbuf header = outbuf_in(buf, sizeof(buf));

	cbor_put_map(&header, 3);
	cbor_put_int(&header, COSE_HEADER_ALG);
	cbor_put_int(&header, COSE_ALG_EDDSA);
	cbor_put_int(&header, COSE_HEADER_KCWT);
	out_bytes(&header, pass); /* the tagged item itself */
	cbor_put_int(&header, COSE_HEADER_TYP);
	cbor_put_int(&header, TYP_PRESENTATION);
	if (header.failed) {
		out->failed = true;
		return;
	}
	put_signed(out, out_view(&header), payload, sk, NULL);
}
