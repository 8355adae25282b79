/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "key.h"
#include "policy.h"
#include "snapbed.h"

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

static void nothing_is_in_the_box_before_the_first(void **state)
{
	(void)state;
	assert_null(snapshot_get(bed.box));
	assert_non_null(snapbed_remake(&bed));
}

static void finds_facilities_with_currency_and_zone(void **state)
{
	const struct snapshot *s = snapbed_remake(&bed);
	const struct facility *f =
	    snapshot_facility(s, bytes_text("museum"));

	(void)state;
	assert_non_null(f);
	assert_true(bytes_is_text(f->currency, "KRW"));
	assert_true(bytes_is_text(f->names.text[LANG_EN], "museum"));
	assert_string_equal(
	    snapshot_facility_zone(s, bytes_text("stupa")), "Asia/Kathmandu");
	assert_null(snapshot_facility(s, bytes_text("muse")));
	assert_null(snapshot_facility(s, bytes_text("")));
	assert_null(snapshot_facility_zone(s, bytes_text("zoo")));
}

static void assert_date(const struct snapshot *s, const char *facility,
			int64_t t_s, int32_t date, int minute)
{
	const struct facility *f =
	    snapshot_facility(s, bytes_text(facility));
	struct local_time t;

	assert_non_null(f);
	t = local_time_at(&f->zone, t_s * 1000);
	assert_int_equal(t.date, date);
	assert_int_equal(t.minute, minute);
}

static void days_are_the_facilities_own(void **state)
{
	const struct snapshot *s = snapbed_remake(&bed);

	(void)state; /* 2026-11-24 00:00 UTC */
	assert_date(s, "museum", CITY_NOW, 20261124, 9 * 60);
	assert_date(s, "stupa", CITY_NOW, 20261124, 5 * 60 + 45);
	assert_date(s, "hawaii", CITY_NOW, 20261123, 14 * 60);
	assert_date(s, "met", CITY_NOW, 20261123, 19 * 60);
}

/* New York: back on 2026-11-01 06:00 UTC, ahead on 2027-03-14 07:00 UTC. */
static void daylight_saving_changes_in_the_span(void **state)
{
	const int64_t back = INT64_C(1793512800), ahead = INT64_C(1805007600);
	const struct snapshot *s = snapbed_remake(&bed);

	(void)state;
	assert_date(s, "met", back - 1, 20261101, 119);
	assert_date(s, "met", back, 20261101, 60);
	assert_date(s, "met", ahead - 1, 20270314, 119);
	assert_date(s, "met", ahead, 20270314, 180);
}

static void finds_kiosks_with_the_key_that_both_derive(void **state)
{
	const struct snapshot *s = snapbed_remake(&bed);
	uint8_t mac[32], stranger[8] = {1};

	(void)state;
	for (unsigned i = 0; i < SNAPBED_KIOSKS; i++) {
		const struct snap_kiosk *k =
		    snapshot_kiosk(s, bed.kiosk[i].kid);

		assert_non_null(k);
		assert_true(
		    key_derive_mac(bed.kiosk[i].sk, bed.keys->pk, mac));
		assert_memory_equal(k->mac, mac, 32);
		assert_memory_equal(k->pk, bed.kiosk[i].pk, 32);
		assert_int_equal(k->state, DEVICE_ACTIVE);
		assert_ptr_equal(
		    k->facility, snapshot_facility(s, bytes_text("museum")));
	}
	assert_null(snapshot_kiosk(s, stranger));
}

static void kiosk_whose_key_is_no_point_stays_unknown(void **state)
{
	struct kiosk_row row = {.facility = bytes_text("museum"),
				.name = bytes_text("door"),
				.version = bytes_text("1"),
				.state = DEVICE_ACTIVE};
	uint8_t pk[32] = {0}, kid[8];
	const struct snapshot *s;

	(void)state;
	key_kid(pk, kid);
	row.kid = bytes_of(kid, 8);
	row.pk = bytes_of(pk, 32);
	assert_int_equal(store_begin(bed.store), STORE_OK);
	assert_int_equal(store_kiosk_add(bed.store, &row), STORE_OK);
	assert_int_equal(store_commit(bed.store), STORE_OK);
	s = snapbed_remake(&bed);
	assert_null(snapshot_kiosk(s, kid));
	assert_non_null(snapshot_kiosk(s, bed.kiosk[2].kid));
}

