/* SPDX-License-Identifier: Apache-2.0 */
/* A database and its keys are opened together or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage.h"

struct place {
	char dir[64];
	uint8_t kid[KEY_KID];
};

static char error[256];

static bool open_place(struct place *p)
{
	struct service_keys *keys;
	struct store *store;

	error[0] = '\0';
	if (!storage_open(p->dir, &store, &keys, error, sizeof(error))) {
		assert_null(store);
		assert_null(keys);
		return false;
	}
	memcpy(p->kid, keys->kid, sizeof(p->kid));
	service_keys_free(keys);
	store_close(store);
	return true;
}

static void path_of(const struct place *p, const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", p->dir, name);
}

static void make(struct place *p)
{
	strcpy(p->dir, "/tmp/oap-storage-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	assert_true(open_place(p));
}

static void drop(struct place *p)
{
	static const char *const NAMES[] = {"service.key", "oapd.db",
					    "oapd.db-wal", "oapd.db-shm"};
	char path[128];

	for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++) {
		path_of(p, NAMES[i], path);
		unlink(path);
	}
	assert_int_equal(rmdir(p->dir), 0);
}

static void the_same_keys_come_back(void **state)
{
	struct place p;
	uint8_t kid[KEY_KID];

	(void)state;
	make(&p);
	memcpy(kid, p.kid, sizeof(kid));
	assert_true(open_place(&p));
	assert_memory_equal(p.kid, kid, sizeof(kid));
	drop(&p);
}

/* Else every pass would be new, and could be redeemed again. */
static void lost_keys_are_not_made_anew(void **state)
{
	struct place p;
	char path[128];
	struct stat st;

	(void)state;
	make(&p);
	path_of(&p, "service.key", path);
	assert_int_equal(unlink(path), 0);
	assert_false(open_place(&p));
	assert_non_null(strstr(error, path));
	assert_non_null(strstr(error, "missing"));
	assert_non_null(strstr(error, "backup"));
	assert_int_not_equal(stat(path, &st), 0);
	drop(&p);
}

static void another_services_keys_are_refused(void **state)
{
	struct place p, other;
	char path[128], others[128];

	(void)state;
	make(&p);
	make(&other);
	path_of(&p, "service.key", path);
	path_of(&other, "service.key", others);
	assert_int_equal(rename(others, path), 0);
	assert_false(open_place(&p));
	assert_non_null(strstr(error, "not the one"));
	drop(&other);
	drop(&p);
}

/* A start that was cut off between the two: nothing was known yet. */
static void keys_alone_are_taken(void **state)
{
	struct place p;
	uint8_t kid[KEY_KID];
	char path[128];

	(void)state;
	make(&p);
	memcpy(kid, p.kid, sizeof(kid));
	path_of(&p, "oapd.db", path);
	assert_int_equal(unlink(path), 0);
	assert_true(open_place(&p));
	assert_memory_equal(p.kid, kid, sizeof(kid));
	drop(&p);
}

static int start(void **state)
{
	(void)state;
	store_library();
	return sodium_init() < 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_keys_come_back),
	    cmocka_unit_test(lost_keys_are_not_made_anew),
	    cmocka_unit_test(another_services_keys_are_refused),
	    cmocka_unit_test(keys_alone_are_taken),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
