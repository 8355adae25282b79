/* SPDX-License-Identifier: Apache-2.0 */
/* pass.c: the pass and its live presentation.
 *
 * In deterministic CBOR a map's keys come in one order, so a payload reads as
 * the list of its keys; a key that is not named fails where the next named
 * one is expected, or at the end. */
#include "pass.h"

#include <string.h>

#include "cbor.h"
#include "code.h"
#include "key.h"
#include "limits.h"
#include "mapkey.h"

/* Claims of the CWT (RFC 8392, RFC 8747, Token Status List). */
#define CLAIM_ISS 1
#define CLAIM_AUD 3
#define CLAIM_EXP 4
#define CLAIM_NBF 5
#define CLAIM_IAT 6
#define CLAIM_CTI 7
#define CLAIM_CNF 8
#define CLAIM_STATUS 65535
#define CLAIM_HOLDER (-65537)

#define CNF_COSE_KEY 1
#define HOLDER_CLASS 1
#define HOLDER_HINT 2

static bool read_pairs(struct cbor_in *in, size_t expected)
{
	size_t pairs;

	return cbor_map(in, &pairs) && pairs == expected;
}

/* {"status_list": {"idx": uint, "uri": uri}} */
static bool read_status(struct cbor_in *in, struct pass *out)
{
	return read_pairs(in, 1) && map_text_key(in, "status_list") &&
	       read_pairs(in, 2) && map_text_key(in, "idx") &&
	       cbor_uint(in, &out->idx) && map_text_key(in, "uri") &&
	       cbor_text_sized(in, 1, URI_MAX, &out->uri);
}

static bool read_holder(struct cbor_in *in, struct pass *out)
{
	uint64_t class;
	size_t pairs;

	if (!cbor_map(in, &pairs) || pairs < 1 || pairs > 2 ||
	    !map_uint(in, HOLDER_CLASS, CLASS_COUNT - 1, &class))
		return false;
	out->class = (enum pass_class) class;
	return pairs == 1 || map_text(in, HOLDER_HINT, HINT_MAX, &out->hint);
}

static bool read_times(struct cbor_in *in, struct pass *out)
{
	if (!map_seconds(in, CLAIM_EXP, &out->exp))
		return false;
	out->has_nbf = map_key(in, CLAIM_NBF);
	if (out->has_nbf && !cbor_uint_max(in, TIME_S_MAX, &out->nbf))
		return false;
	if (!map_seconds(in, CLAIM_IAT, &out->iat))
		return false;
	if (!out->has_nbf)
		out->nbf = out->iat;
	return out->exp > out->nbf && (!out->has_nbf || out->nbf > out->iat);
}

static bool read_cnf(struct cbor_in *in, struct pass *out)
{
	out->has_cnf = map_key(in, CLAIM_CNF);
	return !out->has_cnf ||
	       (read_pairs(in, 1) && map_key(in, CNF_COSE_KEY) &&
	        key_read_cose(in, out->cnf));
}

/* Of a payload that was found to be strict CBOR. */
static bool read_claims(struct bytes payload, struct pass *out)
{
	struct cbor_in in = cbor_reader(payload);
	size_t pairs;

	return cbor_map(&in, &pairs) &&
	       map_text(&in, CLAIM_ISS, ISS_MAX, &out->iss) &&
	       read_times(&in, out) &&
	       map_bytes(&in, CLAIM_CTI, out->cti, sizeof(out->cti)) &&
	       read_cnf(&in, out) && map_key(&in, CLAIM_STATUS) &&
	       read_status(&in, out) && map_key(&in, CLAIM_HOLDER) &&
	       read_holder(&in, out) && cbor_at_end(&in);
}

bool pass_read_payload(struct bytes payload, struct pass *out)
{
	memset(out, 0, sizeof(*out));
	return cbor_check(payload, NULL) == CBOR_OK &&
	       read_claims(payload, out);
}

static void put_status(struct outbuf *out, const struct pass *pass)
{
	cbor_put_int(out, CLAIM_STATUS);
	cbor_put_map(out, 1);
	cbor_put_text(out, bytes_text("status_list"));
	cbor_put_map(out, 2);
	cbor_put_text(out, bytes_text("idx"));
	cbor_put_uint(out, pass->idx);
	cbor_put_text(out, bytes_text("uri"));
	cbor_put_text(out, pass->uri);
}

