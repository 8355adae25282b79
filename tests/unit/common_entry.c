/* SPDX-License-Identifier: Apache-2.0 */
/* Entries: round trips and every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <sodium.h>

#include "city.h"
#include "entry.h"
#include "payload.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define H8 "0011223344556677"
#define H16 H8 H8
#define H32 H16 H16

static struct entry full_attempt(void)
{
	return (struct entry){
	    .typ = TYP_ATTEMPT,
	    .id = {1, 2},
	    .seq = 7,
	    .prev = {3},
	    .at_ms = INT64_C(1795478400123),
	    .epoch = 1795478000,
	    .offset_ms = -1500,
	    .facility = bytes_text("tnm"),
	    .benefit = bytes_text("sister-city-20"),
	    .party = 4,
	    .has_list = true,
	    .list = 4000,
	    .has_discount = true,
	    .discount = 800,
	    .told = 1,
	    .commitment = {5},
	    .has_grant = true,
	    .grant = {0, 0, 1, 0x9b},
	};
}

static struct entry kiosk_reversal(void)
{
	struct entry e = full_attempt();

	return (struct entry){
	    .typ = TYP_REVERSAL,
	    .id = {8},
	    .seq = e.seq + 1,
	    .prev = {9},
	    .at_ms = e.at_ms,
	    .epoch = e.epoch,
	    .offset_ms = e.offset_ms,
	    .facility = e.facility,
	    .of_kid = {1, 1, 1, 1, 1, 1, 1, 1},
	    .of_id = {1, 2},
	    .reason = REASON_VISITOR_LEFT,
	};
}

static struct entry operator_reversal(void)
{
	return (struct entry){
	    .typ = TYP_REVERSAL,
	    .by_operator = true,
	    .id = {8},
	    .at_ms = INT64_C(1795478400123),
	    .facility = bytes_text("tnm"),
	    .of_kid = {1, 1, 1, 1, 1, 1, 1, 1},
	    .of_id = {1, 2},
	    .reason = REASON_OTHER,
	    .operator= bytes_text("keiko"),
	};
}

static struct bytes sign_entry(const struct entry *e, uint8_t *buf)
{
	struct city_key key = city_key_make(1);
	struct outbuf out = outbuf_in(buf, ENTRY_MAX);

	entry_put(&out, e, key.kid, key.sk);
	assert_false(out.failed);
	return out_view(&out);
}

/* Field by field, as the struct has holes. */
static void assert_same_entry(const struct entry *a, const struct entry *b)
{
	assert_int_equal(a->typ, b->typ);
	assert_memory_equal(a->id, b->id, sizeof(a->id));
	assert_int_equal(a->by_operator, b->by_operator);
	assert_true(a->seq == b->seq && a->at_ms == b->at_ms);
	assert_memory_equal(a->prev, b->prev, sizeof(a->prev));
	assert_true(a->epoch == b->epoch && a->offset_ms == b->offset_ms);
	assert_true(bytes_equal(a->facility, b->facility));
	assert_true(bytes_equal(a->benefit, b->benefit));
	assert_int_equal(a->party, b->party);
	assert_int_equal(a->has_list, b->has_list);
	assert_int_equal(a->has_discount, b->has_discount);
	assert_true(a->list == b->list && a->discount == b->discount);
	assert_int_equal(a->told, b->told);
	assert_memory_equal(a->commitment, b->commitment, 32);
	assert_int_equal(a->has_grant, b->has_grant);
	assert_memory_equal(a->grant, b->grant, ENTRY_GRANT);
	assert_memory_equal(a->of_kid, b->of_kid, sizeof(a->of_kid));
	assert_memory_equal(a->of_id, b->of_id, sizeof(a->of_id));
	assert_int_equal(a->reason, b->reason);
	assert_true(bytes_equal(a->operator, b->operator));
}

static void check_round_trip(const struct entry *e)
{
	uint8_t buf[ENTRY_MAX], again_buf[ENTRY_MAX];
	struct bytes message = sign_entry(e, buf), again;
	struct city_key key = city_key_make(1);
	struct entry back;

	assert_true(entry_read(message, &back));
	assert_memory_equal(back.kid, key.kid, 8);
	assert_true(cose_verify(&back.cose, key.pk, NULL));
	assert_same_entry(e, &back);
	again = sign_entry(&back, again_buf);
	assert_true(bytes_equal(message, again));
}

