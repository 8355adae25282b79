/* SPDX-License-Identifier: Apache-2.0 */
/* item.c: how entries travel: an entry with its salt and what was scanned,
 * and the two HTTP bodies that hold such items. Declared in entry.h. */
#include "cbor.h"
#include "entry.h"

void item_put(struct outbuf *out, const struct item *item)
{
	cbor_put_array(out, 3);
	cbor_put_bytes(out, item->entry);
	cbor_put_bytes(out, item->salt);
	cbor_put_bytes(out, item->scanned);
}

bool item_read(struct bytes encoded, struct item *out)
{
	struct cbor_in in = cbor_reader(encoded);
	size_t count;

	return cbor_check(encoded, NULL) == CBOR_OK &&
	       cbor_array(&in, &count) && count == 3 &&
	       cbor_bytes(&in, &out->entry) && cbor_bytes(&in, &out->salt) &&
	       (out->salt.n == 0 || out->salt.n == ENTRY_SALT) &&
	       cbor_bytes(&in, &out->scanned) && out->scanned.n <= SCANNED_MAX;
}

bool body_read(struct bytes body, size_t items_max, struct bytes *head,
               struct bytes *items, size_t *count)
{
	struct cbor_in in = cbor_reader(body), rest;
	struct bytes item;
	size_t parts;

	if (cbor_check(body, NULL) != CBOR_OK || !cbor_array(&in, &parts) ||
	    parts != 2 || !cbor_bytes(&in, head) || !cbor_array(&in, count) ||
	    *count > items_max)
		return false;
	rest = in;
	while (!cbor_at_end(&rest)) {
		if (!cbor_bytes(&rest, &item))
			return false;
	}
	*items = bytes_of(in.p, (size_t)(in.end - in.p));
	return true;
}

void body_put_head(struct outbuf *out, struct bytes head, size_t count)
{
	cbor_put_array(out, 2);
	cbor_put_bytes(out, head);
	cbor_put_array(out, count);
}

bool body_next_item(struct bytes *items, struct bytes *encoded)
{
	struct cbor_in in = cbor_reader(*items);

	if (!cbor_bytes(&in, encoded))
		return false;
	*items = bytes_of(in.p, (size_t)(in.end - in.p));
	return true;
}

void body_put_item(struct outbuf *out, const struct item *item)
{
	uint8_t buf[ITEM_MAX];
	struct outbuf encoded = outbuf_in(buf, sizeof(buf));

	item_put(&encoded, item);
	if (encoded.failed)
		out->failed = true;
	else
		cbor_put_bytes(out, out_view(&encoded));
}
