/* SPDX-License-Identifier: Apache-2.0 */
/* press.h: makes signed passes, and their codes, from registry rows. The same
 * row and hint always give the same bytes (RFC 8032 signatures are
 * deterministic), so a pass can be printed again and is no second pass. */
#ifndef ISSUER_PRESS_H
#define ISSUER_PRESS_H

#include "registry.h"
#include "request.h"

struct press {
	const struct identity *identity;
	const struct city_key *key;
	size_t overhead; /* of a pass over its payload */
};

void press_init(struct press *press, const struct identity *identity,
		const struct city_key *key);

/* The URI of a list, into URI_MAX + 1 bytes; false when it is longer. */
bool press_list_uri(const struct identity *identity, uint32_t list,
		    char uri[static URI_MAX + 1]) OAP_CHECKED;

/* Refuses an issuer whose plainest pass in its last list would be over
 * PASS_ISSUE_MAX. *room is what is left for a hint. */
bool press_check_identity(const struct identity *identity, size_t *room,
			  struct fault *fault) OAP_CHECKED;
/* Refuses a request whose pass would be over PASS_ISSUE_MAX without a holder
 * key, wherever in the list it lands. */
bool press_check_request(const struct press *press, const struct request *q,
			 struct fault *fault) OAP_CHECKED;

/* The same for a row and its hint. */
bool press_fits(const struct press *press, const struct pass_record *record,
		struct bytes hint) OAP_CHECKED;

/* Appends the signed message, or its code. record->kid is the press's key. */
void press_pass(const struct press *press, const struct pass_record *record,
		struct bytes hint, struct outbuf *out);
void press_code(const struct press *press, const struct pass_record *record,
		struct bytes hint, struct outbuf *out);

/* The keyed hash that the registry keeps of a reference. */
void press_ref_hash(const struct press *press, struct bytes ref,
		    uint8_t out[static REF_HASH]);

#endif