static void finds_issuers_keys_by_kid_and_state(void **state)
{
	const struct city *seoul = &bed.world.seoul;
	const struct snapshot *s = snapbed_remake(&bed);
	const struct snap_issuer *issuer =
	    snapshot_issuer(s, bytes_text("seoul.example"));
	struct issuer_key key;

	(void)state;
	assert_non_null(issuer);
	assert_true(snap_issuer_key(issuer, seoul->signing.kid, &key));
	assert_int_equal(key.state, KEY_ACTIVE);
	assert_memory_equal(key.pk, seoul->signing.pk, 32);
	assert_true(snap_issuer_key(issuer, seoul->retired.kid, &key));
	assert_int_equal(key.state, KEY_RETIRED);
	assert_int_equal(key.until, seoul->retired_until);
	assert_true(snap_issuer_key(issuer, seoul->compromised.kid, &key));
	assert_int_equal(key.state, KEY_COMPROMISED);
	assert_false(snap_issuer_key(issuer, bed.world.tokyo.signing.kid,
				     &key));
	assert_null(snapshot_issuer(s, bytes_text("osaka.example")));
}

static unsigned status_of(const struct snapshot *s, const struct city *c)
{
	const struct snap_issuer *issuer =
	    snapshot_issuer(s, bytes_text(c->iss));
	struct status_view view;

	assert_non_null(issuer);
	if (!snap_issuer_status(issuer, bytes_text(c->uri), &view))
		return STATUS_NONE;
	return statuslist_get(&view.list, 7);
}

static void newer_status_list_replaces_the_older(void **state)
{
	struct city *seoul = &bed.world.seoul;

	(void)state;
	assert_int_equal(status_of(snapbed_remake(&bed), seoul), STATUS_VALID);
	seoul->status = STATUS_INVALID;
	seoul->list_iat += 60;
	snapbed_put_token(&bed, seoul);
	assert_int_equal(status_of(snapbed_remake(&bed), seoul),
			 STATUS_INVALID);
}

/* Of two signers, the later one counts, whichever was put last. */
static void freshest_of_two_signers_counts(void **state)
{
	struct city *seoul = &bed.world.seoul;
	struct bytes token;
	struct status_token read;

	(void)state;
	seoul->list_signer = &seoul->retired;
	seoul->list_iat = seoul->retired_until - 60; /* older */
	seoul->status = STATUS_SUSPENDED;
	snapbed_put_token(&bed, seoul);
	assert_int_equal(status_of(snapbed_remake(&bed), seoul), STATUS_VALID);
	assert_true(snapshot_status_token(snapbed_now(&bed),
					  bytes_text(seoul->iss), 0, &token));
	assert_true(status_token_read(token, &read));
	assert_memory_equal(read.kid, seoul->signing.kid, 8);
}

static void token_of_a_retired_key_dated_later_does_not_count(void **state)
{
	struct city *seoul = &bed.world.seoul;

	(void)state;
	seoul->list_signer = &seoul->retired;
	seoul->list_iat += 60; /* fresher than the good one, but too late */
	seoul->status = STATUS_SUSPENDED;
	snapbed_put_token(&bed, seoul);
	assert_int_equal(status_of(snapbed_remake(&bed), seoul), STATUS_VALID);
}

