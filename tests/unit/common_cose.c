/* SPDX-License-Identifier: Apache-2.0 */
/* COSE: other people's examples by their shape and by what they sign, then
 * our profile: what it takes and all that it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sodium.h>

#include "cbor.h"
#include "city.h"
#include "cose.h"
#include "key.h"
#include "limits.h"
#include "vectors.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define KID "0102030405060708"

static const struct {
	const char *name;
	bool shape;    /* a tagged COSE_Sign1, strictly encoded */
	bool same_tbs; /* signs what the example says, as we work it out */
	bool is_ed25519;
} examples[] = {
    {"CWT__A_3", true, true, false},
    {"eddsa-examples__eddsa-01", false, false, false}, /* COSE_Sign */
    {"eddsa-examples__eddsa-sig-01", true, true, true},
    {"sign1-tests__sign-fail-01", false, false, false}, /* tag 998 */
    {"sign1-tests__sign-fail-02", true, false, false},  /* payload */
    {"sign1-tests__sign-fail-03", true, false, false},  /* alg -999 */
    {"sign1-tests__sign-fail-04", true, false, false},  /* alg "unknown" */
    {"sign1-tests__sign-fail-06", true, false, false},  /* header added */
    {"sign1-tests__sign-fail-07", true, false, false},  /* header removed */
    {"sign1-tests__sign-pass-01", true, true, false},   /* empty header */
    {"sign1-tests__sign-pass-02", true, false, false},  /* external_aad */
    {"sign1-tests__sign-pass-03", false, false, false}, /* no tag */
};

static void check_ed25519(const json_t *root, const struct cose *c)
{
	const json_t *key = json_object_get(root, "input");
	uint8_t pk[32];

	key = json_object_get(json_object_get(key, "sign0"), "key");
	vector_hex(key, "x_hex", pk, sizeof(pk));
	assert_true(cose_verify(c, pk, NULL));
	pk[0] ^= 1;
	assert_false(cose_verify(c, pk, NULL));
}

static void check_example(size_t i, const json_t *root)
{
	const json_t *output = json_object_get(root, "output");
	const json_t *between = json_object_get(root, "intermediates");
	uint8_t message[512], expected[512], buf[512];
	struct outbuf tbs = outbuf_in(buf, sizeof(buf));
	struct cose_header header;
	struct bytes whole;
	struct cose c;

	whole = vector_hex(output, "cbor", message, sizeof(message));
	assert_int_equal(cose_parse(whole, COSE_TAG_SIGN1, &c),
	                 examples[i].shape);
	assert_false(cose_open(whole, TYP_PASS, &c, &header));
	assert_true(cose_typ(whole) == 0);
	if (!examples[i].shape || !cose_parse(whole, COSE_TAG_SIGN1, &c))
		return;
	cose_put_tbs(&tbs, COSE_TAG_SIGN1, c.protected, c.payload);
	assert_int_equal(
	    bytes_equal(out_view(&tbs), vector_hex(between, "ToBeSign_hex",
	                                           expected, sizeof(expected))),
	    examples[i].same_tbs);
	if (examples[i].is_ed25519)
		check_ed25519(root, &c);
}

static void public_examples_have_their_shape_and_what_they_sign(void **state)
{
	char name[128];
	json_t *root;

	(void)state;
	for (size_t i = 0; i < LEN(examples); i++) {
		snprintf(name, sizeof(name), "cose-wg-examples/%s.json",
		         examples[i].name);
		root = vectors_load(name);
		if (!root)
			skip();
		check_example(i, root);
		json_decref(root);
	}
}

/* A message from its parts; proof is n bytes of zero. */
static struct bytes compose(unsigned tag, const char *protected,
                            const char *unprotected, const char *payload,
                            size_t proof_n, uint8_t *p, size_t cap)
{
	static const uint8_t zeros[80];
	struct outbuf out = outbuf_in(p, cap);
	uint8_t part[512];

	cbor_put_tag(&out, tag);
	cbor_put_array(&out, 4);
	cbor_put_bytes(&out, from_hex(protected, part, sizeof(part)));
	out_bytes(&out, from_hex(unprotected, part, sizeof(part)));
	cbor_put_bytes(&out, from_hex(payload, part, sizeof(part)));
	cbor_put_bytes(&out, bytes_of(zeros, proof_n));
	assert_false(out.failed);
	return out_view(&out);
}

