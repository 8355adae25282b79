/* SPDX-License-Identifier: Apache-2.0 */
/* Questions, kiosk reports and enrolments: round trips and every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <sodium.h>

#include "city.h"
#include "payload.h"
#include "talk.h"
#include "vectors.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define H8 "0011223344556677"
#define H16 H8 H8
#define H32 H16 H16

static struct question full_question(void)
{
	static const uint8_t scanned[SCANNED_MAX] = {0xd2, 0x84};
	struct question q = {
	    .id = {1},
	    .at_ms = INT64_C(1795478400123),
	    .epoch = 1795478000,
	    .benefit = bytes_text("sister-city-20"),
	    .party = 4,
	    .has_list = true,
	    .list = 4000,
	    .scanned = bytes_of(scanned, 214),
	    .offset_ms = -20,
	    .facility = bytes_text("tnm"),
	    .left_ms = 800,
	};

	memcpy(q.kid, city_key_make(1).kid, 8);
	return q;
}

static struct report full_report(void)
{
	struct report r = {
	    .next_seq = 9,
	    .at_ms = INT64_C(1795478400123),
	    .epoch = 1795478000,
	    .offset_ms = 77,
	    .has_unsent = true,
	    .oldest_unsent = 7,
	    .queue_depth = 2,
	    .version = bytes_text("0.1.0"),
	};

	memcpy(r.kid, city_key_make(1).kid, 8);
	return r;
}

static struct enrolment enrolment(bool roll)
{
	struct city_key key = city_key_make(1);
	struct enrolment e = {
	    .roll = roll,
	    .made_at = 1795478400,
	    .service_kid = {4, 4},
	    .version = bytes_text("0.1.0"),
	};

	memcpy(e.kid, key.kid, sizeof(e.kid));
	memcpy(e.pk, key.pk, sizeof(e.pk));
	if (roll) {
		memset(e.signature, 0x55, sizeof(e.signature));
		memset(e.old_kid, 0x66, sizeof(e.old_kid));
	} else {
		memset(e.secret, 0x77, sizeof(e.secret));
	}
	return e;
}

static void questions_are_written_as_they_are_read(void **state)
{
	struct city_key key = city_key_make(1);
	uint8_t buf[QUESTION_MAX], again[QUESTION_MAX];
	char text[NAME_ID_MAX];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (unsigned i = 0; i < 32; i++) {
		struct question q = full_question(), back;
		struct outbuf out = outbuf_in(buf, sizeof(buf));

		q.has_list = i & 1;
		q.list = q.has_list ? (i & 2 ? AMOUNT_MAX : 0) : 0;
		q.scanned.n = i & 2 ? SCANNED_MAX : 1;
		q.left_ms = i & 4 ? 60000 : 0;
		q.party = i & 4 ? PARTY_MAX : 1;
		q.offset_ms =
		    i & 8 ? CLOCK_OFFSET_MS_MAX : -CLOCK_OFFSET_MS_MAX;
		q.at_ms = i & 8 ? TIME_MS_MAX : 0;
		q.epoch = i & 8 ? UINT64_MAX : 0;
		q.benefit = bytes_of(text, i & 16 ? NAME_ID_MAX : 1);
		q.facility = bytes_of(text, i & 16 ? NAME_ID_MAX : 1);
		question_put(&out, &q, key.pk);
		assert_false(out.failed);
		assert_true(question_read(out_view(&out), &back));
		assert_true(cose_verify_mac(&back.cose, key.pk));
		assert_memory_equal(back.kid, key.kid, 8);
		assert_memory_equal(back.id, q.id, sizeof(q.id));
		assert_true(back.at_ms == q.at_ms && back.epoch == q.epoch);
		assert_true(bytes_equal(back.benefit, q.benefit));
		assert_true(back.party == q.party && back.list == q.list);
		assert_int_equal(back.has_list, q.has_list);
		assert_true(bytes_equal(back.scanned, q.scanned));
		assert_true(back.offset_ms == q.offset_ms);
		assert_true(bytes_equal(back.facility, q.facility));
		assert_int_equal(back.left_ms, q.left_ms);
		struct bytes first = out_view(&out);
		out = outbuf_in(again, sizeof(again));
		question_put(&out, &back, key.pk);
		assert_true(bytes_equal(out_view(&out), first));
	}
}

static void reports_are_written_as_they_are_read(void **state)
{
	struct city_key key = city_key_make(1);
	uint8_t buf[REPORT_MAX], again[REPORT_MAX];
	char text[VERSION_MAX];

	(void)state;
	memset(text, 'v', sizeof(text));
	for (unsigned i = 0; i < 8; i++) {
		struct report r = full_report(), back;
		struct outbuf out = outbuf_in(buf, sizeof(buf));
		struct bytes first;

		r.has_unsent = i & 1;
		r.next_seq = i & 2 ? SEQ_MAX : UINT64_C(1) + r.has_unsent;
		r.oldest_unsent = r.has_unsent ? r.next_seq - 1 : 0;
		r.queue_depth = i & 2 ? UINT64_MAX : 0;
		r.version = bytes_of(text, i & 4 ? VERSION_MAX : 1);
		report_put(&out, &r, key.pk);
		assert_false(out.failed);
		first = out_view(&out);
		assert_true(report_read(first, &back));
		assert_true(cose_verify_mac(&back.cose, key.pk));
		assert_memory_equal(back.kid, key.kid, 8);
		assert_true(back.next_seq == r.next_seq &&
		            back.at_ms == r.at_ms && back.epoch == r.epoch &&
		            back.offset_ms == r.offset_ms &&
		            back.has_unsent == r.has_unsent &&
		            back.oldest_unsent == r.oldest_unsent &&
		            back.queue_depth == r.queue_depth);
		assert_true(bytes_equal(back.version, r.version));
		out = outbuf_in(again, sizeof(again));
		report_put(&out, &back, key.pk);
		assert_true(bytes_equal(out_view(&out), first));
	}
}

static void enrolments_and_rolls_are_written_as_they_are_read(void **state)
{
	struct city_key key = city_key_make(1);
	uint8_t buf[ENROLMENT_MAX], again[ENROLMENT_MAX];

	(void)state;
	for (int roll = 0; roll < 2; roll++) {
		struct enrolment e = enrolment(roll), back;
		struct outbuf out = outbuf_in(buf, sizeof(buf));
		struct bytes first;

		enrolment_put(&out, &e, key.sk);
		assert_false(out.failed);
		first = out_view(&out);
		assert_true(enrolment_read(first, &back));
		assert_int_equal(back.roll, roll);
		assert_memory_equal(back.kid, e.kid, 8);
		assert_memory_equal(back.pk, e.pk, 32);
		assert_memory_equal(back.secret, e.secret, 16);
		assert_memory_equal(back.signature, e.signature, 64);
		assert_memory_equal(back.old_kid, e.old_kid, 8);
		assert_memory_equal(back.service_kid, e.service_kid, 8);
		assert_true(back.made_at == e.made_at);
		assert_true(bytes_equal(back.version, e.version));
		out = outbuf_in(again, sizeof(again));
		enrolment_put(&out, &back, key.sk);
		assert_true(bytes_equal(out_view(&out), first));
	}
}

static void an_enrolment_is_signed_by_the_key_that_it_brings(void **state)
{
	struct city_key other = city_key_make(2);
	struct enrolment e = enrolment(false), back;
	uint8_t buf[ENROLMENT_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	(void)state;
	enrolment_put(&out, &e, other.sk); /* another's signature */
	assert_false(enrolment_read(out_view(&out), &back));
	memcpy(e.pk, other.pk, sizeof(e.pk)); /* under another's kid */
	out = outbuf_in(buf, sizeof(buf));
	enrolment_put(&out, &e, other.sk);
	assert_false(enrolment_read(out_view(&out), &back));
	memcpy(e.kid, other.kid, sizeof(e.kid));
	out = outbuf_in(buf, sizeof(buf));
	enrolment_put(&out, &e, other.sk);
	assert_true(enrolment_read(out_view(&out), &back));
}

