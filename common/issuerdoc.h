/* SPDX-License-Identifier: Apache-2.0 */
/* issuerdoc.h: the issuer document (typ 65007): a city's signing keys, their
 * states, and where its status lists are; signed by the city's root key,
 * which the service pins. */
#ifndef OAP_ISSUERDOC_H
#define OAP_ISSUERDOC_H

#include "cose.h"
#include "names.h"

enum key_state { KEY_ACTIVE, KEY_RETIRED, KEY_COMPROMISED, KEY_STATE_COUNT };

struct issuer_key {
	uint8_t pk[32];
	uint8_t kid[8];
	enum key_state state;
	uint64_t from; /* seconds */
	bool has_until;
	uint64_t until; /* seconds */
};

struct issuerdoc {
	uint8_t root_kid[8];
	struct bytes iss;
	uint64_t number;
	uint64_t made_at;  /* seconds */
	struct bytes keys; /* encoded array */
	struct bytes uris; /* encoded array */
	struct names names;
	struct cose cose;
};

/* Decodes; every key and URI in it has been judged too. Not verified. */
bool issuerdoc_read(struct bytes message, struct issuerdoc *out) OAP_CHECKED;
/* That, and the signature under the pinned root key. */
bool issuerdoc_open(struct bytes message, const uint8_t root[static 32],
		    struct issuerdoc *out, struct outbuf *scratch)
    OAP_CHECKED;
/* scratch has room for twice the document: its payload, and what is signed. */
void issuerdoc_put(struct outbuf *out, const struct issuerdoc *doc,
		   const uint8_t root_pk[static 32],
		   const uint8_t root_sk[static 64], struct outbuf *scratch);

/* The key of a kid; false when the document has none. Hashes each key on the
 * way: who asks for every scan keeps an index. */
bool issuerdoc_key(const struct issuerdoc *doc, const uint8_t kid[static 8],
		   struct issuer_key *out) OAP_CHECKED;
bool issuerdoc_has_uri(const struct issuerdoc *doc, struct bytes uri);

/* Iterate: start with cbor_members of doc->keys / doc->uris; false at the
 * end. */
bool issuerdoc_next_key(struct cbor_in *in, struct issuer_key *out)
    OAP_CHECKED;
bool issuerdoc_next_uri(struct cbor_in *in, struct bytes *uri) OAP_CHECKED;
void issuerdoc_put_key(struct outbuf *out, const struct issuer_key *key);

const char *key_state_name(unsigned state);

#endif
