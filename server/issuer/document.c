/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the issuer document together, and signs it when it must. */
#include "document.h"

#include "press.h"

static bool draft_keys(struct office *office, struct document *d,
		       struct issuerdoc *draft, struct fault *fault)
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
	draft->keys = out_view(&out);
	return out.failed ? fault_set(fault, EXIT_REFUSED, "too many keys")
			  : true;
}

static bool draft_uris(struct office *office, struct document *d,
		       struct issuerdoc *draft, struct fault *fault)
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
	draft->uris = out_view(&out);
	return out.failed ? fault_set(fault, EXIT_REFUSED, "too many lists")
			  : true;
}

static bool make_draft(struct office *office, struct document *d,
		       struct issuerdoc *draft, struct fault *fault)
{
	*draft = (struct issuerdoc){.iss = bytes_text(office->identity.iss)};
	for (int lang = 0; lang < LANG_COUNT; lang++)
		draft->names.text[lang] =
		    bytes_text(office->identity.name[lang]);
	return draft_keys(office, d, draft, fault) &&
	       draft_uris(office, d, draft, fault);
}

static bool same_content(const struct issuerdoc *a, const struct issuerdoc *b)
{
	for (int lang = 0; lang < LANG_COUNT; lang++)
		if (!bytes_equal(a->names.text[lang], b->names.text[lang]))
			return false;
	return bytes_equal(a->iss, b->iss) && bytes_equal(a->keys, b->keys) &&
	       bytes_equal(a->uris, b->uris);
}

bool document_read(struct bytes message, struct issuerdoc *out,
		   struct fault *fault)
{
	if (issuerdoc_read(message, out))
		return true;
	return fault_set(fault, EXIT_IO,
			 "the registry's last issuer document cannot be read; "
			 "bring the registry back from a copy");
}

/* Compares with what was signed last, be it published or not: its number is
 * taken, and somebody may have it. */
bool document_plan(struct office *office, const struct options *o,
		   struct document *out, struct fault *fault)
{
	struct issuerdoc draft, *last = &out->says;
	enum found found;

	out->is_unsigned = out->is_pending = out->is_published = false;
	if (!make_draft(office, out, &draft, fault))
		return false;
	found = registry_document(office->registry, out->message, &out->n,
				  &out->is_published, fault);
	if (found == FOUND_FAILED)
		return false;
	if (found == FOUND) {
		if (!document_read(bytes_of(out->message, out->n), last,
				   fault))
			return false;
		draft.number = last->number;
		if (same_content(last, &draft))
			return true;
		out->is_pending = office_root_is_away(office, o);
		if (out->is_pending)
			return true;
	}
	draft.number++;
	out->says = draft;
	out->is_unsigned = true;
	out->is_published = false;
	return true;
}

bool document_sign(struct office *office, const struct city_key *root,
		   uint64_t now, struct document *d, struct fault *fault)
{
	struct outbuf message = outbuf_in(d->message, sizeof(d->message));
	struct outbuf scratch = outbuf_in(d->scratch, sizeof(d->scratch));

	d->says.made_at = now;
	issuerdoc_put(&message, &d->says, root->pk, root->sk, &scratch);
	if (message.failed)
		return fault_set(fault, EXIT_REFUSED,
				 "the issuer document would be over %d bytes",
				 ISSUERDOC_MAX);
	d->n = message.n;
	if (!registry_put_document(office->registry, d->says.number,
				   out_view(&message), fault))
		return false;
	d->is_unsigned = false;
	return true;
}
