/* SPDX-License-Identifier: Apache-2.0 */
/* Puts a pass together, signs it, and writes its code. */
#include "press.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "code.h"

bool press_list_uri(const struct identity *identity, uint32_t list,
		    char uri[static URI_MAX + 1])
{
	int n;

	if (list == 0)
		n = snprintf(uri, URI_MAX + 1, "%s", identity->status_uri);
	else
		n = snprintf(uri, URI_MAX + 1, "%s/%u", identity->status_uri,
			     list);
	return n > 0 && n <= URI_MAX;
}

/* The claims of a row; uri outlives the struct. */
static struct pass pass_of(const struct identity *identity,
			   const struct pass_record *record, struct bytes hint,
			   const char *uri)
{
	struct pass pass = {
	    .iss = bytes_text(identity->iss),
	    .iat = record->iat,
	    .has_nbf = record->nbf > 0,
	    .nbf = record->nbf ? record->nbf : record->iat,
	    .exp = record->exp,
	    .has_cnf = record->has_holder,
	    .idx = record->idx,
	    .uri = bytes_text(uri),
	    .class = record->class,
	    .hint = hint,
	};

	memcpy(pass.cti, record->cti, 16);
	memcpy(pass.cnf, record->holder, 32);
	return pass;
}

static void put_payload(const struct identity *identity,
			const struct pass_record *record, struct bytes hint,
			struct outbuf *out)
{
	char uri[URI_MAX + 1];
	struct pass pass;

	if (!press_list_uri(identity, record->list, uri)) {
		out->failed = true;
		return;
	}
	pass = pass_of(identity, record, hint, uri);
	pass_put_payload(out, &pass);
}

static size_t payload_size(const struct identity *identity,
			   const struct pass_record *record, struct bytes hint)
{
	uint8_t buf[PASS_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	put_payload(identity, record, hint, &out);
	return out.failed ? SIZE_MAX / 2 : out.n;
}

/* What header, heads and signature add to a payload of 24 to 255 bytes,
 * which every pass has. */
static size_t envelope_size(void)
{
	static const uint8_t payload[100];
	const uint8_t kid[8] = {0}, sk[64] = {0};
	uint8_t buf[PASS_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	cose_put_sign1(&out, TYP_PASS, kid, bytes_of(payload, sizeof(payload)),
		       sk, NULL);
	return out.n - sizeof(payload);
}

void press_init(struct press *press, const struct identity *identity,
		const struct city_key *key)
{
	press->identity = identity;
	press->key = key;
	press->overhead = envelope_size();
}

/* A row with the longest numbers that this issuer's passes may have. */
static struct pass_record largest_record(const struct identity *identity)
{
	return (struct pass_record){.iat = UINT32_MAX,
				    .exp = UINT32_MAX,
				    .list = LISTS_PER_ISSUER_MAX - 1,
				    .idx = identity->capacity - 1,
				    .class = CLASS_DISABLED};
}

bool press_check_identity(const struct identity *identity, size_t *room,
			  struct fault *fault)
{
	struct pass_record record = largest_record(identity);
	char uri[URI_MAX + 1];
	size_t size;

	if (!press_list_uri(identity, record.list, uri))
		return fault_set(fault, EXIT_REFUSED,
				 "status URI \"%s\": with \"/%u\" of a later "
				 "list over %d bytes", identity->status_uri,
				 record.list, URI_MAX);
	size = payload_size(identity, &record, bytes_of("", 0)) +
	       envelope_size();
	if (size > PASS_ISSUE_MAX)
		return fault_set(fault, EXIT_REFUSED,
				 "a pass would have %zu bytes, at most %d fit "
				 "its QR code; shorten the issuer's name or "
				 "the status URI by %zu", size, PASS_ISSUE_MAX,
				 size - PASS_ISSUE_MAX);
	/* a hint brings its key and its head */
	*room = PASS_ISSUE_MAX - size;
	*room = *room < 3 ? 0 : *room - 2;
	if (*room > HINT_MAX)
		*room = HINT_MAX;
	return true;
}

/* Of the largest pass with that end and beginning, wherever it lands. */
static size_t size_of(const struct press *press, uint64_t exp, uint64_t nbf,
		      struct bytes hint)
{
	struct pass_record record = largest_record(press->identity);

	if (exp > record.exp)
		record.exp = exp;
	record.nbf = nbf;
	return payload_size(press->identity, &record, hint) + press->overhead;
}

bool press_check_request(const struct press *press, const struct request *q,
			 struct fault *fault)
{
	size_t size = size_of(press, q->exp, q->nbf, request_hint_view(q));

	if (size > PASS_ISSUE_MAX)
		return fault_set(fault, EXIT_REFUSED,
				 "hint \"%s\": the pass would have %zu bytes, "
				 "at most %d fit its QR code; shorten it by %zu",
				 q->hint, size, PASS_ISSUE_MAX,
				 size - PASS_ISSUE_MAX);
	return true;
}

bool press_fits(const struct press *press, const struct pass_record *record,
		struct bytes hint)
{
	return size_of(press, record->exp, record->nbf, hint) <=
	       PASS_ISSUE_MAX;
}

void press_pass(const struct press *press, const struct pass_record *record,
		struct bytes hint, struct outbuf *out)
{
	uint8_t buf[PASS_MAX];
	struct outbuf payload = outbuf_in(buf, sizeof(buf));

	put_payload(press->identity, record, hint, &payload);
	if (payload.failed) {
		out->failed = true;
		return;
	}
	cose_put_sign1(out, TYP_PASS, press->key->kid, out_view(&payload),
		       press->key->sk, NULL);
}

void press_code(const struct press *press, const struct pass_record *record,
		struct bytes hint, struct outbuf *out)
{
	uint8_t buf[PASS_MAX];
	struct outbuf message = outbuf_in(buf, sizeof(buf));

	press_pass(press, record, hint, &message);
	if (message.failed)
		out->failed = true;
	else
		code_put(out, out_view(&message));
}

void press_ref_hash(const struct press *press, struct bytes ref,
		    uint8_t out[static REF_HASH])
{
	crypto_generichash(out, REF_HASH, ref.p, ref.n, press->key->reference,
			   REFERENCE_KEY);
}
