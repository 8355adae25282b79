/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_held.h: what the service holds of issuers, as far as who fetches has to
 * know it: read on the report thread, while the asking thread waits. */
#ifndef OAP_FETCH_HELD_H
#define OAP_FETCH_HELD_H

#include "issuerdoc.h"
#include "limits.h"
#include "report_worker.h"
#include "store_setup.h"

#define FETCH_HASH 32 /* SHA-256 of a message */

/* One issuer: its document, and which tokens are stored. */
struct fetch_held {
	bool found;
	uint8_t root[32];
	uint8_t *document; /* doc views it */
	size_t document_n;
	struct issuerdoc doc;
	uint8_t document_hash[FETCH_HASH];
	uint8_t (*tokens)[FETCH_HASH];
	size_t token_count;
};

/* False: it could not be read now. Else fetch_held_free. */
bool fetch_held_read(struct report_worker *reader, const char *iss,
		     struct fetch_held *out) OAP_CHECKED;
void fetch_held_free(struct fetch_held *held);
bool fetch_held_has_token(const struct fetch_held *held,
			  const uint8_t hash[static FETCH_HASH]);

/* Where an issuer is fetched from. */
struct fetch_source {
	char iss[ISS_MAX + 1];
	char document_url[URL_MAX + 1]; /* "": only lists are fetched */
	char status_url[URL_MAX + 1];	/* "": by the document's URIs */
	bool withdrawn;
};
/* Every issuer, into a new array, free(3). False: it could not be read
 * now. */
bool fetch_held_sources(struct report_worker *reader,
			struct fetch_source **out, size_t *count) OAP_CHECKED;

#endif
