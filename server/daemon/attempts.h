/* SPDX-License-Identifier: Apache-2.0 */
/* attempts.h: attempts found and shown: a search that pages by a cursor, one
 * by its name, and all of a pass. */
#ifndef OAP_ATTEMPTS_H
#define OAP_ATTEMPTS_H

#include <jansson.h>

#include "ledger.h"
#include "param.h"
#include "store.h"

#define ATTEMPTS_PAGE_DEFAULT 50

struct attempts_query;
struct found_attempt;

/* One as JSON, with all that is known of it. */
json_t *attempts_json(const struct found_attempt *found);

/* Parameters: from, to (YYYY-MM-DD, the facility's local days, inclusive),
 * facility, benefit, issuer, verdict, kiosk, limit, cursor. NULL and a 400
 * problem naming the parameter. */
struct attempts_query *attempts_query_read(struct params params,
					   struct problem *p) OAP_CHECKED;
void attempts_query_free(struct attempts_query *q); /* takes NULL */

/* {"attempts": […], "cursor": "…" | null}: the latest local day first, and of
 * one day the latest received. A page may have fewer rows than the limit, or
 * none, and still lead on: it looks at SEARCH_ROWS_MAX rows at most. */
enum store_result attempts_search(struct store *reader,
				  const struct attempts_query *q,
				  json_t **out) OAP_CHECKED;
/* kid and id in hex. STORE_NONE fills the problem (404, or 400). */
enum store_result attempts_one(struct store *reader, const char *kid,
			       const char *id, json_t **out,
			       struct problem *p) OAP_CHECKED;
/* Reads a code (the text in the QR) against a snapshot: NULL and a problem, or
 * {"iss", "class", "iat", "exp", …, "signature", "status"}; gives its hash. */
json_t *attempts_pass(const struct snapshot *snap, struct bytes code,
		      const uint8_t pass_key[static 32],
		      uint8_t pass_hash[static PASS_HASH],
		      struct problem *p) OAP_CHECKED;
/* [ … ]: all attempts of that pass, newest first, ATTEMPTS_LOOKUP_MAX. */
enum store_result attempts_of_pass(struct store *reader,
				   const uint8_t pass_hash[static PASS_HASH],
				   json_t **out) OAP_CHECKED;

#endif
