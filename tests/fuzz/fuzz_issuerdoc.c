/* SPDX-License-Identifier: Apache-2.0 */
/* Issuer documents: what is read can be walked to its end, and is written to
 * the same payload. */
#include "fuzz.h"
#include "issuerdoc.h"
#include "limits.h"

static void walk(const struct issuerdoc *doc)
{
	struct cbor_in in = cbor_members(doc->keys);
	struct issuer_key key, found;
	const uint8_t *from = in.p;
	uint8_t buf[64];
	struct bytes uri;

	for (; issuerdoc_next_key(&in, &key); from = in.p) {
		struct outbuf out = outbuf_in(buf, sizeof(buf));

		issuerdoc_put_key(&out, &key);
		check_written(&out, bytes_of(from, (size_t)(in.p - from)));
		check(issuerdoc_key(doc, key.kid, &found));
		check(key.state != KEY_RETIRED || key.has_until);
		check(key_state_name(key.state)[0] != 'u');
	}
	check(cbor_at_end(&in));
	in = cbor_members(doc->uris);
	while (issuerdoc_next_uri(&in, &uri))
		check(issuerdoc_has_uri(doc, uri));
	check(cbor_at_end(&in));
	check(!issuerdoc_has_uri(doc, bytes_text("")));
}

/* The same document under a root key of ours opens with it. */
static void write_and_open(const struct issuerdoc *doc)
{
	static uint8_t buf[2 * ISSUERDOC_MAX], scratch_buf[4 * ISSUERDOC_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct outbuf scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	struct fuzz_key key = fuzz_key();
	struct issuerdoc back;

	issuerdoc_put(&out, doc, key.pk, key.sk, &scratch);
	check(!out.failed);
	scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	check(issuerdoc_open(out_view(&out), key.pk, &back, &scratch));
	check(bytes_equal(doc->cose.payload, back.cose.payload));
	check(!issuerdoc_open(doc->cose.whole, key.pk, &back, &scratch) ||
	      bytes_equal(doc->cose.whole, out_view(&out)));
	scratch = outbuf_in(scratch_buf, 1);
	issuerdoc_put(&out, doc, key.pk, key.sk, &scratch);
	check(out.failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct issuerdoc doc;

	if (!issuerdoc_read(bytes_of(data, size), &doc))
		return 0;
	walk(&doc);
	write_and_open(&doc);
	return 0;
}
