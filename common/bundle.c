/* SPDX-License-Identifier: Apache-2.0 */
/* bundle.c: reads and writes the bundle as a whole; its members are in
 * bundle_parts.c. */
#include "bundle.h"

#include <string.h>

#include <sodium.h>

#include "issuerdoc.h"
#include "key.h"
#include "limits.h"
#include "mapkey.h"

/* Of numbers, and CURRENCIES_PER_POLICY_MAX amounts of 13 bytes. */
#define POLICY_ENCODED_MAX 1024

/* Judges a member of an array; *id is what the array ascends by, or "" where
 * order does not matter. */
typedef bool member_judge(struct cbor_in *in, struct bytes *id);

static bool judge_issuer(struct cbor_in *in, struct bytes *id)
{
	struct bundle_issuer issuer;
	struct issuerdoc doc;
	struct cbor_in tokens;
	struct bytes token;

	*id = (struct bytes){NULL, 0};
	if (!bundle_next_issuer(in, &issuer) ||
	    !issuerdoc_read(issuer.document, &doc))
		return false;
	tokens = cbor_members(issuer.tokens);
	while (!cbor_at_end(&tokens)) {
		if (!bundle_next_token(&tokens, &token))
			return false;
	}
	return true;
}

static bool judge_facility(struct cbor_in *in, struct bytes *id)
{
	struct facility facility;

	if (!bundle_next_facility(in, &facility))
		return false;
	*id = facility.id;
	return true;
}

static bool judge_benefit(struct cbor_in *in, struct bytes *id)
{
	struct benefit benefit;

	if (!bundle_next_benefit(in, &benefit))
		return false;
	*id = benefit.id;
	return true;
}

/* Two states of one kiosk would leave it open which one holds. */
static bool judge_kiosk(struct cbor_in *in, struct bytes *id)
{
	struct cbor_in at = *in;
	struct bundle_kiosk kiosk;
	size_t n;

	return bundle_next_kiosk(in, &kiosk) && cbor_array(&at, &n) &&
	       cbor_bytes(&at, id);
}

static bool judge_pin(struct cbor_in *in, struct bytes *id)
{
	uint8_t pin[32];

	*id = (struct bytes){NULL, 0};
	return bundle_next_pin(in, pin);
}

/* An array under its key: each member judged, ids strictly ascending. */
static bool read_array(struct cbor_in *in, int64_t key, member_judge *judge,
		       struct bytes *array)
{
	struct bytes id, before = {NULL, 0};
	struct cbor_in member;
	size_t n;

	if (!map_key(in, key) || !cbor_item(in, array))
		return false;
	member = cbor_reader(*array);
	if (!cbor_array(&member, &n))
		return false;
	for (; n > 0; n--) {
		if (!judge(&member, &id))
			return false;
		if (before.n > 0 && bytes_compare(before, id) >= 0)
			return false;
		before = id;
	}
	return true;
}

static bool read_policy(struct cbor_in *in, struct policy *policy)
{
	struct bytes encoded;

	return map_key(in, 7) && cbor_item(in, &encoded) &&
	       policy_read(encoded, policy);
}

static bool read_next_key(struct cbor_in *in, struct bundle *out)
{
	if (!map_key(in, 8))
		return true;
	out->has_next_key = true;
	return cbor_bytes_exact(in, out->next_key, sizeof(out->next_key));
}

static bool read_payload(struct bytes payload, struct bundle *out)
{
	struct cbor_in in = cbor_reader(payload);
	size_t pairs;

	return cbor_map(&in, &pairs) &&
	       map_uint(&in, 1, INT64_MAX, &out->epoch) &&
	       map_seconds(&in, 2, &out->made_at) &&
	       map_seconds(&in, 3, &out->good_until) &&
	       out->good_until >= out->made_at &&
	       read_array(&in, 4, judge_issuer, &out->issuers) &&
	       read_array(&in, 5, judge_facility, &out->facilities) &&
	       read_array(&in, 6, judge_benefit, &out->benefits) &&
	       read_policy(&in, &out->policy) && read_next_key(&in, out) &&
	       read_array(&in, 9, judge_kiosk, &out->kiosks) &&
	       read_array(&in, 10, judge_pin, &out->pins) &&
	       cbor_at_end(&in);
}