static void put_holder(struct outbuf *out, const struct pass *pass)
{
	cbor_put_int(out, CLAIM_HOLDER);
	cbor_put_map(out, pass->hint.n > 0 ? 2 : 1);
	map_put_uint(out, HOLDER_CLASS, pass->class);
	if (pass->hint.n > 0)
		map_put_text(out, HOLDER_HINT, pass->hint);
}

void pass_put_payload(struct outbuf *out, const struct pass *pass)
{
	cbor_put_map(out, 6u + pass->has_nbf + pass->has_cnf);
	map_put_text(out, CLAIM_ISS, pass->iss);
	map_put_uint(out, CLAIM_EXP, pass->exp);
	if (pass->has_nbf)
		map_put_uint(out, CLAIM_NBF, pass->nbf);
	map_put_uint(out, CLAIM_IAT, pass->iat);
	map_put_bytes(out, CLAIM_CTI, pass->cti, sizeof(pass->cti));
	if (pass->has_cnf) {
		cbor_put_int(out, CLAIM_CNF);
		cbor_put_map(out, 1);
		cbor_put_int(out, CNF_COSE_KEY);
		key_put_cose(out, pass->cnf);
	}
	put_status(out, pass);
	put_holder(out, pass);
}

/* Of a payload that was found to be strict CBOR. */
static bool read_shown(struct bytes payload, struct presentation *out)
{
	struct cbor_in in = cbor_reader(payload);
	size_t pairs;

	if (!cbor_map(&in, &pairs))
		return false;
	if (map_key(&in, CLAIM_AUD) && !cbor_name_id(&in, &out->aud))
		return false;
	return map_seconds(&in, CLAIM_IAT, &out->iat) && cbor_at_end(&in);
}

bool presentation_read_payload(struct bytes payload, struct presentation *out)
{
	memset(out, 0, sizeof(*out));
	return cbor_check(payload, NULL) == CBOR_OK && read_shown(payload, out);
}

void presentation_put_payload(struct outbuf *out, const struct presentation *p)
{
	cbor_put_map(out, p->aud.n > 0 ? 2 : 1);
	if (p->aud.n > 0)
		map_put_text(out, CLAIM_AUD, p->aud);
	map_put_uint(out, CLAIM_IAT, p->iat);
}

static bool take_pass(const struct cose_header *header, struct scan *out)
{
	memcpy(out->kid, header->kid, sizeof(out->kid));
	return out->pass_cose.whole.n <= PASS_MAX &&
	       read_claims(out->pass_cose.payload, &out->pass);
}

static bool take_presentation(struct bytes pass, struct scan *out)
{
	struct cose_header header;

	out->live = true;
	return read_shown(out->presentation_cose.payload,
	                  &out->presentation) &&
	       cose_open(pass, TYP_PASS, &out->pass_cose, &header) &&
	       take_pass(&header, out);
}

static bool read_scan(struct bytes message, struct scan *out)
{
	struct cose_header header;
	struct cose cose;

	if (!cose_open_either(message, TYP_PASS, TYP_PRESENTATION, &cose,
	                      &header))
		return false;
	if (header.typ == TYP_PASS) {
		out->pass_cose = cose;
		return take_pass(&header, out);
	}
	out->presentation_cose = cose;
	return take_presentation(header.kcwt, out);
}

enum verdict scan_read(struct bytes scanned, struct scan *out)
{
	enum verdict verdict = code_judge_scanned(scanned);

	memset(out, 0, sizeof(*out));
	if (verdict != VERDICT_NONE)
		return verdict;
	if (scanned.n > SCANNED_MAX || !read_scan(scanned, out))
		return VERDICT_MALFORMED;
	return VERDICT_NONE;
}

static const char *const class_names[CLASS_COUNT] = {
    [CLASS_ADULT] = "adult",       [CLASS_YOUTH] = "youth",
    [CLASS_CHILD] = "child",       [CLASS_SENIOR] = "senior",
    [CLASS_DISABLED] = "disabled",
};

const char *pass_class_name(unsigned class)
{
	return class < CLASS_COUNT ? class_names[class] : NULL;
}

int pass_class_of(const char *name)
{
	int i;

	for (i = 0; i < CLASS_COUNT; i++) {
		if (strcmp(name, class_names[i]) == 0)
			return i;
	}
	return -1;
}