static const struct {
	const char *what;
	unsigned tag;
	enum typ typ;
	const char *protected, *unprotected, *payload;
	size_t proof_n;
	bool good;
} profile[] = {
    {"a pass", 18, TYP_PASS, "a301270448" KID "1019fde9", "a0", "a0", 64, true},
    {"alg -19", 18, TYP_PASS, "a301320448" KID "1019fde9", "a0", "a0", 64,
     true},
    {"a question", 17, TYP_QUESTION, "a301050448" KID "1019fdf0", "a0", "a0",
     32, true},
    {"a report", 17, TYP_REPORT, "a301050448" KID "1019fdf1", "a0", "a0", 32,
     true},
    {"a status token", 18, TYP_STATUS_TOKEN,
     "a301270448" KID "10781a6170706c69636174696f6e2f7374617475736c6973742b"
     "637774",
     "a0", "a0", 64, true},
    {"a presentation", 18, TYP_PRESENTATION, "a301270dd2801019fdea", "a0", "a0",
     64, true},

    {"another typ", 18, TYP_PASS, "a301270448" KID "1019fdeb", "a0", "a0", 64,
     false},
    {"no typ", 18, TYP_PASS, "a201270448" KID, "a0", "a0", 64, false},
    {"typ of another text", 18, TYP_STATUS_TOKEN, "a301270448" KID "106161",
     "a0", "a0", 64, false},
    {"typ -1 is no status token", 18, TYP_STATUS_TOKEN, "a301270448" KID "1020",
     "a0", "a0", 64, false},
    {"typ of bytes", 18, TYP_PASS, "a301270448" KID "1040", "a0", "a0", 64,
     false},
    {"Mac0 for Sign1", 17, TYP_PASS, "a301050448" KID "1019fde9", "a0", "a0",
     32, false},
    {"Sign1 for Mac0", 18, TYP_QUESTION, "a301270448" KID "1019fdf0", "a0",
     "a0", 64, false},
    {"Mac0 with alg -8", 17, TYP_QUESTION, "a301270448" KID "1019fdf0", "a0",
     "a0", 32, false},
    {"Mac0 with alg 4, a shorter tag", 17, TYP_QUESTION,
     "a301040448" KID "1019fdf0", "a0", "a0", 8, false},
    {"alg 5 in a Sign1", 18, TYP_PASS, "a301050448" KID "1019fde9", "a0", "a0",
     64, false},
    {"alg -7", 18, TYP_PASS, "a301260448" KID "1019fde9", "a0", "a0", 64,
     false},
    {"alg as text", 18, TYP_PASS, "a30161610448" KID "1019fde9", "a0", "a0", 64,
     false},
    {"no alg", 18, TYP_PASS, "a20448" KID "1019fde9", "a0", "a0", 64, false},
    {"no kid", 18, TYP_PASS, "a201271019fde9", "a0", "a0", 64, false},
    {"kid of 7", 18, TYP_PASS, "a301270447010203040506071019fde9", "a0", "a0",
     64, false},
    {"kid of 9", 18, TYP_PASS, "a301270449" KID "091019fde9", "a0", "a0", 64,
     false},
    {"kid as text", 18, TYP_PASS, "a30127046861626364656667681019fde9", "a0",
     "a0", 64, false},
    {"another header", 18, TYP_PASS, "a4012703000448" KID "1019fde9", "a0",
     "a0", 64, false},
    {"another header behind", 18, TYP_PASS, "a401270448" KID "1019fde91100",
     "a0", "a0", 64, false},
    {"a private header", 18, TYP_PASS, "a401270448" KID "1019fde92000", "a0",
     "a0", 64, false},
    {"a header with a text key", 18, TYP_PASS,
     "a401270448" KID "1019fde9616100", "a0", "a0", 64, false},
    {"headers out of order", 18, TYP_PASS, "a301271019fde90448" KID, "a0", "a0",
     64, false},
    {"header twice", 18, TYP_PASS, "a4012701270448" KID "1019fde9", "a0", "a0",
     64, false},
    {"bytes after the header", 18, TYP_PASS, "a301270448" KID "1019fde900",
     "a0", "a0", 64, false},
    {"header no map", 18, TYP_PASS, "80", "a0", "a0", 64, false},
    {"empty header", 18, TYP_PASS, "", "a0", "a0", 64, false},
    {"a pass with kcwt", 18, TYP_PASS, "a401270448" KID "0dd2801019fde9", "a0",
     "a0", 64, false},
    {"presentation with kid", 18, TYP_PRESENTATION,
     "a401270448" KID "0dd2801019fdea", "a0", "a0", 64, false},
    {"presentation without kcwt", 18, TYP_PRESENTATION, "a201271019fdea", "a0",
     "a0", 64, false},
    {"kcwt that is not tagged", 18, TYP_PRESENTATION, "a301270d801019fdea",
     "a0", "a0", 64, false},
    {"unprotected not empty", 18, TYP_PASS, "a301270448" KID "1019fde9",
     "a10300", "a0", 64, false},
    {"unprotected no map", 18, TYP_PASS, "a301270448" KID "1019fde9", "80",
     "a0", 64, false},
    {"unprotected null", 18, TYP_PASS, "a301270448" KID "1019fde9", "f6", "a0",
     64, false},
    {"payload empty", 18, TYP_PASS, "a301270448" KID "1019fde9", "a0", "", 64,
     false},
    {"payload not strict", 18, TYP_PASS, "a301270448" KID "1019fde9", "a0",
     "1817", 64, false},
    {"signature of 63", 18, TYP_PASS, "a301270448" KID "1019fde9", "a0", "a0",
     63, false},
    {"signature of 65", 18, TYP_PASS, "a301270448" KID "1019fde9", "a0", "a0",
     65, false},
    {"no signature", 18, TYP_PASS, "a301270448" KID "1019fde9", "a0", "a0", 0,
     false},
    {"MAC of 31", 17, TYP_QUESTION, "a301050448" KID "1019fdf0", "a0", "a0", 31,
     false},
    {"MAC of 33", 17, TYP_QUESTION, "a301050448" KID "1019fdf0", "a0", "a0", 33,
     false},
};

