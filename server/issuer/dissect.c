/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the headers. CBOR's readers are bounded by themselves, so what is not
 * strict CBOR is walked too, as far as it goes. */
#include "dissect.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "claims.h"
#include "cose.h"
#include "key.h"
#include "limits.h"

static const struct {
	const char *name;
	enum part_kind kind;
} parts[PART_COUNT] = {
    [PART_ISSUER] = {"issuer", PART_TEXT},
    [PART_PASS_ID] = {"pass_id", PART_HEX},
    [PART_CLASS] = {"class", PART_TEXT},
    [PART_HINT] = {"hint", PART_TEXT},
    [PART_ISSUED] = {"issued", PART_TIME},
    [PART_NOT_BEFORE] = {"not_before", PART_TIME},
    [PART_UNTIL] = {"until", PART_TIME},
    [PART_HOLDER_KEY] = {"holder_key", PART_HEX},
    [PART_STATUS_LIST] = {"status_list", PART_TEXT},
    [PART_INDEX] = {"index", PART_NUMBER},
    [PART_TYPE] = {"type", PART_NUMBER},
    [PART_ALGORITHM] = {"algorithm", PART_NUMBER},
    [PART_KEY] = {"key", PART_HEX},
    [PART_SHOWN_AT] = {"shown_at", PART_TIME},
    [PART_SHOWN_TO] = {"shown_to", PART_TEXT},
};

const char *part_name(enum part part)
{
	return parts[part].name;
}

enum part_kind part_kind(enum part part)
{
	return parts[part].kind;
}

void dissect_complain(struct dissection *d, const char *format, ...)
{
	va_list args;

	if (d->fault[0])
		return;
	va_start(args, format);
	vsnprintf(d->fault, sizeof(d->fault), format, args);
	va_end(args);
}

void dissect_put_bytes(struct dissection *d, enum part part, struct bytes v)
{
	d->part[part] = (struct part_value){.is_there = true, .bytes = v};
}

void dissect_put_number(struct dissection *d, enum part part, int64_t v)
{
	d->part[part] = (struct part_value){.is_there = true, .number = v};
}

/* Whether a message means to be a presentation, by its type or by the pass in
 * its header. */
static bool is_live(struct bytes message)
{
	struct cbor_in in;
	struct bytes item;
	struct cose cose;
	uint64_t typ;
	size_t pairs;
	int64_t key;

	if (!cose_parse(message, COSE_TAG_SIGN1, &cose))
		return false;
	in = cbor_reader(cose.protected);
	if (!cbor_map(&in, &pairs))
		return false;
	while (pairs-- && cbor_int(&in, &key) && cbor_item(&in, &item)) {
		struct cbor_in value = cbor_reader(item);

		if (key == 13 || (key == 16 && cbor_uint(&value, &typ) &&
				  typ == TYP_PRESENTATION))
			return true;
	}
	return false;
}

/* A message on the way; a pass in a presentation is a second one. */
struct envelope {
	struct dissection *d;
	bool live;	   /* a presentation */
	bool inner;	   /* the pass in one */
	struct bytes kcwt; /* the pass, of a presentation */
	bool has_alg, has_kid, has_typ;
};

static bool take_alg(struct envelope *e, struct cbor_in *in)
{
	int64_t alg;

	e->has_alg = true;
	if (!cbor_int(in, &alg))
		return false;
	if (!e->inner)
		dissect_put_number(e->d, PART_ALGORITHM, alg);
	return alg == COSE_ALG_EDDSA || alg == COSE_ALG_ED25519;
}

static bool take_kid(struct envelope *e, struct cbor_in *in)
{
	struct bytes kid;

	e->has_kid = true;
	if (!cbor_bytes(in, &kid))
		return false;
	dissect_put_bytes(e->d, PART_KEY, kid);
	return kid.n == KEY_KID;
}

static bool take_kcwt(struct envelope *e, struct cbor_in *in)
{
	return cbor_peek(in) == CBOR_MAJOR_TAG && cbor_item(in, &e->kcwt);
}

