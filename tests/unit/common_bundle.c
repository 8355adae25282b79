/* SPDX-License-Identifier: Apache-2.0 */
/* The bundle: everything in it is judged when it is read. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "city.h"
#include "limits.h"

/* A bundle of the world, open, and room to write it again. */
struct open_bundle {
	struct world world;
	uint8_t message[CITY_BUF], again[CITY_BUF];
	uint8_t part[CITY_BUF], more[CITY_BUF];
	uint8_t scratch[2 * CITY_BUF];
	struct bytes bytes;
	struct bundle b, back;
};

static struct open_bundle *open_new(void)
{
	struct open_bundle *o = test_calloc(1, sizeof(*o));

	city_world_init(&o->world);
	o->bytes = city_bundle(&o->world, o->message);
	assert_true(bundle_read(o->bytes, &o->b));
	return o;
}

static struct bytes write_again(struct open_bundle *o)
{
	struct outbuf out = outbuf_in(o->again, sizeof(o->again));
	struct outbuf scratch = outbuf_in(o->scratch, sizeof(o->scratch));

	bundle_put(&out, &o->b, o->world.service.pk, o->world.service.sk,
		   &scratch);
	assert_false(out.failed);
	return out_view(&out);
}

static bool reads_again(struct open_bundle *o)
{
	return bundle_read(write_again(o), &o->back);
}

static void a_bundle_is_read_as_it_was_written(void **state)
{
	struct open_bundle *o = open_new();

	(void)state;
	assert_true(bytes_equal(write_again(o), o->bytes));
	assert_int_equal(o->b.epoch, 4);
	assert_true(o->b.made_at == o->world.made_at);
	assert_true(o->b.good_until == o->world.good_until);
	assert_memory_equal(o->b.service_kid, o->world.service.kid, 8);
	assert_int_equal(o->b.policy.deadline_ms, DEADLINE_DEFAULT_MS);
	assert_false(o->b.has_next_key);
	test_free(o);
}

static void the_next_service_key_is_carried(void **state)
{
	struct open_bundle *o = open_new();

	(void)state;
	o->b.has_next_key = true;
	memcpy(o->b.next_key, o->world.stranger.pk, 32);
	assert_true(reads_again(o));
	assert_true(o->back.has_next_key);
	assert_memory_equal(o->back.next_key, o->world.stranger.pk, 32);
	test_free(o);
}

static void its_members_can_be_walked(void **state)
{
	struct open_bundle *o = open_new();
	struct bundle_issuer issuer;
	struct bundle_kiosk kiosk;
	struct facility facility;
	struct benefit benefit;
	struct cbor_in in, tokens;
	struct bytes token;
	uint8_t pin[32];

	(void)state;
	in = cbor_members(o->b.issuers);
	for (int i = 0; i < 2; i++) {
		assert_true(bundle_next_issuer(&in, &issuer));
		tokens = cbor_members(issuer.tokens);
		assert_true(bundle_next_token(&tokens, &token));
		assert_false(bundle_next_token(&tokens, &token));
	}
	assert_memory_equal(issuer.root, o->world.tokyo.root.pk, 32);
	assert_false(bundle_next_issuer(&in, &issuer));
	in = cbor_members(o->b.facilities);
	assert_true(bundle_next_facility(&in, &facility));
	assert_true(bytes_is_text(facility.city, "tokyo"));
	assert_false(bundle_next_facility(&in, &facility));
	in = cbor_members(o->b.benefits);
	assert_true(bundle_next_benefit(&in, &benefit));
	assert_int_equal(benefit.value, 5000);
	assert_false(bundle_next_benefit(&in, &benefit));
	in = cbor_members(o->b.kiosks);
	assert_true(bundle_next_kiosk(&in, &kiosk));
	assert_int_equal(kiosk.state, DEVICE_ACTIVE);
	assert_false(bundle_next_kiosk(&in, &kiosk));
	in = cbor_members(o->b.pins);
	assert_true(bundle_next_pin(&in, pin));
	assert_memory_equal(pin, o->world.stranger.pk, 32);
	assert_false(bundle_next_pin(&in, pin));
	test_free(o);
}

