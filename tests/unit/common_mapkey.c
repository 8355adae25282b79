/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of maps with their values: read as they are written, and nothing but
 * the key that is due. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "limits.h"
#include "mapkey.h"

static const uint8_t RAW[4] = {1, 2, 3, 4};

/* Under key -3, one of each kind, one after another. */
static struct bytes written(uint8_t *buf, size_t cap)
{
	struct outbuf out = outbuf_in(buf, cap);

	map_put_uint(&out, -3, UINT64_MAX);
	map_put_int(&out, -3, -7);
	map_put_uint(&out, -3, TIME_S_MAX);
	map_put_bytes(&out, -3, RAW, sizeof(RAW));
	map_put_text(&out, -3, bytes_text("seoul"));
	map_put_text(&out, -3, bytes_text("tnm"));
	map_put_item(&out, -3, bytes_text("\x81\x01"));
	assert_false(out.failed);
	return out_view(&out);
}

/* How many of them are read, when key is what is looked for. */
static int read_all(struct cbor_in *in, int64_t key)
{
	uint64_t u, s;
	int64_t i;
	uint8_t raw[4];
	struct bytes text, id, item;

	if (!map_uint(in, key, UINT64_MAX, &u) || u != UINT64_MAX)
		return 0;
	if (!map_int(in, key, -7, 7, &i) || i != -7)
		return 1;
	if (!map_seconds(in, key, &s) || s != TIME_S_MAX)
		return 2;
	if (!map_bytes(in, key, raw, 4) || memcmp(raw, RAW, 4) != 0)
		return 3;
	if (!map_text(in, key, 5, &text) || !bytes_is_text(text, "seoul"))
		return 4;
	if (!map_name_id(in, key, &id) || !bytes_is_text(id, "tnm"))
		return 5;
	return map_key(in, key) && cbor_item(in, &item) && item.n == 2 ? 7 : 6;
}

static void each_is_read_as_it_is_written(void **state)
{
	uint8_t buf[128];
	struct bytes all = written(buf, sizeof(buf));
	struct cbor_in in = cbor_reader(all);

	(void)state;
	assert_int_equal(read_all(&in, -3), 7);
	assert_true(cbor_at_end(&in));
	for (size_t n = 0; n < all.n; n++) {
		in = cbor_reader(bytes_of(all.p, n));
		assert_true(read_all(&in, -3) < 7);
	}
	in = cbor_reader(all);
	assert_int_equal(read_all(&in, 3), 0);
}

static void another_key_does_not_move_the_reader(void **state)
{
	struct bytes map = bytes_text("\x01\x02"), text = bytes_text("\x61k");
	struct cbor_in in = cbor_reader(map);

	(void)state;
	assert_false(map_key(&in, 2));
	assert_ptr_equal(in.p, map.p);
	assert_false(map_text_key(&in, "k"));
	assert_ptr_equal(in.p, map.p);
	assert_true(map_key(&in, 1));
	assert_ptr_equal(in.p, map.p + 1);
	in = cbor_reader(text);
	assert_false(map_text_key(&in, "key"));
	assert_false(map_key(&in, 1));
	assert_ptr_equal(in.p, text.p);
	assert_true(map_text_key(&in, "k"));
	assert_true(cbor_at_end(&in));
}

static void values_past_their_range_are_refused(void **state)
{
	uint8_t buf[64], raw[4];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct cbor_in in;
	struct bytes text;
	uint64_t u;
	int64_t i;

	(void)state;
	map_put_uint(&out, 1, TIME_S_MAX + 1);
	in = cbor_reader(out_view(&out));
	assert_false(map_seconds(&in, 1, &u));
	in = cbor_reader(bytes_text("\x01\x05"));
	assert_false(map_uint(&in, 1, 4, &u));
	in = cbor_reader(bytes_text("\x01\x05"));
	assert_false(map_int(&in, 1, 6, 9, &i));
	in = cbor_reader(bytes_text("\x01\x43\x01\x02\x03"));
	assert_false(map_bytes(&in, 1, raw, sizeof(raw)));
	in = cbor_reader(bytes_text("\x01\x60"));
	assert_false(map_text(&in, 1, 4, &text));
	in = cbor_reader(bytes_text("\x01\x65seoul"));
	assert_false(map_text(&in, 1, 4, &text));
	in = cbor_reader(bytes_text("\x01\x63TNM"));
	assert_false(map_name_id(&in, 1, &text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_is_read_as_it_is_written),
	    cmocka_unit_test(another_key_does_not_move_the_reader),
	    cmocka_unit_test(values_past_their_range_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
