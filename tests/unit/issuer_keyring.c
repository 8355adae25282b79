/* SPDX-License-Identifier: Apache-2.0 */
/* Key files: what goes in comes out, under the right passphrase only, and a
 * damaged file is told from a wrong passphrase. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "keyring.h"
#include "limits.h"

/* As little work as libsodium allows: the tests are about the file. */
static const struct kdf_cost CHEAP = {crypto_pwhash_OPSLIMIT_MIN,
				      crypto_pwhash_MEMLIMIT_MIN};

struct bench {
	char path[32];
	int dir;
	struct city_key *key;
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	strcpy(b->path, "/tmp/keyring.XXXXXX");
	if (sodium_init() < 0 || !mkdtemp(b->path))
		return -1;
	b->dir = open(b->path, O_RDONLY | O_DIRECTORY);
	b->key = city_key_make(ROLE_SIGNING, NULL, randombytes_buf);
	*state = b;
	return b->key ? 0 : -1;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	unlinkat(b->dir, "k", 0);
	close(b->dir);
	rmdir(b->path);
	city_key_free(b->key);
	free(b);
	return 0;
}

static struct passphrase phrase(char *text)
{
	return (struct passphrase){text, strlen(text)};
}

static void write_key(struct bench *b, const struct passphrase *pass)
{
	struct fault fault;

	unlinkat(b->dir, "k", 0);
	assert_true(keyfile_write(b->dir, "k", b->key, pass, CHEAP,
				  randombytes_buf, &fault));
}

static struct blob read_file(struct bench *b)
{
	struct blob blob;
	struct fault fault;

	assert_true(file_read_at(b->dir, "k", KEYFILE_MAX, &blob, &fault));
	return blob;
}

static void assert_same_key(const struct city_key *a,
			    const struct city_key *b)
{
	assert_int_equal(a->role, b->role);
	assert_memory_equal(a->seed, b->seed, 32);
	assert_memory_equal(a->sk, b->sk, 64);
	assert_memory_equal(a->kid, b->kid, 8);
	assert_memory_equal(a->reference, b->reference, REFERENCE_KEY);
}

static void a_sealed_key_opens_under_its_passphrase_only(void **state)
{
	struct bench *b = *state;
	char right[] = "correct horse", wrong[] = "correct house";
	struct passphrase pass = phrase(right);
	struct city_key *key;
	struct fault fault;
	struct keyfile head;
	struct blob blob;

	write_key(b, &pass);
	blob = read_file(b);
	assert_true(keyfile_read(blob_view(&blob), "k", &head, &fault));
	assert_true(head.sealed);
	assert_memory_equal(head.pk, b->key->pk, 32);
	key = keyfile_open(blob_view(&blob), "k", &pass, &fault);
	assert_non_null(key);
	assert_same_key(key, b->key);
	city_key_free(key);
	pass = phrase(wrong);
	assert_null(keyfile_open(blob_view(&blob), "k", &pass, &fault));
	assert_string_equal(fault.text, "k: wrong passphrase");
	blob_free(&blob);
}

static void the_secret_is_nowhere_in_a_sealed_file(void **state)
{
	struct bench *b = *state;
	char text[] = "x";
	struct passphrase pass = phrase(text);
	struct blob blob;

	write_key(b, &pass);
	blob = read_file(b);
	assert_null(memmem(blob.p, blob.n, b->key->seed, 32));
	assert_null(memmem(blob.p, blob.n, b->key->reference, 32));
	blob_free(&blob);
}

static void a_plain_key_needs_no_passphrase_and_says_so(void **state)
{
	struct bench *b = *state;
	const struct passphrase none = {0};
	struct city_key *key;
	struct fault fault;
	struct keyfile head;
	struct blob blob;

	write_key(b, &none);
	blob = read_file(b);
	assert_true(keyfile_read(blob_view(&blob), "k", &head, &fault));
	assert_false(head.sealed);
	key = keyfile_open(blob_view(&blob), "k", &none, &fault);
	assert_non_null(key);
	assert_same_key(key, b->key);
	city_key_free(key);
	blob_free(&blob);
}

static void any_changed_byte_is_a_damaged_file(void **state)
{
	struct bench *b = *state;
	char text[] = "x";
	struct passphrase pass = phrase(text);
	struct fault fault;
	struct keyfile head;
	struct blob blob;

	write_key(b, &pass);
	blob = read_file(b);
	for (size_t i = 0; i < blob.n; i++) {
		blob.p[i] ^= 1;
		assert_false(keyfile_read(blob_view(&blob), "k", &head,
					  &fault));
		if (i >= 8)
			assert_non_null(strstr(fault.text, "damaged"));
		assert_null(keyfile_open(blob_view(&blob), "k", &pass,
					 &fault));
		blob.p[i] ^= 1;
	}
	for (size_t n = 0; n < blob.n; n++)
		assert_false(keyfile_read(bytes_of(blob.p, n), "k", &head,
					  &fault));
	blob_free(&blob);
}

/* A checksum can be made by anyone: what it covers is still judged. */
static void a_file_cannot_ask_for_all_the_memory(void **state)
{
	struct bench *b = *state;
	char text[] = "x";
	struct passphrase pass = phrase(text);
	struct fault fault;
	struct keyfile head;
	struct blob blob;

	write_key(b, &pass);
	blob = read_file(b);
	put_be64(blob.p + 50, UINT64_C(1) << 40);
	crypto_generichash(blob.p + blob.n - 16, 16, blob.p, blob.n - 16, NULL,
			   0);
	assert_false(keyfile_read(blob_view(&blob), "k", &head, &fault));
	blob_free(&blob);
}

static void a_file_is_private_and_never_written_over(void **state)
{
	struct bench *b = *state;
	const struct passphrase none = {0};
	struct fault fault;
	struct stat st;

	write_key(b, &none);
	assert_int_equal(fstatat(b->dir, "k", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_false(keyfile_write(b->dir, "k", b->key, &none, CHEAP,
				   randombytes_buf, &fault));
	assert_non_null(strstr(fault.text, "File exists"));
}

static void a_new_signing_key_keeps_the_reference_key(void **state)
{
	struct bench *b = *state;
	struct city_key *next = city_key_make(
	    ROLE_SIGNING, b->key->reference, randombytes_buf);

	assert_memory_equal(next->reference, b->key->reference, 32);
	assert_memory_not_equal(next->pk, b->key->pk, 32);
	city_key_free(next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_sealed_key_opens_under_its_passphrase_only),
	    cmocka_unit_test(the_secret_is_nowhere_in_a_sealed_file),
	    cmocka_unit_test(a_plain_key_needs_no_passphrase_and_says_so),
	    cmocka_unit_test(any_changed_byte_is_a_damaged_file),
	    cmocka_unit_test(a_file_cannot_ask_for_all_the_memory),
	    cmocka_unit_test(a_file_is_private_and_never_written_over),
	    cmocka_unit_test(a_new_signing_key_keeps_the_reference_key),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
