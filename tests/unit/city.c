/* SPDX-License-Identifier: Apache-2.0 */
/* city.c: makes the world of city.h, and the door that judges in it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <sodium.h>

#include "city.h"
#include "code.h"
#include "key.h"

#define PASS_INDEX 7

struct city_key city_key_make(uint8_t number)
{
	uint8_t seed[crypto_sign_SEEDBYTES] = {number};
	struct city_key key;

	crypto_sign_seed_keypair(key.pk, key.sk, seed);
	key_kid(key.pk, key.kid);
	return key;
}

static void make_city(struct city *c, const char *iss, const char *uri,
		      uint8_t number)
{
	*c = (struct city){
	    .iss = iss,
	    .uri = uri,
	    .root = city_key_make(number),
	    .signing = city_key_make(number + 1),
	    .retired = city_key_make(number + 2),
	    .compromised = city_key_make(number + 3),
	    .retired_until = CITY_NOW - 100 * CITY_DAY,
	    .has_list_in_document = true,
	    .list_uri = uri,
	    .list_iat = CITY_NOW - CITY_HOUR,
	    .list_exp = CITY_NOW + 14 * CITY_DAY,
	    .list_ttl = 36 * CITY_HOUR,
	    .list_bits = 2,
	    .list_entries = CITY_ENTRIES,
	};
	c->list_signer = &c->signing;
}

static void make_pass(struct world *w)
{
	w->pass = (struct pass){
	    .iss = bytes_text(w->seoul.iss),
	    .iat = CITY_NOW - 30 * CITY_DAY,
	    .nbf = CITY_NOW - 30 * CITY_DAY,
	    .exp = CITY_NOW + 335 * CITY_DAY,
	    .cti = {1, 2, 3},
	    .idx = PASS_INDEX,
	    .uri = bytes_text(w->seoul.uri),
	    .class = CLASS_ADULT,
	    .hint = bytes_text("K.M."),
	};
	memcpy(w->pass.cnf, w->holder.pk, sizeof(w->pass.cnf));
	w->signer = &w->seoul.signing;
	w->typ = TYP_PASS;
	w->presenter = &w->holder;
	w->presentation.iat = CITY_NOW;
}

static void make_door(struct world *w)
{
	w->facility = bytes_text("tnm");
	w->benefit_id = bytes_text("half");
	w->place = (struct facility){
	    .id = bytes_text("tnm"),
	    .city = bytes_text("tokyo"),
	    .currency = bytes_text("JPY"),
	    .zone = {.first = 9 * 3600},
	};
	w->place.names.text[LANG_EN] = bytes_text("Museum");
	w->benefit = (struct benefit){
	    .id = bytes_text("half"),
	    .kind = KIND_PERCENT,
	    .value = 5000,
	    .rounding_unit = 10,
	    .party_max = 4,
	    .limit = 1,
	    .per = PER_DAY,
	    .scope = SCOPE_FACILITY,
	    .live = LIVE_BOUND,
	    .offline = true,
	    .reversal_minutes = 30,
	    .currency = bytes_text("JPY"),
	};
	w->benefit.names.text[LANG_EN] = bytes_text("Half price");
	w->policy = (struct policy){
	    .soft_age_s = 36 * CITY_HOUR,
	    .hard_age_s = 7 * CITY_DAY,
	    .skew_s = SKEW_DEFAULT_S,
	    .presentation_window_s = PRESENTATION_WINDOW_DEFAULT_S,
	    .offline_uses = 100,
	    .deadline_ms = DEADLINE_DEFAULT_MS,
	    .status_hard_cap_s = 30 * CITY_DAY,
	};
	w->made_at = CITY_NOW - CITY_HOUR;
	w->good_until = w->made_at + w->policy.hard_age_s;
	w->clock = (struct clock_view){
	    .now_ms = CITY_NOW * 1000,
	    .floor_ms = (CITY_NOW - CITY_HOUR) * 1000,
	    .proven_ms = (CITY_NOW - CITY_HOUR) * 1000,
	    .anchored = true,
	};
	w->party = 2;
	w->has_list = true;
	w->list = 2000;
}

void city_world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	make_city(&w->seoul, "seoul.example",
		  "https://pass.seoul.example/status/0", 10);
	make_city(&w->tokyo, "tokyo.example",
		  "https://pass.tokyo.example/status/0", 20);
	w->service = city_key_make(30);
	w->holder = city_key_make(31);
	w->stranger = city_key_make(32);
	make_pass(w);
	make_door(w);
}

static void put_keys(struct outbuf *out, const struct city *c)
{
	struct issuer_key keys[] = {
	    {.state = KEY_ACTIVE},
	    {.state = KEY_RETIRED,
	     .has_until = true,
	     .until = c->retired_until},
	    {.state = KEY_COMPROMISED},
	};

	memcpy(keys[0].pk, c->signing.pk, sizeof(keys[0].pk));
	memcpy(keys[1].pk, c->retired.pk, sizeof(keys[1].pk));
	memcpy(keys[2].pk, c->compromised.pk, sizeof(keys[2].pk));
	cbor_put_array(out, 3);
	for (int i = 0; i < 3; i++)
		issuerdoc_put_key(out, &keys[i]);
}

struct bytes city_document(const struct city *c, uint8_t *buf)
{
	uint8_t scratch_buf[4096], keys_buf[512], uris_buf[256];
	struct outbuf out = outbuf_in(buf, CITY_BUF);
	struct outbuf scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	struct outbuf keys = outbuf_in(keys_buf, sizeof(keys_buf));
	struct outbuf uris = outbuf_in(uris_buf, sizeof(uris_buf));
	struct issuerdoc doc = {.iss = bytes_text(c->iss), .number = 3};

	put_keys(&keys, c);
	cbor_put_array(&uris, c->has_list_in_document ? 1 : 0);
	if (c->has_list_in_document)
		cbor_put_text(&uris, bytes_text(c->uri));
	doc.made_at = CITY_NOW - 10 * CITY_DAY;
	doc.keys = out_view(&keys);
	doc.uris = out_view(&uris);
	doc.names.text[LANG_EN] = bytes_text(c->iss);
	issuerdoc_put(&out, &doc, c->root.pk, c->root.sk, &scratch);
	assert_false(out.failed);
	return out_view(&out);
}

struct bytes city_token(const struct city *c, uint8_t *buf)
{
	uint8_t list_buf[CITY_ENTRIES] = {0}, lst_buf[4096];
	uint8_t scratch_buf[8192];
	struct outbuf out = outbuf_in(buf, CITY_BUF);
	struct outbuf scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	struct outbuf lst = outbuf_in(lst_buf, sizeof(lst_buf));
	struct statuslist list = {c->list_bits, list_buf,
				  c->list_entries * c->list_bits / 8};
	struct status_token token = {.uri = bytes_text(c->list_uri),
				     .iat = c->list_iat,
				     .exp = c->list_exp,
				     .ttl = c->list_ttl,
				     .bits = c->list_bits};

	if (c->list_entries > PASS_INDEX)
		statuslist_set(list_buf, c->list_bits, PASS_INDEX, c->status);
	statuslist_deflate(&lst, &list);
	assert_false(lst.failed);
	token.lst = out_view(&lst);
	status_token_put(&out, &token, c->list_signer->kid,
			 c->list_signer->sk, &scratch);
	assert_false(out.failed);
	return out_view(&out);
}

static void put_city(struct outbuf *out, const struct city *c)
{
	uint8_t *document = test_malloc(CITY_BUF);
	uint8_t *token = test_malloc(2 * CITY_BUF);
	struct outbuf tokens = outbuf_in(token + CITY_BUF, CITY_BUF);

	cbor_put_array(&tokens, 1);
	cbor_put_bytes(&tokens, city_token(c, token));
	bundle_put_issuer(out, c->root.pk, city_document(c, document),
			  out_view(&tokens));
	test_free(document);
	test_free(token);
}

/* Puts one item of an array into its own buffer. */
struct arrays {
	uint8_t issuers[CITY_BUF], facilities[4096], benefits[65536];
	uint8_t kiosks[64], pins[64];
};

