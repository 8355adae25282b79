/* SPDX-License-Identifier: Apache-2.0 */
/* cose.c: reads and checks COSE_Sign1 and COSE_Mac0 in this project's
 * profile. coseput.c writes them. */
#include "cose.h"

#include <string.h>

#include <sodium.h>

#include "cbor.h"
#include "cosepart.h"
#include "key.h"
#include "limits.h"

#define EMPTY_MAP 0xa0
#define PARTS 4

static bool is_strict_map(struct bytes protected)
{
	struct cbor_in in = cbor_reader(protected);

	return cbor_peek(&in) == CBOR_MAJOR_MAP &&
	       cbor_check(protected, NULL) == CBOR_OK;
}

bool cose_parse(struct bytes message, unsigned tag, struct cose *out)
{
	struct cbor_in in = cbor_reader(message);
	uint64_t found;
	size_t parts;

	memset(out, 0, sizeof(*out));
	if (cbor_check(message, NULL) != CBOR_OK || !cbor_tag(&in, &found) ||
	    found != tag || !cbor_array(&in, &parts) || parts != PARTS ||
	    !cbor_bytes(&in, &out->protected) ||
	    cbor_peek(&in) != CBOR_MAJOR_MAP ||
	    !cbor_item(&in, &out->unprotected) ||
	    !cbor_bytes(&in, &out->payload) || !cbor_bytes(&in, &out->proof))
		return false;
	out->tag = tag;
	out->whole = message;
	/* An empty header may be an empty string (RFC 9052 section 3). */
	return out->protected.n == 0 || is_strict_map(out->protected);
}

/* A number or a text (RFC 9596). */
static bool read_typ(struct cbor_in *in, struct cose_header *out)
{
	struct bytes text;
	uint64_t number;

	out->has_typ = true;
	if (cbor_uint_max(in, INT64_MAX, &number)) {
		out->typ = (int64_t)number;
		return true;
	}
	if (!cbor_text(in, &text))
		return false;
	out->typ = bytes_is_text(text, COSE_STATUS_TYP) ? TYP_STATUS_TOKEN : 0;
	return true;
}

static bool read_kcwt(struct cbor_in *in, struct cose_header *out)
{
	return cbor_peek(in) == CBOR_MAJOR_TAG && cbor_item(in, &out->kcwt);
}

/* Header parameters of the profile, each at most once since keys ascend. */
static bool read_header(struct bytes protected, struct cose_header *out)
{
	struct cbor_in in = cbor_reader(protected);
	bool read = true;
	size_t pairs;
	int64_t key;

	memset(out, 0, sizeof(*out));
	if (!cbor_map(&in, &pairs))
		return false;
	while (read && pairs-- > 0) {
		if (!cbor_int(&in, &key))
			return false;
		switch (key) {
		case COSE_HEADER_ALG: read = cbor_int(&in, &out->alg); break;
		case COSE_HEADER_KID:
			read = cbor_bytes_exact(&in, out->kid, KEY_KID);
			out->has_kid = true;
			break;
		case COSE_HEADER_KCWT: read = read_kcwt(&in, out); break;
		case COSE_HEADER_TYP: read = read_typ(&in, out); break;
		default: return false;
		}
	}
	return read;
}

static bool read_profile(struct bytes message, unsigned tag, struct cose *out,
                         struct cose_header *header)
{
	return cose_parse(message, tag, out) && out->unprotected.n == 1 &&
	       out->unprotected.p[0] == EMPTY_MAP &&
	       read_header(out->protected, header) && header->has_typ;
}

static unsigned tag_of(enum typ typ)
{
	return typ == TYP_QUESTION || typ == TYP_REPORT ? COSE_TAG_MAC0
	                                                : COSE_TAG_SIGN1;
}

static bool proof_fits(const struct cose *c, const struct cose_header *header)
{
	if (c->tag == COSE_TAG_MAC0)
		return header->alg == COSE_ALG_HMAC256 && c->proof.n == KEY_MAC;
	return (header->alg == COSE_ALG_EDDSA ||
	        header->alg == COSE_ALG_ED25519) &&
	       c->proof.n == KEY_SIGNATURE;
}

bool cose_open_either(struct bytes message, enum typ one, enum typ other,
                      struct cose *out, struct cose_header *header)
{
	bool live;

	if (!read_profile(message, tag_of(one), out, header) ||
	    (header->typ != (int64_t)one && header->typ != (int64_t)other))
		return false;
	live = header->typ == TYP_PRESENTATION;
	return header->has_kid == !live && (header->kcwt.n > 0) == live &&
	       proof_fits(out, header) &&
	       cbor_check(out->payload, NULL) == CBOR_OK;
}

bool cose_open(struct bytes message, enum typ typ, struct cose *out,
               struct cose_header *header)
{
	return cose_open_either(message, typ, typ, out, header);
}

int64_t cose_typ(struct bytes message)
{
	struct cbor_in in = cbor_reader(message);
	struct cose_header header;
	struct cose c;
	uint64_t tag;

	if (!cbor_tag(&in, &tag) ||
	    !read_profile(message, (unsigned)tag, &c, &header))
		return 0;
	return header.typ;
}

bool cose_verify(const struct cose *c, const uint8_t pk[static 32],
                 struct outbuf *scratch)
{
	uint8_t small[COSE_SMALL_MAX];
	struct outbuf tbs = outbuf_in(small, sizeof(small));

	if (scratch)
		tbs = outbuf_in(scratch->p, scratch->cap);
	cose_put_tbs(&tbs, c->tag, c->protected, c->payload);
	return !tbs.failed && key_verify(pk, out_view(&tbs), c->proof);
}

bool cose_verify_mac(const struct cose *c, const uint8_t key[static 32])
{
	uint8_t mac[KEY_MAC];

	if (c->tag != COSE_TAG_MAC0 || c->proof.n != sizeof(mac))
		return false;
	cose_mac(c->protected, c->payload, key, mac);
	return sodium_memcmp(mac, c->proof.p, sizeof(mac)) == 0;
}
