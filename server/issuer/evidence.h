/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.h: what a code is checked against: issuer documents, roots and
 * status lists from files. */
#ifndef ISSUER_EVIDENCE_H
#define ISSUER_EVIDENCE_H

#include "decide.h"
#include "file.h"
#include "options.h"

/* What vouches for the issuer document. */
enum vouched {
	VOUCHED_NONE,	/* there is no document of this issuer */
	VOUCHED_GIVEN,	/* no --root was given: it is taken as it is */
	VOUCHED_ROOT,	/* signed by a root that was given */
	VOUCHED_UNKNOWN, /* by another root than those */
	VOUCHED_FALSE	/* by none: the signature is wrong */
};

struct evidence {
	struct blob document[OPTION_REPEAT_MAX];
	size_t documents;
	struct blob token[OPTION_REPEAT_MAX];
	size_t tokens;
	uint8_t root[OPTION_REPEAT_MAX][32];
	size_t roots;
	uint8_t *scratch; /* for signatures of large messages */
	uint8_t *bits;	  /* the inflated list */
};

/* Reads and decodes all that --trust, --status and --root give. */
bool evidence_read(struct evidence *e, const struct options *o,
		   struct fault *fault) OAP_CHECKED;
/* Takes a zeroed one. */
void evidence_free(struct evidence *e);

/* The issuer's document, the highest number of those that are vouched for
 * best. */
enum vouched evidence_document(const struct evidence *e, struct bytes iss,
			       struct issuerdoc *out);
/* Why no list counts, by how far the best one got. */
enum list_fault {
	LIST_NONE,	/* none was given */
	LIST_OF_OTHERS, /* none of that URI */
	LIST_NOT_NAMED,	/* the document has not its URI */
	LIST_UNKNOWN_KEY,
	LIST_COMPROMISED,
	LIST_RETIRED,	/* its key, before it was made */
	LIST_FALSE,	/* its signature is wrong */
	LIST_DAMAGED,	/* it does not inflate */
	LIST_COUNTS,
	LIST_UNCHECKED	/* for callers who have no document */
};

/* The newest list at a URI that counts for the issuer, when the result is
 * LIST_COUNTS. Its bits stay valid until the next call. */
enum list_fault evidence_status(const struct evidence *e,
				const struct issuerdoc *doc, struct bytes uri,
				struct status_view *out) OAP_CHECKED;

#endif
