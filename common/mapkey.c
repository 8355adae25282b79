/* SPDX-License-Identifier: Apache-2.0 */
/* mapkey.c: keys of maps, alone and with their values. */
#include "mapkey.h"

#include "limits.h"

bool map_key(struct cbor_in *in, int64_t key)
{
	struct cbor_in at = *in;
	int64_t found;

	if (!cbor_int(&at, &found) || found != key)
		return false;
	*in = at;
	return true;
}

bool map_text_key(struct cbor_in *in, const char *key)
{
	struct cbor_in at = *in;
	struct bytes found;

	if (!cbor_text(&at, &found) || !bytes_is_text(found, key))
		return false;
	*in = at;
	return true;
}

bool map_uint(struct cbor_in *in, int64_t key, uint64_t max, uint64_t *v)
{
	return map_key(in, key) && cbor_uint_max(in, max, v);
}

bool map_int(struct cbor_in *in, int64_t key, int64_t min, int64_t max,
	     int64_t *v)
{
	return map_key(in, key) && cbor_int_range(in, min, max, v);
}

bool map_seconds(struct cbor_in *in, int64_t key, uint64_t *v)
{
	return map_uint(in, key, TIME_S_MAX, v);
}

bool map_bytes(struct cbor_in *in, int64_t key, uint8_t *p, size_t n)
{
	return map_key(in, key) && cbor_bytes_exact(in, p, n);
}

bool map_text(struct cbor_in *in, int64_t key, size_t max, struct bytes *v)
{
	return map_key(in, key) && cbor_text_sized(in, 1, max, v);
}

bool map_name_id(struct cbor_in *in, int64_t key, struct bytes *v)
{
	return map_key(in, key) && cbor_name_id(in, v);
}

void map_put_uint(struct outbuf *out, int64_t key, uint64_t v)
{
	cbor_put_int(out, key);
	cbor_put_uint(out, v);
}

void map_put_int(struct outbuf *out, int64_t key, int64_t v)
{
	cbor_put_int(out, key);
	cbor_put_int(out, v);
}

void map_put_bytes(struct outbuf *out, int64_t key, const uint8_t *p, size_t n)
{
	cbor_put_int(out, key);
	cbor_put_bytes(out, bytes_of(p, n));
}

void map_put_text(struct outbuf *out, int64_t key, struct bytes v)
{
	cbor_put_int(out, key);
	cbor_put_text(out, v);
}

void map_put_item(struct outbuf *out, int64_t key, struct bytes encoded)
{
	cbor_put_int(out, key);
	out_bytes(out, encoded);
}
