/* SPDX-License-Identifier: Apache-2.0 */
/* The pass and its presentation: size, round trips, every refusal, and that
 * no damaged pass passes for a good one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sodium.h>

#include "city.h"
#include "code.h"
#include "limits.h"
#include "pass.h"
#include "payload.h"
#include "vectors.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define ISSUED UINT64_C(1795478400)

/* As `oap-issuer issue --class adult --days 365 --hint K.M.` makes one. */
static struct pass usual_pass(void)
{
	return (struct pass){
	    .iss = bytes_text("seoul.example"),
	    .iat = ISSUED,
	    .nbf = ISSUED,
	    .exp = ISSUED + 365 * 86400,
	    .cti = {0xc7, 0x11},
	    .idx = (1 << 20) - 1,
	    .uri = bytes_text("https://pass.seoul.example/status"),
	    .class = CLASS_ADULT,
	    .hint = bytes_text("K.M."),
	};
}

static struct pass full_pass(void)
{
	struct pass pass = usual_pass();

	pass.has_nbf = true;
	pass.nbf = ISSUED + 1;
	pass.has_cnf = true;
	memcpy(pass.cnf, city_key_make(9).pk, 32);
	return pass;
}

static struct bytes sign_pass(const struct pass *pass, uint8_t *buf)
{
	struct city_key key = city_key_make(1);
	uint8_t payload_buf[PASS_MAX];
	struct outbuf payload = outbuf_in(payload_buf, sizeof(payload_buf));
	struct outbuf out = outbuf_in(buf, PASS_MAX);

	pass_put_payload(&payload, pass);
	assert_false(payload.failed);
	cose_put_sign1(&out, TYP_PASS, key.kid, out_view(&payload), key.sk,
	               NULL);
	assert_false(out.failed);
	return out_view(&out);
}

static struct bytes sign_presentation(struct bytes pass, struct bytes aud,
                                      uint8_t *buf)
{
	struct city_key holder = city_key_make(9);
	struct presentation p = {.iat = ISSUED + 60, .aud = aud};
	uint8_t payload_buf[64];
	struct outbuf payload = outbuf_in(payload_buf, sizeof(payload_buf));
	struct outbuf out = outbuf_in(buf, SCANNED_MAX);

	presentation_put_payload(&payload, &p);
	assert_false(payload.failed);
	cose_put_presentation(&out, pass, out_view(&payload), holder.sk);
	assert_false(out.failed);
	return out_view(&out);
}

static void assert_same_pass(const struct pass *a, const struct pass *b)
{
	assert_true(bytes_equal(a->iss, b->iss));
	assert_true(a->iat == b->iat && a->exp == b->exp && a->nbf == b->nbf);
	assert_int_equal(a->has_nbf, b->has_nbf);
	assert_memory_equal(a->cti, b->cti, sizeof(a->cti));
	assert_int_equal(a->has_cnf, b->has_cnf);
	assert_memory_equal(a->cnf, b->cnf, sizeof(a->cnf));
	assert_true(a->idx == b->idx && bytes_equal(a->uri, b->uri));
	assert_int_equal(a->class, b->class);
	assert_true(bytes_equal(a->hint, b->hint));
}

static void a_usual_pass_takes_at_most_215_bytes(void **state)
{
	struct pass pass = usual_pass();
	uint8_t buf[PASS_MAX], text[CODE_MAX];
	struct outbuf code = outbuf_in(text, sizeof(text));
	struct bytes message = sign_pass(&pass, buf);

	(void)state;
	print_message("a usual pass: %zu bytes\n", message.n);
	assert_true(message.n <= 215);
	code_put(&code, message);
	/* What QR version 11 holds at level M, in alphanumeric mode. */
	assert_true(code.n <= 366);
}