static void attempts_are_written_as_they_are_read(void **state)
{
	char text[NAME_ID_MAX];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (unsigned i = 0; i < 128; i++) {
		struct entry e = full_attempt();

		e.has_list = i & 1;
		e.has_discount = i & 2;
		e.has_grant = i & 4;
		if (!e.has_list)
			e.list = 0;
		if (!e.has_discount)
			e.discount = 0;
		if (!e.has_grant)
			memset(e.grant, 0, sizeof(e.grant));
		if (e.has_list && i & 8)
			e.list = AMOUNT_MAX;
		if (e.has_discount && i & 8)
			e.discount = 0;
		e.seq = i & 16 ? SEQ_MAX : 1;
		e.epoch = i & 16 ? UINT64_MAX : 0;
		e.at_ms = i & 16 ? TIME_MS_MAX : 0;
		e.offset_ms =
		    i & 32 ? CLOCK_OFFSET_MS_MAX : -CLOCK_OFFSET_MS_MAX;
		e.party = i & 32 ? PARTY_MAX : 1;
		e.told = i & 32 ? 255 : 1;
		e.benefit = bytes_of(text, i & 64 ? NAME_ID_MAX : 1);
		e.facility = bytes_of(text, i & 64 ? NAME_ID_MAX : 1);
		check_round_trip(&e);
	}
}

static void reversals_are_written_as_they_are_read(void **state)
{
	(void)state;
	for (int reason = 0; reason < REASON_COUNT; reason++) {
		struct entry kiosk = kiosk_reversal();
		struct entry operator= operator_reversal();

		kiosk.reason = operator.reason =(enum reversal_reason) reason;
		check_round_trip(&kiosk);
		check_round_trip(&operator);
	}
}

#define COMMON_CHANGES                                                        \
	{"01", NULL, false}, {"01", "40", false}, {"01", "4f" H8 H8, false},  \
	    {"01", "50" H16, true}, {"04", NULL, false}, {"04", "00", true},  \
	    {"04", "20", false}, {"04", "1b0000e677d21fdbff", true},          \
	    {"04", "1b0000e677d21fdc00", false}, {"04", "6130", false},       \
	    {"0d", NULL, false}, {"0d", "60", false}, {"0d", "6141", false},  \
	    {"0d", "4161", false}, {"0d", "6161", true}, {"00", "00", false}, \
	    {"0e", "00", false}, {"10", "00", false}, {"1863", "00", false},  \
	    {"20", "00", false}, {"6161", "00", false},                       \
	{                                                                     \
		"40", "00", false                                             \
	}

#define CHAIN_CHANGES                                                    \
	{"02", NULL, false}, {"02", "00", false}, {"02", "01", true},    \
	    {"02", "1b001fffffffffffff", true}, {"02", "20", false},     \
	    {"02", "1b0020000000000000", false},                         \
	    {"03", NULL, false}, {"03", "50" H16, false},                \
	    {"03", "5820" H32, true}, {"05", NULL, false},               \
	    {"05", "1bffffffffffffffff", true}, {"05", "20", false},     \
	    {"0c", NULL, false}, {"0c", "20", true}, {"0c", "00", true}, \
	    {"0c", "1b000002dec1f42c00", true},                          \
	    {"0c", "1b000002dec1f42c01", false},                         \
	    {"0c", "3b000002dec1f42bff", true},                          \
	    {"0c", "3b000002dec1f42c00", false},                         \
	{                                                                \
		"0c", "3b8000000000000000", false                        \
	}

static const struct payload_change attempt_changes[] = {
    COMMON_CHANGES,
    CHAIN_CHANGES,
    {"06", NULL, false},
    {"06", "6161", true},
    {"06", "612d", false},
    {"06", "8248" H8 "50" H16, false},
    {"07", NULL, false},
    {"07", "00", false},
    {"07", "1903e7", true},
    {"07", "1903e8", false},
    {"08", NULL, true},
    {"08", "1b000000e8d4a51000", true},
    {"08", "1b000000e8d4a51001", false},
    {"08", "20", false},
    {"08", "6161", false},
    {"09", NULL, true},
    {"09", "1b000000e8d4a51000", true},
    {"09", "1b000000e8d4a51001", false},
    {"09", "20", false},
    {"0a", NULL, false},
    {"0a", "00", false},
    {"0a", "18ff", true},
    {"0a", "190100", false},
    {"0b", NULL, false},
    {"0b", "581f" H16 H8 "00112233445566", false},
    {"0b", "5820" H32, true},
    {"0f", NULL, true},
    {"0f", "5817" H16 "00112233445566", false},
    {"0f", "5818" H16 H8, true},
    {"0f", "5819" H16 H8 "00", false},
};