static struct bytes array_of_facility(const struct world *w, uint8_t *buf,
				      size_t cap)
{
	struct outbuf out = outbuf_in(buf, cap);

	cbor_put_array(&out, 1);
	facility_put(&out, &w->place);
	assert_false(out.failed);
	return out_view(&out);
}

static struct bytes array_of_benefit(const struct world *w, uint8_t *buf,
				     size_t cap)
{
	struct outbuf out = outbuf_in(buf, cap);

	cbor_put_array(&out, 1);
	benefit_put(&out, &w->benefit);
	assert_false(out.failed);
	return out_view(&out);
}

static struct bytes array_of_cities(const struct world *w, uint8_t *buf,
				    size_t cap)
{
	struct outbuf out = outbuf_in(buf, cap);

	cbor_put_array(&out, 2);
	put_city(&out, &w->seoul);
	put_city(&out, &w->tokyo);
	assert_false(out.failed);
	return out_view(&out);
}

struct bytes city_bundle(const struct world *w, uint8_t *buf)
{
	struct arrays *a = test_calloc(1, sizeof(*a));
	uint8_t *scratch_buf = test_malloc(2 * CITY_BUF);
	struct outbuf scratch = outbuf_in(scratch_buf, 2 * CITY_BUF);
	struct outbuf out = outbuf_in(buf, CITY_BUF);
	struct outbuf kiosks = outbuf_in(a->kiosks, sizeof(a->kiosks));
	struct outbuf pins = outbuf_in(a->pins, sizeof(a->pins));
	struct bundle_kiosk kiosk = {{5}, bytes_text("tnm"), DEVICE_ACTIVE};
	struct bundle b = {.epoch = 4,
			   .made_at = w->made_at,
			   .good_until = w->good_until,
			   .policy = w->policy};