/* Puts facilities with these ids, in this order. */
static void set_facilities(struct open_bundle *o, const char *const *ids)
{
	struct outbuf out = outbuf_in(o->part, sizeof(o->part));
	struct facility f = o->world.place;
	size_t n = 0;

	while (ids[n] != NULL)
		n++;
	cbor_put_array(&out, n);
	for (size_t i = 0; i < n; i++) {
		f.id = bytes_text(ids[i]);
		facility_put(&out, &f);
	}
	o->b.facilities = out_view(&out);
}

static void set_benefits(struct open_bundle *o, const char *const *ids)
{
	struct outbuf out = outbuf_in(o->more, sizeof(o->more));
	struct benefit b = o->world.benefit;
	size_t n = 0;

	while (ids[n] != NULL)
		n++;
	cbor_put_array(&out, n);
	for (size_t i = 0; i < n; i++) {
		b.id = bytes_text(ids[i]);
		benefit_put(&out, &b);
	}
	o->b.benefits = out_view(&out);
}

static void facilities_and_benefits_are_found_by_id(void **state)
{
	static const char *const IDS[] = {"a", "mmca", "tnm", "tnm2", NULL};
	struct open_bundle *o = open_new();
	struct facility facility;
	struct benefit benefit;

	(void)state;
	set_facilities(o, IDS);
	assert_true(reads_again(o));
	for (int i = 0; IDS[i] != NULL; i++) {
		assert_true(bundle_facility(&o->back, bytes_text(IDS[i]),
					    &facility));
		assert_true(bytes_is_text(facility.id, IDS[i]));
	}
	assert_false(bundle_facility(&o->back, bytes_text("b"), &facility));
	assert_false(bundle_facility(&o->back, bytes_text("z"), &facility));
	assert_false(bundle_facility(&o->back, bytes_text(""), &facility));
	set_benefits(o, IDS);
	assert_true(reads_again(o));
	assert_true(bundle_benefit(&o->back, bytes_text("tnm"), &benefit));
	assert_true(bytes_is_text(benefit.id, "tnm"));
	assert_false(bundle_benefit(&o->back, bytes_text("half"), &benefit));
	test_free(o);
}

static void ids_must_ascend_and_come_once(void **state)
{
	static const char *const BACK[] = {"b", "a", NULL};
	static const char *const TWICE[] = {"a", "a", NULL};
	static const char *const RIGHT[] = {"a", "ab", "b", NULL};
	struct open_bundle *o = open_new();

	(void)state;
	set_facilities(o, RIGHT);
	assert_true(reads_again(o));
	set_facilities(o, BACK);
	assert_false(reads_again(o));
	set_facilities(o, TWICE);
	assert_false(reads_again(o));
	test_free(o);
	o = open_new();
	set_benefits(o, RIGHT);
	assert_true(reads_again(o));
	set_benefits(o, BACK);
	assert_false(reads_again(o));
	set_benefits(o, TWICE);
	assert_false(reads_again(o));
	test_free(o);
}

/* Kiosks of which these are the first bytes of the kids. */
static bool reads_with_kiosks(struct open_bundle *o, const char *kids)
{
	struct outbuf out = outbuf_in(o->part, sizeof(o->part));
	struct bundle_kiosk k = {.facility = bytes_text("tnm")};
	size_t n = strlen(kids);

	cbor_put_array(&out, n);
	for (size_t i = 0; i < n; i++) {
		k.kid[0] = (uint8_t)kids[i];
		k.state = DEVICE_ACTIVE + i % 2;
		bundle_put_kiosk(&out, &k);
	}
	o->b.kiosks = out_view(&out);
	return reads_again(o);
}

