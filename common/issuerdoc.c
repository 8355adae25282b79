/* SPDX-License-Identifier: Apache-2.0 */
/* issuerdoc.c: reads and writes the issuer document. */
#include "issuerdoc.h"

#include <string.h>

#include "key.h"
#include "limits.h"
#include "mapkey.h"

/* [key, state, from, until], all but the kid, which costs a hash. */
static bool read_key(struct cbor_in *in, struct issuer_key *out)
{
	int64_t state;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (!cbor_array(in, &n) || n != 4 ||
	    !cbor_bytes_exact(in, out->pk, sizeof(out->pk)) ||
	    !cbor_int_range(in, 0, KEY_STATE_COUNT - 1, &state) ||
	    !cbor_uint_max(in, TIME_S_MAX, &out->from))
		return false;
	out->state = (enum key_state)state;
	if (cbor_null(in))
		return out->state != KEY_RETIRED;
	out->has_until = true;
	return cbor_uint_max(in, TIME_S_MAX, &out->until);
}

bool issuerdoc_next_key(struct cbor_in *in, struct issuer_key *out)
{
	if (cbor_at_end(in) || !read_key(in, out))
		return false;
	key_kid(out->pk, out->kid);
	return true;
}

bool issuerdoc_next_uri(struct cbor_in *in, struct bytes *uri)
{
	return !cbor_at_end(in) && cbor_text_sized(in, 1, URI_MAX, uri);
}

/* Whether a key stands in the array before `until`. Two states for one key
 * would leave it open which one holds. */
static bool key_stands_before(struct bytes keys, const uint8_t *until,
			      const uint8_t pk[static 32])
{
	struct cbor_in in = cbor_members(keys);
	struct issuer_key key;

	while (in.p < until && read_key(&in, &key)) {
		if (memcmp(key.pk, pk, sizeof(key.pk)) == 0)
			return true;
	}
	return false;
}

static bool judge_keys(struct bytes keys)
{
	struct cbor_in in = cbor_reader(keys);
	struct issuer_key key;
	size_t n;

	if (!cbor_array(&in, &n) || n > KEYS_PER_ISSUER_MAX)
		return false;
	for (; n > 0; n--) {
		const uint8_t *begin = in.p;

		if (!read_key(&in, &key) ||
		    key_stands_before(keys, begin, key.pk))
			return false;
	}
	return true;
}

static bool judge_uris(struct bytes uris)
{
	struct cbor_in in = cbor_reader(uris);
	struct bytes uri;
	size_t n;

	if (!cbor_array(&in, &n) || n > LISTS_PER_ISSUER_MAX)
		return false;
	for (; n > 0; n--) {
		if (!issuerdoc_next_uri(&in, &uri))
			return false;
	}
	return true;
}

static bool read_payload(struct bytes payload, struct issuerdoc *out)
{
	struct cbor_in in = cbor_reader(payload);
	size_t pairs;

	return cbor_map(&in, &pairs) && map_text(&in, 1, ISS_MAX, &out->iss) &&
	       map_uint(&in, 2, INT64_MAX, &out->number) &&
	       map_seconds(&in, 3, &out->made_at) && map_key(&in, 4) &&
	       cbor_item(&in, &out->keys) &&
	       judge_keys(out->keys) && map_key(&in, 5) &&
	       cbor_item(&in, &out->uris) && judge_uris(out->uris) &&
	       map_key(&in, 6) && names_read(&in, &out->names) &&
	       cbor_at_end(&in);
}

bool issuerdoc_read(struct bytes message, struct issuerdoc *out)
{
	struct cose_header header;

	memset(out, 0, sizeof(*out));
	if (message.n > ISSUERDOC_MAX ||
	    !cose_open(message, TYP_ISSUER_DOCUMENT, &out->cose, &header))
		return false;
	memcpy(out->root_kid, header.kid, sizeof(out->root_kid));
	return read_payload(out->cose.payload, out);
}

bool issuerdoc_open(struct bytes message, const uint8_t root[static 32],
		    struct issuerdoc *out, struct outbuf *scratch)
{
	uint8_t kid[KEY_KID];

	if (!issuerdoc_read(message, out))
		return false;
	key_kid(root, kid);
	return memcmp(kid, out->root_kid, sizeof(kid)) == 0 &&
	       cose_verify(&out->cose, root, scratch);
}

static void put_payload(struct outbuf *out, const struct issuerdoc *doc)
{
	cbor_put_map(out, 6);
	map_put_text(out, 1, doc->iss);
	map_put_uint(out, 2, doc->number);
	map_put_uint(out, 3, doc->made_at);
	map_put_item(out, 4, doc->keys);
	map_put_item(out, 5, doc->uris);
	cbor_put_uint(out, 6);
	names_put(out, &doc->names);
}

void issuerdoc_put(struct outbuf *out, const struct issuerdoc *doc,
		   const uint8_t root_pk[static 32],
		   const uint8_t root_sk[static 64], struct outbuf *scratch)
{
	struct outbuf payload = outbuf_in(scratch->p, scratch->cap);
	struct outbuf rest;
	uint8_t kid[KEY_KID];

	put_payload(&payload, doc);
	if (payload.failed) {
		out->failed = true;
		return;
	}
	rest = outbuf_in(scratch->p + payload.n, scratch->cap - payload.n);
	key_kid(root_pk, kid);
	cose_put_sign1(out, TYP_ISSUER_DOCUMENT, kid, out_view(&payload),
		       root_sk, &rest);
}

bool issuerdoc_key(const struct issuerdoc *doc, const uint8_t kid[static 8],
		   struct issuer_key *out)
{
	struct cbor_in in = cbor_members(doc->keys);

	while (issuerdoc_next_key(&in, out)) {
		if (memcmp(out->kid, kid, sizeof(out->kid)) == 0)
			return true;
	}
	return false;
}

bool issuerdoc_has_uri(const struct issuerdoc *doc, struct bytes uri)
{
	struct cbor_in in = cbor_members(doc->uris);
	struct bytes found;

	while (issuerdoc_next_uri(&in, &found)) {
		if (bytes_equal(found, uri))
			return true;
	}
	return false;
}

void issuerdoc_put_key(struct outbuf *out, const struct issuer_key *key)
{
	cbor_put_array(out, 4);
	cbor_put_bytes(out, bytes_of(key->pk, sizeof(key->pk)));
	cbor_put_uint(out, key->state);
	cbor_put_uint(out, key->from);
	if (key->has_until)
		cbor_put_uint(out, key->until);
	else
		cbor_put_null(out);
}

const char *key_state_name(unsigned state)
{
	static const char *const NAMES[KEY_STATE_COUNT] = {
	    [KEY_ACTIVE] = "active",
	    [KEY_RETIRED] = "retired",
	    [KEY_COMPROMISED] = "compromised",
	};

	return state < KEY_STATE_COUNT ? NAMES[state] : "unknown";
}
