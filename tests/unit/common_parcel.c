/* SPDX-License-Identifier: Apache-2.0 */
/* Files that travel, item by item, from a source that gives what it likes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "parcel.h"
#include "vectors.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define MOST 8

static size_t give(void *arg, uint8_t *p, size_t n)
{
	struct bytes *left = arg;

	if (n > left->n)
		n = left->n;
	if (n == 0)
		return 0;
	memcpy(p, left->p, n);
	*left = bytes_of(left->p + n, left->n - n);
	return n;
}

/* How reading ends, and how many items there were before. */
static enum parcel_result read_all(struct bytes data, size_t *items)
{
	enum parcel_result result;
	uint8_t item[MOST];
	struct parcel p;
	size_t n;

	*items = 0;
	result = parcel_open(&p, give, &data);
	while (result == PARCEL_OK) {
		result = parcel_next(&p, MOST, &n);
		if (result != PARCEL_OK)
			break;
		if (!parcel_read(&p, item, n))
			return PARCEL_CUT;
		(*items)++;
	}
	return result;
}

static void each_way_to_be_wrong_is_told_from_the_others(void **state)
{
	static const struct {
		const char *hex;
		enum parcel_result result;
		size_t items;
	} rows[] = {
	    {"814101", PARCEL_END, 1},
	    {"82410142aabb", PARCEL_END, 2},
	    {"81480102030405060708", PARCEL_END, 1},
	    /* no array, an empty one, an open one, one with a long head */
	    {"d284", PARCEL_OTHER, 0},
	    {"80", PARCEL_OTHER, 0},
	    {"9f4101ff", PARCEL_OTHER, 0},
	    {"98014101", PARCEL_OTHER, 0},
	    {"9c", PARCEL_OTHER, 0},
	    /* no byte string, an empty one, an open one, a long head */
	    {"816101", PARCEL_OTHER, 0},
	    {"8140", PARCEL_OTHER, 0},
	    {"815f4101ff", PARCEL_OTHER, 0},
	    {"81580101", PARCEL_OTHER, 0},
	    {"82410160", PARCEL_OTHER, 1},
	    /* an end too early, at every place */
	    {"", PARCEL_CUT, 0},
	    {"98", PARCEL_CUT, 0},
	    {"99ff", PARCEL_CUT, 0},
	    {"81", PARCEL_CUT, 0},
	    {"8158", PARCEL_CUT, 0},
	    {"81420a", PARCEL_CUT, 0},
	    {"824101", PARCEL_CUT, 1},
	    {"9bffffffffffffffff4101", PARCEL_CUT, 1},
	    /* too long, however much of it is there */
	    {"8149010203040506070809", PARCEL_TOO_LONG, 0},
	    {"815bffffffffffffffff", PARCEL_TOO_LONG, 0},
	    {"81410100", PARCEL_TRAILING, 1},
	};
	uint8_t buf[64];
	size_t items;

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct bytes b = from_hex(rows[i].hex, buf, sizeof(buf));

		if (read_all(b, &items) != rows[i].result ||
		    items != rows[i].items)
			fail_msg("%s", rows[i].hex);
	}
}

static void no_more_is_read_than_the_item_has(void **state)
{
	uint8_t buf[16], out[8];
	struct bytes data = from_hex("8243aabbcc4101", buf, sizeof(buf));
	struct parcel p;
	size_t n;

	(void)state;
	assert_int_equal(parcel_open(&p, give, &data), PARCEL_OK);
	assert_int_equal(p.count, 2);
	assert_int_equal(parcel_next(&p, MOST, &n), PARCEL_OK);
	assert_int_equal(n, 3);
	assert_false(parcel_read(&p, out, 4));
	assert_true(parcel_read(&p, out, 2));
	assert_true(parcel_read(&p, out + 2, 1));
	assert_memory_equal(out, "\xaa\xbb\xcc", 3);
	assert_false(parcel_read(&p, out, 1));
	assert_int_equal(parcel_next(&p, MOST, &n), PARCEL_OK);
	assert_int_equal(n, 1);
}

static void each_fault_has_a_text_of_its_own(void **state)
{
	(void)state;
	for (int a = PARCEL_OTHER; a <= PARCEL_TRAILING; a++)
		for (int b = a + 1; b <= PARCEL_TRAILING; b++)
			assert_string_not_equal(
			    parcel_result_text((enum parcel_result)a),
			    parcel_result_text((enum parcel_result)b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_way_to_be_wrong_is_told_from_the_others),
	    cmocka_unit_test(no_more_is_read_than_the_item_has),
	    cmocka_unit_test(each_fault_has_a_text_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
