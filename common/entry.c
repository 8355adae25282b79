/* SPDX-License-Identifier: Apache-2.0 */
/* entry.c: attempts and reversals. How they travel is in item.c. */
#include "entry.h"

#include <string.h>

#include <sodium.h>

#include "cbor.h"
#include "key.h"
#include "kioskfield.h"

/* In a reversal these mean another thing than elsewhere. */
#define KEY_OF 6
#define KEY_REASON 7
#define KEY_OPERATOR 8

static bool read_id(struct cbor_in *in, struct entry *out)
{
	return map_bytes(in, KEY_ID, out->id, sizeof(out->id));
}

/* Keys 2 and 3, which an operator's reversal does not have. */
static bool read_chain(struct cbor_in *in, struct entry *out)
{
	return kiosk_read_seq(in, &out->seq) &&
	       map_bytes(in, KEY_PREV, out->prev, sizeof(out->prev));
}

static bool read_visit(struct cbor_in *in, struct entry *out)
{
	return map_name_id(in, KEY_BENEFIT, &out->benefit) &&
	       kiosk_read_party(in, &out->party) &&
	       kiosk_read_amount(in, KEY_LIST, &out->has_list, &out->list) &&
	       kiosk_read_amount(in, KEY_DISCOUNT, &out->has_discount,
				 &out->discount);
}

static bool read_told(struct cbor_in *in, struct entry *out)
{
	uint64_t told;

	if (!map_uint(in, KEY_TOLD, 0xff, &told) || told == 0)
		return false;
	out->told = (uint8_t)told;
	return map_bytes(in, KEY_COMMITMENT, out->commitment,
			 sizeof(out->commitment));
}

static bool read_grant(struct cbor_in *in, struct entry *out)
{
	out->has_grant = map_key(in, KEY_GRANT);
	return !out->has_grant ||
	       cbor_bytes_exact(in, out->grant, sizeof(out->grant));
}

static bool read_attempt(struct cbor_in *in, struct entry *out)
{
	return read_id(in, out) && read_chain(in, out) &&
	       kiosk_read_at(in, &out->at_ms) &&
	       kiosk_read_epoch(in, &out->epoch) && read_visit(in, out) &&
	       read_told(in, out) && kiosk_read_offset(in, &out->offset_ms) &&
	       map_name_id(in, KEY_FACILITY, &out->facility) &&
	       read_grant(in, out);
}

/* Which attempt, and why. */
static bool read_of(struct cbor_in *in, struct entry *out)
{
	uint64_t reason;
	size_t count;

	if (!map_key(in, KEY_OF) || !cbor_array(in, &count) || count != 2 ||
	    !cbor_bytes_exact(in, out->of_kid, sizeof(out->of_kid)) ||
	    !cbor_bytes_exact(in, out->of_id, sizeof(out->of_id)) ||
	    !map_uint(in, KEY_REASON, REASON_COUNT - 1, &reason))
		return false;
	out->reason = (enum reversal_reason)reason;
	return true;
}

static bool read_by_kiosk(struct cbor_in *in, struct entry *out)
{
	return read_chain(in, out) && kiosk_read_at(in, &out->at_ms) &&
	       kiosk_read_epoch(in, &out->epoch) && read_of(in, out) &&
	       kiosk_read_offset(in, &out->offset_ms);
}

static bool read_by_operator(struct cbor_in *in, struct entry *out)
{
	return kiosk_read_at(in, &out->at_ms) && read_of(in, out) &&
	       map_name_id(in, KEY_OPERATOR, &out->operator);
}

/* Whose it is shows in its second key. */
static bool read_reversal(struct cbor_in *in, struct entry *out)
{
	struct cbor_in at;

	if (!read_id(in, out))
		return false;
	at = *in;
	out->by_operator = map_key(&at, KEY_AT);
	return (out->by_operator ? read_by_operator(in, out)
				 : read_by_kiosk(in, out)) &&
	       map_name_id(in, KEY_FACILITY, &out->facility);
}

bool entry_read(struct bytes message, struct entry *out)
{
	struct cose_header header;
	struct cbor_in in;
	size_t pairs;

	memset(out, 0, sizeof(*out));
	if (message.n > ENTRY_MAX)
		return false;
	if (!cose_open_either(message, TYP_ATTEMPT, TYP_REVERSAL, &out->cose,
	                      &header))
		return false;
	out->typ = (enum typ)header.typ;
	memcpy(out->kid, header.kid, sizeof(out->kid));
	in = cbor_reader(out->cose.payload);
	return cbor_map(&in, &pairs) &&
	       (out->typ == TYP_ATTEMPT ? read_attempt(&in, out)
	                                : read_reversal(&in, out)) &&
	       cbor_at_end(&in);
}

