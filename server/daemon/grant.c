/* SPDX-License-Identifier: Apache-2.0 */
/* grant.c: the mark by which the service knows its own answer again. */
#include "grant.h"

#include <sodium.h>

#include "cbor.h"

/* 1 + 9 + 17 + 2 + 9 + 9 + 9 at most. */
#define GRANT_TEXT_MAX 64
#define GRANT_MAC (ENTRY_GRANT - 8)

static void put_amount(struct outbuf *out, bool has, int64_t amount)
{
	if (has)
		cbor_put_int(out, amount);
	else
		cbor_put_null(out);
}

void grant_make(const struct grant *g, const uint8_t key[static GRANT_KEY],
                uint8_t out[static ENTRY_GRANT])
{
	uint8_t text[GRANT_TEXT_MAX];
	struct outbuf o = outbuf_in(text, sizeof text);

	cbor_put_array(&o, 6);
	cbor_put_bytes(&o, bytes_of(g->kid, sizeof g->kid));
	cbor_put_bytes(&o, bytes_of(g->id, sizeof g->id));
	cbor_put_uint(&o, g->verdict);
	put_amount(&o, g->has_list, g->list);
	put_amount(&o, g->has_discount, g->discount);
	cbor_put_int(&o, g->time_ms);
	put_be64(out, (uint64_t)g->time_ms);
	crypto_generichash(out + 8, GRANT_MAC, text, o.n, key, GRANT_KEY);
}

bool grant_verify(struct grant *g, const uint8_t key[static GRANT_KEY],
                  const uint8_t grant[static ENTRY_GRANT])
{
	uint8_t made[ENTRY_GRANT];

	g->time_ms = grant_time_ms(grant);
	grant_make(g, key, made);
	return sodium_memcmp(made, grant, sizeof made) == 0;
}
