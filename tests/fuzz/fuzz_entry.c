/* SPDX-License-Identifier: Apache-2.0 */
/* Entries, items and bodies: what decodes is written to the same bytes. */
#include <string.h>

#include "cbor.h"
#include "entry.h"
#include "fuzz.h"
#include "key.h"

#define ROOM 65536

static void check_entry(struct bytes message)
{
	uint8_t buf[ENTRY_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct fuzz_key key = fuzz_key();
	struct entry e, back;
	uint8_t kid[KEY_KID];
	int64_t t;

	if (!entry_read(message, &e))
		return;
	entry_put_payload(&out, &e);
	check_written(&out, e.cose.payload);
	t = entry_effective_ms(&e);
	check(t >= 0 && t <= TIME_MS_MAX);
	t = grant_time_ms(e.grant);
	check(t >= 0 && t <= TIME_MS_MAX);
	check(reversal_reason_of(reversal_reason_name(e.reason)) ==
	      (int)e.reason);
	key_kid(key.pk, kid);
	out = outbuf_in(buf, sizeof(buf));
	entry_put(&out, &e, kid, key.sk);
	check(!out.failed && entry_read(out_view(&out), &back));
	check(bytes_equal(back.cose.payload, e.cose.payload));
}

static void check_item(struct bytes encoded)
{
	uint8_t buf[ROOM], commitment[32];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct item item;

	if (!item_read(encoded, &item))
		return;
	item_put(&out, &item);
	check_written(&out, encoded);
	if (item.salt.n == ENTRY_SALT)
		entry_commit(item.salt.p, item.scanned, commitment);
	check_entry(item.entry);
}

static void check_body(struct bytes body)
{
	static uint8_t buf[2 * ROOM];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct bytes head, items, encoded;
	size_t count, seen = 0;

	if (!body_read(body, ITEMS_PER_UPLOAD_MAX, &head, &items, &count))
		return;
	check(count <= ITEMS_PER_UPLOAD_MAX);
	body_put_head(&out, head, count);
	while (body_next_item(&items, &encoded)) {
		struct item item;

		seen++;
		check_item(encoded);
		if (item_read(encoded, &item) && item.entry.n <= ENTRY_MAX)
			body_put_item(&out, &item);
		else
			cbor_put_bytes(&out, encoded);
	}
	check(seen == count && items.n == 0);
	check_written(&out, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size < ROOM ? size : ROOM);

	check_entry(input);
	check_item(input);
	check_body(input);
	return 0;
}
