/* SPDX-License-Identifier: Apache-2.0 */
/* document.h: the issuer document as the registry has it: signed anew, with a
 * higher number, only when what it says has changed. */
#ifndef ISSUER_DOCUMENT_H
#define ISSUER_DOCUMENT_H

#include "office.h"

#define DOCUMENT_ITEM_MAX 64 /* a key in it: 32 bytes, state, times */
#define DOCUMENT_ARRAY_HEAD 3

struct document {
	struct issuerdoc says; /* views into the rest, and the office's names */
	/* what it says has changed since it was signed last: it has the next
	 * number, and is to be signed */
	bool is_unsigned;
	/* it has changed too, but the root key is not here: this is the one
	 * of before */
	bool is_pending;
	bool is_published; /* this number, at an earlier time */
	uint8_t message[ISSUERDOC_MAX];
	size_t n;
	uint8_t keys[KEYS_PER_ISSUER_MAX * DOCUMENT_ITEM_MAX +
		     DOCUMENT_ARRAY_HEAD];
	uint8_t uris[LISTS_PER_ISSUER_MAX * (URI_MAX + 2) +
		     DOCUMENT_ARRAY_HEAD];
	uint8_t scratch[2 * ISSUERDOC_MAX];
};

/* What is to be published: no key is opened for it, and nothing is stored. */
bool document_plan(struct office *office, const struct options *o,
		   struct document *out, struct fault *fault) OAP_CHECKED;
/* Signs one that is unsigned. It is in the registry, durable, before it is
 * given out: its number is never used twice. */
bool document_sign(struct office *office, const struct city_key *root,
		   uint64_t now, struct document *d, struct fault *fault)
    OAP_CHECKED;
/* Reads one that the registry has. */
bool document_read(struct bytes message, struct issuerdoc *out,
		   struct fault *fault) OAP_CHECKED;

#endif
