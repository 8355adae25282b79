/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keyfile.h"

#define NAME "device.key"

struct place {
	char path[64];
	int fd;
	struct env env;
};

static int set_up(void **state)
{
	static struct place p;

	strcpy(p.path, "/tmp/oap-key-XXXXXX");
	if (sodium_init() < 0 || mkdtemp(p.path) == NULL)
		return -1;
	p.fd = open(p.path, O_RDONLY | O_DIRECTORY);
	p.env = env_real();
	*state = &p;
	return p.fd < 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	unlinkat(p->fd, NAME, 0);
	unlinkat(p->fd, NAME ".new", 0);
	close(p->fd);
	return rmdir(p->path);
}

static void make(struct place *p, const uint8_t *wrapping, uint8_t pk[32])
{
	struct device_key key;

	assert_int_equal(
	    keyfile_make(p->fd, p->path, KEYFILE_DEVICE, &p->env, wrapping,
			 &key, NULL),
	    OAP_OK);
	memcpy(pk, key.pk, 32);
	keyfile_forget(&key);
}

static enum oap_result read_back(struct place *p, const uint8_t *wrapping,
				 const uint8_t pk[32])
{
	struct device_key key = {.sk = NULL};
	enum oap_result r = keyfile_read(p->fd, p->path, KEYFILE_DEVICE,
					 wrapping, &key, NULL);

	if (r == OAP_OK)
		assert_memory_equal(key.pk, pk, 32);
	keyfile_forget(&key);
	return r;
}

static void key_comes_back_and_is_private(void **state)
{
	struct place *p = *state;
	struct stat st;
	uint8_t pk[32];

	make(p, NULL, pk);
	assert_int_equal(read_back(p, NULL, pk), OAP_OK);
	assert_int_equal(fstatat(p->fd, NAME, &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void key_that_is_there_is_never_replaced(void **state)
{
	struct place *p = *state;
	struct device_key other;
	uint8_t pk[32];

	make(p, NULL, pk);
	assert_int_equal(keyfile_make(p->fd, p->path, KEYFILE_DEVICE,
				      &p->env, NULL, &other,
				      NULL),
			 OAP_BAD_KEY);
	assert_int_equal(read_back(p, NULL, pk), OAP_OK);
}

static void wrapped_key_needs_the_same_wrapping_key(void **state)
{
	struct place *p = *state;
	uint8_t wrapping[WRAPPING_KEY] = {1}, other[WRAPPING_KEY] = {2};
	uint8_t pk[32];

	make(p, wrapping, pk);
	assert_int_equal(read_back(p, wrapping, pk), OAP_OK);
	assert_int_equal(read_back(p, other, pk), OAP_BAD_KEY);
	assert_int_equal(read_back(p, NULL, pk), OAP_BAD_KEY);
}

static void key_that_others_may_read_is_refused(void **state)
{
	struct place *p = *state;
	uint8_t pk[32];

	make(p, NULL, pk);
	assert_int_equal(fchmodat(p->fd, NAME, 0640, 0), 0);
	assert_int_equal(read_back(p, NULL, pk), OAP_BAD_KEY);
}

static void every_truncation_is_refused(void **state)
{
	struct place *p = *state;
	uint8_t wrapping[WRAPPING_KEY] = {1}, file[256], pk[32];
	int fd;
	ssize_t n;

	make(p, wrapping, pk);
	fd = openat(p->fd, NAME, O_RDWR);
	n = read(fd, file, sizeof(file));
	while (--n >= 0) {
		assert_int_equal(ftruncate(fd, n), 0);
		assert_int_equal(read_back(p, wrapping, pk), OAP_BAD_KEY);
	}
	close(fd);
}

static void missing_key_is_not_found(void **state)
{
	uint8_t pk[32] = {0};

	assert_int_equal(read_back(*state, NULL, pk), OAP_NOT_FOUND);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void next_key_takes_the_place_of_the_one_in_use(void **state)
{
	struct device_key next = {.sk = NULL};
	struct place *p = *state;
	uint8_t first[32], second[32];
	struct stat st;

	make(p, NULL, first);
	assert_int_equal(keyfile_read(p->fd, p->path, KEYFILE_NEXT, NULL,
				      &next, NULL),
			 OAP_NOT_FOUND);
	assert_int_equal(keyfile_follow(p->fd, p->path, NULL), OAP_BAD_KEY);
	assert_int_equal(keyfile_make(p->fd, p->path, KEYFILE_NEXT, &p->env,
				      NULL, &next, NULL),
			 OAP_OK);
	memcpy(second, next.pk, 32);
	keyfile_forget(&next);
	assert_int_equal(read_back(p, NULL, first), OAP_OK);
	assert_int_equal(keyfile_follow(p->fd, p->path, NULL), OAP_OK);
	assert_int_equal(read_back(p, NULL, second), OAP_OK);
	assert_int_equal(fstatat(p->fd, NAME ".next", &st, 0), -1);
}

static void erased_keys_are_overwritten_and_gone(void **state)
{
	static const uint8_t nothing[16];
	struct device_key next = {.sk = NULL};
	struct place *p = *state;
	uint8_t pk[32], bytes[16];
	struct stat st;
	int fd;

	make(p, NULL, pk);
	assert_int_equal(keyfile_make(p->fd, p->path, KEYFILE_NEXT, &p->env,
				      NULL, &next, NULL),
			 OAP_OK);
	keyfile_forget(&next);
	fd = openat(p->fd, NAME, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(keyfile_erase(p->fd, p->path, NULL), OAP_OK);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 8), sizeof(bytes));
	assert_memory_equal(bytes, nothing, sizeof(bytes));
	close(fd);
	assert_int_equal(fstatat(p->fd, NAME, &st, 0), -1);
	assert_int_equal(fstatat(p->fd, NAME ".next", &st, 0), -1);
	assert_int_equal(keyfile_erase(p->fd, p->path, NULL), OAP_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(key_comes_back_and_is_private),
		TEST(key_that_is_there_is_never_replaced),
		TEST(wrapped_key_needs_the_same_wrapping_key),
		TEST(key_that_others_may_read_is_refused),
		TEST(every_truncation_is_refused),
		TEST(missing_key_is_not_found),
		TEST(next_key_takes_the_place_of_the_one_in_use),
		TEST(erased_keys_are_overwritten_and_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