static void token_of_a_compromised_signer_is_dropped(void **state)
{
	struct city *seoul = &bed.world.seoul;
	struct bytes token;

	(void)state;
	assert_int_equal(status_of(snapbed_remake(&bed), seoul), STATUS_VALID);
	snapbed_put_document(&bed, seoul, true);
	assert_int_equal(status_of(snapbed_remake(&bed), seoul), STATUS_NONE);
	assert_false(snapshot_status_token(snapbed_now(&bed),
					   bytes_text(seoul->iss), 0, &token));
	assert_int_equal(status_of(snapbed_now(&bed), &bed.world.tokyo),
			 STATUS_VALID);
}

static void mirror_gives_the_token_of_the_nth_list(void **state)
{
	const struct snapshot *s = snapbed_remake(&bed);
	uint8_t *buf = test_malloc(CITY_BUF);
	struct bytes token;

	(void)state;
	assert_true(snapshot_status_token(s, bytes_text("tokyo.example"), 0,
					  &token));
	assert_true(bytes_equal(token, city_token(&bed.world.tokyo, buf)));
	assert_false(snapshot_status_token(s, bytes_text("tokyo.example"), 1,
					   &token));
	assert_false(snapshot_status_token(s, bytes_text("osaka.example"), 0,
					   &token));
	test_free(buf);
}

static void unchanged_lists_are_shared_with_the_previous(void **state)
{
	struct snapshot *before;
	struct status_view a, b;
	struct bytes seoul = bytes_text("seoul.example");
	struct bytes uri = bytes_text(bed.world.seoul.uri);

	(void)state;
	snapbed_remake(&bed);
	before = snapshot_get(bed.box);
	snapbed_add_kiosk(&bed, 120);
	snapbed_remake(&bed);
	assert_true(snap_issuer_status(snapshot_issuer(before, seoul), uri,
				       &a));
	assert_true(snap_issuer_status(
	    snapshot_issuer(snapbed_now(&bed), seoul), uri, &b));
	assert_ptr_equal(a.list.p, b.list.p);
	snapshot_drop(before);
	assert_int_equal(status_of(snapbed_now(&bed), &bed.world.seoul),
			 STATUS_VALID);
}

static void operators_are_known_by_the_hash_of_their_token(void **state)
{
	const struct snapshot *s = snapbed_remake(&bed);
	const struct snap_operator *operator;
	uint8_t hash[32];

	(void)state;
	memset(hash, 1, sizeof(hash));
	operator = snapshot_operator(s, hash);
	assert_non_null(operator);
	assert_string_equal(operator->id, "ok");
	assert_int_equal(operator->role, ROLE_OPERATOR);
	memset(hash, 2, sizeof(hash));
	operator = snapshot_operator(s, hash);
	assert_non_null(operator);
	assert_string_equal(operator->id, "eye");
	memset(hash, 3, sizeof(hash)); /* disabled */
	assert_null(snapshot_operator(s, hash));
	memset(hash, 4, sizeof(hash));
	assert_null(snapshot_operator(s, hash));
}

static void benefits_are_there_until_they_are_withdrawn(void **state)
{
	struct bytes half = bytes_text("half");
	const struct benefit *b =
	    snapshot_benefit(snapbed_remake(&bed), half);

	(void)state;
	assert_non_null(b);
	assert_int_equal(b->value, 5000);
	assert_null(snapshot_benefit(snapbed_now(&bed), bytes_text("full")));
	snapbed_put_benefit(&bed, true);
	assert_null(snapshot_benefit(snapbed_remake(&bed), half));
}

