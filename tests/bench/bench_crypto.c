/* SPDX-License-Identifier: Apache-2.0 */
/* bench_crypto.c: libsodium's own Ed25519 on one core: microseconds for a
 * verify and for a signature of a message of a pass's size, each the median of
 * batches, so that a disturbance of the machine counts little. One JSON
 * object on stdout. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCHES 41
#define BATCH 200
#define MESSAGE 220

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(void)
{
	unsigned char pk[crypto_sign_PUBLICKEYBYTES];
	unsigned char sk[crypto_sign_SECRETKEYBYTES];
	unsigned char signature[crypto_sign_BYTES], message[MESSAGE];
	double sign[BATCHES], verify[BATCHES];

	if (sodium_init() < 0)
		return 4;
	crypto_sign_keypair(pk, sk);
	randombytes_buf(message, sizeof(message));
	for (int b = 0; b < BATCHES; b++) {
		double start = now_us();

		for (int i = 0; i < BATCH; i++)
			crypto_sign_detached(signature, NULL, message,
					     sizeof(message), sk);
		double middle = now_us();
		for (int i = 0; i < BATCH; i++)
			if (crypto_sign_verify_detached(signature, message,
							sizeof(message),
							pk) != 0)
				return 1;
		sign[b] = (middle - start) / BATCH;
		verify[b] = (now_us() - middle) / BATCH;
	}
	qsort(sign, BATCHES, sizeof(*sign), by_size);
	qsort(verify, BATCHES, sizeof(*verify), by_size);
	printf("{\"verify_us\":%.3f,\"sign_us\":%.3f}\n", verify[BATCHES / 2],
	       sign[BATCHES / 2]);
	return 0;
}
