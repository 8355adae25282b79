/* SPDX-License-Identifier: Apache-2.0 */
/* Status list tokens: what is read is written to the same payload; what
 * inflates stays within its cap, and deflates to what inflates the same. */
#include <string.h>

#include "fuzz.h"
#include "key.h"
#include "limits.h"
#include "statuslist.h"

#define LIST_CAP 65536

static void check_list(unsigned bits, struct bytes lst)
{
	static uint8_t list_buf[LIST_CAP], again_buf[LIST_CAP];
	static uint8_t lst_buf[2 * LIST_CAP];
	struct outbuf out = outbuf_in(lst_buf, sizeof(lst_buf));
	struct statuslist list, again;
	uint64_t entries;

	if (!statuslist_inflate(lst, bits, list_buf, LIST_CAP, &list))
		return;
	entries = list.n * 8 / bits;
	check(list.n <= LIST_CAP);
	check(statuslist_get(&list, entries) == STATUS_NONE);
	check(statuslist_get(&list, UINT64_MAX) == STATUS_NONE);
	memset(again_buf, 0xff, list.n);
	for (uint64_t i = 0; i < entries; i++) {
		unsigned value = statuslist_get(&list, i);

		check(value < 1u << bits);
		statuslist_set(again_buf, bits, i, value);
	}
	check(memcmp(list_buf, again_buf, list.n) == 0);
	statuslist_deflate(&out, &list);
	check(!out.failed);
	check(statuslist_inflate(out_view(&out), bits, again_buf, list.n,
				 &again));
	check(again.n == list.n && memcmp(list_buf, again_buf, list.n) == 0);
}

/* The list's map alone, in either order of its keys. */
static void check_map(struct bytes input)
{
	static uint8_t buf[LIST_CAP];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct bytes lst, back_lst;
	unsigned bits, back_bits;

	if (input.n > LIST_CAP / 2 || !statuslist_map_read(input, &bits, &lst))
		return;
	check_list(bits, lst);
	statuslist_map_put(&out, bits, lst);
	check(!out.failed);
	check(statuslist_map_read(out_view(&out), &back_bits, &back_lst));
	check(bits == back_bits && bytes_equal(lst, back_lst));
	if (cbor_check(input, NULL) == CBOR_OK)
		check(bytes_equal(out_view(&out), input));
}

/* A document in which one key and one list stand. */
static struct issuerdoc document_of(const struct issuer_key *key,
				    struct bytes uri, uint8_t *room)
{
	struct outbuf keys = outbuf_in(room, 64);
	struct outbuf uris = outbuf_in(room + 64, URI_MAX + 8);
	struct issuerdoc doc = {.number = 1};

	cbor_put_array(&keys, 1);
	issuerdoc_put_key(&keys, key);
	cbor_put_array(&uris, 1);
	cbor_put_text(&uris, uri);
	check(!keys.failed && !uris.failed);
	doc.keys = out_view(&keys);
	doc.uris = out_view(&uris);
	return doc;
}

/* Signed by a key of ours, it counts for the issuer who has that key and that
 * list, and for no other; retired, up to its end. */
static void check_counts(const struct status_token *token,
			 const struct issuer_key *signer,
			 struct outbuf scratch)
{
	uint8_t room[64 + URI_MAX + 8];
	struct issuer_key key = *signer;
	struct issuerdoc doc = document_of(&key, token->uri, room);

	check(status_token_counts(token, &doc, &scratch));
	scratch.n = 0;
	key.state = KEY_RETIRED;
	key.has_until = true;
	key.until = token->iat;
	doc = document_of(&key, token->uri, room);
	check(status_token_counts(token, &doc, &scratch));
	if (token->iat > 0) {
		key.until--;
		doc = document_of(&key, token->uri, room);
		check(!status_token_counts(token, &doc, &scratch));
	}
	key.state = KEY_COMPROMISED;
	doc = document_of(&key, token->uri, room);
	check(!status_token_counts(token, &doc, &scratch));
	doc = document_of(signer, bytes_text("-"), room);
	check(!status_token_counts(token, &doc, &scratch) ||
	      bytes_is_text(token->uri, "-"));
}

static void write_and_count(const struct status_token *token)
{
	static uint8_t buf[2 * STATUS_TOKEN_MAX];
	static uint8_t scratch_buf[4 * STATUS_TOKEN_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct outbuf scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	struct issuer_key key = {.state = KEY_ACTIVE};
	struct status_token back;
	struct fuzz_key own = fuzz_key();

	memcpy(key.pk, own.pk, sizeof(key.pk));
	key_kid(key.pk, key.kid);
	status_token_put(&out, token, key.kid, own.sk, &scratch);
	check(!out.failed && status_token_read(out_view(&out), &back));
	check(bytes_equal(token->cose.payload, back.cose.payload));
	check_counts(&back, &key,
		     outbuf_in(scratch_buf, sizeof(scratch_buf)));
	scratch = outbuf_in(scratch_buf, 1);
	status_token_put(&out, token, key.kid, own.sk, &scratch);
	check(out.failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct status_token token;

	check_map(bytes_of(data, size));
	if (!status_token_read(bytes_of(data, size), &token))
		return 0;
	check_list(token.bits, token.lst);
	write_and_count(&token);
	return 0;
}
