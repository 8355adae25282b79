/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "bundlemaker.h"
#include "policy.h"
#include "snapbed.h"
#include "storefault.h"

static struct snapbed bed;

static int set_up(void **state)
{
	(void)state;
	snapbed_open(&bed);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	snapbed_close(&bed);
	return 0;
}

/* A copy of the bundle in the box, and its ETag. */
struct kept {
	uint8_t *p;
	size_t n;
	char etag[40];
	uint64_t epoch, made_at;
};

static struct kept keep(const struct snapshot *s)
{
	const char *etag;
	struct bytes message = snapshot_bundle(s, &etag);
	struct kept k = {.p = test_malloc(message.n),
			 .n = message.n,
			 .epoch = snapshot_epoch(s),
			 .made_at = snapshot_made_at(s)};

	memcpy(k.p, message.p, message.n);
	strcpy(k.etag, etag);
	return k;
}

static bool same_bytes(const struct kept *a, const struct kept *b)
{
	return bytes_equal(bytes_of(a->p, a->n), bytes_of(b->p, b->n));
}

static void drop(struct kept *k)
{
	test_free(k->p);
}

/* --------------------------------------------------------------- content */

static size_t count_of(struct bytes array)
{
	struct cbor_in in = cbor_reader(array);
	size_t n;

	assert_true(cbor_array(&in, &n));
	return n;
}

static void holds_what_was_set_up(void **state)
{
	const struct snapshot *s = snapbed_remake(&bed);
	struct bundle b = snapbed_bundle(&bed, s);
	struct benefit benefit;
	struct facility f;

	(void)state;
	assert_int_equal(b.epoch, CITY_NOW);
	assert_int_equal(b.made_at, CITY_NOW);
	assert_int_equal(b.good_until,
			 CITY_NOW + policy_default().hard_age_s);
	assert_int_equal(count_of(b.facilities), 4);
	assert_int_equal(count_of(b.issuers), 2);
	assert_int_equal(count_of(b.kiosks), SNAPBED_KIOSKS);
	assert_int_equal(count_of(b.pins), 0);
	assert_false(b.has_next_key);
	assert_true(bundle_facility(&b, bytes_text("met"), &f));
	assert_int_equal(f.zone.count, 3);
	assert_true(bundle_benefit(&b, bytes_text("half"), &benefit));
	assert_int_equal(b.policy.soft_age_s, policy_default().soft_age_s);
}

static void documents_and_tokens_are_verbatim(void **state)
{
	struct bundle b = snapbed_bundle(&bed, snapbed_remake(&bed));
	struct cbor_in in = cbor_members(b.issuers), tokens;
	const struct city *cities[] = {&bed.world.seoul, &bed.world.tokyo};
	uint8_t *buf = test_malloc(CITY_BUF);
	struct bundle_issuer issuer;
	struct bytes token;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_true(bundle_next_issuer(&in, &issuer));
		assert_memory_equal(issuer.root, cities[i]->root.pk, 32);
		assert_true(bytes_equal(issuer.document,
					city_document(cities[i], buf)));
		tokens = cbor_members(issuer.tokens);
		assert_true(bundle_next_token(&tokens, &token));
		assert_true(bytes_equal(token, city_token(cities[i], buf)));
		assert_false(bundle_next_token(&tokens, &token));
	}
	test_free(buf);
}

static void kiosks_stand_in_it_with_their_state(void **state)
{
	struct bundle_kiosk k;
	struct cbor_in in;
	struct bundle b;

	(void)state;
	snapbed_set_kiosk(&bed, 1, DEVICE_REVOKED);
	b = snapbed_bundle(&bed, snapbed_remake(&bed));
	in = cbor_members(b.kiosks);
	for (unsigned i = 0; i < SNAPBED_KIOSKS; i++) {
		assert_true(bundle_next_kiosk(&in, &k));
		assert_memory_equal(k.kid, bed.kiosk[i].kid, 8);
		assert_true(bytes_is_text(k.facility, "museum"));
		assert_int_equal(k.state,
				 i == 1 ? DEVICE_REVOKED : DEVICE_ACTIVE);
	}
}

static void pins_stand_in_it(void **state)
{
	uint8_t pins[2][32] = {{1}, {2}}, pin[32];
	struct cbor_in in;
	struct bundle b;

	(void)state;
	snapbed_remake(&bed);
	snapshot_box_pins(bed.box, pins[0], 2);
	bed.now_s++;
	b = snapbed_bundle(&bed, snapbed_remake(&bed));
	assert_int_equal(b.epoch, bed.now_s);
	in = cbor_members(b.pins);
	for (int i = 0; i < 2; i++) {
		assert_true(bundle_next_pin(&in, pin));
		assert_memory_equal(pin, pins[i], 32);
	}
	assert_false(bundle_next_pin(&in, pin));
}

/* ----------------------------------------------------------------- epoch */

static void unchanged_and_fresh_it_stays_as_it_is(void **state)
{
	struct kept a = keep(snapbed_remake(&bed)), b;

	(void)state;
	bed.now_s += BUNDLE_RESIGN_S - 1;
	b = keep(snapbed_remake(&bed));
	assert_true(same_bytes(&a, &b));
	assert_string_equal(a.etag, b.etag);
	drop(&a);
	drop(&b);
}

