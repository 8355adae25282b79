/* SPDX-License-Identifier: Apache-2.0 */
/* tool_large.c: issuer documents, status tokens and receipts, as JSON and
 * back. */
#include "tool_message.h"

#include <string.h>

#include "issuerdoc.h"
#include "statuslist.h"
#include "talk.h"

#define HEX(array) json_of_hex(array, sizeof(array))
#define HEX_INTO(f, key, array) field_hex_exact(f, key, array, sizeof(array))

static const char UNREADABLE[] = "unreadable", UNVERIFIED[] = "unverified";

static json_t *issuerdoc_show(struct bytes message,
			      const struct tool_key *key,
			      struct outbuf *scratch, const char **why)
{
	struct issuerdoc doc;
	struct issuer_key k;
	struct bytes uri;
	json_t *o = json_object(), *keys = json_array(), *uris = json_array();

	put(o, "4", keys);
	put(o, "5", uris);
	*why = UNREADABLE;
	if (!issuerdoc_read(message, &doc))
		goto refused;
	*why = UNVERIFIED;
	if (memcmp(doc.root_kid, key->kid, 8) != 0 ||
	    !issuerdoc_open(message, key->pk, &doc, scratch))
		goto refused;
	put(o, "1", json_of_text(doc.iss));
	put(o, "2", json_of_uint(doc.number));
	put(o, "3", json_of_uint(doc.made_at));
	struct cbor_in in = cbor_members(doc.keys);
	while (issuerdoc_next_key(&in, &k))
		append(keys, json_pack("[o,o,o,o]", HEX(k.pk),
				       json_of_uint(k.state),
				       json_of_uint(k.from),
				       k.has_until ? json_of_uint(k.until) :
						     json_null()));
	in = cbor_members(doc.uris);
	while (issuerdoc_next_uri(&in, &uri))
		append(uris, json_of_text(uri));
	put(o, "6", names_fields(&doc.names));
	return o;
refused:
	json_decref(o);
	return NULL;
}

static void issuerdoc_make(struct outbuf *out, struct fields *f,
			   const struct tool_key *key, struct outbuf *scratch)
{
	struct issuerdoc doc = {.iss = field_text(f, "1"),
				.number = field_uint(f, "2"),
				.made_at = field_uint(f, "3"),
				.names = names_from(f, "6")};
	const json_t *keys = field_json(f, "4"), *uris = field_json(f, "5");
	const json_t *row;
	size_t i, at = array_begin(scratch, keys);

	json_array_foreach ((json_t *)(uintptr_t)keys, i, row) {
		struct issuer_key k = {0};
		struct bytes pk = value_hex(f, json_array_get(row, 0));
		const json_t *until = json_array_get(row, 3);

		if (pk.n == 32)
			memcpy(k.pk, pk.p, 32);
		k.state = (enum key_state)value_uint(f, json_array_get(row, 1));
		k.from = value_uint(f, json_array_get(row, 2));
		k.has_until = !json_is_null(until);
		if (k.has_until)
			k.until = value_uint(f, until);
		issuerdoc_put_key(scratch, &k);
	}
	doc.keys = array_end(scratch, at);
	at = array_begin(scratch, uris);
	json_array_foreach ((json_t *)(uintptr_t)uris, i, row)
		cbor_put_text(scratch, value_text(f, row));
	doc.uris = array_end(scratch, at);
	struct outbuf rest =
	    outbuf_in(scratch->p + scratch->n, scratch->cap - scratch->n);
	issuerdoc_put(out, &doc, key->pk, key->sk, &rest);
}

static json_t *status_show(struct bytes message, const struct tool_key *key,
			   struct outbuf *scratch, const char **why)
{
	struct status_token t;