bool bundle_read(struct bytes message, struct bundle *out)
{
	struct cose_header header;

	memset(out, 0, sizeof(*out));
	if (message.n > BUNDLE_MAX ||
	    !cose_open(message, TYP_BUNDLE, &out->cose, &header))
		return false;
	memcpy(out->service_kid, header.kid, sizeof(out->service_kid));
	return read_payload(out->cose.payload, out);
}

static void put_payload(struct outbuf *out, const struct bundle *b)
{
	cbor_put_map(out, b->has_next_key ? 10 : 9);
	map_put_uint(out, 1, b->epoch);
	map_put_uint(out, 2, b->made_at);
	map_put_uint(out, 3, b->good_until);
	map_put_item(out, 4, b->issuers);
	map_put_item(out, 5, b->facilities);
	map_put_item(out, 6, b->benefits);
	cbor_put_uint(out, 7);
	policy_put(out, &b->policy);
	if (b->has_next_key)
		map_put_bytes(out, 8, b->next_key, sizeof(b->next_key));
	map_put_item(out, 9, b->kiosks);
	map_put_item(out, 10, b->pins);
}

void bundle_put(struct outbuf *out, const struct bundle *b,
		const uint8_t service_pk[static 32],
		const uint8_t service_sk[static 64], struct outbuf *scratch)
{
	struct outbuf payload = outbuf_in(scratch->p, scratch->cap);
	struct outbuf rest;
	uint8_t kid[KEY_KID];

	put_payload(&payload, b);
	if (payload.failed) {
		out->failed = true;
		return;
	}
	rest = outbuf_in(scratch->p + payload.n, scratch->cap - payload.n);
	key_kid(service_pk, kid);
	cose_put_sign1(out, TYP_BUNDLE, kid, out_view(&payload), service_sk,
		       &rest);
}

static void hash_bytes(crypto_hash_sha256_state *state, struct bytes b)
{
	if (b.n > 0)
		crypto_hash_sha256_update(state, b.p, b.n);
}

/* The parts are whole CBOR items, so their run can be read one way only. */
void bundle_content_hash(const struct bundle *b, uint8_t hash[static 32])
{
	uint8_t buf[POLICY_ENCODED_MAX];
	struct outbuf policy = outbuf_in(buf, sizeof(buf));
	crypto_hash_sha256_state state;

	policy_put(&policy, &b->policy);
	if (b->has_next_key)
		cbor_put_bytes(&policy,
			       bytes_of(b->next_key, sizeof(b->next_key)));
	crypto_hash_sha256_init(&state);
	hash_bytes(&state, b->issuers);
	hash_bytes(&state, b->facilities);
	hash_bytes(&state, b->benefits);
	hash_bytes(&state, out_view(&policy));
	hash_bytes(&state, b->kiosks);
	hash_bytes(&state, b->pins);
	crypto_hash_sha256_final(&state, hash);
}

/* Finds an id in an array of maps that ascends by its key 1, without reading
 * more of the others. */
static bool find_by_id(struct bytes array, struct bytes id,
		       struct bytes *item)
{
	struct cbor_in in = cbor_members(array);
	struct bytes found;

	while (cbor_item(&in, item)) {
		struct cbor_in member = cbor_reader(*item);
		size_t pairs;
		int order;

		if (!cbor_map(&member, &pairs) || !map_key(&member, 1) ||
		    !cbor_text(&member, &found))
			return false;
		order = bytes_compare(found, id);
		if (order >= 0)
			return order == 0;
	}
	return false;
}

bool bundle_facility(const struct bundle *b, struct bytes id,
		     struct facility *o)
{
	struct bytes item;

	return find_by_id(b->facilities, id, &item) && facility_read(item, o);
}

bool bundle_benefit(const struct bundle *b, struct bytes id,
		    struct benefit *o)
{
	struct bytes item;

	return find_by_id(b->benefits, id, &item) && benefit_read(item, o);
}
