/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "kioskworld.h"
#include "refresh.h"

static struct kioskworld world;

static int set_up(void **state)
{
	(void)state;
	kioskworld_make(&world, 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kioskworld_end(&world);
	return 0;
}

static void assert_held(uint64_t epoch, uint64_t made_at)
{
	const struct bundle *b = trust_bundle(world.o->trust);

	assert_int_equal(b->epoch, epoch);
	assert_int_equal(b->made_at, made_at);
}

static enum oap_result give(uint64_t epoch, uint64_t made_at)
{
	struct oap_problem why;

	world.epoch = epoch;
	world.made_at = made_at;
	return kioskworld_bundle(&world, &why);
}

static void newer_epoch_or_date_is_applied(void **state)
{
	uint64_t made = world.made_at;

	(void)state;
	assert_int_equal(give(4, made + 1), OAP_OK);
	assert_held(4, made + 1);
	assert_int_equal(give(5, made - 100), OAP_OK);
	assert_held(5, made - 100);
}

static void older_epoch_or_date_is_refused(void **state)
{
	uint64_t made = world.made_at;

	(void)state;
	assert_int_equal(give(3, made + 1000), OAP_BAD_ANSWER);
	assert_int_equal(give(4, made - 1), OAP_BAD_ANSWER);
	assert_held(4, made);
}

static void same_moment_with_other_content_is_refused(void **state)
{
	(void)state;
	assert_int_equal(give(4, world.made_at), OAP_OK);
	world.world.policy.skew_s += 1;
	assert_int_equal(give(4, world.made_at), OAP_BAD_ANSWER);
}

static void never_back_after_closing(void **state)
{
	uint64_t made = world.made_at;
	struct oap_problem why;

	(void)state;
	assert_int_equal(give(9, made), OAP_OK);
	kioskworld_close(&world);
	assert_int_equal(kioskworld_open(&world, &why), OAP_OK);
	assert_held(9, made);
	assert_int_equal(give(8, made + 5), OAP_BAD_ANSWER);
}

static void older_status_list_of_the_same_signer_is_refused(void **state)
{
	uint64_t made = world.made_at;

	(void)state;
	world.world.seoul.list_iat += 50;
	assert_int_equal(give(5, made), OAP_OK);
	world.world.seoul.list_iat -= 1;
	assert_int_equal(give(6, made), OAP_BAD_ANSWER);
	assert_held(5, made);
	world.world.seoul.list_iat += 1;
	assert_int_equal(give(6, made), OAP_OK);
}

static void list_of_a_stranger_is_passed_over(void **state)
{
	const struct trust_issuer *seoul;

	(void)state;
	world.world.seoul.list_signer = &world.world.stranger;
	assert_int_equal(give(5, world.made_at), OAP_OK);
	seoul = trust_issuer(world.o->trust, bytes_text("seoul.example"));
	assert_non_null(seoul);
	assert_null(trust_token(seoul, bytes_text(world.world.seoul.uri)));
}

static void bundle_of_another_service_is_refused(void **state)
{
	uint64_t made = world.made_at;

	(void)state;
	world.world.service = world.world.stranger;
	assert_int_equal(give(5, made), OAP_BAD_ANSWER);
	assert_held(4, made);
}

static void truncated_and_flipped_bundles_are_refused(void **state)
{
	struct bytes held = trust_message(world.o->trust);
	struct oap_problem why;
	bool changed;

	(void)state;
	for (size_t i = 0; i < held.n; i += held.n / 97 + 1) {
		uint8_t *cut = malloc(i > 0 ? i : 1), *flipped = malloc(held.n);

		memcpy(cut, held.p, i);
		memcpy(flipped, held.p, held.n);
		flipped[i] ^= 0x10;
		assert_int_equal(refresh_apply(world.o, cut, i, "", &changed,
					       &why),
				 OAP_BAD_ANSWER);
		assert_int_equal(refresh_apply(world.o, flipped, held.n, "",
					       &changed, &why),
				 OAP_BAD_ANSWER);
	}
	assert_held(4, world.made_at);
}

/* Whole or not at all: what is in memory is what is on disk. */
static void failing_disk_keeps_the_one_held(void **state)
{
	uint64_t made = world.made_at, epoch = 4;
	struct oap_problem why;

	(void)state;
	kioskworld_close(&world);
	world.env.vfs = "faulty";
	assert_int_equal(kioskworld_open(&world, &why), OAP_OK);
	for (unsigned n = 1; n < 60; n++) {
		enum oap_result r;
		uint64_t held;

		faulty_vfs_arm(n, FAULT_IOERR);
		r = give(epoch + 1, made);
		faulty_vfs_arm(0, FAULT_IOERR);
		if (r == OAP_OK)
			epoch++;
		else
			assert_int_equal(r, OAP_JOURNAL_FAILED);
		assert_held(epoch, made);
		kioskworld_close(&world);
		assert_int_equal(kioskworld_open(&world, &why), OAP_OK);
		held = trust_bundle(world.o->trust)->epoch;
		/* a commit that failed may be there all the same */
		assert_true(held == epoch || (r != OAP_OK && held == epoch + 1));
		epoch = held;
	}
}

#define SPOIL                                                                \
	"UPDATE bundle SET message ="                                        \
	" substr(message, 1, length(message) - 1)"
#define SPOIL_NOTHING "SELECT 1"
#define AS_THE_FIRST_VERSION                                                 \
	"DROP TABLE held; DROP TABLE refused; DROP TABLE contact;"           \
	"DROP INDEX entry_spent; ALTER TABLE entry DROP COLUMN spent;"       \
	"DROP TABLE roll; DROP TABLE rolled_entry; DROP TABLE wiped;"        \
	"DROP TABLE setting; DROP INDEX entry_age; DROP INDEX use_age;"      \
	"ALTER TABLE entry DROP COLUMN settled_ms;"                          \
	"DROP INDEX shown_age; DROP TABLE former_key;"                       \
	"CREATE INDEX entry_sent ON entry (effective_ms) WHERE sent = 1;"    \
	"PRAGMA user_version = 1;"

static void change_and_open(const char *sql)
{
	struct oap_problem why = {.text = ""};

	kioskworld_close(&world);
	kioskworld_change(&world, sql);
	if (kioskworld_open(&world, &why) != OAP_OK)
		fail_msg("%s", why.text);
}

static void assert_damaged(void)
{
	struct oap_problem why;
	struct oap_status s;

	assert_null(world.o->trust);
	assert_string_equal(world.o->etag, "");
	assert_int_equal(handle_need_bundle(world.o, &why), OAP_NOT_READY);
	assert_non_null(strstr(why.text, "the bundle held is damaged; "
					 "oap-kiosk sync"));
	assert_int_equal(oap_status(world.o, &s, &why), OAP_OK);
	assert_false(s.has_bundle);
	assert_true(s.bundle_damaged);
	assert_string_equal(s.device, "active");
}

static void damaged_bundle_gives_way_to_the_same_or_a_newer(void **state)
{
	uint64_t made = world.made_at;

	(void)state;
	assert_int_equal(give(9, made), OAP_OK);
	change_and_open(SPOIL);
	assert_damaged();
	assert_int_equal(give(9, made), OAP_OK);
	assert_held(9, made);
	assert_string_equal(world.o->etag, "\"etag\"");
	change_and_open(SPOIL);
	assert_int_equal(give(10, made), OAP_OK);
	assert_held(10, made);
	change_and_open("UPDATE bundle SET message = x'', etag = 'bad'");
	assert_damaged();
	change_and_open("DELETE FROM bundle");
	assert_damaged();
}

static void damaged_bundle_gives_way_to_none_that_is_older(void **state)
{
	uint64_t made = world.made_at;

	(void)state;
	assert_int_equal(give(9, made), OAP_OK);
	change_and_open(SPOIL);
	assert_int_equal(give(8, made + 1000), OAP_BAD_ANSWER);
	assert_int_equal(give(9, made - 1), OAP_BAD_ANSWER);
	world.world.policy.skew_s += 1;
	assert_int_equal(give(9, made), OAP_BAD_ANSWER);
	assert_damaged();
	change_and_open(SPOIL_NOTHING);
	assert_int_equal(give(8, made + 1000), OAP_BAD_ANSWER);
	assert_damaged();
}

/* Validly signed, but not what was taken. */
static void older_bundle_put_into_the_journal_is_none(void **state)
{
	uint64_t made = world.made_at;

	(void)state;
	kioskworld_close(&world);
	kioskworld_change(&world, "CREATE TABLE older AS SELECT * FROM bundle");
	change_and_open(SPOIL_NOTHING);
	assert_int_equal(give(5, made), OAP_OK);
	change_and_open("UPDATE bundle SET message ="
			" (SELECT message FROM older)");
	assert_damaged();
	assert_int_equal(give(5, made), OAP_OK);
}

static void pins_place_and_floor_outlive_the_bundle(void **state)
{
	static const uint8_t pin[32] = {7};
	uint64_t made = world.made_at + 5000;
	struct net_place place;

	(void)state;
	world.pin = pin;
	world.world.facility = bytes_text("elsewhere");
	assert_int_equal(give(5, made), OAP_OK);
	change_and_open(SPOIL);
	assert_damaged();
	place = handle_place(world.o);
	assert_int_equal(place.pin_count, 1);
	assert_memory_equal(place.pins[0], pin, sizeof(pin));
	assert_string_equal(world.o->facility, "elsewhere");
	assert_int_equal(world.o->clock.floor_ms, (int64_t)made * 1000);
}

static void announced_key_is_followed_past_a_damaged_bundle(void **state)
{
	(void)state;
	world.next_key = world.world.stranger.pk;
	assert_int_equal(give(5, world.made_at), OAP_OK);
	change_and_open(SPOIL);
	world.world.service = world.world.stranger;
	assert_int_equal(give(6, world.made_at), OAP_OK);
	assert_held(6, world.made_at);
}

static void first_version_of_a_journal_is_brought_forward(void **state)
{
	uint64_t made = world.made_at;

	(void)state;
	assert_int_equal(give(9, made), OAP_OK);
	change_and_open(AS_THE_FIRST_VERSION);
	assert_held(9, made);
	change_and_open(SPOIL);
	assert_damaged();
	assert_int_equal(give(8, made), OAP_BAD_ANSWER);
	assert_int_equal(give(9, made), OAP_OK);
}

static void bringing_forward_survives_a_failing_disk(void **state)
{
	unsigned failures = 0;

	(void)state;
	world.env.vfs = "faulty";
	for (unsigned n = 1; n < 60; n++) {
		struct oap_problem why;

		kioskworld_close(&world);
		kioskworld_change(&world, AS_THE_FIRST_VERSION);
		faulty_vfs_arm(n, FAULT_IOERR);
		if (kioskworld_open(&world, &why) != OAP_OK) {
			assert_int_equal(why.result, OAP_JOURNAL_FAILED);
			failures++;
		}
		faulty_vfs_arm(0, FAULT_IOERR);
		change_and_open(SPOIL_NOTHING);
		assert_held(4, world.made_at);
		change_and_open(SPOIL_NOTHING);
		assert_true(world.o->held.there);
	}
	assert_true(failures > 0);
}

/* Nothing would keep an older one from being taken. */
static void damaged_bundle_of_unknown_age_is_refused(void **state)
{
	struct oap_problem why;

	(void)state;
	kioskworld_close(&world);
	kioskworld_change(&world, AS_THE_FIRST_VERSION SPOIL);
	assert_int_equal(kioskworld_open(&world, &why), OAP_JOURNAL_FAILED);
	assert_non_null(strstr(why.text, "damaged"));
	assert_non_null(strstr(why.text, "enrol a new kiosk"));
}

static void what_is_kept_beside_a_good_bundle_is_made_anew(void **state)
{
	(void)state;
	change_and_open("UPDATE held SET hash = x'00'");
	assert_held(4, world.made_at);
	change_and_open(SPOIL);
	assert_damaged();
	assert_int_equal(give(4, world.made_at), OAP_OK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(newer_epoch_or_date_is_applied),
		TEST(older_epoch_or_date_is_refused),
		TEST(same_moment_with_other_content_is_refused),
		TEST(never_back_after_closing),
		TEST(older_status_list_of_the_same_signer_is_refused),
		TEST(list_of_a_stranger_is_passed_over),
		TEST(bundle_of_another_service_is_refused),
		TEST(truncated_and_flipped_bundles_are_refused),
		TEST(failing_disk_keeps_the_one_held),
		TEST(damaged_bundle_gives_way_to_the_same_or_a_newer),
		TEST(damaged_bundle_gives_way_to_none_that_is_older),
		TEST(older_bundle_put_into_the_journal_is_none),
		TEST(pins_place_and_floor_outlive_the_bundle),
		TEST(announced_key_is_followed_past_a_damaged_bundle),
		TEST(first_version_of_a_journal_is_brought_forward),
		TEST(bringing_forward_survives_a_failing_disk),
		TEST(damaged_bundle_of_unknown_age_is_refused),
		TEST(what_is_kept_beside_a_good_bundle_is_made_anew),
	};

	faulty_vfs_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
