/* SPDX-License-Identifier: Apache-2.0 */
/* cose.h: COSE_Sign1 and COSE_Mac0 (RFC 9052), in this project's profile:
 * everything in the protected header, an empty unprotected one, the payload
 * embedded, external_aad empty, and the type (RFC 9596) checked before any
 * key is looked for. */
#ifndef OAP_COSE_H
#define OAP_COSE_H

#include "bytes.h"

#define COSE_TAG_MAC0 17u
#define COSE_TAG_SIGN1 18u
#define COSE_ALG_EDDSA (-8)
#define COSE_ALG_ED25519 (-19) /* RFC 9864 */
#define COSE_ALG_HMAC256 5

enum typ {
	TYP_PASS = 65001,
	TYP_PRESENTATION = 65002,
	TYP_ATTEMPT = 65003,
	TYP_REVERSAL = 65004,
	TYP_BUNDLE = 65005,
	TYP_ENROLMENT = 65006,
	TYP_ISSUER_DOCUMENT = 65007,
	TYP_QUESTION = 65008,
	TYP_REPORT = 65009,
	TYP_RECEIPT = 65010,
	TYP_STATUS_TOKEN = -1 /* the text "application/statuslist+cwt" */
};

/* The four parts of the outer array, as views into the message. */
struct cose {
	unsigned tag;
	struct bytes whole;	  /* the tagged message */
	struct bytes protected;	  /* content of the byte string */
	struct bytes unprotected; /* the encoded map */
	struct bytes payload;
	struct bytes proof; /* signature, or MAC tag */
};

struct cose_header {
	int64_t alg;
	bool has_kid;
	uint8_t kid[8];
	bool has_typ;
	int64_t typ;	   /* number, or TYP_STATUS_TOKEN; 0 for another text */
	struct bytes kcwt; /* presentation: the tagged pass; else n == 0 */
};

/* Shape alone: the tag, four parts, their major types, strict CBOR outside
 * and in the protected header. Takes any algorithm and any unprotected map,
 * so that other people's messages can be looked at. */
bool cose_parse(struct bytes message, unsigned tag, struct cose *out)
    OAP_CHECKED;

/* cose_parse, then the profile: unprotected empty, known header keys only,
 * alg -8 or -19 (5 for COSE_Mac0), proof of 64 (32) bytes, kid present
 * (absent for a presentation, which has kcwt instead), payload strict CBOR,
 * and typ the expected one. */
bool cose_open(struct bytes message, enum typ typ, struct cose *out,
	       struct cose_header *header) OAP_CHECKED;
/* The same for two that have the same tag; header->typ says which it is. */
bool cose_open_either(struct bytes message, enum typ one, enum typ other,
		      struct cose *out,
		      struct cose_header *header) OAP_CHECKED;

/* The typ of a message in our profile, or 0: for "show" and for refusing a
 * swapped message with a better sentence. */
int64_t cose_typ(struct bytes message);

/* The bytes that are signed or authenticated (RFC 9052 sections 4.4, 6.3). */
void cose_put_tbs(struct outbuf *out, unsigned tag, struct bytes protected,
		  struct bytes payload);

/* Ed25519 by libsodium. Messages over COSE_SMALL_MAX need scratch of at least
 * whole.n + 32 bytes, because what is signed is not one run of the message;
 * for others scratch may be NULL. */
bool cose_verify(const struct cose *c, const uint8_t pk[static 32],
		 struct outbuf *scratch) OAP_CHECKED;
bool cose_verify_mac(const struct cose *c, const uint8_t key[static 32])
    OAP_CHECKED;

/* Writes the whole tagged message. scratch as for cose_verify. */
void cose_put_sign1(struct outbuf *out, enum typ typ,
		    const uint8_t kid[static 8], struct bytes payload,
		    const uint8_t sk[static 64], struct outbuf *scratch);
void cose_put_mac0(struct outbuf *out, enum typ typ,
		   const uint8_t kid[static 8], struct bytes payload,
		   const uint8_t key[static 32]);
/* A presentation: header 13 holds the tagged pass, signed by the holder. */
void cose_put_presentation(struct outbuf *out, struct bytes pass,
			   struct bytes payload, const uint8_t sk[static 64]);

#endif
