/* SPDX-License-Identifier: Apache-2.0 */
/* trust.h: a bundle, verified to the last signature and ready to decide by:
 * issuer documents opened under their pinned roots, status lists inflated.
 * Immutable once loaded. */
#ifndef OAP_TRUST_H
#define OAP_TRUST_H

#include "bundle.h"
#include "decide.h"
#include "include/oap.h"
#include "issuerdoc.h"
#include "statuslist.h"

struct trust;

struct trust_token {
	struct bytes uri;
	uint8_t signer[8];
	struct status_view view; /* the list is in the trust's memory */
};

struct trust_issuer {
	uint8_t root[32];
	struct issuerdoc doc;
	struct trust_token *tokens; /* those that count */
	size_t token_count;
};

/* Takes message, malloc'd, from the caller in every case. A bundle is whole or
 * nothing: one issuer document that does not verify refuses it
 * (OAP_BAD_ANSWER); a token that does not count is passed over. */
enum oap_result trust_load(uint8_t *message, size_t n,
			   const uint8_t service_pk[static 32],
			   struct trust **out, struct oap_problem *why)
    OAP_CHECKED;
void trust_free(struct trust *t); /* takes NULL */

const struct bundle *trust_bundle(const struct trust *t);
struct bytes trust_message(const struct trust *t);
/* SHA-256 of it, 32 bytes, for as long as t lives. */
const uint8_t *trust_hash(const struct trust *t);
size_t trust_issuer_count(const struct trust *t);
const struct trust_issuer *trust_issuer_at(const struct trust *t, size_t i);
/* NULL: the bundle does not have it. */
const struct trust_issuer *trust_issuer(const struct trust *t,
					struct bytes iss);
/* The newest token of a list; NULL: none that counts. */
const struct trust_token *trust_token(const struct trust_issuer *issuer,
				      struct bytes uri);
/* This kiosk's row; false when the bundle does not have it. */
bool trust_kiosk(const struct trust *t, const uint8_t kid[static 8],
		 struct bundle_kiosk *out) OAP_CHECKED;

#endif
