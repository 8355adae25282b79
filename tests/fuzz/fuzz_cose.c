/* SPDX-License-Identifier: Apache-2.0 */
/* COSE: what is parsed is its four parts and nothing else; what opens in the
 * profile has the header that the writer writes; what verifies is, byte for
 * byte, what the writer makes of it. */
#include <string.h>

#include "cbor.h"
#include "cose.h"
#include "fuzz.h"
#include "limits.h"

#define ROOM 65536

static void check_parts(const struct cose *c)
{
	static uint8_t buf[ROOM];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	cbor_put_tag(&out, c->tag);
	cbor_put_array(&out, 4);
	cbor_put_bytes(&out, c->protected);
	out_bytes(&out, c->unprotected);
	cbor_put_bytes(&out, c->payload);
	cbor_put_bytes(&out, c->proof);
	check_written(&out, c->whole);
	out = outbuf_in(buf, sizeof(buf));
	cose_put_tbs(&out, c->tag, c->protected, c->payload);
	check(!out.failed && out.n < c->whole.n + 32);
}

static void check_header(const struct cose *c, const struct cose_header *h)
{
	static uint8_t buf[ROOM];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	cbor_put_map(&out, 3);
	cbor_put_int(&out, 1);
	cbor_put_int(&out, h->alg);
	if (h->has_kid) {
		cbor_put_int(&out, 4);
		cbor_put_bytes(&out, bytes_of(h->kid, sizeof(h->kid)));
	} else {
		cbor_put_int(&out, 13);
		out_bytes(&out, h->kcwt);
	}
	cbor_put_int(&out, 16);
	if (h->typ == TYP_STATUS_TOKEN)
		cbor_put_text(&out, bytes_text("application/statuslist+cwt"));
	else
		cbor_put_int(&out, h->typ);
	check_written(&out, c->protected);
}

static void check_signed(const struct cose *c, const struct cose_header *h)
{
	static uint8_t buf[ROOM], room[ROOM];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct outbuf scratch = outbuf_in(room, sizeof(room));
	struct fuzz_key key = fuzz_key();
	struct cose_header header;
	struct cose own;
	bool ours = cose_verify(c, key.pk, &scratch);

	if (h->typ == TYP_PRESENTATION) {
		cose_put_presentation(&out, h->kcwt, c->payload, key.sk);
		if (out.failed) /* around something over PASS_MAX */
			return;
	} else {
		cose_put_sign1(&out, (enum typ)h->typ, h->kid, c->payload,
		               key.sk, &scratch);
	}
	check(!out.failed);
	check(cose_open(out_view(&out), (enum typ)h->typ, &own, &header));
	check(cose_verify(&own, key.pk, &scratch));
	if (ours && h->alg == COSE_ALG_EDDSA)
		check_written(&out, c->whole);
}

static void check_mac(const struct cose *c, const struct cose_header *h)
{
	static uint8_t buf[ROOM];
	struct outbuf out = outbuf_in(buf, sizeof(buf));
	struct fuzz_key key = fuzz_key();

	cose_put_mac0(&out, (enum typ)h->typ, h->kid, c->payload, key.pk);
	check(!out.failed);
	check(cose_verify_mac(c, key.pk) ==
	      bytes_equal(out_view(&out), c->whole));
}

static void check_open(struct bytes input, int64_t typ)
{
	struct cose_header header;
	struct cose c;

	if (!cose_open(input, (enum typ)typ, &c, &header))
		return;
	check(header.typ == typ && cose_typ(input) == typ);
	check_header(&c, &header);
	if (c.tag == COSE_TAG_MAC0)
		check_mac(&c, &header);
	else
		check_signed(&c, &header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size < ROOM / 2 ? size : ROOM / 2);
	struct fuzz_key key = fuzz_key();
	struct cose c;
	int64_t typ;

	if (cose_parse(input, COSE_TAG_SIGN1, &c)) {
		check_parts(&c);
		check(!cose_verify_mac(&c, key.pk));
	} else if (cose_parse(input, COSE_TAG_MAC0, &c)) {
		check_parts(&c);
	} else {
		check(cose_typ(input) == 0);
	}
	for (typ = TYP_PASS; typ <= TYP_RECEIPT; typ++)
		check_open(input, typ);
	check_open(input, TYP_STATUS_TOKEN);
	return 0;
}