static bool read_question(struct bytes message)
{
	struct question q;

	return question_read(message, &q);
}

static bool read_report(struct bytes message)
{
	struct report r;

	return report_read(message, &r);
}

static bool read_enrolment(struct bytes message)
{
	struct enrolment e;

	return enrolment_read(message, &e);
}

static const struct payload_change question_changes[] = {
    {"01", NULL, false},
    {"01", "50" H16, true},
    {"01", "48" H8, false},
    {"04", NULL, false},
    {"04", "1b0000e677d21fdbff", true},
    {"04", "1b0000e677d21fdc00", false},
    {"05", NULL, false},
    {"05", "1bffffffffffffffff", true},
    {"05", "20", false},
    {"06", NULL, false},
    {"06", "6141", false},
    {"07", NULL, false},
    {"07", "00", false},
    {"07", "1903e7", true},
    {"07", "1903e8", false},
    {"08", NULL, true},
    {"08", "1b000000e8d4a51000", true},
    {"08", "1b000000e8d4a51001", false},
    {"08", "20", false},
    {"0b", NULL, false},
    {"0b", "40", false},
    {"0b", "4100", true},
    {"0b", "6161", false},
    {"0c", NULL, false},
    {"0c", "1b000002dec1f42c01", false},
    {"0d", NULL, false},
    {"0d", "60", false},
    {"0e", NULL, false},
    {"0e", "19ea60", true},
    {"0e", "19ea61", false},
    {"0e", "20", false},
    {"02", "01", false},
    {"09", "00", false},
    {"0f", "00", false},
    {"6161", "00", false},
};