/* Both ends of every member, in each combination of those that may lack. */
static void passes_are_written_as_they_are_read(void **state)
{
	char iss[ISS_MAX + 1], uri[URI_MAX + 1], hint[HINT_MAX + 1];
	uint8_t buf[PASS_MAX], back_buf[PASS_MAX];
	struct scan scan;

	(void)state;
	memset(iss, 'i', sizeof(iss));
	memset(uri, 'u', sizeof(uri));
	memset(hint, 'h', sizeof(hint));
	for (unsigned i = 0; i < 64; i++) {
		struct pass pass = i & 1 ? full_pass() : usual_pass();
		struct bytes message;
		struct outbuf back = outbuf_in(back_buf, sizeof(back_buf));

		pass.has_nbf = i & 2;
		pass.exp = pass.has_nbf ? TIME_S_MAX : pass.iat + 1;
		pass.nbf = pass.has_nbf ? TIME_S_MAX - 1 : pass.iat;
		pass.class = i % CLASS_COUNT;
		pass.idx = i & 4 ? UINT64_MAX : 0;
		pass.hint = bytes_of(hint, i & 8 ? HINT_MAX : 0);
		pass.iss = bytes_of(iss, i & 16 ? ISS_MAX : 1);
		pass.uri = bytes_of(uri, i & 32 ? URI_MAX : 1);
		message = sign_pass(&pass, buf);
		assert_int_equal(scan_read(message, &scan), VERDICT_NONE);
		assert_false(scan.live);
		assert_memory_equal(scan.kid, city_key_make(1).kid, 8);
		assert_true(
		    cose_verify(&scan.pass_cose, city_key_make(1).pk, NULL));
		assert_same_pass(&scan.pass, &pass);
		pass_put_payload(&back, &scan.pass);
		assert_true(
		    bytes_equal(out_view(&back), scan.pass_cose.payload));
	}
}

#define PK "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define COSE_KEY "a301012006215820" PK
#define TEXT_24 "686868686868686868686868686868686868686868686868"
#define STATUS_LIST "6b7374617475735f6c697374"
#define STATUS_LISZ "6b7374617475735f6c69737a"
#define IDX "63696478"
#define URI "63757269"

static const struct payload_change pass_changes[] = {
    {"01", "6161", true}, /* iss */
    {"01", NULL, false},
    {"01", "60", false},
    {"01", "4161", false},
    {"01", "7820" TEXT_24 "6868686868686868", true},
    {"01", "7821" TEXT_24 "686868686868686868", false},
    {"04", NULL, false},         /* exp */
    {"04", "1a6b04d380", false}, /* not after iat */
    {"04", "1a6b04d381", false}, /* not after nbf */
    {"04", "1a6b04d382", true},
    {"04", "1b0000003afff4417f", true},
    {"04", "1b0000003afff44180", false}, /* past the year 9999 */
    {"04", "20", false},
    {"05", NULL, true},          /* nbf */
    {"05", "1a6b04d380", false}, /* iat */
    {"05", "1a6ce606ff", true},
    {"05", "1a6ce60700", false}, /* exp */
    {"05", "00", false},
    {"05", "1b0000003afff44180", false},
    {"06", NULL, false}, /* iat */
    {"06", "00", true},
    {"06", "1b0000003afff44180", false},
    {"07", NULL, false}, /* cti */
    {"07", "4f000000000000000000000000000000", false},
    {"07", "510000000000000000000000000000000000", false},
    {"07", "7030303030303030303030303030303030", false},
    {"08", NULL, true}, /* cnf */
    {"08", "a0", false},
    {"08", "a101a0", false},
    {"08", "a10100", false},
    {"08", "a101" COSE_KEY, true},
    {"08", "a102" COSE_KEY, false},
    {"08", "a201" COSE_KEY "0200", false},
    {"08", "a101a401012006215820" PK "2200", false},
    {"08", "a101a201012006", false},
    {"19ffff", NULL, false}, /* status */
    {"19ffff", "a0", false},
    {"19ffff", "a1" STATUS_LIST "a2" IDX "00" URI "6175", true},
    {"19ffff", "a1" STATUS_LIST "a2" IDX "1bffffffffffffffff" URI "6175", true},
    {"19ffff", "a1" STATUS_LIST "a2" IDX "20" URI "6175", false},
    {"19ffff", "a1" STATUS_LIST "a1" IDX "00", false},
    {"19ffff", "a1" STATUS_LIST "a1" URI "6175", false},
    {"19ffff", "a1" STATUS_LIST "a2" IDX "00" URI "60", false},
    {"19ffff", "a1" STATUS_LIST "a2" IDX "00" URI "4175", false},
    {"19ffff", "a1" STATUS_LIST "a3" IDX "00" URI "617563757a7a00", false},
    {"19ffff", "a2" STATUS_LIST "a2" IDX "00" URI "6175" STATUS_LISZ "00",
     false},
    {"19ffff", "a16b7374617475735f6c697375a2" IDX "00" URI "6175", false},
    {"3a00010000", NULL, false}, /* class and hint */
    {"3a00010000", "a0", false},
    {"3a00010000", "a10104", true},
    {"3a00010000", "a10105", false},
    {"3a00010000", "a10120", false},
    {"3a00010000", "a101f6", false},
    {"3a00010000", "a1026161", false},
    {"3a00010000", "a201000260", false},
    {"3a00010000", "a20100027818" TEXT_24, true},
    {"3a00010000", "a20100027819" TEXT_24 "68", false},
    {"3a00010000", "a201000261ff", false}, /* not UTF-8 */
    {"3a00010000", "a201000300", false},
    {"3a00010000", "a301000261610300", false},
    {"00", "00", false}, /* keys that there are not */
    {"02", "6161", false},
    {"03", "6161", false},
    {"09", "00", false},
    {"20", "00", false},
    {"3a00010001", "00", false},
    {"6161", "00", false},
    {"f6", "00", false},
};

