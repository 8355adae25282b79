/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "servicekeys.h"

static char dir[64], path[96], error[256];
static const uint8_t wrap[SERVICE_WRAP_KEY] = {7}, other_wrap[32] = {8};

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/oap-keys-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/service.key", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

static struct service_keys *open_keys(const uint8_t *with)
{
	struct service_keys *keys;

	error[0] = '\0';
	keys = service_keys_open(dir, with, true, error, sizeof(error));
	assert_true((keys == NULL) == (error[0] != '\0'));
	return keys;
}

static void assert_refused(const uint8_t *with, const char *says)
{
	assert_null(open_keys(with));
	assert_non_null(strstr(error, path));
	assert_non_null(strstr(error, says));
}

static size_t read_all(uint8_t *p, size_t cap)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(p, 1, cap, f);
	fclose(f);
	return n;
}

static void write_all(const uint8_t *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void made_once_and_the_same_ever_after(void **state)
{
	const uint8_t *const WITH[] = {NULL, wrap};
	struct service_keys *a, *b;

	(void)state;
	for (int i = 0; i < 2; i++) {
		a = open_keys(WITH[i]);
		b = open_keys(WITH[i]);
		assert_non_null(a);
		assert_non_null(b);
		assert_memory_equal(a, b, sizeof(*a));
		service_keys_free(a);
		service_keys_free(b);
		unlink(path);
	}
}

static void every_service_has_its_own(void **state)
{
	struct service_keys *a = open_keys(NULL), *b;

	(void)state;
	unlink(path);
	b = open_keys(NULL);
	assert_memory_not_equal(a->pk, b->pk, 32);
	assert_memory_not_equal(a->pass_key, b->pass_key, 32);
	assert_memory_not_equal(a->grant_key, b->grant_key, 32);
	assert_memory_not_equal(a->pass_key, a->grant_key, 32);
	service_keys_free(a);
	service_keys_free(b);
}

static void keys_sign_and_are_known_by_their_kid(void **state)
{
	struct service_keys *keys = open_keys(NULL);
	uint8_t signature[64], kid[8];
	const uint8_t message[] = "bundle";

	(void)state;
	crypto_sign_detached(signature, NULL, message, sizeof(message),
			     keys->sk);
	assert_true(key_verify(keys->pk, bytes_of(message, sizeof(message)),
			       bytes_of(signature, 64)));
	key_kid(keys->pk, kid);
	assert_memory_equal(kid, keys->kid, 8);
	service_keys_free(keys);
}

static void file_is_the_owners_alone(void **state)
{
	struct stat st;
	mode_t mask = umask(0);

	(void)state;
	service_keys_free(open_keys(NULL));
	umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(chmod(path, 0640), 0);
	assert_refused(NULL, "chmod 600");
}

static void sealed_file_opens_with_its_credential_alone(void **state)
{
	(void)state;
	service_keys_free(open_keys(wrap));
	assert_refused(NULL, "sealed");
	assert_refused(other_wrap, "does not open it");
	unlink(path);
	service_keys_free(open_keys(NULL));
	assert_refused(wrap, "not sealed");
}

static void sealed_file_shows_no_secret(void **state)
{
	struct service_keys *keys = open_keys(wrap);
	uint8_t file[512];
	size_t n = read_all(file, sizeof(file));

	(void)state;
	assert_null(memmem(file, n, keys->sk, 32));
	assert_null(memmem(file, n, keys->pass_key, 32));
	assert_null(memmem(file, n, keys->grant_key, 32));
	service_keys_free(keys);
}

static void cut_file_is_refused_at_any_length(void **state)
{
	const uint8_t *const WITH[] = {NULL, wrap};
	uint8_t file[512];
	size_t n;

	(void)state;
	for (int i = 0; i < 2; i++) {
		service_keys_free(open_keys(WITH[i]));
		n = read_all(file, sizeof(file));
		for (size_t cut = 0; cut < n; cut++) {
			write_all(file, cut);
			assert_refused(WITH[i], "");
		}
		file[n] = 0;
		write_all(file, n + 1);
		assert_refused(WITH[i], "");
		unlink(path);
	}
}

static void one_flipped_bit_of_a_sealed_file_is_refused(void **state)
{
	uint8_t file[512];
	size_t n;

	(void)state;
	service_keys_free(open_keys(wrap));
	n = read_all(file, sizeof(file));
	for (size_t bit = 0; bit < 8 * n; bit++) {
		file[bit / 8] ^= (uint8_t)(1u << bit % 8);
		write_all(file, n);
		assert_refused(wrap, "");
		file[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void long_file_is_refused(void **state)
{
	static const uint8_t zeros[4096];

	(void)state;
	service_keys_free(open_keys(NULL));
	write_all(zeros, sizeof(zeros));
	assert_refused(NULL, "too long");
}

static void rest_of_an_interrupted_start_is_no_hindrance(void **state)
{
	struct service_keys *keys;
	char temporary[128];
	int fd;

	(void)state;
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "half", 4), 4);
	close(fd);
	keys = open_keys(NULL);
	assert_non_null(keys);
	assert_int_equal(access(temporary, F_OK), -1);
	service_keys_free(keys);
}

static void link_in_its_place_is_not_followed(void **state)
{
	(void)state;
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_refused(NULL, "cannot be opened");
}

static void directory_that_is_not_there_is_said(void **state)
{
	(void)state;
	assert_null(service_keys_open("/tmp/oap-no-such-directory", NULL, true,
				      error, sizeof(error)));
	assert_non_null(strstr(error, "/tmp/oap-no-such-directory"));
}

static void passes_hash_apart(void **state)
{
	uint8_t key[32] = {1}, cti[16] = {2}, first[16], next[16];

	(void)state;
	pass_hash(key, bytes_text("a.example"), cti, first);
	pass_hash(key, bytes_text("a.example"), cti, next);
	assert_memory_equal(first, next, 16);
	pass_hash(key, bytes_text("b.example"), cti, next);
	assert_memory_not_equal(first, next, 16);
	cti[0] ^= 1;
	pass_hash(key, bytes_text("a.example"), cti, next);
	assert_memory_not_equal(first, next, 16);
	cti[0] ^= 1;
	key[0] ^= 1;
	pass_hash(key, bytes_text("a.example"), cti, next);
	assert_memory_not_equal(first, next, 16);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(made_once_and_the_same_ever_after),
	    TEST(every_service_has_its_own),
	    TEST(keys_sign_and_are_known_by_their_kid),
	    TEST(file_is_the_owners_alone),
	    TEST(sealed_file_opens_with_its_credential_alone),
	    TEST(sealed_file_shows_no_secret),
	    TEST(cut_file_is_refused_at_any_length),
	    TEST(one_flipped_bit_of_a_sealed_file_is_refused),
	    TEST(long_file_is_refused),
	    TEST(rest_of_an_interrupted_start_is_no_hindrance),
	    TEST(link_in_its_place_is_not_followed),
	    TEST(directory_that_is_not_there_is_said),
	    TEST(passes_hash_apart),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