static void a_question_with_one_thing_wrong_is_refused(void **state)
{
	struct question q = full_question();
	struct city_key key = city_key_make(1);
	uint8_t buf[QUESTION_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	(void)state;
	question_put(&out, &q, key.pk);
	payload_check_refusals(out_view(&out), TYP_QUESTION, read_question,
	                       question_changes, LEN(question_changes));
}

static void what_a_question_carries_is_bounded(void **state)
{
	struct question q = full_question(), back;
	struct city_key key = city_key_make(1);
	uint8_t scanned[SCANNED_MAX + 1] = {0}, buf[QUESTION_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	(void)state;
	q.scanned = bytes_of(scanned, sizeof(scanned));
	question_put(&out, &q, key.pk);
	assert_true(!out.failed && out.n < QUESTION_MAX);
	assert_false(question_read(out_view(&out), &back));
}

static const struct payload_change report_changes[] = {
    {"02", NULL, false},
    {"02", "00", false},
    {"02", "1b001fffffffffffff", true},
    {"02", "1b0020000000000000", false},
    {"04", NULL, false},
    {"04", "1b0000e677d21fdc00", false},
    {"05", NULL, false},
    {"05", "20", false},
    {"0c", NULL, false},
    {"0c", "3b000002dec1f42c00", false},
    {"02", "07", false}, /* what is unsent is not written yet */
    {"02", "08", true},
    {"10", NULL, true},
    {"10", "20", false},
    {"10", "00", false},
    {"10", "01", true},
    {"10", "08", true},
    {"10", "09", false},
    {"11", NULL, false},
    {"11", "20", false},
    {"12", NULL, false},
    {"12", "60", false},
    {"12",
     "78206161616161616161616161616161616161616161616161616161616161616161",
     true},
    {"12",
     "7821616161616161616161616161616161616161616161616161616161616161616161",
     false},
    {"01", "50" H16, false},
    {"0d", "6161", false},
    {"13", "00", false},
};

static void a_report_with_one_thing_wrong_is_refused(void **state)
{
	struct report r = full_report();
	struct city_key key = city_key_make(1);
	uint8_t buf[REPORT_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	(void)state;
	report_put(&out, &r, key.pk);
	payload_check_refusals(out_view(&out), TYP_REPORT, read_report,
	                       report_changes, LEN(report_changes));
}

static const struct payload_change enrolment_changes[] = {
    {"01", NULL, false},
    {"01", "5820" H32, false}, /* not the key that signed */
    {"02", NULL, false},
    {"02", "50" H16, true},
    {"02", "4f" H8 "00112233445566", false},
    {"02", "5840" H32 H32, false}, /* a roll that names no old key */
    {"02", "40", false},
    {"03", NULL, false},
    {"03", "1b0000003afff44180", false},
    {"04", NULL, false},
    {"04", "48" H8, true},
    {"04", "50" H16, false},
    {"05", NULL, false},
    {"05", "60", false},
    {"06", "48" H8, false}, /* an old key, and a code's secret */
    {"07", "00", false},
};

static const struct payload_change roll_changes[] = {
    {"02", "5840" H32 H32, true},
    {"02", "583f" H32 H16 H8 "00112233445566", false},
    {"06", NULL, false},
    {"06", "48" H8, true},
    {"06", "4700112233445566", false},
    {"02", "50" H16, false},
};

static void an_enrolment_with_one_thing_wrong_is_refused(void **state)
{
	struct enrolment e = enrolment(false), roll = enrolment(true);
	struct city_key key = city_key_make(1);
	uint8_t buf[ENROLMENT_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	(void)state;
	enrolment_put(&out, &e, key.sk);
	payload_check_refusals(out_view(&out), TYP_ENROLMENT, read_enrolment,
	                       enrolment_changes, LEN(enrolment_changes));
	out = outbuf_in(buf, sizeof(buf));
	enrolment_put(&out, &roll, key.sk);
	payload_check_refusals(out_view(&out), TYP_ENROLMENT, read_enrolment,
	                       roll_changes, LEN(roll_changes));
}

static int start(void **state)
{
	(void)state;
	return sodium_init() < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(questions_are_written_as_they_are_read),
	    cmocka_unit_test(reports_are_written_as_they_are_read),
	    cmocka_unit_test(enrolments_and_rolls_are_written_as_they_are_read),
	    cmocka_unit_test(an_enrolment_is_signed_by_the_key_that_it_brings),
	    cmocka_unit_test(a_question_with_one_thing_wrong_is_refused),
	    cmocka_unit_test(what_a_question_carries_is_bounded),
	    cmocka_unit_test(a_report_with_one_thing_wrong_is_refused),
	    cmocka_unit_test(an_enrolment_with_one_thing_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
