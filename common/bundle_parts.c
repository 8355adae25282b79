/* SPDX-License-Identifier: Apache-2.0 */
/* bundle_parts.c: the members of a bundle: issuers, facilities, benefits,
 * kiosks, pins, and the policy. */
#include "bundle.h"

#include <string.h>

#include "currency.h"
#include "limits.h"
#include "mapkey.h"

bool bundle_next_issuer(struct cbor_in *in, struct bundle_issuer *o)
{
	struct cbor_in token;
	size_t n;

	if (!cbor_array(in, &n) || n != 3 ||
	    !cbor_bytes_exact(in, o->root, sizeof(o->root)) ||
	    !cbor_bytes(in, &o->document) || !cbor_item(in, &o->tokens))
		return false;
	token = cbor_reader(o->tokens);
	return cbor_array(&token, &n) && n <= LISTS_PER_ISSUER_MAX;
}

bool bundle_next_token(struct cbor_in *in, struct bytes *token)
{
	return cbor_bytes(in, token) && token->n <= STATUS_TOKEN_MAX;
}

bool bundle_next_facility(struct cbor_in *in, struct facility *o)
{
	struct bytes item;

	return cbor_item(in, &item) && facility_read(item, o);
}

bool bundle_next_benefit(struct cbor_in *in, struct benefit *o)
{
	struct bytes item;

	return cbor_item(in, &item) && benefit_read(item, o);
}

bool bundle_next_kiosk(struct cbor_in *in, struct bundle_kiosk *o)
{
	int64_t state;
	size_t n;

	if (!cbor_array(in, &n) || n != 3 ||
	    !cbor_bytes_exact(in, o->kid, sizeof(o->kid)) ||
	    !cbor_name_id(in, &o->facility) ||
	    !cbor_int_range(in, 0, DEVICE_STATE_COUNT - 1, &state))
		return false;
	o->state = (enum device_state)state;
	return true;
}

bool bundle_next_pin(struct cbor_in *in, uint8_t pin[static 32])
{
	return cbor_bytes_exact(in, pin, 32);
}

void bundle_put_issuer(struct outbuf *out, const uint8_t root[static 32],
		       struct bytes document, struct bytes tokens)
{
	cbor_put_array(out, 3);
	cbor_put_bytes(out, bytes_of(root, 32));
	cbor_put_bytes(out, document);
	out_bytes(out, tokens);
}

void bundle_put_kiosk(struct outbuf *out, const struct bundle_kiosk *k)
{
	cbor_put_array(out, 3);
	cbor_put_bytes(out, bytes_of(k->kid, sizeof(k->kid)));
	cbor_put_text(out, k->facility);
	cbor_put_uint(out, k->state);
}

static bool read_offset(struct cbor_in *in, int32_t *offset)
{
	int64_t wide;

	if (!cbor_int_range(in, -UTC_OFFSET_MAX_S, UTC_OFFSET_MAX_S, &wide))
		return false;
	*offset = (int32_t)wide;
	return true;
}

bool facility_read(struct bytes encoded, struct facility *out)
{
	struct cbor_in in = cbor_reader(encoded);
	size_t pairs;

	memset(out, 0, sizeof(*out));
	return cbor_check(encoded, NULL) == CBOR_OK && cbor_map(&in, &pairs) &&
	       map_name_id(&in, 1, &out->id) &&
	       map_name_id(&in, 2, &out->city) &&
	       map_key(&in, 3) && names_read(&in, &out->names) &&
	       map_key(&in, 4) && currency_read(&in, &out->currency) &&
	       map_key(&in, 5) && read_offset(&in, &out->zone.first) &&
	       map_key(&in, 6) && zone_span_read_changes(&in, &out->zone) &&
	       cbor_at_end(&in);
}