static void a_pass_with_one_thing_wrong_is_refused(void **state)
{
	uint8_t payload_buf[PASS_MAX], buf[PASS_MAX], back_buf[PASS_MAX];
	struct outbuf payload = outbuf_in(payload_buf, sizeof(payload_buf));
	struct pass pass = full_pass();

	(void)state;
	pass_put_payload(&payload, &pass);
	assert_true(pass_read_payload(out_view(&payload), &pass));
	for (size_t i = 0; i < LEN(pass_changes); i++) {
		const struct payload_change *c = &pass_changes[i];
		struct bytes changed =
		    payload_changed(out_view(&payload), c, buf, sizeof(buf));
		struct outbuf back = outbuf_in(back_buf, sizeof(back_buf));

		if (pass_read_payload(changed, &pass) != c->taken)
			fail_msg("%s: %s", c->key, c->value);
		if (!c->taken)
			continue;
		pass_put_payload(&back, &pass);
		assert_true(bytes_equal(out_view(&back), changed));
	}
}

static const struct payload_change presentation_changes[] = {
    {"03", NULL, true},      {"03", "60", false},
    {"03", "624142", false}, {"03", "6161", true},
    {"03", "4161", false},   {"06", NULL, false},
    {"06", "00", true},      {"06", "20", false},
    {"06", "f6", false},     {"06", "1b0000003afff44180", false},
    {"07", "00", false},     {"04", "00", false},
    {"01", "6161", false},
};

/* The same run of keys and values, but for the counts: status and class have
 * moved into cnf, where they are nobody's. */
static void what_a_member_swallows_is_not_read_as_its_neighbour(void **state)
{
	uint8_t payload_buf[PASS_MAX];
	struct outbuf payload = outbuf_in(payload_buf, sizeof(payload_buf));
	struct pass pass = full_pass();
	uint8_t *cnf;

	(void)state;
	pass_put_payload(&payload, &pass);
	cnf = memmem(payload.p, payload.n, "\x08\xa1\x01\xa3", 4);
	assert_non_null(cnf);
	assert_int_equal(payload.p[0], 0xa8);
	payload.p[0] -= 2;
	cnf[1] += 2;
	assert_int_equal(cbor_check(out_view(&payload), NULL), CBOR_OK);
	assert_false(pass_read_payload(out_view(&payload), &pass));
	payload.p[0] += 2;
	cnf[1] -= 2;
	assert_true(pass_read_payload(out_view(&payload), &pass));
}

static void a_presentation_with_one_thing_wrong_is_refused(void **state)
{
	struct presentation p = {.iat = 1, .aud = bytes_text("tnm")};
	uint8_t payload_buf[64], buf[64], back_buf[64];
	struct outbuf payload = outbuf_in(payload_buf, sizeof(payload_buf));

	(void)state;
	presentation_put_payload(&payload, &p);
	for (size_t i = 0; i < LEN(presentation_changes); i++) {
		const struct payload_change *c = &presentation_changes[i];
		struct bytes changed =
		    payload_changed(out_view(&payload), c, buf, sizeof(buf));
		struct outbuf back = outbuf_in(back_buf, sizeof(back_buf));

		if (presentation_read_payload(changed, &p) != c->taken)
			fail_msg("%s: %s", c->key, c->value);
		if (!c->taken)
			continue;
		presentation_put_payload(&back, &p);
		assert_true(bytes_equal(out_view(&back), changed));
	}
}

