/* SPDX-License-Identifier: Apache-2.0 */
/* Issuer documents: what is read can be walked to its end, and is written to
 * the same payload. */
#include <stdint.h>
#include <stdlib.h>

#include <sodium.h>

#include "issuerdoc.h"
#include "limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void walk(const struct issuerdoc *doc)
{
	struct cbor_in in = issuerdoc_iterate(doc->keys);
	struct issuer_key key, found;
	struct bytes uri;

	while (issuerdoc_next_key(&in, &key)) {
		check(issuerdoc_key(doc, key.kid, &found));
		check(key.state != KEY_RETIRED || key.has_until);
		check(key_state_name(key.state)[0] != 'u');
	}
	check(cbor_at_end(&in));
	in = issuerdoc_iterate(doc->uris);
	while (issuerdoc_next_uri(&in, &uri))
		check(issuerdoc_has_uri(doc, uri));
	check(cbor_at_end(&in));
	check(!issuerdoc_has_uri(doc, bytes_text("")));
}

/* The same document under a root key of ours opens with it. */
static void write_and_open(const struct issuerdoc *doc)
{
	static uint8_t buf[2 * ISSUERDOC_MAX], scratch_buf[4 * ISSUERDOC_MAX];
	static const uint8_t SEED[crypto_sign_SEEDBYTES] = {1};
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct outbuf scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	uint8_t pk[32], sk[64];
	struct issuerdoc back;

	crypto_sign_seed_keypair(pk, sk, SEED);
	issuerdoc_put(&out, doc, pk, sk, &scratch);
	check(!out.failed);
	scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	check(issuerdoc_open(out_view(&out), pk, &back, &scratch));
	check(bytes_equal(doc->cose.payload, back.cose.payload));
	check(!issuerdoc_open(doc->cose.whole, pk, &back, &scratch) ||
	      bytes_equal(doc->cose.whole, out_view(&out)));
	scratch = outbuf_in(scratch_buf, 1);
	issuerdoc_put(&out, doc, pk, sk, &scratch);
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