/* Keys 1 to 5 of an entry that a kiosk writes. */
static void put_chained(struct outbuf *out, const struct entry *e)
{
	map_put_bytes(out, KEY_ID, e->id, sizeof(e->id));
	map_put_uint(out, KEY_SEQ, e->seq);
	map_put_bytes(out, KEY_PREV, e->prev, sizeof(e->prev));
	map_put_int(out, KEY_AT, e->at_ms);
	map_put_uint(out, KEY_EPOCH, e->epoch);
}

static void put_attempt(struct outbuf *out, const struct entry *e)
{
	cbor_put_map(out, 11u + e->has_list + e->has_discount + e->has_grant);
	put_chained(out, e);
	map_put_text(out, KEY_BENEFIT, e->benefit);
	map_put_int(out, KEY_PARTY, e->party);
	if (e->has_list)
		map_put_int(out, KEY_LIST, e->list);
	if (e->has_discount)
		map_put_int(out, KEY_DISCOUNT, e->discount);
	map_put_int(out, KEY_TOLD, e->told);
	map_put_bytes(out, KEY_COMMITMENT, e->commitment,
		      sizeof(e->commitment));
	map_put_int(out, KEY_OFFSET, e->offset_ms);
	map_put_text(out, KEY_FACILITY, e->facility);
	if (e->has_grant)
		map_put_bytes(out, KEY_GRANT, e->grant, sizeof(e->grant));
}

static void put_of(struct outbuf *out, const struct entry *e)
{
	cbor_put_int(out, KEY_OF);
	cbor_put_array(out, 2);
	cbor_put_bytes(out, bytes_of(e->of_kid, sizeof(e->of_kid)));
	cbor_put_bytes(out, bytes_of(e->of_id, sizeof(e->of_id)));
	map_put_int(out, KEY_REASON, e->reason);
}

static void put_reversal(struct outbuf *out, const struct entry *e)
{
	if (e->by_operator) {
		cbor_put_map(out, 6);
		map_put_bytes(out, KEY_ID, e->id, sizeof(e->id));
		map_put_int(out, KEY_AT, e->at_ms);
		put_of(out, e);
		map_put_text(out, KEY_OPERATOR, e->operator);
	} else {
		cbor_put_map(out, 9);
		put_chained(out, e);
		put_of(out, e);
		map_put_int(out, KEY_OFFSET, e->offset_ms);
	}
	map_put_text(out, KEY_FACILITY, e->facility);
}

void entry_put_payload(struct outbuf *out, const struct entry *e)
{
	if (e->typ == TYP_REVERSAL)
		put_reversal(out, e);
	else
		put_attempt(out, e);
}

void entry_put(struct outbuf *out, const struct entry *e,
               const uint8_t kid[static 8], const uint8_t sk[static 64])
{
	uint8_t buf[ENTRY_MAX];
	struct outbuf payload = outbuf_in(buf, sizeof(buf));

	entry_put_payload(&payload, e);
	if (payload.failed) {
		out->failed = true;
		return;
	}
	cose_put_sign1(out, e->typ, kid, out_view(&payload), sk, NULL);
}

void entry_commit(const uint8_t salt[static 16], struct bytes scanned,
                  uint8_t commitment[static 32])
{
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, salt, ENTRY_SALT);
	crypto_hash_sha256_update(&state, scanned.p, scanned.n);
	crypto_hash_sha256_final(&state, commitment);
}

void entry_hash(struct bytes message, uint8_t hash[static 32])
{
	crypto_hash_sha256(hash, message.p, message.n);
}

int64_t entry_effective_ms(const struct entry *e)
{
	int64_t t = e->at_ms + e->offset_ms; /* both bounded when read */

	if (t < 0)
		return 0;
	return t < TIME_MS_MAX ? t : TIME_MS_MAX;
}

int64_t grant_time_ms(const uint8_t grant[static ENTRY_GRANT])
{
	uint64_t t = get_be64(grant);

	return t < (uint64_t)TIME_MS_MAX ? (int64_t)t : TIME_MS_MAX;
}

static const char *const reason_names[REASON_COUNT] = {
    [REASON_MISTAKE] = "mistake",
    [REASON_VISITOR_LEFT] = "visitor-left",
    [REASON_WRONG_BENEFIT] = "wrong-benefit",
    [REASON_OTHER] = "other",
};

const char *reversal_reason_name(unsigned reason)
{
	return reason < REASON_COUNT ? reason_names[reason] : NULL;
}

int reversal_reason_of(const char *name)
{
	int i;

	for (i = 0; i < REASON_COUNT; i++) {
		if (strcmp(name, reason_names[i]) == 0)
			return i;
	}
	return -1;
}