static void the_profile_is_held_to(void **state)
{
	struct cose_header header;
	struct bytes message;
	uint8_t buf[512];
	struct cose c;

	(void)state;
	for (size_t i = 0; i < LEN(profile); i++) {
		message = compose(profile[i].tag, profile[i].protected,
		                  profile[i].unprotected, profile[i].payload,
		                  profile[i].proof_n, buf, sizeof(buf));
		if (cose_open(message, profile[i].typ, &c, &header) !=
		    profile[i].good)
			fail_msg("%s", profile[i].what);
		if (profile[i].good)
			assert_true(cose_typ(message) == profile[i].typ);
	}
}

static void other_outer_shapes_are_refused(void **state)
{
	static const char *const shapes[] = {
	    "",
	    "d2",
	    "d280",
	    "d28340a040",
	    "d28540a0404040",
	    "d2a0",
	    "8440a04040",
	    "d28440a0f640", /* detached payload */
	    "d284a0a04040", /* header not wrapped */
	    "d28440a06040",
	    "d28440a04060",
	    "d28440a0404000", /* a byte after it */
	    "d1d28440a04040",
	};
	uint8_t buf[64];
	struct cose c;

	(void)state;
	for (size_t i = 0; i < LEN(shapes); i++) {
		struct bytes b = from_hex(shapes[i], buf, sizeof(buf));

		if (cose_parse(b, COSE_TAG_SIGN1, &c))
			fail_msg("%s", shapes[i]);
	}
	assert_true(cose_parse(from_hex("d28440a04040", buf, sizeof(buf)),
	                       COSE_TAG_SIGN1, &c));
	assert_false(cose_parse(from_hex("d28440a04040", buf, sizeof(buf)),
	                        COSE_TAG_MAC0, &c));
}

static void a_signed_message_opens_and_verifies(void **state)
{
	struct city_key key = city_key_make(1), other = city_key_make(2);
	uint8_t buf[512];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct cose_header header;
	struct cose c;

	(void)state;
	cose_put_sign1(&out, TYP_ATTEMPT, key.kid, bytes_text("\xa0"), key.sk,
	               NULL);
	assert_false(out.failed);
	assert_true(cose_open(out_view(&out), TYP_ATTEMPT, &c, &header));
	assert_memory_equal(header.kid, key.kid, 8);
	assert_int_equal(header.alg, COSE_ALG_EDDSA);
	assert_true(cose_verify(&c, key.pk, NULL));
	assert_false(cose_verify(&c, other.pk, NULL));
	assert_false(cose_verify_mac(&c, key.pk));
}