static void policy_is_the_default_until_one_is_set(void **state)
{
	struct policy policy = policy_default();
	uint8_t buf[POLICY_ENCODED_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	(void)state;
	assert_int_equal(snapshot_policy(snapbed_remake(&bed))->deadline_ms,
			 policy.deadline_ms);
	policy.deadline_ms = 1234;
	policy_put(&out, &policy);
	assert_int_equal(store_begin(bed.store), STORE_OK);
	assert_int_equal(store_policy_set(bed.store, out_view(&out)),
			 STORE_OK);
	assert_int_equal(store_commit(bed.store), STORE_OK);
	assert_int_equal(snapshot_policy(snapbed_remake(&bed))->deadline_ms,
			 1234);
}

static void empty_service_has_a_snapshot(void **state)
{
	struct snapshot_box *box = snapshot_box_new();
	char dir[] = "/tmp/oap-empty-XXXXXX", error[256];
	struct store *store;
	struct snapshot *s;
	uint8_t kid[8] = {0}, hash[32] = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	store = store_open(dir, error, sizeof(error));
	assert_non_null(store);
	assert_true(snapshot_remake(box, store, bed.keys, CITY_NOW * 1000,
				    error, sizeof(error)));
	s = snapshot_get(box);
	assert_null(snapshot_kiosk(s, kid));
	assert_null(snapshot_facility(s, bytes_text("museum")));
	assert_null(snapshot_benefit(s, bytes_text("half")));
	assert_null(snapshot_issuer(s, bytes_text("seoul.example")));
	assert_null(snapshot_operator(s, hash));
	assert_memory_equal(snapshot_service_pk(s), bed.keys->pk, 32);
	snapshot_drop(s);
	snapshot_box_free(box);
	store_close(store);
	for (int i = 0; i < 3; i++) {
		static const char *const NAMES[] = {"oapd.db", "oapd.db-wal",
						    "oapd.db-shm"};
		char path[96];

		snprintf(path, sizeof(path), "%s/%s", dir, NAMES[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(dir), 0);
}

/* --------------------------------------------------------------- threads */

#define READERS 3

static atomic_bool stop;

static void *read_on(void *arg)
{
	uint64_t last = 0, *seen = arg;

	while (!atomic_load(&stop)) {
		struct snapshot *s = snapshot_get(bed.box);
		const struct snap_kiosk *k =
		    snapshot_kiosk(s, bed.kiosk[0].kid);

		snapshot_hold(s);
		if (k == NULL || k->facility->currency.n != 3 ||
		    snapshot_epoch(s) < last)
			*seen = UINT64_MAX;
		if (snapshot_epoch(s) != last && *seen != UINT64_MAX)
			++*seen;
		last = snapshot_epoch(s);
		snapshot_drop(s);
		snapshot_drop(s);
	}
	return NULL;
}

static void readers_hold_what_the_writer_replaces(void **state)
{
	pthread_t thread[READERS];
	uint64_t seen[READERS] = {0};

	(void)state;
	snapbed_remake(&bed);
	atomic_store(&stop, false);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, read_on,
						&seen[i]),
				 0);
	for (int i = 0; i < 100; i++) {
		snapbed_set_kiosk(&bed, 1, i % 2 ? DEVICE_ACTIVE
						 : DEVICE_REVOKED);
		snapbed_remake(&bed);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < READERS; i++) {
		pthread_join(thread[i], NULL);
		assert_in_range(seen[i], 1, 101);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_is_in_the_box_before_the_first),
	    TEST(finds_facilities_with_currency_and_zone),
	    TEST(days_are_the_facilities_own),
	    TEST(daylight_saving_changes_in_the_span),
	    TEST(finds_kiosks_with_the_key_that_both_derive),
	    TEST(kiosk_whose_key_is_no_point_stays_unknown),
	    TEST(finds_issuers_keys_by_kid_and_state),
	    TEST(newer_status_list_replaces_the_older),
	    TEST(freshest_of_two_signers_counts),
	    TEST(token_of_a_retired_key_dated_later_does_not_count),
	    TEST(token_of_a_compromised_signer_is_dropped),
	    TEST(mirror_gives_the_token_of_the_nth_list),
	    TEST(unchanged_lists_are_shared_with_the_previous),
	    TEST(operators_are_known_by_the_hash_of_their_token),
	    TEST(benefits_are_there_until_they_are_withdrawn),
	    TEST(policy_is_the_default_until_one_is_set),
	    TEST(empty_service_has_a_snapshot),
	    TEST(readers_hold_what_the_writer_replaces),
	};

	store_library();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
