/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 against public vectors, key ids, and the shared MAC key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sodium.h>

#include "key.h"
#include "vectors.h"

/* The message is on the heap for its size, so that ASan sees its end. */
static bool verify_vector(const uint8_t pk[32], const json_t *one)
{
	const char *msg = vector_text(one, "msg");
	const char *sig = vector_text(one, "sig");
	size_t msg_n = strlen(msg) / 2, sig_n = strlen(sig) / 2;
	uint8_t *m = test_malloc(msg_n + 1), *s = test_malloc(sig_n + 1);
	bool good;

	good = key_verify(pk, from_hex(msg, m, msg_n), from_hex(sig, s, sig_n));
	test_free(m);
	test_free(s);
	return good;
}

static void wycheproof_ed25519_comes_out_as_expected(void **state)
{
	json_t *root = vectors_load("wycheproof_ed25519_test.json");
	json_t *group, *one;
	size_t g, i, count = 0, valid = 0, other_length = 0;
	uint8_t pk[32];

	(void)state;
	if (!root)
		skip();
	json_array_foreach(json_object_get(root, "testGroups"), g, group)
	{
		const json_t *key = json_object_get(group, "publicKey");

		assert_int_equal(vector_hex(key, "pk", pk, 32).n, 32);
		json_array_foreach(json_object_get(group, "tests"), i, one)
		{
			bool expected =
			    strcmp(vector_text(one, "result"), "valid") == 0;

			if (verify_vector(pk, one) != expected)
				fail_msg("%s", vector_text(one, "comment"));
			count++;
			valid += expected;
			other_length += strlen(vector_text(one, "sig")) != 128;
		}
	}
	assert_int_equal(count, 151);
	assert_true(valid > 50 && valid < 151);
	assert_int_equal(other_length, 12);
	json_decref(root);
}

static void rfc_8032_signs_and_verifies(void **state)
{
	json_t *root = vectors_load("rfc8032_ed25519.json"), *one;
	uint8_t seed[32], pk[32], sk[64], expected[64], sig[64], other[32];
	size_t i;

	(void)state;
	if (!root)
		skip();
	assert_true(json_array_size(json_object_get(root, "tests")) >= 4);
	json_array_foreach(json_object_get(root, "tests"), i, one)
	{
		uint8_t msg[256];
		struct bytes m = vector_hex(one, "msg", msg, sizeof(msg));

		vector_hex(one, "seed", seed, sizeof(seed));
		vector_hex(one, "pk", expected, 32);
		crypto_sign_seed_keypair(pk, sk, seed);
		assert_memory_equal(pk, expected, 32);
		vector_hex(one, "sig", expected, 64);
		crypto_sign_detached(sig, NULL, m.p, m.n, sk);
		assert_memory_equal(sig, expected, 64);
		assert_true(verify_vector(pk, one));
		memcpy(other, pk, 32);
		other[31] ^= 0x80;
		assert_false(verify_vector(other, one));
	}
	json_decref(root);
}

static void signatures_of_another_length_are_refused(void **state)
{
	uint8_t seed[32] = {1}, pk[32], sk[64], sig[65] = {0};
	struct bytes msg = bytes_text("entry");

	(void)state;
	crypto_sign_seed_keypair(pk, sk, seed);
	crypto_sign_detached(sig, NULL, msg.p, msg.n, sk);
	assert_true(key_verify(pk, msg, bytes_of(sig, 64)));
	assert_false(key_verify(pk, msg, bytes_of(sig, 65)));
	assert_false(key_verify(pk, msg, bytes_of(sig, 63)));
	assert_false(key_verify(pk, msg, bytes_of(NULL, 0)));
}

