/* SPDX-License-Identifier: Apache-2.0 */
/* signer.h: which key signs the status lists. Services believe the keys that
 * the issuer document names; while the next document waits for the root key,
 * that is not always the key that signs passes. */
#ifndef ISSUER_SIGNER_H
#define ISSUER_SIGNER_H

#include "office.h"

/* The newest active key that the document names and whose file is here, and
 * says so when a newer one signs passes. is_pending: a newer document waits. */
struct city_key *signer_open(struct office *office, const struct options *o,
			     const struct issuerdoc *doc, bool is_pending,
			     struct fault *fault) OAP_CHECKED;
/* Whether of the keys that the document published last names only this one
 * could sign lists: without it, none can be published before a new document
 * is. */
bool signer_is_last(struct office *office, const struct issuer_key *key,
		    bool *last, struct fault *fault) OAP_CHECKED;

#endif