static void a_presentation_holds_the_pass_whole(void **state)
{
	struct pass pass = full_pass();
	uint8_t pass_buf[PASS_MAX], buf[SCANNED_MAX];
	struct bytes message = sign_pass(&pass, pass_buf), live;
	struct bytes aud = bytes_text("tokyo-national-museum");
	struct scan scan;

	(void)state;
	live = sign_presentation(message, aud, buf);
	assert_int_equal(scan_read(live, &scan), VERDICT_NONE);
	assert_true(scan.live);
	assert_true(bytes_equal(scan.pass_cose.whole, message));
	assert_same_pass(&scan.pass, &pass);
	assert_memory_equal(scan.kid, city_key_make(1).kid, 8);
	assert_true(scan.presentation.iat == ISSUED + 60);
	assert_true(bytes_equal(scan.presentation.aud, aud));
	assert_true(cose_verify(&scan.presentation_cose, scan.pass.cnf, NULL));
	assert_true(cose_verify(&scan.pass_cose, city_key_make(1).pk, NULL));
}

static void the_longest_presentation_fits_a_code(void **state)
{
	char text[URI_MAX];
	struct pass pass = full_pass();
	uint8_t pass_buf[PASS_MAX], buf[SCANNED_MAX];
	struct bytes live;
	struct scan scan;

	(void)state;
	memset(text, 'x', sizeof(text));
	pass.iss = bytes_of(text, ISS_MAX);
	pass.uri = bytes_of(text, URI_MAX);
	pass.hint = bytes_of(text, HINT_MAX);
	pass.idx = UINT64_MAX;
	pass.exp = TIME_S_MAX;
	pass.nbf = TIME_S_MAX - 1;
	live = sign_presentation(sign_pass(&pass, pass_buf),
	                         bytes_of(text, NAME_ID_MAX), buf);
	assert_int_equal(scan_read(live, &scan), VERDICT_NONE);
}

static void a_presentation_around_anything_else_is_malformed(void **state)
{
	struct city_key key = city_key_make(1);
	struct pass pass = full_pass();
	uint8_t pass_buf[PASS_MAX], inner[SCANNED_MAX], buf[SCANNED_MAX];
	struct bytes none = {NULL, 0}, message = sign_pass(&pass, pass_buf);
	struct outbuf out = outbuf_in(inner, sizeof(inner));
	struct scan scan;

	(void)state;
	cose_put_sign1(&out, TYP_ATTEMPT, key.kid, bytes_text("\xa0"), key.sk,
	               NULL);
	assert_int_equal(
	    scan_read(sign_presentation(out_view(&out), none, buf), &scan),
	    VERDICT_MALFORMED);
	/* a presentation in a presentation */
	sign_presentation(message, none, inner);
	out = outbuf_in(buf, sizeof(buf));
	cose_put_presentation(&out, sign_presentation(message, none, inner),
	                      bytes_text("\xa1\x06\x00"), key.sk);
	if (!out.failed)
		assert_int_equal(scan_read(out_view(&out), &scan),
		                 VERDICT_MALFORMED);
}

static void other_messages_and_texts_are_no_scans(void **state)
{
	static const int typs[] = {
	    TYP_ATTEMPT,         TYP_REVERSAL, TYP_BUNDLE,       TYP_ENROLMENT,
	    TYP_ISSUER_DOCUMENT, TYP_RECEIPT,  TYP_STATUS_TOKEN, 65000};
	struct city_key key = city_key_make(1);
	uint8_t payload_buf[PASS_MAX], buf[SCANNED_MAX + 1] = {0xd2, 0x84};
	struct outbuf payload = outbuf_in(payload_buf, sizeof(payload_buf));
	struct pass pass = usual_pass();
	struct scan scan;

	(void)state;
	assert_int_equal(scan_read(bytes_of(buf, sizeof(buf)), &scan),
	                 VERDICT_MALFORMED);
	pass_put_payload(&payload, &pass);
	for (size_t i = 0; i < LEN(typs); i++) {
		struct outbuf out = outbuf_in(buf, sizeof(buf));

		cose_put_sign1(&out, (enum typ)typs[i], key.kid,
		               out_view(&payload), key.sk, NULL);
		assert_int_equal(scan_read(out_view(&out), &scan),
		                 VERDICT_MALFORMED);
	}
	assert_int_equal(scan_read(bytes_text("hello"), &scan),
	                 VERDICT_UNKNOWN_FORMAT);
	assert_int_equal(scan_read(bytes_text("OAP1:AB"), &scan),
	                 VERDICT_MALFORMED);
	assert_int_equal(scan_read(bytes_text("OAP9:"), &scan),
	                 VERDICT_UNSUPPORTED_VERSION);
	assert_int_equal(scan_read(bytes_text(""), &scan),
	                 VERDICT_UNKNOWN_FORMAT);
}

