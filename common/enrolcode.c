/* SPDX-License-Identifier: Apache-2.0 */
/* enrolcode.c: the one-time code as text. It is shown by a service that the
 * kiosk does not know yet, so it is not signed: whoever can show it to the
 * person who enrols is trusted with the rest. */
#include "enrolcode.h"

#include <string.h>

#include "base45.h"
#include "cbor.h"
#include "mapkey.h"

#define PREFIX "OAPE1:"
#define PREFIX_LEN (sizeof(PREFIX) - 1)

static void put_map(struct outbuf *out, const struct enrolcode *code)
{
	cbor_put_map(out, code->has_pin ? 5 : 4);
	map_put_text(out, 1, code->url);
	map_put_bytes(out, 2, code->service_pk, 32);
	if (code->has_pin)
		map_put_bytes(out, 3, code->pin, 32);
	map_put_bytes(out, 4, code->secret, 16);
	map_put_uint(out, 5, code->expires);
}

void enrolcode_put(struct outbuf *out, const struct enrolcode *code)
{
	uint8_t buf[ENROLCODE_MAX];
	struct outbuf map = outbuf_in(buf, sizeof(buf));

	put_map(&map, code);
	if (map.failed || code->url.n > URL_MAX) {
		out->failed = true;
		return;
	}
	out_text(out, PREFIX);
	base45_put(out, out_view(&map));
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Base45 has a space in it, but never at its end: the last character of a
 * group is its highest digit, 32 at most. */
static struct bytes trim(struct bytes text)
{
	while (text.n > 0 && is_blank(text.p[0])) {
		text.p++;
		text.n--;
	}
	while (text.n > 0 && is_blank(text.p[text.n - 1]))
		text.n--;
	return text;
}

static bool is_url(struct bytes url)
{
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= ' ' || url.p[i] >= 0x7f)
			return false;
	return true;
}

static bool read_map(struct bytes map, struct enrolcode *out)
{
	struct cbor_in in = cbor_reader(map);
	size_t pairs;

	if (cbor_check(map, NULL) != CBOR_OK || !cbor_map(&in, &pairs))
		return false;
	if (!map_text(&in, 1, URL_MAX, &out->url) || !is_url(out->url) ||
	    !map_bytes(&in, 2, out->service_pk, 32))
		return false;
	out->has_pin = map_key(&in, 3);
	if (out->has_pin && !cbor_bytes_exact(&in, out->pin, 32))
		return false;
	return map_bytes(&in, 4, out->secret, 16) &&
	       map_seconds(&in, 5, &out->expires) && cbor_at_end(&in);
}

bool enrolcode_read(struct bytes text, uint8_t *buf, size_t cap,
		    struct enrolcode *out)
{
	struct outbuf map = outbuf_in(buf, cap);

	memset(out, 0, sizeof(*out));
	text = trim(text);
	if (text.n < PREFIX_LEN || memcmp(text.p, PREFIX, PREFIX_LEN) != 0)
		return false;
	return base45_read(bytes_of(text.p + PREFIX_LEN, text.n - PREFIX_LEN),
			   &map) &&
	       read_map(out_view(&map), out);
}