/* RFC 9679: the hash of the key's required members in deterministic CBOR. */
static void a_key_id_is_the_start_of_the_cose_thumbprint(void **state)
{
	static const char hex[] =
	    "a301012006215820d75a980182b10ab7d54bfed3c964073a"
	    "0ee172f3daa62325af021a68f707511a";
	uint8_t cose[40], expected[32], out[32], kid[8], buf[40], back[32];
	struct outbuf put = outbuf_in(buf, sizeof(buf));
	struct cbor_in in;

	(void)state;
	from_hex(hex, cose, sizeof(cose));
	crypto_hash_sha256(expected, cose, sizeof(cose));
	key_thumbprint(cose + 8, out);
	assert_memory_equal(out, expected, 32);
	key_kid(cose + 8, kid);
	assert_memory_equal(kid, expected, 8);
	key_put_cose(&put, cose + 8);
	assert_true(bytes_equal(out_view(&put), bytes_of(cose, sizeof(cose))));
	in = cbor_reader(bytes_of(cose, sizeof(cose)));
	assert_true(key_read_cose(&in, back) && cbor_at_end(&in));
	assert_memory_equal(back, cose + 8, 32);
}

static void only_a_whole_ed25519_cose_key_is_read(void **state)
{
	uint8_t cose[44], pk[32];

	(void)state;
	for (size_t at = 0; at < 8; at++) {
		struct outbuf out = outbuf_in(cose, sizeof(cose));
		struct cbor_in in;

		key_put_cose(&out, (const uint8_t[32]){7});
		cose[at] ^= 1;
		in = cbor_reader(out_view(&out));
		assert_false(key_read_cose(&in, pk));
		assert_ptr_equal(in.p, cose);
	}
	for (size_t n = 0; n < 40; n++) {
		struct outbuf out = outbuf_in(cose, sizeof(cose));
		struct cbor_in in;

		key_put_cose(&out, (const uint8_t[32]){7});
		in = cbor_reader(bytes_of(cose, n));
		assert_false(key_read_cose(&in, pk));
	}
	struct outbuf out = outbuf_in(cose, sizeof(cose));
	struct cbor_in in;

	key_put_cose(&out, (const uint8_t[32]){7});
	cose[0]++; /* one pair more: -4 (d) would be a secret */
	cbor_put_int(&out, -4);
	cbor_put_null(&out);
	in = cbor_reader(out_view(&out));
	assert_false(key_read_cose(&in, pk));
}

static void both_sides_derive_the_same_mac_key(void **state)
{
	uint8_t kiosk_pk[32], kiosk_sk[64], service_pk[32], service_sk[64];
	uint8_t other_pk[32], other_sk[64], a[32], b[32];

	(void)state;
	crypto_sign_seed_keypair(kiosk_pk, kiosk_sk, (uint8_t[32]){1});
	crypto_sign_seed_keypair(service_pk, service_sk, (uint8_t[32]){2});
	crypto_sign_seed_keypair(other_pk, other_sk, (uint8_t[32]){3});
	assert_true(key_derive_mac(kiosk_sk, service_pk, a));
	assert_true(key_derive_mac(service_sk, kiosk_pk, b));
	assert_memory_equal(a, b, 32);
	assert_true(key_derive_mac(service_sk, other_pk, b));
	assert_memory_not_equal(a, b, 32);
}

static void a_public_key_that_is_no_usable_point_derives_nothing(void **state)
{
	uint8_t pk[32], sk[64], mac[32], bad[32] = {0};

	(void)state;
	crypto_sign_seed_keypair(pk, sk, (uint8_t[32]){1});
	assert_false(key_derive_mac(sk, bad, mac)); /* small order */
	bad[0] = 1;
	assert_false(key_derive_mac(sk, bad, mac)); /* the identity */
	memset(bad, 0xff, sizeof(bad));
	assert_false(key_derive_mac(sk, bad, mac)); /* not canonical */
	memset(bad, 0, sizeof(bad));
	bad[0] = 2;
	assert_false(key_derive_mac(sk, bad, mac)); /* not on the curve */
}

static int start(void **state)
{
	(void)state;
	return sodium_init() < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wycheproof_ed25519_comes_out_as_expected),
	    cmocka_unit_test(rfc_8032_signs_and_verifies),
	    cmocka_unit_test(signatures_of_another_length_are_refused),
	    cmocka_unit_test(a_key_id_is_the_start_of_the_cose_thumbprint),
	    cmocka_unit_test(only_a_whole_ed25519_cose_key_is_read),
	    cmocka_unit_test(both_sides_derive_the_same_mac_key),
	    cmocka_unit_test(
	        a_public_key_that_is_no_usable_point_derives_nothing),
	};

	return vectors_status(cmocka_run_group_tests(tests, start, NULL));
}