void facility_put(struct outbuf *out, const struct facility *f)
{
	cbor_put_map(out, 6);
	map_put_text(out, 1, f->id);
	map_put_text(out, 2, f->city);
	cbor_put_uint(out, 3);
	names_put(out, &f->names);
	map_put_text(out, 4, f->currency);
	map_put_int(out, 5, f->zone.first);
	cbor_put_uint(out, 6);
	zone_span_put_changes(out, &f->zone);
}

/* {currency: amount, …}; cbor_check has seen that each comes once. */
static bool read_amounts(struct cbor_in *in, struct bytes *amounts)
{
	struct cbor_in pair;
	struct bytes currency;
	uint64_t amount;
	size_t n;

	if (!map_key(in, 6))
		return true;
	if (!cbor_item(in, amounts))
		return false;
	pair = cbor_reader(*amounts);
	if (!cbor_map(&pair, &n) || n < 1 || n > CURRENCIES_PER_POLICY_MAX)
		return false;
	for (; n > 0; n--) {
		if (!currency_read(&pair, &currency) ||
		    !cbor_uint_max(&pair, AMOUNT_MAX, &amount))
			return false;
	}
	return true;
}

static bool read_within(struct cbor_in *in, int64_t key, uint64_t min,
			uint64_t max, uint32_t *v)
{
	uint64_t wide;

	if (!map_uint(in, key, max, &wide) || wide < min)
		return false;
	*v = (uint32_t)wide;
	return true;
}

bool policy_read(struct bytes encoded, struct policy *out)
{
	struct cbor_in in = cbor_reader(encoded);
	size_t pairs;

	memset(out, 0, sizeof(*out));
	return cbor_check(encoded, NULL) == CBOR_OK && cbor_map(&in, &pairs) &&
	       map_seconds(&in, 1, &out->soft_age_s) &&
	       map_seconds(&in, 2, &out->hard_age_s) &&
	       read_within(&in, 3, 0, SKEW_MAX_S, &out->skew_s) &&
	       read_within(&in, 4, WINDOW_MIN_S, WINDOW_MAX_S,
			   &out->presentation_window_s) &&
	       map_uint(&in, 5, INT64_MAX, &out->offline_uses) &&
	       read_amounts(&in, &out->offline_amounts) &&
	       read_within(&in, 7, DEADLINE_MIN_MS, DEADLINE_MAX_MS,
			   &out->deadline_ms) &&
	       map_seconds(&in, 8, &out->status_hard_cap_s) &&
	       cbor_at_end(&in);
}

void policy_put(struct outbuf *out, const struct policy *p)
{
	cbor_put_map(out, p->offline_amounts.n > 0 ? 8 : 7);
	map_put_uint(out, 1, p->soft_age_s);
	map_put_uint(out, 2, p->hard_age_s);
	map_put_uint(out, 3, p->skew_s);
	map_put_uint(out, 4, p->presentation_window_s);
	map_put_uint(out, 5, p->offline_uses);
	if (p->offline_amounts.n > 0)
		map_put_item(out, 6, p->offline_amounts);
	map_put_uint(out, 7, p->deadline_ms);
	map_put_uint(out, 8, p->status_hard_cap_s);
}

int64_t policy_offline_amount(const struct policy *p, struct bytes currency)
{
	struct cbor_in in = cbor_reader(p->offline_amounts);
	struct bytes found;
	uint64_t amount;
	size_t n;

	if (p->offline_amounts.n == 0 || !cbor_map(&in, &n))
		return AMOUNT_MAX;
	while (cbor_text(&in, &found) &&
	       cbor_uint_max(&in, AMOUNT_MAX, &amount)) {
		if (bytes_equal(found, currency))
			return (int64_t)amount;
	}
	return 0;
}

const char *device_state_name(unsigned state)
{
	static const char *const NAMES[DEVICE_STATE_COUNT] = {
	    [DEVICE_PENDING] = "pending",
	    [DEVICE_ACTIVE] = "active",
	    [DEVICE_ROLLED] = "rolled",
	    [DEVICE_REVOKED] = "revoked",
	};

	return state < DEVICE_STATE_COUNT ? NAMES[state] : "unknown";
}