static void a_mac_is_over_the_mac_structure(void **state)
{
	struct city_key key = city_key_make(1);
	uint8_t buf[512], tbs_buf[512], mac[32];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct outbuf tbs = outbuf_in(tbs_buf, sizeof(tbs_buf));
	struct cose_header header;
	struct cose c;

	(void)state;
	cose_put_mac0(&out, TYP_REPORT, key.kid, bytes_text("\xa0"), key.pk);
	assert_true(cose_open(out_view(&out), TYP_REPORT, &c, &header));
	assert_true(cose_verify_mac(&c, key.pk));
	assert_false(cose_verify_mac(&c, key.sk));
	cose_put_tbs(&tbs, COSE_TAG_MAC0, c.protected, c.payload);
	crypto_auth_hmacsha256(mac, tbs.p, tbs.n, key.pk);
	assert_memory_equal(mac, c.proof.p, 32);
	c.proof.n = 31;
	assert_false(cose_verify_mac(&c, key.pk));
}

/* What is signed may take whole.n + 32 bytes at most, and no more is asked. */
static void large_messages_need_scratch_of_their_size(void **state)
{
	struct city_key key = city_key_make(1);
	size_t n = 100000, cap = n + 256;
	uint8_t *payload = test_calloc(n, 1), *buf = test_malloc(cap);
	uint8_t *room = test_malloc(cap);
	struct outbuf out = outbuf_in(buf, cap), scratch;
	struct cose_header header;
	struct cose c;

	(void)state;
	memcpy(payload, "\x5a\x00\x01\x86\x9b", 5); /* 99995 bytes */
	cose_put_sign1(&out, TYP_BUNDLE, key.kid, bytes_of(payload, n), key.sk,
	               NULL);
	assert_true(out.failed);
	out = outbuf_in(buf, cap);
	scratch = outbuf_in(room, cap);
	cose_put_sign1(&out, TYP_BUNDLE, key.kid, bytes_of(payload, n), key.sk,
	               &scratch);
	assert_false(out.failed);
	assert_true(cose_open(out_view(&out), TYP_BUNDLE, &c, &header));
	assert_false(cose_verify(&c, key.pk, NULL));
	scratch = outbuf_in(room, out.n + 32);
	assert_true(cose_verify(&c, key.pk, &scratch));
	scratch = outbuf_in(room, n);
	assert_false(cose_verify(&c, key.pk, &scratch));
	test_free(payload);
	test_free(buf);
	test_free(room);
}

static void what_does_not_fit_fails_aloud(void **state)
{
	struct city_key key = city_key_make(1);
	uint8_t buf[512], pass[PASS_MAX + 64] = {0};
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	size_t whole;

	(void)state;
	cose_put_sign1(&out, TYP_ATTEMPT, key.kid, bytes_text("\xa0"), key.sk,
	               NULL);
	whole = out.n;
	for (size_t cap = 0; cap <= whole; cap++) {
		out = outbuf_in(buf, cap);
		cose_put_sign1(&out, TYP_ATTEMPT, key.kid, bytes_text("\xa0"),
		               key.sk, NULL);
		assert_int_equal(out.failed, cap < whole);
	}
	out = outbuf_in(buf, sizeof(buf));
	cose_put_presentation(&out, bytes_of(pass, sizeof(pass)),
	                      bytes_text("\xa0"), key.sk);
	assert_true(out.failed);
}

static int start(void **state)
{
	(void)state;
	return sodium_init() < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
	        public_examples_have_their_shape_and_what_they_sign),
	    cmocka_unit_test(the_profile_is_held_to),
	    cmocka_unit_test(other_outer_shapes_are_refused),
	    cmocka_unit_test(a_signed_message_opens_and_verifies),
	    cmocka_unit_test(a_mac_is_over_the_mac_structure),
	    cmocka_unit_test(large_messages_need_scratch_of_their_size),
	    cmocka_unit_test(what_does_not_fit_fails_aloud),
	};

	return vectors_status(cmocka_run_group_tests(tests, start, NULL));
}
