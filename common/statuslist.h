/* SPDX-License-Identifier: Apache-2.0 */
/* statuslist.h: the status list and its token
 * (draft-ietf-oauth-status-list, CWT form). The compressed list is inflated
 * into the caller's buffer, never past it. */
#ifndef OAP_STATUSLIST_H
#define OAP_STATUSLIST_H

#include "cose.h"
#include "issuerdoc.h"

enum status_value { STATUS_VALID = 0, STATUS_INVALID = 1, STATUS_SUSPENDED = 2 };
/* An index past the end of the list; no value, those of 8 bits end at 255. */
#define STATUS_NONE 0x100u

struct statuslist {
	unsigned bits; /* 1, 2, 4 or 8 */
	const uint8_t *p;
	size_t n; /* bytes */
};

struct status_token {
	uint8_t kid[8]; /* the signer, a key of the issuer */
	struct bytes uri; /* sub */
	uint64_t iat, exp, ttl; /* seconds */
	unsigned bits;
	struct bytes lst; /* zlib stream (RFC 1950) */
	struct cose cose;
};

bool status_token_read(struct bytes message, struct status_token *out)
    OAP_CHECKED;
/* token->lst is taken as it stands: see statuslist_deflate. scratch has room
 * for twice the token: its payload, and what is signed. */
void status_token_put(struct outbuf *out, const struct status_token *token,
		      const uint8_t kid[static 8],
		      const uint8_t sk[static 64], struct outbuf *scratch);

/* {"lst": …, "bits": …} alone; read takes the draft's order of keys too, put
 * writes the deterministic one. */
bool statuslist_map_read(struct bytes map, unsigned *bits, struct bytes *lst)
    OAP_CHECKED;
void statuslist_map_put(struct outbuf *out, unsigned bits, struct bytes lst);

/* The whole zlib stream into buf; false when it is damaged, has bytes after
 * its end, or inflates to more than cap. */
bool statuslist_inflate(struct bytes lst, unsigned bits, uint8_t *buf,
			size_t cap, struct statuslist *out) OAP_CHECKED;
/* zlib level 9, as the draft's examples are made. */
void statuslist_deflate(struct outbuf *out, const struct statuslist *list);

/* The status at an index, or STATUS_NONE. */
unsigned statuslist_get(const struct statuslist *list, uint64_t idx);
/* idx must be in the list, value must fit the bits. */
void statuslist_set(uint8_t *p, unsigned bits, uint64_t idx, unsigned value);

/* The signer of a token that may count for the issuer: its URI is in the
 * document, its signer is a key of it, active, or retired with iat <= until.
 * For a token whose signature has been verified before. */
bool status_token_signer(const struct status_token *token,
			 const struct issuerdoc *doc, struct issuer_key *signer)
    OAP_CHECKED;
/* That, and its signature verifies. now is not looked at. */
bool status_token_counts(const struct status_token *token,
			 const struct issuerdoc *doc, struct outbuf *scratch)
    OAP_CHECKED;

#endif
