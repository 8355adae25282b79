/* SPDX-License-Identifier: Apache-2.0 */
/* payload.c: see payload.h. */
#include "payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cbor.h"
#include "city.h"
#include "vectors.h"

#define PART_MAX 2048

static void put_pair(struct outbuf *out, size_t *pairs, struct bytes key,
                     struct bytes value)
{
	out_bytes(out, key);
	out_bytes(out, value);
	++*pairs;
}

struct bytes payload_changed(struct bytes payload,
                             const struct payload_change *change, uint8_t *buf,
                             size_t cap)
{
	static uint8_t key_buf[16], value_buf[PART_MAX], pairs_buf[PART_MAX];
	struct outbuf pairs_out = outbuf_in(pairs_buf, sizeof(pairs_buf));
	struct outbuf out = outbuf_in(buf, cap);
	struct cbor_in in = cbor_reader(payload);
	struct bytes key, value, own_key, own_value = {NULL, 0};
	size_t pairs, written = 0;
	bool due = change->value != NULL;

	own_key = from_hex(change->key, key_buf, sizeof(key_buf));
	if (due)
		own_value = from_hex(change->value, value_buf, PART_MAX);
	assert_true(cbor_map(&in, &pairs));
	while (pairs-- > 0) {
		assert_true(cbor_item(&in, &key) && cbor_item(&in, &value));
		if (due && bytes_compare(own_key, key) <= 0) {
			put_pair(&pairs_out, &written, own_key, own_value);
			due = false;
		}
		if (!bytes_equal(own_key, key))
			put_pair(&pairs_out, &written, key, value);
	}
	if (due)
		put_pair(&pairs_out, &written, own_key, own_value);
	cbor_put_map(&out, written);
	out_bytes(&out, out_view(&pairs_out));
	assert_false(out.failed || pairs_out.failed);
	return out_view(&out);
}

static struct bytes sign(enum typ typ, struct bytes payload, uint8_t *buf)
{
	struct city_key key = city_key_make(1);
	struct outbuf out = outbuf_in(buf, PART_MAX);

	if (typ == TYP_QUESTION || typ == TYP_REPORT)
		cose_put_mac0(&out, typ, key.kid, payload, key.pk);
	else
		cose_put_sign1(&out, typ, key.kid, payload, key.sk, NULL);
	assert_false(out.failed);
	return out_view(&out);
}

static struct bytes payload_of(struct bytes message, enum typ typ)
{
	struct cose_header header;
	struct cose c;

	assert_true(cose_open(message, typ, &c, &header));
	return c.payload;
}

void payload_check_refusals(struct bytes message, enum typ typ,
                            bool (*read)(struct bytes message),
                            const struct payload_change *changes, size_t count)
{
	uint8_t changed_buf[PART_MAX], buf[PART_MAX];
	struct bytes payload = payload_of(message, typ);

	assert_true(read(message));
	for (size_t i = 0; i < count; i++) {
		struct bytes changed = payload_changed(payload, &changes[i],
		                                       changed_buf, PART_MAX);

		if (read(sign(typ, changed, buf)) != changes[i].taken)
			fail_msg("%s: %s", changes[i].key, changes[i].value);
	}
	for (int other = TYP_PASS; other <= TYP_RECEIPT; other++) {
		if (other != (int)typ && other != TYP_PRESENTATION)
			assert_false(read(sign((enum typ)other, payload, buf)));
	}
	for (size_t n = 0; n < message.n; n++) {
		uint8_t *copy = test_malloc(n + (n == 0));

		memcpy(copy, message.p, n);
		assert_false(read(bytes_of(copy, n)));
		test_free(copy);
	}
}
