/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: what is read can be walked to the end of every part, each member
 * is written to the same bytes, and so is the whole payload. */
#include <string.h>

#include "bundle.h"
#include "fuzz.h"
#include "issuerdoc.h"
#include "limits.h"

#define ROOM (256 * 1024)

/* Compares what stands between two places of the input with what was written
 * of it. */
static void check_same(const uint8_t *from, const struct cbor_in *to,
		       const struct outbuf *out)
{
	check(!out->failed);
	check(bytes_equal(bytes_of(from, (size_t)(to->p - from)),
			  out_view(out)));
}

static void walk_issuers(const struct bundle *b, uint8_t *room)
{
	struct cbor_in in = cbor_members(b->issuers);
	const uint8_t *from = in.p;
	struct bundle_issuer o;
	struct issuerdoc doc;
	struct bytes token;

	for (; bundle_next_issuer(&in, &o); from = in.p) {
		struct cbor_in tokens = cbor_members(o.tokens);
		struct outbuf out = outbuf_in(room, ROOM);

		check(issuerdoc_read(o.document, &doc));
		while (bundle_next_token(&tokens, &token))
			check(token.n <= STATUS_TOKEN_MAX);
		check(cbor_at_end(&tokens));
		bundle_put_issuer(&out, o.root, o.document, o.tokens);
		check_same(from, &in, &out);
	}
	check(cbor_at_end(&in));
}

static void walk_facilities(const struct bundle *b, uint8_t *room)
{
	struct cbor_in in = cbor_members(b->facilities);
	const uint8_t *from = in.p;
	struct facility o, found;

	for (; bundle_next_facility(&in, &o); from = in.p) {
		struct outbuf out = outbuf_in(room, ROOM);

		check(bundle_facility(b, o.id, &found));
		check(found.id.p == o.id.p);
		facility_put(&out, &o);
		check_same(from, &in, &out);
		(void)local_time_at(&o.zone, (int64_t)b->made_at * 1000);
	}
	check(cbor_at_end(&in));
}

/* Every word that set-up uses for what was read leads back to it. */
static void check_words(const struct benefit *o)
{
	check(benefit_kind_of(benefit_kind_name(o->kind)) == (int)o->kind);
	check(limit_per_of(limit_per_name(o->per)) == (int)o->per);
	check(limit_scope_of(limit_scope_name(o->scope)) == (int)o->scope);
	check(live_rule_of(live_rule_name(o->live)) == (int)o->live);
	check(live_rule_of(live_rule_name(LIVE_COUNT)) == -1);
	for (unsigned lang = 0; lang <= LANG_COUNT; lang++)
		check(names_in(&o->names, (enum language)lang).n > 0);
}

static void ask_benefit(const struct bundle *b, const struct benefit *o)
{
	struct zone_span utc = {.first = 0};
	struct local_time t = local_time_at(&utc, (int64_t)b->made_at * 1000);
	struct price price = benefit_price(o, AMOUNT_MAX, PARTY_MAX);

	check(price.price >= 0 && price.discount >= 0);
	check(price.price + price.discount == AMOUNT_MAX);
	(void)benefit_is_running(o, &t);
	(void)benefit_is_open(o, &t);
	(void)benefit_period(o, &t);
	check(!benefit_is_for_issuer(o, bytes_text("")) || o->issuers.n == 0);
	check(!benefit_is_for_class(o, 77) || o->classes.n == 0);
	check(!benefit_is_for_facility(o, bytes_text("")) ||
	      o->facilities.n == 0);
}

static void walk_benefits(const struct bundle *b, uint8_t *room)
{
	struct cbor_in in = cbor_members(b->benefits);
	const uint8_t *from = in.p;
	struct benefit o, found;

	for (; bundle_next_benefit(&in, &o); from = in.p) {
		struct outbuf out = outbuf_in(room, ROOM);

		check(bundle_benefit(b, o.id, &found));
		check(found.id.p == o.id.p);
		benefit_put(&out, &o);
		check_same(from, &in, &out);
		ask_benefit(b, &o);
		check_words(&o);
	}
	check(cbor_at_end(&in));
}

static void walk_rest(const struct bundle *b, uint8_t *room)
{
	struct cbor_in in = cbor_members(b->kiosks);
	const uint8_t *from = in.p;
	struct bundle_kiosk o;
	uint8_t pin[32], hash[32];

	for (; bundle_next_kiosk(&in, &o); from = in.p) {
		struct outbuf out = outbuf_in(room, ROOM);

		bundle_put_kiosk(&out, &o);
		check_same(from, &in, &out);
		check(strcmp(device_state_name(o.state), "unknown") != 0);
	}
	check(cbor_at_end(&in));
	in = cbor_members(b->pins);
	while (bundle_next_pin(&in, pin))
		;
	check(cbor_at_end(&in));
	check(policy_offline_amount(&b->policy, bytes_text("KRW")) >= 0);
	bundle_content_hash(b, hash);
}

/* The input as one member, as set-up and storage read it. */
static void read_members(struct bytes input, uint8_t *room)
{
	struct outbuf out = outbuf_in(room, ROOM);
	struct facility facility;
	struct benefit benefit;
	struct policy policy;

	if (facility_read(input, &facility))
		facility_put(&out, &facility);
	else if (benefit_read(input, &benefit))
		benefit_put(&out, &benefit);
	else if (policy_read(input, &policy))
		policy_put(&out, &policy);
	else
		return;
	check(!out.failed && bytes_equal(out_view(&out), input));
}

static void write_again(const struct bundle *b, uint8_t *room)
{
	static const uint8_t PK[32] = {1}, SK[64] = {2};
	static uint8_t scratch_buf[2 * ROOM];
	struct outbuf out = outbuf_in(room, ROOM);
	struct outbuf scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	struct bundle back;

	bundle_put(&out, b, PK, SK, &scratch);
	check(!out.failed && bundle_read(out_view(&out), &back));
	check(bytes_equal(b->cose.payload, back.cose.payload));
	scratch = outbuf_in(scratch_buf, 1);
	bundle_put(&out, b, PK, SK, &scratch);
	check(out.failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[ROOM];
	struct bundle b;

	if (size > ROOM / 2)
		return 0;
	read_members(bytes_of(data, size), room);
	if (!bundle_read(bytes_of(data, size), &b))
		return 0;
	walk_issuers(&b, room);
	walk_facilities(&b, room);
	walk_benefits(&b, room);
	walk_rest(&b, room);
	write_again(&b, room);
	return 0;
}
