/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR: what the judge takes has its keys in order, the readers take, and the
 * writers write to the same bytes; what it refuses has its fault inside, and
 * harms no reader. */
#include "cbor.h"
#include "fuzz.h"
#include "limits.h"

#define ROOM 65536

static void copy_number(struct cbor_in *in, struct outbuf *out)
{
	struct cbor_in at = *in;
	uint64_t u;
	int64_t i, again;

	if (cbor_int(in, &i)) {
		check(i == INT64_MIN ||
		      !cbor_int_range(&at, INT64_MIN, i - 1, &again));
		check(cbor_int_range(&at, i, i, &again) && again == i);
		cbor_put_int(out, i);
	} else if (cbor_uint(in, &u)) {
		check(u > INT64_MAX && !cbor_uint_max(&at, u - 1, &u));
		check(cbor_uint_max(&at, u, &u));
		cbor_put_uint(out, u);
	} else { /* under INT64_MIN, where no number of ours is */
		struct bytes item;

		check(cbor_item(in, &item) && item.n == 9);
		out_bytes(out, item);
	}
}

static void copy_string(struct cbor_in *in, struct outbuf *out)
{
	struct cbor_in at = *in;
	struct bytes v, again;
	static uint8_t exact[ROOM];

	if (cbor_bytes(in, &v)) {
		check(cbor_bytes_exact(&at, exact, v.n));
		check(bytes_equal(v, bytes_of(exact, v.n)));
		cbor_put_bytes(out, v);
		return;
	}
	check(cbor_text(in, &v) && utf8_valid(v));
	check(!cbor_text_sized(&at, v.n + 1, SIZE_MAX, &again));
	check(cbor_text_sized(&at, v.n, v.n, &again));
	at = *in;
	cbor_put_text(out, v);
}

static void copy_simple(struct cbor_in *in, struct outbuf *out)
{
	bool v;

	if (cbor_null(in)) {
		cbor_put_null(out);
		return;
	}
	check(cbor_bool(in, &v));
	cbor_put_bool(out, v);
}

static void copy_container(struct cbor_in *in, struct outbuf *out)
{
	uint64_t tag;
	size_t n;

	if (cbor_array(in, &n)) {
		cbor_put_array(out, n);
	} else if (cbor_map(in, &n)) {
		cbor_put_map(out, n);
	} else {
		check(cbor_tag(in, &tag));
		cbor_put_tag(out, tag);
	}
}

/* Head by head: what belongs to what was the judge's matter. */
static void copy_next(struct cbor_in *in, struct outbuf *out)
{
	switch (cbor_peek(in)) {
	case CBOR_MAJOR_UINT:
	case CBOR_MAJOR_NEGATIVE: copy_number(in, out); break;
	case CBOR_MAJOR_BYTES:
	case CBOR_MAJOR_TEXT: copy_string(in, out); break;
	case CBOR_MAJOR_SIMPLE: copy_simple(in, out); break;
	default: copy_container(in, out);
	}
}

/* Keys ascend, each once: found out by comparing them as RFC 8949 section
 * 4.2.1 says, byte for byte as they are encoded, with nothing of the judge. */
static bool in_order(struct bytes a, struct bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n, i = 0;

	while (i < n && a.p[i] == b.p[i])
		i++;
	return i < n ? a.p[i] < b.p[i] : a.n < b.n;
}

static void check_order(struct cbor_in *in);

static void check_pairs(struct cbor_in *in, size_t pairs)
{
	struct bytes key, before = {NULL, 0};

	while (pairs-- > 0) {
		const uint8_t *from = in->p;

		check_order(in);
		key = bytes_of(from, (size_t)(in->p - from));
		check(before.n == 0 || in_order(before, key));
		before = key;
		check_order(in);
	}
}

/* Of the next item; as deep as the judge lets it be. */
static void check_order(struct cbor_in *in)
{
	struct bytes item;
	uint64_t tag;
	size_t n;

	if (cbor_map(in, &n)) {
		check_pairs(in, n);
	} else if (cbor_array(in, &n)) {
		while (n-- > 0)
			check_order(in);
	} else if (cbor_tag(in, &tag)) {
		check_order(in);
	} else {
		check(cbor_item(in, &item));
	}
}

/* A good map of two pairs or more with its first two in the other order, and
 * with the first one twice: the judge must say what is wrong, and where. */
static void check_spoiled(struct bytes map)
{
	static uint8_t buf[ROOM + 16];
	struct cbor_in in = cbor_reader(map);
	struct bytes key[2], value[2], rest;
	struct outbuf out;
	size_t pairs, at;

	if (!cbor_map(&in, &pairs) || pairs < 2)
		return;
	for (int i = 0; i < 2; i++)
		check(cbor_item(&in, &key[i]) && cbor_item(&in, &value[i]));
	rest = bytes_of(in.p, (size_t)(in.end - in.p));
	for (int second = 0; second < 2; second++) {
		out = outbuf_in(buf, sizeof(buf));
		cbor_put_map(&out, pairs);
		for (int i = 0; i < 2; i++) {
			int which = i == 0 ? !second : 0;

			out_bytes(&out, key[which]);
			out_bytes(&out, value[which]);
		}
		out_bytes(&out, rest);
		check(!out.failed);
		check(cbor_check(out_view(&out), &at) ==
		      (second ? CBOR_DUPLICATE : CBOR_UNSORTED));
	}
}

static void check_good(struct bytes input)
{
	static uint8_t buf[ROOM];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct cbor_in in = cbor_reader(input);
	struct bytes item;

	check(cbor_item(&in, &item) && bytes_equal(item, input));
	check(cbor_at_end(&in));
	in = cbor_reader(input);
	while (!cbor_at_end(&in))
		copy_next(&in, &out);
	check_written(&out, input);
	in = cbor_reader(input);
	check_order(&in);
	check_spoiled(input);
}

/* Readers of what nobody judged: each stays inside, or stays where it is. */
static void check_readers(struct bytes input)
{
	struct cbor_in in = cbor_reader(input);
	const uint8_t *from;
	struct bytes v;
	uint64_t u;
	size_t n;
	bool b;

	do {
		from = in.p;
		if (cbor_item(&in, &v))
			check(v.p == from && v.p + v.n == in.p);
		else if (cbor_array(&in, &n) || cbor_map(&in, &n))
			check(n <= (size_t)(in.end - in.p));
		else if (cbor_tag(&in, &u))
			check(u == 17 || u == 18);
		else
			check(!cbor_uint(&in, &u) && !cbor_bytes(&in, &v) &&
			      !cbor_text(&in, &v) && !cbor_name_id(&in, &v) &&
			      !cbor_bool(&in, &b) && !cbor_null(&in) &&
			      in.p == from);
		check(in.p <= in.end);
	} while (in.p != from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size < ROOM ? size : ROOM);
	enum cbor_fault fault;
	size_t at = 0;

	fault = cbor_check(input, &at);
	check(cbor_fault_text(fault)[0] != 'u');
	if (fault == CBOR_OK)
		check_good(input);
	else
		check(at <= input.n);
	check_readers(input);
	return 0;
}