static bool take_typ(struct envelope *e, struct cbor_in *in)
{
	uint64_t typ;

	e->has_typ = true;
	if (!cbor_uint_max(in, INT64_MAX, &typ))
		return false;
	if (!e->inner)
		dissect_put_number(e->d, PART_TYPE, (int64_t)typ);
	if (typ != (e->live ? TYP_PRESENTATION : TYP_PASS))
		dissect_complain(e->d, "header 16 (typ): a message of type "
				       "%llu, no pass",
				 (unsigned long long)typ);
	return true;
}

static const struct header {
	int64_t key;
	const char *name, *expected;
	bool (*take)(struct envelope *e, struct cbor_in *in);
	bool in_pass, in_presentation;
} headers[] = {
    {1, "alg", "EdDSA (-8) or Ed25519 (-19)", take_alg, true, true},
    {4, "kid", "8 bytes", take_kid, true, false},
    {13, "kcwt", "a tagged pass", take_kcwt, false, true},
    {16, "typ", "a number", take_typ, true, true},
};
#define HEADERS (sizeof(headers) / sizeof(headers[0]))

static const struct header *find_header(const struct envelope *e, int64_t key)
{
	for (size_t i = 0; i < HEADERS; i++)
		if (headers[i].key == key &&
		    (e->live ? headers[i].in_presentation
			     : headers[i].in_pass))
			return &headers[i];
	return NULL;
}

static void take_header(struct envelope *e, int64_t key, struct bytes item)
{
	const struct header *header = find_header(e, key);
	struct cbor_in value = cbor_reader(item);

	if (!header)
		dissect_complain(e->d, "header %lld: a %s has none",
				 (long long)key,
				 e->live ? "presentation" : "pass");
	else if (!header->take(e, &value))
		dissect_complain(e->d, "header %lld (%s): not %s",
				 (long long)key, header->name,
				 header->expected);
}

static void take_headers(struct envelope *e, struct bytes protected)
{
	struct cbor_in in = cbor_reader(protected);
	struct bytes item;
	size_t pairs;
	int64_t key;

	if (!cbor_map(&in, &pairs))
		pairs = 0;
	while (pairs-- && cbor_int(&in, &key) && cbor_item(&in, &item))
		take_header(e, key, item);
	if (!e->has_alg)
		dissect_complain(e->d, "header 1 (alg): missing");
	if (!e->has_kid && !e->live)
		dissect_complain(e->d, "header 4 (kid): missing");
	if (!e->kcwt.n && e->live)
		dissect_complain(e->d, "header 13 (kcwt): missing");
	if (!e->has_typ)
		dissect_complain(e->d, "header 16 (typ): missing");
}

static void take_message(struct envelope *e, struct bytes message)
{
	struct cose cose;

	if (!cose_parse(message, COSE_TAG_SIGN1, &cose)) {
		dissect_complain(e->d, "not a COSE_Sign1 message (RFC 9052): "
				       "tag 18, and four parts with a header");
		return;
	}
	if (cose.unprotected.n != 1)
		dissect_complain(e->d, "unprotected header: not empty");
	take_headers(e, cose.protected);
	if (e->live)
		claims_of_presentation(e->d, cose.payload);
	else
		claims_of_pass(e->d, cose.payload);
	if (cose.proof.n != KEY_SIGNATURE)
		dissect_complain(e->d, "signature: %zu bytes; it has %d",
				 cose.proof.n, KEY_SIGNATURE);
	if (!e->live && message.n > PASS_MAX)
		dissect_complain(e->d, "%zu bytes; a pass has at most %d",
				 message.n, PASS_MAX);
}

void dissect(struct dissection *d, struct bytes message)
{
	struct envelope outer = {.d = d};
	size_t at = 0;
	enum cbor_fault fault = cbor_check(message, &at);

	memset(d, 0, sizeof(*d));
	if (fault != CBOR_OK) {
		dissect_complain(d, "CBOR: %s, at byte %zu of %zu",
				 cbor_fault_text(fault), at, message.n);
		return;
	}
	outer.live = is_live(message);
	take_message(&outer, message);
	if (outer.kcwt.n) {
		struct envelope inner = {.d = d, .inner = true};

		take_message(&inner, outer.kcwt);
	}
}