	*why = UNREADABLE;
	if (!status_token_read(message, &t))
		return NULL;
	*why = UNVERIFIED;
	if (memcmp(t.kid, key->kid, 8) != 0 ||
	    !cose_verify(&t.cose, key->pk, scratch))
		return NULL;
	json_t *o = json_object(), *list = json_object();
	put(o, "2", json_of_text(t.uri));
	put(o, "4", json_of_uint(t.exp));
	put(o, "6", json_of_uint(t.iat));
	put(list, "bits", json_of_uint(t.bits));
	put(list, "lst", json_of_hex(t.lst.p, t.lst.n));
	put(o, "65533", list);
	put(o, "65534", json_of_uint(t.ttl));
	return o;
}

static void status_make(struct outbuf *out, struct fields *f,
			const struct tool_key *key, struct outbuf *scratch)
{
	struct fields list = fields_in(f, field_json(f, "65533"));
	struct status_token t = {.uri = field_text(f, "2"),
				 .exp = field_uint(f, "4"),
				 .iat = field_uint(f, "6"),
				 .ttl = field_uint(f, "65534"),
				 .bits = (unsigned)field_uint(&list, "bits"),
				 .lst = field_hex(&list, "lst")};

	f->failed |= list.failed;
	status_token_put(out, &t, key->kid, key->sk, scratch);
}

static json_t *receipt_show(struct bytes message, const struct tool_key *key,
			    struct outbuf *scratch, const char **why)
{
	struct receipt r;
	uint64_t seq;
	unsigned verdict, marks;
	size_t count = 0;

	*why = UNREADABLE;
	if (!receipt_read(message, &r))
		return NULL;
	*why = UNVERIFIED;
	if (memcmp(r.service_kid, key->kid, 8) != 0 ||
	    !cose_verify(&r.cose, key->pk, scratch))
		return NULL;
	json_t *o = json_object(), *results = json_array();
	put(o, "1", HEX(r.kiosk));
	put(o, "2", json_of_int(r.at_ms));
	put(o, "3", json_of_uint(r.held_seq));
	put(o, "4", HEX(r.held_hash));
	put(o, "5", json_of_uint(r.held_count));
	put(o, "6", results);
	struct bytes left = r.results;
	while (receipt_next(&left, &seq, &verdict, &marks)) {
		append(results, json_pack("[o,o,o]", json_of_uint(seq),
					  json_of_uint(verdict),
					  json_of_uint(marks)));
		count++;
	}
	if (count != r.result_count)
		put(o, "results lost", json_true());
	return o;
}

static void receipt_make(struct outbuf *out, struct fields *f,
			 const struct tool_key *key, struct outbuf *scratch)
{
	const json_t *rows = field_json(f, "6"), *row;
	struct receipt r = {.at_ms = field_int(f, "2"),
			    .held_seq = field_uint(f, "3"),
			    .held_count = field_uint(f, "5")};
	size_t i;

	memcpy(r.service_kid, key->kid, 8);
	HEX_INTO(f, "1", r.kiosk);
	HEX_INTO(f, "4", r.held_hash);
	size_t at = scratch->n;
	json_array_foreach ((json_t *)(uintptr_t)rows, i, row)
		receipt_put_result(scratch,
				   value_uint(f, json_array_get(row, 0)),
				   (unsigned)value_uint(
				       f, json_array_get(row, 1)),
				   (unsigned)value_uint(
				       f, json_array_get(row, 2)));
	r.results = array_end(scratch, at);
	r.result_count = json_array_size(rows);
	struct outbuf rest =
	    outbuf_in(scratch->p + scratch->n, scratch->cap - scratch->n);
	receipt_put(out, &r, key->sk, &rest);
}

const struct tool_typ tool_large[] = {
    {TYP_ISSUER_DOCUMENT, issuerdoc_show, issuerdoc_make},
    {TYP_STATUS_TOKEN, status_show, status_make},
    {TYP_RECEIPT, receipt_show, receipt_make},
};
const size_t tool_large_count = sizeof(tool_large) / sizeof(tool_large[0]);