	b.issuers = array_of_cities(w, a->issuers, sizeof(a->issuers));
	b.facilities =
	    array_of_facility(w, a->facilities, sizeof(a->facilities));
	b.benefits = array_of_benefit(w, a->benefits, sizeof(a->benefits));
	cbor_put_array(&kiosks, 1);
	bundle_put_kiosk(&kiosks, &kiosk);
	b.kiosks = out_view(&kiosks);
	cbor_put_array(&pins, 1);
	cbor_put_bytes(&pins, bytes_of(w->stranger.pk, 32));
	b.pins = out_view(&pins);
	bundle_put(&out, &b, w->service.pk, w->service.sk, &scratch);
	assert_false(out.failed);
	test_free(a);
	test_free(scratch_buf);
	return out_view(&out);
}

static struct bytes put_pass(const struct world *w, uint8_t *buf)
{
	uint8_t payload_buf[PASS_MAX];
	struct outbuf out = outbuf_in(buf, CITY_BUF);
	struct outbuf payload = outbuf_in(payload_buf, sizeof(payload_buf));

	pass_put_payload(&payload, &w->pass);
	cose_put_sign1(&out, w->typ, w->kid ? w->kid : w->signer->kid,
		       out_view(&payload), w->signer->sk, NULL);
	assert_false(out.failed);
	return out_view(&out);
}

struct bytes city_message(const struct world *w, uint8_t *buf)
{
	uint8_t payload_buf[PASS_MAX], *pass_buf;
	struct outbuf out = outbuf_in(buf, CITY_BUF);
	struct outbuf payload = outbuf_in(payload_buf, sizeof(payload_buf));

	if (!w->live)
		return put_pass(w, buf);
	pass_buf = test_malloc(CITY_BUF);
	presentation_put_payload(&payload, &w->presentation);
	cose_put_presentation(&out, put_pass(w, pass_buf), out_view(&payload),
			      w->presenter->sk);
	test_free(pass_buf);
	assert_false(out.failed);
	return out_view(&out);
}

struct bytes city_code(const struct world *w, uint8_t *buf)
{
	uint8_t *message_buf = test_malloc(CITY_BUF);
	struct outbuf out = outbuf_in(buf, CITY_BUF);

	code_put(&out, city_message(w, message_buf));
	test_free(message_buf);
	assert_false(out.failed);
	return out_view(&out);
}

/* What the door has open while it judges. */
struct door {
	struct bundle bundle;
	struct scan scan;
	struct issuerdoc doc;
	struct issuer_key key;
	struct status_view status;
	struct facility facility;
	struct benefit benefit;
	uint8_t inflated[CITY_ENTRIES];
	uint8_t scratch[2 * CITY_BUF];
};