static void kiosks_must_ascend_and_come_once(void **state)
{
	struct open_bundle *o = open_new();

	(void)state;
	assert_true(reads_with_kiosks(o, ""));
	assert_true(reads_with_kiosks(o, "ab\xff"));
	assert_false(reads_with_kiosks(o, "aa"));
	assert_false(reads_with_kiosks(o, "ba"));
	assert_false(reads_with_kiosks(o, "aba"));
	test_free(o);
}

static void a_bundle_is_not_over_before_it_is_made(void **state)
{
	struct open_bundle *o = open_new();

	(void)state;
	o->b.good_until = o->b.made_at;
	assert_true(reads_again(o));
	o->b.good_until--;
	assert_false(reads_again(o));
	test_free(o);
}

static bool reads_with_issuer(struct open_bundle *o, struct bytes document,
			      struct bytes tokens)
{
	struct outbuf out = outbuf_in(o->part, sizeof(o->part));

	cbor_put_array(&out, 1);
	bundle_put_issuer(&out, o->world.seoul.root.pk, document, tokens);
	assert_false(out.failed);
	o->b.issuers = out_view(&out);
	return reads_again(o);
}

static void issuers_are_judged_to_their_documents_and_no_further(void **state)
{
	struct open_bundle *o = open_new();
	uint8_t *buf = test_malloc(CITY_BUF);
	struct bytes document = city_document(&o->world.seoul, buf);

	(void)state;
	assert_true(reads_with_issuer(o, document, bytes_text("\x80")));
	/* A token is anything: one that does not count is passed over. */
	assert_true(reads_with_issuer(o, document, bytes_text("\x81\x41x")));
	assert_false(reads_with_issuer(o, document, bytes_text("\x81\x61x")));
	assert_false(reads_with_issuer(o, document, bytes_text("\x41x")));
	document.n--;
	assert_false(reads_with_issuer(o, document, bytes_text("\x80")));
	assert_false(reads_with_issuer(o, bytes_text("x"),
				       bytes_text("\x80")));
	test_free(buf);
	test_free(o);
}

static void too_many_tokens_or_too_large_a_one_are_refused(void **state)
{
	struct open_bundle *o = open_new();
	size_t cap = STATUS_TOKEN_MAX + 64;
	uint8_t *big = test_calloc(1, cap);
	uint8_t *buf = test_malloc(CITY_BUF);
	struct bytes document = city_document(&o->world.seoul, buf);
	uint8_t small[LISTS_PER_ISSUER_MAX + 8];
	struct outbuf out;
	struct bytes token;
	struct cbor_in in;

	(void)state;
	for (unsigned extra = 0; extra < 2; extra++) {
		out = outbuf_in(small, sizeof(small));
		cbor_put_array(&out, LISTS_PER_ISSUER_MAX + extra);
		for (unsigned i = 0; i < LISTS_PER_ISSUER_MAX + extra; i++)
			cbor_put_bytes(&out, bytes_text(""));
		assert_int_equal(
		    reads_with_issuer(o, document, out_view(&out)),
		    extra == 0);
	}
	out = outbuf_in(big, cap);
	cbor_put_bytes_head(&out, STATUS_TOKEN_MAX + 1);
	in = cbor_reader(bytes_of(big, out.n + STATUS_TOKEN_MAX + 1));
	assert_false(bundle_next_token(&in, &token));
	out = outbuf_in(big, cap);
	cbor_put_bytes_head(&out, STATUS_TOKEN_MAX);
	in = cbor_reader(bytes_of(big, out.n + STATUS_TOKEN_MAX));
	assert_true(bundle_next_token(&in, &token));
	test_free(big);
	test_free(buf);
	test_free(o);
}

