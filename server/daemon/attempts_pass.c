/* SPDX-License-Identifier: Apache-2.0 */
/* attempts_pass.c: a code that somebody shows an operator, explained against
 * what the service knows: what it says, who signed it, what its list says. */
#include "attempts.h"

#include "code.h"
#include "servicekeys.h"

static bool refuse_code(enum verdict shape, struct problem *p)
{
	problem_set(p, 400, NULL,
	            "\"code\": %s; give the whole text of the code, which "
	            "begins with OAP1:",
	            verdict_name(shape));
	p->verdict = shape;
	return false;
}

/* The pass in the code; buf is what scan points into. */
static bool read_code(struct bytes code, uint8_t buf[static SCANNED_MAX],
                      struct scan *scan, struct problem *p)
{
	struct bytes scanned;
	enum verdict shape = code_read(code, buf, &scanned);

	if (shape == VERDICT_NONE)
		shape = scan_read(scanned, scan);
	return shape == VERDICT_NONE || refuse_code(shape, p);
}

/* What the service knows of the signature. */
static const char *signature_of(const struct snap_issuer *issuer,
                                const struct scan *scan)
{
	static const char *const states[] = {
	    [KEY_ACTIVE] = "verified",
	    [KEY_RETIRED] = "verified, key retired",
	    [KEY_COMPROMISED] = "key compromised"};
	struct issuer_key key;

	if (!issuer)
		return "issuer not trusted";
	if (!snap_issuer_key(issuer, scan->kid, &key))
		return "key unknown";
	if (!cose_verify(&scan->pass_cose, key.pk, NULL))
		return "bad";
	return states[key.state];
}

static const char *status_of(const struct snap_issuer *issuer,
                             const struct pass *pass)
{
	struct status_view view;

	if (!issuer || !snap_issuer_status(issuer, pass->uri, &view))
		return "list unknown";
	switch (statuslist_get(&view.list, pass->idx)) {
	case STATUS_VALID: return "valid";
	case STATUS_INVALID: return "revoked";
	case STATUS_SUSPENDED: return "suspended";
	default: return "not in the list";
	}
}

static json_t *text_json(struct bytes text)
{
	return json_stringn((const char *)text.p, text.n);
}

json_t *attempts_pass(const struct snapshot *snap, struct bytes code,
                      const uint8_t pass_key[static 32],
                      uint8_t hash[static PASS_HASH], struct problem *p)
{
	const struct snap_issuer *issuer;
	uint8_t buf[SCANNED_MAX];
	const struct pass *pass;
	struct scan scan;
	char cti[33], kid[17];
	const char *class;

	if (!read_code(code, buf, &scan, p))
		return NULL;
	pass = &scan.pass;
	issuer = snapshot_issuer(snap, pass->iss);
	pass_hash(pass_key, pass->iss, pass->cti, hash);
	hex_encode(pass->cti, sizeof pass->cti, cti);
	hex_encode(scan.kid, sizeof scan.kid, kid);
	class = pass_class_name(pass->class);
	return json_pack(
	    "{s:o, s:s, s:s, s:I, s:I, s:I, s:s, s:o, s:b, s:b, s:s, s:s,"
	    " s:I}",
	    "iss", text_json(pass->iss), "pass_id", cti, "class",
	    class ? class : "unknown", "iat", (json_int_t)pass->iat, "nbf",
	    (json_int_t)pass->nbf, "exp", (json_int_t)pass->exp, "key", kid,
	    "hint", pass->hint.n ? text_json(pass->hint) : json_null(),
	    "holder_key", pass->has_cnf, "live", scan.live, "signature",
	    signature_of(issuer, &scan), "status", status_of(issuer, pass),
	    "status_index", (json_int_t)pass->idx);
}
