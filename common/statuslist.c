/* SPDX-License-Identifier: Apache-2.0 */
/* statuslist.c: the status list token, its zlib stream, and the packed list.
 * Entry idx takes `bits` bits; those of a byte are counted from its lowest. */
#include "statuslist.h"

#include <limits.h>
#include <string.h>

#include "limits.h"
#include "mapkey.h"
#include "zroom.h"

#define DEFLATE_LEVEL 9

static bool bits_valid(uint64_t bits)
{
	return bits == 1 || bits == 2 || bits == 4 || bits == 8;
}

/* The draft's examples have "bits" first; deterministic CBOR, which cose_open
 * has asked of a token before it comes here, has "lst" first. */
bool statuslist_map_read(struct bytes map, unsigned *bits, struct bytes *lst)
{
	struct cbor_in in = cbor_reader(map);
	bool has_lst = false;
	uint64_t wide;
	size_t pairs;

	if (!cbor_map(&in, &pairs) || pairs != 2)
		return false;
	if (map_text_key(&in, "lst")) {
		has_lst = true;
		if (!cbor_bytes(&in, lst))
			return false;
	}
	if (!map_text_key(&in, "bits") || !cbor_uint(&in, &wide) ||
	    !bits_valid(wide))
		return false;
	if (!has_lst && (!map_text_key(&in, "lst") || !cbor_bytes(&in, lst)))
		return false;
	*bits = (unsigned)wide;
	return cbor_at_end(&in);
}

void statuslist_map_put(struct outbuf *out, unsigned bits, struct bytes lst)
{
	cbor_put_map(out, 2);
	cbor_put_text(out, bytes_text("lst"));
	cbor_put_bytes(out, lst);
	cbor_put_text(out, bytes_text("bits"));
	cbor_put_uint(out, bits);
}

static bool read_payload(struct bytes payload, struct status_token *out)
{
	struct cbor_in in = cbor_reader(payload);
	struct bytes map;
	size_t pairs;

	return cbor_map(&in, &pairs) &&
	       map_text(&in, 2, URI_MAX, &out->uri) &&
	       map_seconds(&in, 4, &out->exp) &&
	       map_seconds(&in, 6, &out->iat) && out->exp >= out->iat &&
	       map_key(&in, 65533) && cbor_item(&in, &map) &&
	       statuslist_map_read(map, &out->bits, &out->lst) &&
	       map_seconds(&in, 65534, &out->ttl) && cbor_at_end(&in);
}

bool status_token_read(struct bytes message, struct status_token *out)
{
	struct cose_header header;

	memset(out, 0, sizeof(*out));
	if (message.n > STATUS_TOKEN_MAX ||
	    !cose_open(message, TYP_STATUS_TOKEN, &out->cose, &header))
		return false;
	memcpy(out->kid, header.kid, sizeof(out->kid));
	return read_payload(out->cose.payload, out);
}

static void put_payload(struct outbuf *out, const struct status_token *token)
{
	cbor_put_map(out, 5);
	map_put_text(out, 2, token->uri);
	map_put_uint(out, 4, token->exp);
	map_put_uint(out, 6, token->iat);
	cbor_put_uint(out, 65533);
	statuslist_map_put(out, token->bits, token->lst);
	map_put_uint(out, 65534, token->ttl);
}

void status_token_put(struct outbuf *out, const struct status_token *token,
		      const uint8_t kid[static 8], const uint8_t sk[static 64],
		      struct outbuf *scratch)
{
	struct outbuf payload = outbuf_in(scratch->p, scratch->cap);
	struct outbuf rest;

	put_payload(&payload, token);
	if (payload.failed) {
		out->failed = true;
		return;
	}
	rest = outbuf_in(scratch->p + payload.n, scratch->cap - payload.n);
	cose_put_sign1(out, TYP_STATUS_TOKEN, kid, out_view(&payload), sk,
		       &rest);
}

/* zlib counts in unsigned int. */
static bool stream_fits(size_t in, size_t out)
{
	return in <= UINT_MAX && out <= UINT_MAX;
}

bool statuslist_inflate(struct bytes lst, unsigned bits, uint8_t *buf,
			size_t cap, struct statuslist *out)
{
	struct zroom room;
	z_stream z = {.next_in = lst.p,
		      .avail_in = (uInt)lst.n,
		      .next_out = buf,
		      .avail_out = (uInt)cap};
	int rc;

	zroom_lend(&room, &z);
	if (!bits_valid(bits) || !stream_fits(lst.n, cap) ||
	    inflateInit(&z) != Z_OK)
		return false;
	rc = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	if (rc != Z_STREAM_END || z.avail_in != 0)
		return false;
	*out = (struct statuslist){bits, buf, cap - z.avail_out};
	return true;
}

void statuslist_deflate(struct outbuf *out, const struct statuslist *list)
{
	size_t room = out->cap - out->n;
	z_stream z = {.next_in = list->p,
		      .avail_in = (uInt)list->n,
		      .avail_out = (uInt)room};
	int rc;

	if (out->failed)
		return;
	if (!stream_fits(list->n, room) ||
	    deflateInit(&z, DEFLATE_LEVEL) != Z_OK) {
		out->failed = true;
		return;
	}
	z.next_out = out->p + out->n;
	rc = deflate(&z, Z_FINISH);
	deflateEnd(&z);
	if (rc == Z_STREAM_END)
		out->n += room - z.avail_out;
	else
		out->failed = true;
}

struct place {
	size_t byte;
	unsigned shift, mask;
};

static struct place place_of(unsigned bits, uint64_t idx)
{
	uint64_t per_byte = 8 / bits;

	return (struct place){(size_t)(idx / per_byte),
			      (unsigned)(idx % per_byte) * bits,
			      (1u << bits) - 1};
}

unsigned statuslist_get(const struct statuslist *list, uint64_t idx)
{
	struct place at;

	if (idx / (8 / list->bits) >= list->n)
		return STATUS_NONE;
	at = place_of(list->bits, idx);
	return (unsigned)list->p[at.byte] >> at.shift & at.mask;
}

void statuslist_set(uint8_t *p, unsigned bits, uint64_t idx, unsigned value)
{
	struct place at = place_of(bits, idx);
	unsigned others = p[at.byte] & ~(at.mask << at.shift);

	p[at.byte] = (uint8_t)(others | (value & at.mask) << at.shift);
}

bool status_token_signer(const struct status_token *token,
			 const struct issuerdoc *doc, struct issuer_key *signer)
{
	if (!issuerdoc_has_uri(doc, token->uri) ||
	    !issuerdoc_key(doc, token->kid, signer) ||
	    signer->state == KEY_COMPROMISED)
		return false;
	return signer->state != KEY_RETIRED || token->iat <= signer->until;
}

bool status_token_counts(const struct status_token *token,
			 const struct issuerdoc *doc, struct outbuf *scratch)
{
	struct issuer_key signer;

	return status_token_signer(token, doc, &signer) &&
	       cose_verify(&token->cose, signer.pk, scratch);
}
