/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_passcache.c: signatures are remembered for the message and the key
 * they were verified under, and for nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "passcache.h"

struct signer {
	uint8_t pk[32], sk[64], kid[8];
};

static struct signer signer_of(uint8_t n)
{
	uint8_t seed[32] = {n};
	struct signer s;

	crypto_sign_seed_keypair(s.pk, s.sk, seed);
	key_kid(s.pk, s.kid);
	return s;
}

/* A message of its own for each number, in any shape that is signed. */
static struct cose message_of(const struct signer *s, unsigned n,
			      uint8_t buf[static 256])
{
	uint8_t payload[16];
	struct outbuf inner = outbuf_in(payload, sizeof(payload));
	struct outbuf out = outbuf_in(buf, 256);
	struct cose_header header;
	struct cose cose;

	cbor_put_uint(&inner, n);
	cose_put_sign1(&out, TYP_PASS, s->kid, out_view(&inner), s->sk, NULL);
	assert_false(out.failed);
	assert_true(cose_open(out_view(&out), TYP_PASS, &cose, &header));
	return cose;
}

static struct passcache_figures figures(struct passcache *cache)
{
	struct passcache_figures f;

	passcache_figures(cache, &f);
	return f;
}

static void what_was_verified_is_remembered(void **state)
{
	struct passcache *cache = passcache_new(64);
	struct signer s = signer_of(1);
	uint8_t buf[256];
	struct cose m = message_of(&s, 1, buf);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(passcache_verify(cache, &m, s.pk));
	assert_int_equal(figures(cache).misses, 1);
	assert_int_equal(figures(cache).hits, 2);
	assert_int_equal(figures(cache).refused, 0);
	passcache_free(cache);
}

static void a_known_message_under_another_key_is_refused(void **state)
{
	struct passcache *cache = passcache_new(64);
	struct signer s = signer_of(1), other = signer_of(2);
	uint8_t buf[256];
	struct cose m = message_of(&s, 1, buf);

	(void)state;
	assert_true(passcache_verify(cache, &m, s.pk));
	for (int i = 0; i < 3; i++)
		assert_false(passcache_verify(cache, &m, other.pk));
	assert_int_equal(figures(cache).refused, 3);
	assert_int_equal(figures(cache).misses, 1);
	passcache_free(cache);
}

static void any_flipped_bit_of_a_known_message_is_refused(void **state)
{
	struct passcache *cache = passcache_new(64);
	struct signer s = signer_of(1);
	uint8_t buf[256];
	struct cose m = message_of(&s, 1, buf);
	size_t taken = 0;

	(void)state;
	assert_true(passcache_verify(cache, &m, s.pk));
	for (size_t i = 0; i < 8 * m.whole.n; i++) {
		buf[i / 8] ^= (uint8_t)(1 << i % 8);
		/* The parts are views: they see the flip as it came. */
		taken += passcache_verify(cache, &m, s.pk);
		buf[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	/* Heads lie outside of what is signed: cose_open refuses those. */
	assert_true(taken <= 8 * (m.whole.n - m.payload.n - m.proof.n -
				  m.protected.n));
	assert_true(passcache_verify(cache, &m, s.pk));
	passcache_free(cache);
}

static void junk_pushes_nothing_out(void **state)
{
	struct passcache *cache = passcache_new(64);
	struct signer s = signer_of(1), other = signer_of(2);
	uint8_t buf[256], junk[256];
	struct cose m = message_of(&s, 1, buf);

	(void)state;
	assert_true(passcache_verify(cache, &m, s.pk));
	for (unsigned n = 0; n < 1000; n++) {
		struct cose bad = message_of(&other, n, junk);

		assert_false(passcache_verify(cache, &bad, s.pk));
	}
	assert_true(passcache_verify(cache, &m, s.pk));
	assert_int_equal(figures(cache).hits, 1);
	passcache_free(cache);
}

static void a_full_cache_forgets_but_never_errs(void **state)
{
	struct passcache *cache = passcache_new(64);
	struct signer s = signer_of(1);
	uint8_t buf[256];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (unsigned n = 0; n < 1000; n++) {
			struct cose m = message_of(&s, n, buf);

			assert_true(passcache_verify(cache, &m, s.pk));
		}
	}
	assert_true(figures(cache).misses > 1900);
	assert_int_equal(figures(cache).misses + figures(cache).hits, 2000);
	passcache_free(cache);
}

#define THREADS 4
#define ROUNDS 400

struct racer {
	pthread_t thread;
	struct passcache *cache;
	struct signer good, bad;
	bool right;
};

static void *race(void *arg)
{
	struct racer *racer = arg;
	uint8_t buf[256];

	racer->right = true;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct cose m = message_of(&racer->good, i % 32, buf);

		racer->right = racer->right &&
			       passcache_verify(racer->cache, &m,
						racer->good.pk) &&
			       !passcache_verify(racer->cache, &m,
						 racer->bad.pk);
	}
	return NULL;
}

static void threads_share_it(void **state)
{
	struct passcache *cache = passcache_new(64);
	struct racer racers[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){.cache = cache,
					   .good = signer_of(1),
					   .bad = signer_of(2)};
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race,
						&racers[i]),
				 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(racers[i].thread, NULL);
		assert_true(racers[i].right);
	}
	assert_int_equal(figures(cache).refused, THREADS * ROUNDS);
	assert_int_equal(figures(cache).hits + figures(cache).misses,
			 THREADS * ROUNDS);
	passcache_free(cache);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_verified_is_remembered),
	    cmocka_unit_test(a_known_message_under_another_key_is_refused),
	    cmocka_unit_test(any_flipped_bit_of_a_known_message_is_refused),
	    cmocka_unit_test(junk_pushes_nothing_out),
	    cmocka_unit_test(a_full_cache_forgets_but_never_errs),
	    cmocka_unit_test(threads_share_it),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