static bool find_issuer(struct door *d, struct bundle_issuer *issuer)
{
	struct cbor_in in = cbor_members(d->bundle.issuers);

	while (bundle_next_issuer(&in, issuer)) {
		struct outbuf scratch =
		    outbuf_in(d->scratch, sizeof(d->scratch));

		if (issuerdoc_open(issuer->document, issuer->root, &d->doc,
				   &scratch) &&
		    bytes_equal(d->doc.iss, d->scan.pass.iss))
			return true;
	}
	return false;
}

static bool find_status(struct door *d, struct bytes tokens)
{
	struct cbor_in in = cbor_members(tokens);
	struct status_token token;
	struct bytes encoded;

	while (bundle_next_token(&in, &encoded)) {
		struct outbuf scratch =
		    outbuf_in(d->scratch, sizeof(d->scratch));

		if (!status_token_read(encoded, &token) ||
		    !bytes_equal(token.uri, d->scan.pass.uri) ||
		    !status_token_counts(&token, &d->doc, &scratch))
			continue;
		d->status.iat = token.iat;
		d->status.exp = token.exp;
		d->status.ttl = token.ttl;
		return statuslist_inflate(token.lst, token.bits, d->inflated,
					  sizeof(d->inflated),
					  &d->status.list);
	}
	return false;
}

static void verify(const struct world *w, struct door *d,
		   struct decide_input *in)
{
	struct bundle_issuer issuer;

	if (!find_issuer(d, &issuer)) {
		in->issuer = w->at_service ? ISSUER_NOT_TRUSTED
					   : ISSUER_NOT_HERE;
		return;
	}
	if (!issuerdoc_key(&d->doc, d->scan.kid, &d->key))
		return;
	in->key = &d->key;
	in->pass_verified =
	    cose_verify(&d->scan.pass_cose, d->key.pk, NULL);
	in->presentation_verified =
	    d->scan.live &&
	    cose_verify(&d->scan.presentation_cose, d->scan.pass.cnf, NULL);
	if (find_status(d, issuer.tokens))
		in->status = &d->status;
}

static void look_up(const struct world *w, struct door *d,
		    struct decide_input *in)
{
	if (bundle_facility(&d->bundle, w->facility, &d->facility))
		in->facility = &d->facility;
	if (bundle_benefit(&d->bundle, w->benefit_id, &d->benefit))
		in->benefit = &d->benefit;
	in->policy = &d->bundle.policy;
	in->has_bundle_age = !w->at_service;
	in->bundle_made_at = d->bundle.made_at;
	in->bundle_good_until = d->bundle.good_until;
}

struct decision city_judge_line(const struct world *w, struct bytes line,
				struct bytes bundle)
{
	struct door *d = test_calloc(1, sizeof(*d));
	struct decide_input in = {
	    .scan = &d->scan,
	    .presentation_used = w->presentation_used,
	    .party = w->party,
	    .has_list = w->has_list,
	    .list = w->list,
	    .clock = w->clock,
	    .uses = w->uses,
	    .offline = w->offline,
	    .allowance = w->allowance,
	};
	uint8_t scanned_buf[SCANNED_MAX];
	struct bytes scanned;
	struct decision decision;

	assert_true(bundle_read(bundle, &d->bundle));
	in.shape = code_read(line, scanned_buf, &scanned);
	if (in.shape == VERDICT_NONE)
		in.shape = scan_read(scanned, &d->scan);
	if (in.shape == VERDICT_NONE)
		verify(w, d, &in);
	look_up(w, d, &in);
	decision = decide(&in);
	test_free(d);
	return decision;
}

struct decision city_judge(const struct world *w)
{
	uint8_t *bundle_buf = test_malloc(CITY_BUF);
	uint8_t *code_buf = test_malloc(CITY_BUF);
	struct bytes line = w->line.n > 0 ? w->line : city_code(w, code_buf);
	struct decision decision =
	    city_judge_line(w, line, city_bundle(w, bundle_buf));

	test_free(bundle_buf);
	test_free(code_buf);
	return decision;
}
