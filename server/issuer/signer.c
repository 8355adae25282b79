/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses among the active keys. */
#include "signer.h"

#include <stdlib.h>
#include <string.h>

#include "document.h"

static bool can_sign(const struct office *office, const struct issuerdoc *doc,
		     const struct issuer_key *key)
{
	struct issuer_key named;

	return key->state == KEY_ACTIVE &&
	       issuerdoc_key(doc, key->kid, &named) &&
	       named.state == KEY_ACTIVE && office_has_key(office, key->kid);
}

/* Among all but one of that kid, which may be NULL. */
static enum found find(struct office *office, const struct issuerdoc *doc,
		       const uint8_t *but, struct issuer_key *out,
		       struct fault *fault)
{
	enum found found, result = NOT_FOUND;
	struct issuer_key key;

	for (unsigned n = 0;; n++) {
		found = registry_key_at(office->registry, n, &key, fault);
		if (found != FOUND)
			return found == NOT_FOUND ? result : found;
		if ((but && !memcmp(key.kid, but, 8)) ||
		    !can_sign(office, doc, &key))
			continue;
		*out = key;
		result = FOUND;
	}
}

static void tell(struct office *office, const uint8_t *signer)
{
	struct issuer_key newest;
	struct fault ignored;
	char kid[17];

	if (registry_signing_key(office->registry, &newest, &ignored) !=
		FOUND ||
	    !memcmp(newest.kid, signer, 8))
		return;
	hex_encode(signer, 8, kid);
	say("key %s signs the lists: the one that signs passes now is %s", kid,
	    office_has_key(office, newest.kid) ? "not published yet"
					       : "not here");
}

struct city_key *signer_open(struct office *office, const struct options *o,
			     const struct issuerdoc *doc, bool is_pending,
			     struct fault *fault)
{
	struct issuer_key key;
	enum found found = find(office, doc, NULL, &key, fault);

	if (found == FOUND_FAILED)
		return NULL;
	if (found == FOUND) {
		tell(office, key.kid);
		return office_open_key(office, &key, o, NULL, fault);
	}
	if (!is_pending) /* which tells what is missing */
		return office_signing_key(office, o, NULL, fault);
	fault_set(fault, EXIT_IO,
		  "no signing key is here that the last issuer document names; "
		  "the root key must sign a new one first: give --root-key "
		  "FILE");
	return NULL;
}

static bool is_last(struct office *office, const struct issuer_key *key,
		    uint8_t *message, bool *last, struct fault *fault)
{
	struct issuer_key other;
	struct issuerdoc doc;
	enum found found;
	size_t n;

	found = registry_published_document(office->registry, message, &n,
					    fault);
	if (found != FOUND)
		return found == NOT_FOUND;
	if (!document_read(bytes_of(message, n), &doc, fault))
		return false;
	if (!can_sign(office, &doc, key))
		return true;
	found = find(office, &doc, key->kid, &other, fault);
	*last = found == NOT_FOUND;
	return found != FOUND_FAILED;
}

bool signer_is_last(struct office *office, const struct issuer_key *key,
		    bool *last, struct fault *fault)
{
	uint8_t *message = malloc(ISSUERDOC_MAX);
	bool ok;

	*last = false;
	if (!message)
		return fault_set(fault, EXIT_IO, "no memory");
	ok = is_last(office, key, message, last, fault);
	free(message);
	return ok;
}
