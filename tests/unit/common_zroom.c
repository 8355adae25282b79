/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for zlib: once, as much as there is, and no more. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>

#include "zroom.h"

static void it_is_lent_once_and_no_more_than_there_is(void **state)
{
	struct zroom room;
	z_stream z = {.next_in = NULL};
	void *p;

	(void)state;
	zroom_lend(&room, &z);
	assert_null(z.zalloc(z.opaque, 1, INFLATE_ROOM + 1));
	assert_null(z.zalloc(z.opaque, INFLATE_ROOM / 2 + 1, 2));
	/* A product that is small only in 32 bits. */
	assert_null(z.zalloc(z.opaque, UINT_MAX / 2 + 1, 2));
	p = z.zalloc(z.opaque, INFLATE_ROOM / 2, 2);
	assert_ptr_equal(p, room.p);
	assert_null(z.zalloc(z.opaque, 1, 1));
	z.zfree(z.opaque, p);
	assert_null(z.zalloc(z.opaque, 1, 1));
	zroom_lend(&room, &z);
	assert_ptr_equal(z.zalloc(z.opaque, 1, 1), room.p);
}

static void an_inflation_finds_room_for_its_state(void **state)
{
	struct zroom room;
	z_stream z = {.next_in = NULL};

	(void)state;
	zroom_lend(&room, &z);
	assert_int_equal(inflateInit(&z), Z_OK);
	assert_true(room.taken);
	assert_int_equal(inflateEnd(&z), Z_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_is_lent_once_and_no_more_than_there_is),
	    cmocka_unit_test(an_inflation_finds_room_for_its_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
