/* SPDX-License-Identifier: Apache-2.0 */
/* lib_wipe.c: a kiosk that is to wipe itself on a disk that fails at any write:
 * it is whole, or it is wiped, and the next call finishes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kioskworld.h"
#include "wipe.h"

#define WRITES_MAX 200 /* more than a wipe has */

static struct kioskworld world;

/* On the disk that fails, with an entry that is not sent, and a bundle that
 * says revoked. */
static void set_up_revoked(void)
{
	struct oap_problem why;

	kioskworld_make(&world, 0);
	kioskworld_close(&world);
	world.env.vfs = "faulty";
	assert_int_equal(kioskworld_open(&world, &why), OAP_OK);
	(void)kioskworld_redeem(&world, "rubbish", 500);
	world.revoked = true;
	world.epoch++;
	assert_int_equal(kioskworld_bundle(&world, &why), OAP_OK);
	assert_int_equal(world.o->held.device, DEVICE_REVOKED);
}

static void wipe(void)
{
	handle_lock(world.o);
	wipe_when_due(world.o);
	handle_unlock(world.o);
}

static bool has_key_file(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/device.key", world.dir);
	return access(path, F_OK) == 0;
}

static void assert_whole(void)
{
	assert_true(world.o->has_key && world.o->enrolled);
	assert_non_null(world.o->key.sk);
	assert_non_null(world.o->trust);
	assert_true(has_key_file());
}

static void assert_wiped(void)
{
	struct oap_problem why;
	struct oap_status s;

	assert_true(world.o->wiped.there);
	assert_false(world.o->has_key || world.o->enrolled);
	assert_null(world.o->trust);
	assert_false(has_key_file());
	assert_int_equal(oap_status(world.o, &s, &why), OAP_OK);
	assert_true(s.wiped);
	assert_int_equal(s.unsent, 1);
	assert_true(world.o->wiped.report_n > 0);
}

static void failing_disk_wipes_whole_or_not_at_all(void **state)
{
	struct oap_problem why;
	unsigned n = 0;
	bool fired;

	(void)state;
	do {
		set_up_revoked();
		faulty_vfs_arm(++n, FAULT_IOERR);
		wipe();
		fired = faulty_vfs_fired();
		faulty_vfs_arm(0, FAULT_IOERR);
		if (!world.o->wiped.there)
			assert_whole();
		wipe();
		assert_wiped();
		kioskworld_close(&world);
		assert_int_equal(kioskworld_open(&world, &why), OAP_OK);
		assert_wiped();
		kioskworld_end(&world);
	} while (fired && n < WRITES_MAX);
	assert_true(n > 3 && n < WRITES_MAX);
}

static void nothing_is_wiped_while_something_is_under_way(void **state)
{
	(void)state;
	set_up_revoked();
	handle_lock(world.o);
	handle_begin_talk(world.o);
	handle_unlock(world.o);
	wipe();
	assert_whole();
	handle_lock(world.o);
	handle_end_talk(world.o);
	handle_unlock(world.o);
	assert_wiped();
	kioskworld_end(&world);
}

static void opening_wipes_what_is_due(void **state)
{
	struct oap_problem why;

	(void)state;
	set_up_revoked();
	kioskworld_close(&world);
	assert_true(has_key_file());
	assert_int_equal(kioskworld_open(&world, &why), OAP_OK);
	assert_wiped();
	assert_int_equal(handle_need_enrolled(world.o, &why), OAP_WIPED);
	assert_non_null(strstr(why.text, "sends the 1 entries"));
	kioskworld_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(failing_disk_wipes_whole_or_not_at_all),
	    cmocka_unit_test(nothing_is_wiped_while_something_is_under_way),
	    cmocka_unit_test(opening_wipes_what_is_due),
	};

	faulty_vfs_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