static void a_member_with_one_part_more_is_refused(void **state)
{
	struct open_bundle *o = open_new();
	struct outbuf out = outbuf_in(o->part, sizeof(o->part));

	(void)state;
	cbor_put_array(&out, 1);
	cbor_put_array(&out, 4);
	cbor_put_bytes(&out, bytes_of(o->world.service.kid, 8));
	cbor_put_text(&out, bytes_text("tnm"));
	cbor_put_uint(&out, DEVICE_ACTIVE);
	cbor_put_null(&out);
	o->b.kiosks = out_view(&out);
	assert_false(reads_again(o));
	test_free(o);
	o = open_new();
	out = outbuf_in(o->part, sizeof(o->part));
	cbor_put_array(&out, 1);
	cbor_put_array(&out, 4);
	cbor_put_bytes(&out, bytes_of(o->world.seoul.root.pk, 32));
	cbor_put_bytes(&out, city_document(&o->world.seoul, o->more));
	cbor_put_array(&out, 0);
	cbor_put_null(&out);
	o->b.issuers = out_view(&out);
	assert_false(reads_again(o));
	test_free(o);
}

static void parts_of_another_kind_are_refused(void **state)
{
	static const char *const BAD[] = {
	    "\x01",		/* no array */
	    "\x81\x01",		/* a number as a member */
	    "\x81\x80",		/* an empty member */
	    "\x81\xa0",
	};
	struct open_bundle *o = open_new();

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		struct bundle b = o->b;
		struct bytes bad = bytes_text(BAD[i]);
		struct bytes *parts[] = {&o->b.issuers, &o->b.facilities,
					 &o->b.benefits, &o->b.kiosks,
					 &o->b.pins};

		for (int p = 0; p < 5; p++) {
			o->b = b;
			*parts[p] = bad;
			assert_false(reads_again(o));
		}
		o->b = b;
	}
	test_free(o);
}

static void a_policy_is_held_to_its_ranges(void **state)
{
	static const char *const BAD_AMOUNTS[] = {
	    "\xa0", "\xa1\x63krw\x01", "\xa1\x63KRW\x20", "\x81\x01",
	    "\xa1\x63KRW\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x01"};
	struct open_bundle *o = open_new();
	const struct policy right = o->b.policy;

	(void)state;
#define EDGE(field, good, bad)                                                 \
	do {                                                                   \
		o->b.policy = right;                                           \
		o->b.policy.field = (good);                                    \
		assert_true(reads_again(o));                                   \
		o->b.policy.field = (bad);                                     \
		assert_false(reads_again(o));                                  \
	} while (0)
	EDGE(skew_s, 3600, 3601);
	EDGE(presentation_window_s, 10, 9);
	EDGE(presentation_window_s, 3600, 3601);
	EDGE(deadline_ms, 100, 99);
	EDGE(deadline_ms, DEADLINE_MAX_MS, DEADLINE_MAX_MS + 1);
	EDGE(offline_uses, INT64_MAX, (uint64_t)INT64_MAX + 1);
	EDGE(soft_age_s, TIME_S_MAX, TIME_S_MAX + 1);
	EDGE(hard_age_s, TIME_S_MAX, TIME_S_MAX + 1);
	EDGE(status_hard_cap_s, TIME_S_MAX, TIME_S_MAX + 1);
#undef EDGE
	o->b.policy = right;
	for (size_t i = 0; i < 4; i++) {
		o->b.policy.offline_amounts = bytes_text(BAD_AMOUNTS[i]);
		assert_false(reads_again(o));
	}
	o->b.policy.offline_amounts = bytes_of(BAD_AMOUNTS[4], 14);
	assert_false(reads_again(o));
	test_free(o);
}

static void an_allowance_in_money_is_by_currency(void **state)
{
	struct policy p = {.offline_amounts =
			       bytes_text("\xa2\x63JPY\x05\x63KRW\x18\x64")};

	(void)state;
	assert_int_equal(policy_offline_amount(&p, bytes_text("JPY")), 5);
	assert_int_equal(policy_offline_amount(&p, bytes_text("KRW")), 100);
	assert_int_equal(policy_offline_amount(&p, bytes_text("EUR")), 0);
	p.offline_amounts.n = 0;
	assert_true(policy_offline_amount(&p, bytes_text("EUR")) ==
		    AMOUNT_MAX);
}