/* Whether it is a pass that anybody could take for one of that city: by its
 * signature, and by being found under the key's id. */
static bool passes(struct bytes message)
{
	struct city_key city = city_key_make(1);
	struct scan scan;

	if (scan_read(message, &scan) != VERDICT_NONE)
		return false;
	if (memcmp(scan.kid, city.kid, 8) != 0 ||
	    !cose_verify(&scan.pass_cose, city.pk, NULL))
		return false;
	return !scan.live ||
	       (scan.pass.has_cnf &&
	        cose_verify(&scan.presentation_cose, scan.pass.cnf, NULL));
}

static void check_every_flip(struct bytes message)
{
	uint8_t *copy = test_malloc(message.n);

	memcpy(copy, message.p, message.n);
	assert_true(passes(bytes_of(copy, message.n)));
	for (size_t bit = 0; bit < 8 * message.n; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (passes(bytes_of(copy, message.n)))
			fail_msg("bit %zu flipped, and nobody saw it", bit);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	test_free(copy);
}

/* Each length in its own allocation, so that ASan sees a read past it. */
static void check_every_truncation(struct bytes message)
{
	struct scan scan;

	for (size_t n = 0; n < message.n; n++) {
		uint8_t *copy = test_malloc(n + (n == 0));

		memcpy(copy, message.p, n);
		assert_int_not_equal(scan_read(bytes_of(copy, n), &scan),
		                     VERDICT_NONE);
		test_free(copy);
	}
}

static void no_flipped_bit_and_no_truncation_passes(void **state)
{
	struct pass usual = usual_pass(), full = full_pass();
	uint8_t buf[PASS_MAX], live_buf[SCANNED_MAX];
	struct bytes message;

	(void)state;
	message = sign_pass(&usual, buf);
	check_every_flip(message);
	check_every_truncation(message);
	message = sign_pass(&full, buf);
	check_every_flip(message);
	check_every_truncation(message);
	message = sign_presentation(message, bytes_text("tnm"), live_buf);
	check_every_flip(message);
	check_every_truncation(message);
}

/* A flipped character of the code is as little use as a flipped bit. */
static void no_changed_character_of_a_code_passes(void **state)
{
	struct pass pass = usual_pass();
	uint8_t buf[PASS_MAX], text[CODE_MAX], read[SCANNED_MAX];
	struct outbuf code = outbuf_in(text, sizeof(text));
	struct bytes scanned;

	(void)state;
	code_put(&code, sign_pass(&pass, buf));
	for (size_t i = 0; i < code.n; i++) {
		uint8_t old = text[i];

		text[i] = old == '0' ? '1' : '0';
		if (code_read(out_view(&code), read, &scanned) == VERDICT_NONE)
			assert_false(passes(scanned));
		text[i] = old;
	}
	assert_int_equal(code_read(out_view(&code), read, &scanned), 0);
	assert_true(passes(scanned));
}

static void classes_have_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CLASS_COUNT; i++)
		assert_int_equal(pass_class_of(pass_class_name(i)), i);
	assert_string_equal(pass_class_name(CLASS_DISABLED), "disabled");
	assert_null(pass_class_name(CLASS_COUNT));
	assert_int_equal(pass_class_of("Adult"), -1);
}

static int start(void **state)
{
	(void)state;
	return sodium_init() < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_usual_pass_takes_at_most_215_bytes),
	    cmocka_unit_test(passes_are_written_as_they_are_read),
	    cmocka_unit_test(a_pass_with_one_thing_wrong_is_refused),
	    cmocka_unit_test(
		what_a_member_swallows_is_not_read_as_its_neighbour),
	    cmocka_unit_test(a_presentation_with_one_thing_wrong_is_refused),
	    cmocka_unit_test(a_presentation_holds_the_pass_whole),
	    cmocka_unit_test(the_longest_presentation_fits_a_code),
	    cmocka_unit_test(a_presentation_around_anything_else_is_malformed),
	    cmocka_unit_test(other_messages_and_texts_are_no_scans),
	    cmocka_unit_test(no_flipped_bit_and_no_truncation_passes),
	    cmocka_unit_test(no_changed_character_of_a_code_passes),
	    cmocka_unit_test(classes_have_names),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