static void unchanged_and_old_it_is_signed_anew(void **state)
{
	struct kept a = keep(snapbed_remake(&bed)), b;

	(void)state;
	bed.now_s += BUNDLE_RESIGN_S;
	b = keep(snapbed_remake(&bed));
	assert_int_equal(b.epoch, a.epoch);
	assert_int_equal(b.made_at, bed.now_s);
	assert_string_not_equal(a.etag, b.etag);
	(void)snapbed_bundle(&bed, snapbed_now(&bed));
	drop(&a);
	drop(&b);
}

static void same_moment_makes_the_same_bytes_after_a_restart(void **state)
{
	struct kept a = keep(snapbed_remake(&bed)), b;

	(void)state;
	snapbed_restart(&bed);
	b = keep(snapbed_remake(&bed));
	assert_true(same_bytes(&a, &b));
	assert_string_equal(a.etag, b.etag);
	drop(&a);
	drop(&b);
}

static void epoch_stays_after_a_restart(void **state)
{
	struct kept a = keep(snapbed_remake(&bed)), b;

	(void)state;
	bed.now_s += 5000;
	snapbed_restart(&bed);
	b = keep(snapbed_remake(&bed));
	assert_int_equal(b.epoch, a.epoch);
	assert_int_equal(b.made_at, bed.now_s);
	drop(&a);
	drop(&b);
}

static uint64_t epoch_of(const struct snapshot *s)
{
	return snapshot_epoch(s);
}

static void every_kind_of_change_raises_the_epoch(void **state)
{
	uint64_t last = epoch_of(snapbed_remake(&bed)), now;

	(void)state;
	for (int what = 0; what < 5; what++) {
		bed.now_s += 10;
		if (what == 0) {
			snapbed_put_benefit(&bed, true);
		} else if (what == 1) {
			snapbed_set_kiosk(&bed, 0, DEVICE_REVOKED);
		} else if (what == 2) {
			snapbed_put_document(&bed, &bed.world.seoul, true);
		} else if (what == 3) {
			bed.world.tokyo.list_iat += 1;
			snapbed_put_token(&bed, &bed.world.tokyo);
		} else {
			snapbed_add_kiosk(&bed, 130);
		}
		now = epoch_of(snapbed_remake(&bed));
		assert_int_equal(now, bed.now_s);
		assert_true(now > last);
		assert_int_equal(epoch_of(snapbed_remake(&bed)), now);
		last = now;
	}
}

static void two_changes_in_one_second_have_two_epochs(void **state)
{
	struct kept a = keep(snapbed_remake(&bed)), b, c;

	(void)state;
	snapbed_set_kiosk(&bed, 0, DEVICE_REVOKED);
	b = keep(snapbed_remake(&bed));
	snapbed_set_kiosk(&bed, 0, DEVICE_ACTIVE);
	c = keep(snapbed_remake(&bed));
	assert_int_equal(b.epoch, a.epoch + 1);
	assert_int_equal(c.epoch, a.epoch + 2);
	assert_string_not_equal(a.etag, c.etag);
	drop(&a);
	drop(&b);
	drop(&c);
}

/* Kiosks never go back in (epoch, made_at). */
static void clock_set_back_dates_nothing_earlier(void **state)
{
	struct kept a = keep(snapbed_remake(&bed)), b;

	(void)state;
	bed.now_s -= 86400;
	snapbed_set_kiosk(&bed, 0, DEVICE_REVOKED);
	b = keep(snapbed_remake(&bed));
	assert_int_equal(b.epoch, a.epoch + 1);
	assert_int_equal(b.made_at, a.made_at);
	drop(&a);
	drop(&b);
}

static void operators_are_not_in_it(void **state)
{
	uint64_t epoch = epoch_of(snapbed_remake(&bed));
	struct operator_row row = {.id = bytes_text("new")};
	uint8_t hash[32] = {9};

	(void)state;
	row.token_hash = bytes_of(hash, sizeof(hash));
	assert_int_equal(store_begin(bed.store), STORE_OK);
	assert_int_equal(store_operator_add(bed.store, &row), STORE_OK);
	assert_int_equal(store_commit(bed.store), STORE_OK);
	bed.now_s++;
	assert_int_equal(epoch_of(snapbed_remake(&bed)), epoch);
	assert_non_null(snapshot_operator(snapbed_now(&bed), hash));
}

/* -------------------------------------------------------------- versions */

/* What was in force; n == 0: nothing. */
struct version {
	uint8_t p[CITY_BUF];
	size_t n;
};

static bool take_version(void *arg, const void *row)
{
	const struct bytes *body = row;
	struct version *v = arg;

	memcpy(v->p, body->p, body->n);
	v->n = body->n;
	return true;
}

static bool version_at(enum version_kind kind, const char *id, uint64_t epoch,
		       struct version *v)
{
	enum store_result r;

