/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the map of claims (RFC 8392) by a table of those that there are. */
#include "claims.h"

#include <stdio.h>

#include "cbor.h"
#include "key.h"
#include "limits.h"
#include "mapkey.h"
#include "pass.h"

#define CTI 16

/* What can be read is put; the result is whether it may be so. */

static bool take_text(struct dissection *d, struct cbor_in *in,
		      enum part part, size_t max)
{
	struct bytes text;

	if (!cbor_text(in, &text))
		return false;
	dissect_put_bytes(d, part, text);
	return text.n >= 1 && text.n <= max;
}

static bool take_bytes(struct dissection *d, struct cbor_in *in,
		       enum part part, size_t n)
{
	struct bytes bytes;

	if (!cbor_bytes(in, &bytes))
		return false;
	dissect_put_bytes(d, part, bytes);
	return bytes.n == n;
}

static bool take_time(struct dissection *d, struct cbor_in *in,
		      enum part part)
{
	uint64_t seconds;

	if (!cbor_uint_max(in, INT64_MAX, &seconds))
		return false;
	dissect_put_number(d, part, (int64_t)seconds);
	return seconds <= TIME_S_MAX;
}

static bool take_iss(struct dissection *d, struct cbor_in *in)
{
	return take_text(d, in, PART_ISSUER, ISS_MAX);
}

static bool take_exp(struct dissection *d, struct cbor_in *in)
{
	return take_time(d, in, PART_UNTIL);
}

static bool take_nbf(struct dissection *d, struct cbor_in *in)
{
	return take_time(d, in, PART_NOT_BEFORE);
}

static bool take_iat(struct dissection *d, struct cbor_in *in)
{
	return take_time(d, in, PART_ISSUED);
}

static bool take_cti(struct dissection *d, struct cbor_in *in)
{
	return take_bytes(d, in, PART_PASS_ID, CTI);
}

static bool take_cnf(struct dissection *d, struct cbor_in *in)
{
	uint8_t pk[KEY_PUBLIC];
	size_t pairs;

	if (!cbor_map(in, &pairs) || pairs != 1 || !map_key(in, 1) ||
	    !key_read_cose(in, pk))
		return false;
	/* it ends with the key, and the view must lie in the message */
	dissect_put_bytes(d, PART_HOLDER_KEY,
			  bytes_of(in->p - KEY_PUBLIC, KEY_PUBLIC));
	return true;
}

static bool take_status(struct dissection *d, struct cbor_in *in)
{
	uint64_t idx;
	size_t pairs;

	if (!cbor_map(in, &pairs) || pairs != 1 ||
	    !map_text_key(in, "status_list") || !cbor_map(in, &pairs) ||
	    pairs != 2 || !map_text_key(in, "idx") || !cbor_uint(in, &idx))
		return false;
	dissect_put_number(d, PART_INDEX, (int64_t)idx);
	return map_text_key(in, "uri") &&
	       take_text(d, in, PART_STATUS_LIST, URI_MAX);
}

static bool take_class(struct dissection *d, struct cbor_in *in)
{
	const char *name;
	uint64_t class;

	if (!cbor_uint(in, &class))
		return false;
	name = class < CLASS_COUNT ? pass_class_name((unsigned)class) : NULL;
	if (!name)
		snprintf(d->class_number, sizeof(d->class_number), "%llu",
			 (unsigned long long)class);
	dissect_put_bytes(d, PART_CLASS,
			  bytes_text(name ? name : d->class_number));
	return name != NULL;
}

static bool take_holder(struct dissection *d, struct cbor_in *in)
{
	size_t pairs;
	bool ok;

	if (!cbor_map(in, &pairs) || pairs < 1 || pairs > 2 ||
	    !map_key(in, 1))
		return false;
	ok = take_class(d, in);
	if (pairs == 1)
		return ok;
	return map_key(in, 2) &&
	       take_text(d, in, PART_HINT, HINT_MAX) && ok;
}

struct claim {
	int64_t key;
	const char *name;
	bool required;
	const char *expected;
	bool (*take)(struct dissection *d, struct cbor_in *in);
};

#define TIME_EXPECTED "seconds since 1970"

