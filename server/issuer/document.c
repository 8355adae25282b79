/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the issuer document together, and signs it when it must. */
#include "document.h"

#include <stdlib.h>
#include <string.h>

#include "press.h"

#define ITEM_MAX_KEY 64 /* a key in the document: 32 bytes, state, times */
#define ARRAY_HEAD 3

/* The arrays of the document, encoded. */
struct draft {
	struct issuerdoc doc;
	uint8_t keys[KEYS_PER_ISSUER_MAX * ITEM_MAX_KEY + ARRAY_HEAD];
	uint8_t uris[LISTS_PER_ISSUER_MAX * (URI_MAX + 2) + ARRAY_HEAD];
	uint8_t scratch[2 * ISSUERDOC_MAX];
};

static bool draft_keys(struct office *office, struct draft *d,
		       struct fault *fault)
{
	struct outbuf out = outbuf_in(d->keys, sizeof(d->keys));
	struct issuer_key key;
	enum found found;
	unsigned count = 0;

	while ((found = registry_key_at(office->registry, count, &key,
					fault)) == FOUND)
		count++;
	if (found == FOUND_FAILED)
		return false;
	cbor_put_array(&out, count);
	for (unsigned n = 0; n < count; n++) {
		if (registry_key_at(office->registry, n, &key, fault) != FOUND)
			return false;
		issuerdoc_put_key(&out, &key);
	}
	d->doc.keys = out_view(&out);
	return out.failed ? fault_set(fault, EXIT_REFUSED, "too many keys")
			  : true;
}

static bool draft_uris(struct office *office, struct draft *d,
		       struct fault *fault)
{
	struct outbuf out = outbuf_in(d->uris, sizeof(d->uris));
	struct list_info list;
	char uri[URI_MAX + 1];
	enum found found;
	uint32_t count = 0;

	while ((found = registry_list(office->registry, count, &list,
				      fault)) == FOUND)
		count++;
	if (found == FOUND_FAILED)
		return false;
	cbor_put_array(&out, count);
	for (uint32_t n = 0; n < count; n++) {
		if (!press_list_uri(&office->identity, n, uri))
			out.failed = true;
		else
			cbor_put_text(&out, bytes_text(uri));
	}
	d->doc.uris = out_view(&out);
	return out.failed ? fault_set(fault, EXIT_REFUSED, "too many lists")
			  : true;
}

static bool make_draft(struct office *office, struct draft *d,
		       struct fault *fault)
{
	d->doc = (struct issuerdoc){.iss = bytes_text(office->identity.iss)};
	for (int lang = 0; lang < LANG_COUNT; lang++)
		d->doc.names.text[lang] =
		    bytes_text(office->identity.name[lang]);
	return draft_keys(office, d, fault) && draft_uris(office, d, fault);
}

static bool same_content(const struct issuerdoc *a, const struct issuerdoc *b)
{
	for (int lang = 0; lang < LANG_COUNT; lang++)
		if (!bytes_equal(a->names.text[lang], b->names.text[lang]))
			return false;
	return bytes_equal(a->iss, b->iss) && bytes_equal(a->keys, b->keys) &&
	       bytes_equal(a->uris, b->uris);
}

static bool sign(struct office *office, const struct options *o,
		 struct draft *d, struct document *out, struct fault *fault)
{
	struct outbuf message = outbuf_in(out->message, sizeof(out->message));
	struct outbuf scratch = outbuf_in(d->scratch, sizeof(d->scratch));
	struct city_key *root = office_root_key(
	    office, o, "sign the first issuer document", fault);

	if (!root)
		return false;
	issuerdoc_put(&message, &d->doc, root->pk, root->sk, &scratch);
	city_key_free(root);
	if (message.failed)
		return fault_set(fault, EXIT_REFUSED,
				 "the issuer document would be over %d bytes",
				 ISSUERDOC_MAX);
	out->n = message.n;
	out->is_new = true;
	return registry_put_document(office->registry, d->doc.number,
				     out_view(&message), fault);
}

static bool make(struct office *office, const struct options *o, uint64_t now,
		 struct draft *d, struct document *out, struct fault *fault)
{
	struct issuerdoc last = {0};
	enum found found;

	if (!make_draft(office, d, fault))
		return false;
	found = registry_document(office->registry, out->message, &out->n,
				  fault);
	if (found == FOUND_FAILED)
		return false;
	if (found == FOUND &&
	    !issuerdoc_read(bytes_of(out->message, out->n), &last))
		return fault_set(fault, EXIT_IO,
				 "the registry's last issuer document cannot "
				 "be read; bring the registry back from a copy");
	out->number = last.number;
	out->is_new = out->is_pending = false;
	if (found == FOUND && same_content(&last, &d->doc))
		return true;
	if (found == FOUND && office_root_is_away(office, o)) {
		out->is_pending = true;
		return true;
	}
	d->doc.number = out->number = last.number + 1;
	d->doc.made_at = now;
	return sign(office, o, d, out, fault);
}

bool document_make(struct office *office, const struct options *o,
		   uint64_t now, struct document *out, struct fault *fault)
{
	struct draft *d = malloc(sizeof(*d));
	bool ok;

	if (!d)
		return fault_set(fault, EXIT_IO, "no memory");
	ok = make(office, o, now, d, out, fault);
	free(d);
	return ok;
}