	v->n = 0;
	r = store_version(bed.store, kind, bytes_text(id), epoch, take_version,
			  v);
	assert_true(r == STORE_OK || r == STORE_NONE);
	return r == STORE_OK;
}

static void old_versions_are_kept_under_their_epochs(void **state)
{
	uint64_t first = epoch_of(snapbed_remake(&bed)), second;
	struct version *v = test_malloc(sizeof(*v));
	struct benefit b;

	(void)state;
	bed.now_s += 10;
	bed.world.benefit.value = 2500;
	snapbed_put_benefit(&bed, false);
	second = epoch_of(snapbed_remake(&bed));
	assert_true(version_at(VERSION_BENEFIT, "half", first, v));
	assert_true(benefit_read(bytes_of(v->p, v->n), &b));
	assert_int_equal(b.value, 5000);
	assert_true(version_at(VERSION_BENEFIT, "half", second - 1, v));
	assert_true(benefit_read(bytes_of(v->p, v->n), &b));
	assert_int_equal(b.value, 5000);
	assert_true(version_at(VERSION_BENEFIT, "half", second, v));
	assert_true(benefit_read(bytes_of(v->p, v->n), &b));
	assert_int_equal(b.value, 2500);
	assert_false(version_at(VERSION_BENEFIT, "half", first - 1, v));
	test_free(v);
}

static void what_went_is_ended_under_its_epoch(void **state)
{
	uint64_t first = epoch_of(snapbed_remake(&bed)), second;
	const struct city *seoul = &bed.world.seoul;
	struct version *v = test_malloc(sizeof(*v));

	(void)state;
	bed.now_s += 10;
	snapbed_put_benefit(&bed, true);
	snapbed_put_document(&bed, seoul, true); /* its list goes with it */
	second = epoch_of(snapbed_remake(&bed));
	assert_true(version_at(VERSION_BENEFIT, "half", first, v));
	assert_false(version_at(VERSION_BENEFIT, "half", second, v));
	assert_true(version_at(VERSION_STATUS, seoul->uri, first, v));
	assert_false(version_at(VERSION_STATUS, seoul->uri, second, v));
	assert_true(version_at(VERSION_STATUS, bed.world.tokyo.uri, second, v));
	assert_true(version_at(VERSION_DOCUMENT, seoul->iss, second, v));
	assert_true(version_at(VERSION_FACILITY, "met", second, v));
	assert_true(version_at(VERSION_POLICY, "", second, v));
	test_free(v);
}

/* ---------------------------------------------------------------- faults */

/* An epoch that was shown stands for what it stood for, whatever failed. */
static void assert_old_or_new(const struct kept *before, bool good)
{
	struct kept now = keep(snapbed_now(&bed));
	const struct snap_kiosk *k =
	    snapshot_kiosk(snapbed_now(&bed), bed.kiosk[0].kid);

	assert_int_equal(same_bytes(&now, before), !good);
	assert_int_equal(k->state, good ? DEVICE_REVOKED : DEVICE_ACTIVE);
	drop(&now);
}

static void fail_at(enum fault_kind kind, unsigned n, bool *struck)
{
	struct kept before = keep(snapbed_remake(&bed)), after;
	bool good;

	bed.now_s += 10;
	snapbed_set_kiosk(&bed, 0, DEVICE_REVOKED);
	fault_arm(kind, n, 1);
	good = snapbed_try(&bed);
	*struck = fault_disarm();
	assert_old_or_new(&before, good);
	if (!good)
		assert_true(bed.error[0] != '\0');
	assert_false(store_in_transaction(bed.store));
	bed.now_s++;
	after = keep(snapbed_remake(&bed));
	assert_true(after.epoch > before.epoch);
	assert_old_or_new(&before, true);
	drop(&before);
	drop(&after);
	snapbed_set_kiosk(&bed, 0, DEVICE_ACTIVE);
}

static void failing_store_leaves_the_old_one(void **state)
{
	static const enum fault_kind KINDS[] = {FAULT_IO, FAULT_FULL,
						FAULT_MEMORY};
	bool struck;
	unsigned n;

	(void)state;
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(*KINDS); i++) {
		struck = true;
		for (n = 1; struck && n < 2000; n++)
			fail_at(KINDS[i], n, &struck);
		assert_in_range(n, 3, 1999);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(holds_what_was_set_up),
	    TEST(documents_and_tokens_are_verbatim),
	    TEST(kiosks_stand_in_it_with_their_state),
	    TEST(pins_stand_in_it),
	    TEST(unchanged_and_fresh_it_stays_as_it_is),
	    TEST(unchanged_and_old_it_is_signed_anew),
	    TEST(same_moment_makes_the_same_bytes_after_a_restart),
	    TEST(epoch_stays_after_a_restart),
	    TEST(every_kind_of_change_raises_the_epoch),
	    TEST(two_changes_in_one_second_have_two_epochs),
	    TEST(clock_set_back_dates_nothing_earlier),
	    TEST(operators_are_not_in_it),
	    TEST(old_versions_are_kept_under_their_epochs),
	    TEST(what_went_is_ended_under_its_epoch),
	    TEST(failing_store_leaves_the_old_one),
	};

	fault_install();
	store_library();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