static const struct claim pass_claims[] = {
    {1, "iss", true, "a text of 1 to 32 bytes", take_iss},
    {4, "exp", true, TIME_EXPECTED, take_exp},
    {5, "nbf", false, TIME_EXPECTED, take_nbf},
    {6, "iat", true, TIME_EXPECTED, take_iat},
    {7, "cti", true, "16 bytes", take_cti},
    {8, "cnf", false, "an Ed25519 key", take_cnf},
    {65535, "status", true, "the index and the URI of a status list",
     take_status},
    {-65537, "holder", true,
     "a class from 0 to 4, and a hint of at most 24 bytes", take_holder},
};
#define PASS_CLAIMS (sizeof(pass_claims) / sizeof(pass_claims[0]))

static bool take_aud(struct dissection *d, struct cbor_in *in)
{
	return take_text(d, in, PART_SHOWN_TO, NAME_ID_MAX) &&
	       name_id_valid(d->part[PART_SHOWN_TO].bytes);
}

static bool take_shown_at(struct dissection *d, struct cbor_in *in)
{
	return take_time(d, in, PART_SHOWN_AT);
}

static const struct claim shown_claims[] = {
    {3, "aud", false, "a facility's id", take_aud},
    {6, "iat", true, TIME_EXPECTED, take_shown_at},
};
#define SHOWN_CLAIMS (sizeof(shown_claims) / sizeof(shown_claims[0]))

/* What a payload is made of, and the words for it. */
struct kind {
	const char *what;
	const struct claim *claim;
	size_t claims;
};

static const struct kind pass_kind = {"pass", pass_claims, PASS_CLAIMS};
static const struct kind shown_kind = {"presentation", shown_claims,
				       SHOWN_CLAIMS};

static size_t find_claim(const struct kind *kind, int64_t key)
{
	size_t i = 0;

	while (i < kind->claims && kind->claim[i].key != key)
		i++;
	return i;
}

/* False when the walk cannot go on. */
static bool take_claim(struct dissection *d, const struct kind *kind,
		       struct cbor_in *in, bool *seen)
{
	struct cbor_in value;
	struct bytes item;
	int64_t key;
	size_t i;

	if (!cbor_int(in, &key)) {
		dissect_complain(d, "claims: a key that is no number; a %s "
				    "has none", kind->what);
		return false;
	}
	if (!cbor_item(in, &item))
		return false;
	i = find_claim(kind, key);
	if (i == kind->claims) {
		dissect_complain(d, "claim %lld: a %s has none",
				 (long long)key, kind->what);
		return true;
	}
	seen[i] = true;
	value = cbor_reader(item);
	if (!kind->claim[i].take(d, &value) || !cbor_at_end(&value))
		dissect_complain(d, "claim %lld (%s): not %s", (long long)key,
				 kind->claim[i].name, kind->claim[i].expected);
	return true;
}

static void take_all(struct dissection *d, const struct kind *kind,
		     struct bytes payload)
{
	struct cbor_in in = cbor_reader(payload);
	bool seen[PASS_CLAIMS] = {false};
	size_t pairs, at = 0;
	enum cbor_fault fault = cbor_check(payload, &at);

	if (fault != CBOR_OK)
		dissect_complain(d, "claims: CBOR: %s, at byte %zu of %zu",
				 cbor_fault_text(fault), at, payload.n);
	if (!cbor_map(&in, &pairs)) {
		dissect_complain(d, "claims: not a map");
		return;
	}
	while (pairs-- && take_claim(d, kind, &in, seen))
		;
	for (size_t i = 0; i < kind->claims; i++)
		if (kind->claim[i].required && !seen[i])
			dissect_complain(d, "claim %lld (%s): missing",
					 (long long)kind->claim[i].key,
					 kind->claim[i].name);
}

/* What two claims must be to each other. */
static void check_times(struct dissection *d)
{
	const struct part_value *iat = &d->part[PART_ISSUED];
	const struct part_value *nbf = &d->part[PART_NOT_BEFORE];

	if (d->part[PART_UNTIL].number <= iat->number)
		dissect_complain(d, "claim 4 (exp): not after iat");
	if (nbf->is_there && nbf->number <= iat->number)
		dissect_complain(d, "claim 5 (nbf): not after iat");
	if (nbf->is_there && d->part[PART_UNTIL].number <= nbf->number)
		dissect_complain(d, "claim 4 (exp): not after nbf");
}

void claims_of_pass(struct dissection *d, struct bytes payload)
{
	take_all(d, &pass_kind, payload);
	check_times(d);
}

void claims_of_presentation(struct dissection *d, struct bytes payload)
{
	take_all(d, &shown_kind, payload);
}