#define REVERSAL_CHANGES                                                      \
	{"06", NULL, false}, {"06", "8248" H8 "50" H16, true},                \
	    {"06", "8148" H8, false}, {"06", "8348" H8 "50" H16 "00", false}, \
	    {"06", "8250" H16 "48" H8, false},                                \
	    {"06", "8248" H8 "48" H8, false},                                 \
	    {"06", "a148" H8 "50" H16, false}, {"06", "6161", false},         \
	    {"07", NULL, false}, {"07", "03", true}, {"07", "04", false},     \
	    {"07", "20", false}, {"0a", "01", false},                         \
	    {"0b", "5820" H32, false}, {"0f", "5818" H16 H8, false},          \
	{                                                                     \
		"09", "00", false                                             \
	}

static const struct payload_change kiosk_changes[] = {
    COMMON_CHANGES,
    CHAIN_CHANGES,
    REVERSAL_CHANGES,
    {"08", "6161", false}, /* an operator's */
};

static const struct payload_change operator_changes[] = {
    COMMON_CHANGES,
    REVERSAL_CHANGES,
    {"02", "01", false}, /* a kiosk's */
    {"03", "5820" H32, false},
    {"05", "00", false},
    {"0c", "00", false},
    {"08", NULL, false},
    {"08", "60", false},
    {"08", "6161", true},
    {"08", "00", false},
};

static void check_changes(const struct entry *e,
                          const struct payload_change *changes, size_t count)
{
	uint8_t payload_buf[ENTRY_MAX], changed_buf[ENTRY_MAX], buf[ENTRY_MAX];
	struct outbuf payload = outbuf_in(payload_buf, sizeof(payload_buf));
	struct city_key key = city_key_make(1);
	struct entry back;

	entry_put_payload(&payload, e);
	assert_false(payload.failed);
	for (size_t i = 0; i < count; i++) {
		struct bytes changed =
		    payload_changed(out_view(&payload), &changes[i],
		                    changed_buf, sizeof(changed_buf));
		struct outbuf out = outbuf_in(buf, sizeof(buf));

		cose_put_sign1(&out, e->typ, key.kid, changed, key.sk, NULL);
		assert_false(out.failed);
		if (entry_read(out_view(&out), &back) != changes[i].taken)
			fail_msg("%s: %s", changes[i].key, changes[i].value);
		if (!changes[i].taken)
			continue;
		out = outbuf_in(buf, sizeof(buf));
		entry_put_payload(&out, &back);
		assert_true(bytes_equal(out_view(&out), changed));
	}
}

static void an_attempt_with_one_thing_wrong_is_refused(void **state)
{
	struct entry e = full_attempt();

	(void)state;
	check_changes(&e, attempt_changes, LEN(attempt_changes));
}

static void a_kiosks_reversal_with_one_thing_wrong_is_refused(void **state)
{
	struct entry e = kiosk_reversal();

	(void)state;
	check_changes(&e, kiosk_changes, LEN(kiosk_changes));
}

static void an_operators_reversal_with_one_thing_wrong_is_refused(void **state)
{
	struct entry e = operator_reversal();

	(void)state;
	check_changes(&e, operator_changes, LEN(operator_changes));
}

