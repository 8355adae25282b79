/* SPDX-License-Identifier: Apache-2.0 */
/* document.h: the issuer document as the registry has it: signed anew, with a
 * higher number, only when what it says has changed. */
#ifndef ISSUER_DOCUMENT_H
#define ISSUER_DOCUMENT_H

#include "office.h"

struct document {
	uint8_t message[ISSUERDOC_MAX];
	size_t n;
	uint64_t number;
	bool is_new; /* signed by this call */
	/* what it says has changed since it was signed, and the root key is
	 * not here to sign it anew */
	bool is_pending;
};

/* Needs the root key only when it signs; when that is away, the document of
 * before is given, if there was one. A new document is in the registry,
 * durable, before it is given out: its number is never used twice. */
bool document_make(struct office *office, const struct options *o,
		   uint64_t now, struct document *out, struct fault *fault)
    OAP_CHECKED;

#endif
