/* SPDX-License-Identifier: Apache-2.0 */
/* Base45: RFC 9285's examples and rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base45.h"
#include "vectors.h"

#define VECTORS_FILE "base45.json"

static void public_vectors_encode_and_decode(void **state)
{
	json_t *root = vectors_load(VECTORS_FILE), *cases;
	uint8_t plain[64], buf[64];

	(void)state;
	if (!root)
		skip();
	cases = json_object_get(root, "encode");
	assert_true(json_array_size(cases) >= 9);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *one = json_array_get(cases, i);
		struct bytes data = vector_hex(one, "hex", plain, 64);
		const char *text = vector_text(one, "b45");
		struct outbuf out = outbuf_in(buf, sizeof(buf));

		base45_put(&out, data);
		assert_true(bytes_is_text(out_view(&out), text));
		out = outbuf_in(buf, sizeof(buf));
		assert_true(base45_read(bytes_text(text), &out));
		assert_true(bytes_equal(out_view(&out), data));
	}
	cases = json_object_get(root, "decode_must_fail");
	assert_true(json_array_size(cases) >= 9);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const char *text = vector_text(json_array_get(cases, i), "b45");
		struct outbuf out = outbuf_in(buf, sizeof(buf));

		if (base45_read(bytes_text(text), &out))
			fail_msg("\"%s\" was taken", text);
	}
	json_decref(root);
}

static void every_group_has_one_spelling(void **state)
{
	uint8_t data[2], text[3], back[2];

	(void)state;
	for (unsigned v = 0; v <= 0xffff; v++) {
		struct outbuf out = outbuf_in(text, sizeof(text));

		data[0] = (uint8_t)(v >> 8);
		data[1] = (uint8_t)v;
		base45_put(&out, bytes_of(data, 2));
		assert_int_equal(out.n, 3);
		out = outbuf_in(back, sizeof(back));
		assert_true(base45_read(bytes_of(text, 3), &out));
		assert_memory_equal(back, data, 2);
	}
	for (unsigned v = 0; v <= 0xff; v++) {
		struct outbuf out = outbuf_in(text, sizeof(text));

		data[0] = (uint8_t)v;
		base45_put(&out, bytes_of(data, 1));
		assert_int_equal(out.n, 2);
		out = outbuf_in(back, sizeof(back));
		assert_true(base45_read(bytes_of(text, 2), &out));
		assert_int_equal(out.n, 1);
		assert_int_equal(back[0], v);
	}
}

static void only_the_45_characters_are_taken(void **state)
{
	static const char alphabet[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
	uint8_t back[2];

	(void)state;
	for (int c = 0; c < 256; c++) {
		uint8_t text[2] = {(uint8_t)c, '0'};
		struct outbuf out = outbuf_in(back, sizeof(back));
		bool is_ours = c != 0 && strchr(alphabet, c) != NULL;

		assert_int_equal(base45_read(bytes_of(text, 2), &out), is_ours);
	}
}

static void what_does_not_fit_is_refused_and_not_written(void **state)
{
	uint8_t buf[3] = {0, 0, 0xee};
	struct outbuf out = outbuf_in(buf, 2);

	(void)state;
	assert_true(base45_read(bytes_text("FGW"), &out));
	out = outbuf_in(buf, 2);
	assert_false(base45_read(bytes_text("FGWU5"), &out));
	assert_int_equal(buf[2], 0xee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(public_vectors_encode_and_decode),
	    cmocka_unit_test(every_group_has_one_spelling),
	    cmocka_unit_test(only_the_45_characters_are_taken),
	    cmocka_unit_test(what_does_not_fit_is_refused_and_not_written),
	};

	return vectors_status(cmocka_run_group_tests(tests, NULL, NULL));
}
