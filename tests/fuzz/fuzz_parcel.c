/* SPDX-License-Identifier: Apache-2.0 */
/* Files that travel: whatever comes, and in pieces of whatever size, reading
 * ends, gives no item that is longer than it may be, and no byte that is not
 * there; and what was read whole is written again the same to the last byte.
 * The strict codec takes exactly what is whole. */
#include "fuzz.h"

#include <string.h>

#include "cbor.h"
#include "parcel.h"

#define ROOM 8192
#define MOST 1024

struct input {
	struct bytes left;
};

static size_t give(void *arg, uint8_t *p, size_t n)
{
	struct input *in = arg;

	if (n > in->left.n)
		n = in->left.n;
	if (n == 0)
		return 0;
	memcpy(p, in->left.p, n);
	in->left = bytes_of(in->left.p + n, in->left.n - n);
	return n;
}

/* Copies every item; how it ended. */
static enum parcel_result copy(struct bytes data, struct outbuf *out)
{
	struct input in = {data};
	enum parcel_result result;
	uint8_t item[MOST];
	struct parcel p;
	size_t n;

	result = parcel_open(&p, give, &in);
	if (result != PARCEL_OK)
		return result;
	check(p.count > 0);
	cbor_put_array(out, (size_t)p.count);
	while ((result = parcel_next(&p, MOST, &n)) == PARCEL_OK) {
		check(n > 0 && n <= MOST);
		/* in two steps, as it may come */
		if (!parcel_read(&p, item, n / 2) ||
		    !parcel_read(&p, item + n / 2, n - n / 2))
			return PARCEL_CUT;
		check(!parcel_read(&p, item, 1)); /* the item is over */
		cbor_put_bytes_head(out, n);
		out_put(out, item, n);
	}
	check(result != PARCEL_END || p.left == 0);
	return result;
}

/* The same by the codec. */
static bool is_whole(struct bytes data)
{
	struct cbor_in in = cbor_reader(data);
	struct bytes item;
	size_t count;

	if (cbor_check(data, NULL) != CBOR_OK || !cbor_array(&in, &count) ||
	    count == 0)
		return false;
	while (!cbor_at_end(&in))
		if (!cbor_bytes(&in, &item) || item.n == 0 || item.n > MOST)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[2 * ROOM];
	struct bytes input = bytes_of(data, size < ROOM ? size : ROOM);
	struct outbuf out = outbuf_in(room, sizeof(room));
	enum parcel_result result = copy(input, &out);

	check(parcel_result_text(result)[0] != '\0');
	check((result == PARCEL_END) == is_whole(input));
	if (result == PARCEL_END)
		check_written(&out, input);
	return 0;
}