/* The same payload under the other typ, or under none of an entry. */
static void the_typ_says_how_to_read(void **state)
{
	static const int typs[] = {TYP_ATTEMPT, TYP_REVERSAL, TYP_PASS,
	                           TYP_ENROLMENT, TYP_RECEIPT};
	struct entry entries[] = {full_attempt(), kiosk_reversal(),
	                          operator_reversal()};
	struct city_key key = city_key_make(1);
	struct entry back;

	(void)state;
	for (size_t i = 0; i < LEN(entries); i++) {
		uint8_t payload_buf[ENTRY_MAX], buf[ENTRY_MAX];
		struct outbuf payload = outbuf_in(payload_buf, ENTRY_MAX);

		entry_put_payload(&payload, &entries[i]);
		for (size_t t = 0; t < LEN(typs); t++) {
			struct outbuf out = outbuf_in(buf, sizeof(buf));

			cose_put_sign1(&out, (enum typ)typs[t], key.kid,
			               out_view(&payload), key.sk, NULL);
			assert_int_equal(entry_read(out_view(&out), &back),
			                 typs[t] == (int)entries[i].typ);
		}
	}
}

static void a_message_over_the_limit_is_not_even_looked_at(void **state)
{
	static const uint8_t message[ENTRY_MAX + 1] = {0xd2, 0x84};
	struct entry e;

	(void)state;
	assert_false(entry_read(bytes_of(message, sizeof(message)), &e));
}

static void no_truncation_of_an_entry_is_read(void **state)
{
	struct entry entries[] = {full_attempt(), kiosk_reversal(),
	                          operator_reversal()};
	uint8_t buf[ENTRY_MAX];
	struct entry back;

	(void)state;
	for (size_t i = 0; i < LEN(entries); i++) {
		struct bytes message = sign_entry(&entries[i], buf);

		for (size_t n = 0; n < message.n; n++) {
			uint8_t *copy = test_malloc(n + (n == 0));

			memcpy(copy, message.p, n);
			assert_false(entry_read(bytes_of(copy, n), &back));
			test_free(copy);
		}
	}
}

static void effective_time_is_clamped(void **state)
{
	struct entry e = {.at_ms = 1000, .offset_ms = 500};
	uint8_t grant[ENTRY_GRANT] = {0};

	(void)state;
	assert_true(entry_effective_ms(&e) == 1500);
	e.offset_ms = -1001;
	assert_true(entry_effective_ms(&e) == 0);
	e = (struct entry){.at_ms = TIME_MS_MAX, .offset_ms = 1};
	assert_true(entry_effective_ms(&e) == TIME_MS_MAX);
	put_be64(grant, 1795478400123);
	assert_true(grant_time_ms(grant) == INT64_C(1795478400123));
	put_be64(grant, UINT64_MAX);
	assert_true(grant_time_ms(grant) == TIME_MS_MAX);
}

static void a_commitment_is_the_hash_of_salt_and_scan(void **state)
{
	uint8_t salt[ENTRY_SALT] = {1, 2, 3}, both[ENTRY_SALT + 5];
	uint8_t expected[32], got[32];

	(void)state;
	memcpy(both, salt, ENTRY_SALT);
	memcpy(both + ENTRY_SALT, "hello", 5);
	crypto_hash_sha256(expected, both, sizeof(both));
	entry_commit(salt, bytes_text("hello"), got);
	assert_memory_equal(got, expected, 32);
	entry_hash(bytes_of(both, sizeof(both)), got);
	assert_memory_equal(got, expected, 32);
}

static void reasons_have_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < REASON_COUNT; i++)
		assert_int_equal(reversal_reason_of(reversal_reason_name(i)),
		                 i);
	assert_null(reversal_reason_name(REASON_COUNT));
	assert_int_equal(reversal_reason_of("whim"), -1);
}

static int start(void **state)
{
	(void)state;
	return sodium_init() < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(attempts_are_written_as_they_are_read),
	    cmocka_unit_test(reversals_are_written_as_they_are_read),
	    cmocka_unit_test(an_attempt_with_one_thing_wrong_is_refused),
	    cmocka_unit_test(a_kiosks_reversal_with_one_thing_wrong_is_refused),
	    cmocka_unit_test(
	        an_operators_reversal_with_one_thing_wrong_is_refused),
	    cmocka_unit_test(the_typ_says_how_to_read),
	    cmocka_unit_test(a_message_over_the_limit_is_not_even_looked_at),
	    cmocka_unit_test(no_truncation_of_an_entry_is_read),
	    cmocka_unit_test(effective_time_is_clamped),
	    cmocka_unit_test(a_commitment_is_the_hash_of_salt_and_scan),
	    cmocka_unit_test(reasons_have_names),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
