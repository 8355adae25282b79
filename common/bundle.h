/* SPDX-License-Identifier: Apache-2.0 */
/* bundle.h: the bundle (typ 65005), all that a kiosk needs to decide offline.
 * Reading judges every part of it, so that iterators walk it without failing:
 * but not what a status token holds. One that does not count is passed over by
 * who goes through them; it must not spoil a bundle for all other cities. */
#ifndef OAP_BUNDLE_H
#define OAP_BUNDLE_H

#include "benefit.h"
#include "cose.h"
#include "localday.h"
#include "names.h"

enum device_state { DEVICE_PENDING, DEVICE_ACTIVE, DEVICE_ROLLED,
		    DEVICE_REVOKED, DEVICE_STATE_COUNT };

struct facility {
	struct bytes id, city, currency;
	struct names names;
	struct zone_span zone;
};

struct policy {
	uint64_t soft_age_s, hard_age_s; /* of the bundle */
	uint32_t skew_s;
	uint32_t presentation_window_s;
	uint64_t offline_uses;
	struct bytes offline_amounts; /* encoded {currency: amount}; n == 0: any */
	uint32_t deadline_ms;
	uint64_t status_hard_cap_s;
};

struct bundle {
	uint8_t service_kid[8];
	uint64_t epoch;
	uint64_t made_at, good_until; /* seconds */
	struct policy policy;
	bool has_next_key;
	uint8_t next_key[32];
	struct bytes issuers, facilities, benefits, kiosks, pins; /* arrays */
	struct cose cose;
};

struct bundle_issuer {
	uint8_t root[32];
	struct bytes document;
	struct bytes tokens; /* encoded array of byte strings */
};

struct bundle_kiosk {
	uint8_t kid[8];
	struct bytes facility;
	enum device_state state;
};

bool bundle_read(struct bytes message, struct bundle *out) OAP_CHECKED;
/* The five arrays are written as they stand. */
void bundle_put(struct outbuf *out, const struct bundle *b,
		const uint8_t service_pk[static 32],
		const uint8_t service_sk[static 64], struct outbuf *scratch);
/* The same without made_at, good_until, epoch: for "has the content changed". */
void bundle_content_hash(const struct bundle *b, uint8_t hash[static 32]);

/* Iterate: start with cbor_members of an array of the bundle; false at the
 * end. */
bool bundle_next_issuer(struct cbor_in *in, struct bundle_issuer *o)
    OAP_CHECKED;
bool bundle_next_token(struct cbor_in *in, struct bytes *token) OAP_CHECKED;
bool bundle_next_facility(struct cbor_in *in, struct facility *o) OAP_CHECKED;
bool bundle_next_benefit(struct cbor_in *in, struct benefit *o) OAP_CHECKED;
bool bundle_next_kiosk(struct cbor_in *in, struct bundle_kiosk *o)
    OAP_CHECKED;
bool bundle_next_pin(struct cbor_in *in, uint8_t pin[static 32]) OAP_CHECKED;

bool bundle_facility(const struct bundle *b, struct bytes id,
		     struct facility *o) OAP_CHECKED;
bool bundle_benefit(const struct bundle *b, struct bytes id,
		    struct benefit *o) OAP_CHECKED;

void bundle_put_issuer(struct outbuf *out, const uint8_t root[static 32],
		       struct bytes document, struct bytes tokens);
bool facility_read(struct bytes encoded, struct facility *out) OAP_CHECKED;
void facility_put(struct outbuf *out, const struct facility *f);
bool policy_read(struct bytes encoded, struct policy *out) OAP_CHECKED;
void policy_put(struct outbuf *out, const struct policy *p);
void bundle_put_kiosk(struct outbuf *out, const struct bundle_kiosk *k);
/* Offline allowance in a currency; AMOUNT_MAX when there is no bound. */
int64_t policy_offline_amount(const struct policy *p, struct bytes currency);

const char *device_state_name(unsigned state);

#endif
