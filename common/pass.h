/* SPDX-License-Identifier: Apache-2.0 */
/* pass.h: the pass (typ 65001) and its live presentation (typ 65002).
 * Decoded structs hold views into the message. */
#ifndef OAP_PASS_H
#define OAP_PASS_H

#include "cose.h"
#include "verdict.h"

enum pass_class {
	CLASS_ADULT = 0,
	CLASS_YOUTH,
	CLASS_CHILD,
	CLASS_SENIOR,
	CLASS_DISABLED,
	CLASS_COUNT
};

struct pass {
	struct bytes iss;
	uint64_t iat, exp; /* seconds */
	uint64_t nbf;	   /* seconds; iat when the pass has none */
	bool has_nbf;
	uint8_t cti[16];
	bool has_cnf;
	uint8_t cnf[32]; /* the holder's Ed25519 public key */
	uint64_t idx;	 /* in the status list uri */
	struct bytes uri;
	enum pass_class class;
	struct bytes hint; /* n == 0: none */
};

struct presentation {
	uint64_t iat;	  /* seconds */
	struct bytes aud; /* facility; n == 0: none */
};

/* What a code holds, decoded but not verified. */
struct scan {
	bool live; /* a presentation around the pass */
	struct pass pass;
	struct cose pass_cose;
	uint8_t kid[8]; /* the issuer's key */
	struct presentation presentation;
	struct cose presentation_cose;
};

bool pass_read_payload(struct bytes payload, struct pass *out) OAP_CHECKED;
void pass_put_payload(struct outbuf *out, const struct pass *pass);
bool presentation_read_payload(struct bytes payload,
			       struct presentation *out) OAP_CHECKED;
void presentation_put_payload(struct outbuf *out,
			      const struct presentation *p);

/* Decodes a pass or a presentation; 0, or the verdict on its shape. */
enum verdict scan_read(struct bytes scanned, struct scan *out) OAP_CHECKED;

/* "adult", "youth", …; NULL when out of range. */
const char *pass_class_name(unsigned class);
/* The class of a name, or -1. */
int pass_class_of(const char *name);

#endif