static void content_is_all_but_epoch_and_dates(void **state)
{
	struct open_bundle *o = open_new();
	uint8_t before[32], after[32];

	(void)state;
	bundle_content_hash(&o->b, before);
	o->b.epoch++;
	o->b.made_at++;
	o->b.good_until++;
	bundle_content_hash(&o->b, after);
	assert_memory_equal(before, after, 32);
#define CHANGES(statement)                                                     \
	do {                                                                   \
		struct bundle right = o->b;                                    \
		statement;                                                     \
		bundle_content_hash(&o->b, after);                             \
		assert_memory_not_equal(before, after, 32);                    \
		o->b = right;                                                  \
	} while (0)
	CHANGES(o->b.policy.skew_s++);
	CHANGES(o->b.policy.offline_amounts = bytes_text("\xa1\x63KRW\x01"));
	CHANGES(o->b.has_next_key = true);
	CHANGES(o->b.issuers = bytes_text("\x80"));
	CHANGES(o->b.facilities = bytes_text("\x80"));
	CHANGES(o->b.benefits = bytes_text("\x80"));
	CHANGES(o->b.kiosks = bytes_text("\x80"));
	CHANGES(o->b.pins = bytes_text("\x80"));
#undef CHANGES
	test_free(o);
}

static void a_cut_bundle_is_refused_at_any_length(void **state)
{
	struct open_bundle *o = open_new();

	(void)state;
	for (size_t n = 0; n < o->bytes.n; n++)
		assert_false(bundle_read(bytes_of(o->message, n), &o->back));
	test_free(o);
}

static void too_little_scratch_fails(void **state)
{
	struct open_bundle *o = open_new();
	struct outbuf out = outbuf_in(o->again, sizeof(o->again));
	struct outbuf scratch = outbuf_in(o->scratch, 100);

	(void)state;
	bundle_put(&out, &o->b, o->world.service.pk, o->world.service.sk,
		   &scratch);
	assert_true(out.failed);
	test_free(o);
}

static void device_states_have_names(void **state)
{
	(void)state;
	assert_string_equal(device_state_name(DEVICE_PENDING), "pending");
	assert_string_equal(device_state_name(DEVICE_ACTIVE), "active");
	assert_string_equal(device_state_name(DEVICE_ROLLED), "rolled");
	assert_string_equal(device_state_name(DEVICE_REVOKED), "revoked");
	assert_string_equal(device_state_name(DEVICE_STATE_COUNT),
			    "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_bundle_is_read_as_it_was_written),
	    cmocka_unit_test(the_next_service_key_is_carried),
	    cmocka_unit_test(its_members_can_be_walked),
	    cmocka_unit_test(facilities_and_benefits_are_found_by_id),
	    cmocka_unit_test(ids_must_ascend_and_come_once),
	    cmocka_unit_test(kiosks_must_ascend_and_come_once),
	    cmocka_unit_test(a_bundle_is_not_over_before_it_is_made),
	    cmocka_unit_test(
		issuers_are_judged_to_their_documents_and_no_further),
	    cmocka_unit_test(too_many_tokens_or_too_large_a_one_are_refused),
	    cmocka_unit_test(a_member_with_one_part_more_is_refused),
	    cmocka_unit_test(parts_of_another_kind_are_refused),
	    cmocka_unit_test(a_policy_is_held_to_its_ranges),
	    cmocka_unit_test(an_allowance_in_money_is_by_currency),
	    cmocka_unit_test(content_is_all_but_epoch_and_dates),
	    cmocka_unit_test(a_cut_bundle_is_refused_at_any_length),
	    cmocka_unit_test(too_little_scratch_fails),
	    cmocka_unit_test(device_states_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
