/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a code step by step. The verdict itself is decide()'s, so that what
 * is said here and what a door says cannot differ. */
#include "examine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "key.h"
#include "printable.h"
#include "when.h"

/* Policy where there is no service to set one. */
static const struct policy policy = {
    .skew_s = SKEW_DEFAULT_S,
    .presentation_window_s = PRESENTATION_WINDOW_DEFAULT_S,
    .status_hard_cap_s = STATUS_CAP_DEFAULT_S,
};

/* What the steps find out, for decide. */
struct facts {
	enum vouched vouched;
	struct issuerdoc doc;
	bool has_key;
	struct issuer_key key;
	bool pass_verified, presentation_verified;
	bool has_status;
	struct status_view status;
};

__attribute__((format(printf, 4, 5))) static void
note(struct examination *x, const char *name, enum check_result result,
     const char *format, ...)
{
	struct check *check = &x->check[x->checks++];
	va_list args;

	check->name = name;
	check->result = result;
	va_start(args, format);
	vsnprintf(check->why, sizeof(check->why), format, args);
	va_end(args);
}

/* Why a text is no code at all. */
static void note_text(struct examination *x)
{
	const char *why = "does not begin with \"OAP1:\"";

	if (x->scanned->shape == VERDICT_MALFORMED)
		why = "begins as a code but is not Base45 (RFC 9285) of a "
		      "message; cut short or misread";
	else if (x->scanned->shape == VERDICT_UNSUPPORTED_VERSION)
		why = "of another version; this program reads \"OAP1:\"";
	note(x, "shape", CHECK_BAD, "%s", why);
}

static void check_shape(struct examination *x)
{
	const struct scanned *s = x->scanned;

	if (s->is_code)
		dissect(&x->parts, s->message);
	if (s->shape == VERDICT_NONE)
		note(x, "shape", CHECK_OK, "a %s of %zu bytes, code of %zu",
		     s->scan.live ? "presentation" : "pass", s->message.n,
		     s->line_n);
	else if (!s->is_code)
		note_text(x);
	else
		note(x, "shape", CHECK_BAD, "%s", x->parts.fault);
}

static void check_document(struct examination *x, struct facts *f,
			   const struct evidence *evidence)
{
	struct bytes iss = x->scanned->scan.pass.iss;
	char name[ISS_MAX + 1];

	f->vouched = evidence_document(evidence, iss, &f->doc);
	switch (f->vouched) {
	case VOUCHED_NONE:
		note(x, "issuer", CHECK_UNKNOWN,
		     "no document of %s; give --trust issuer.cose",
		     printable(iss, name, sizeof(name)));
		break;
	case VOUCHED_GIVEN:
		note(x, "issuer", CHECK_OK,
		     "document %llu, taken as given; --root HEX proves it",
		     (unsigned long long)f->doc.number);
		break;
	case VOUCHED_ROOT:
		note(x, "issuer", CHECK_OK, "document %llu, signed by the root",
		     (unsigned long long)f->doc.number);
		break;
	case VOUCHED_UNKNOWN:
		note(x, "issuer", CHECK_BAD,
		     "document %llu is signed by no root that was given",
		     (unsigned long long)f->doc.number);
		break;
	case VOUCHED_FALSE:
		note(x, "issuer", CHECK_BAD,
		     "document %llu has a wrong signature",
		     (unsigned long long)f->doc.number);
	}
}

static bool is_trusted(const struct facts *f)
{
	return f->vouched == VOUCHED_GIVEN || f->vouched == VOUCHED_ROOT;
}

static void check_key(struct examination *x, struct facts *f)
{
	const struct scan *scan = &x->scanned->scan;
	char kid[17];

	hex_encode(scan->kid, 8, kid);
	if (!is_trusted(f)) {
		note(x, "signature", CHECK_UNKNOWN, "key %s is not known",
		     kid);
		return;
	}
	f->has_key = issuerdoc_key(&f->doc, scan->kid, &f->key);
	if (!f->has_key) {
		note(x, "signature", CHECK_UNKNOWN,
		     "key %s is not in the issuer document", kid);
		return;
	}
	f->pass_verified = cose_verify(&scan->pass_cose, f->key.pk, NULL);
	note(x, "signature", f->pass_verified ? CHECK_OK : CHECK_BAD,
	     f->pass_verified ? "right, by key %s"
			      : "wrong: not made by key %s",
	     kid);
}

static void check_key_state(struct examination *x, struct facts *f)
{
	char until[WHEN_TEXT] = "";

	if (!f->has_key)
		return;
	if (f->key.has_until)
		when_format(f->key.until, until);
	switch (f->key.state) {
	case KEY_COMPROMISED:
		note(x, "key", CHECK_BAD, "declared compromised");
		break;
	case KEY_RETIRED:
		if (x->scanned->scan.pass.iat > f->key.until)
			note(x, "key", CHECK_BAD,
			     "retired %s, before the pass was issued", until);
		else
			note(x, "key", CHECK_OK,
			     "retired %s, after the pass was issued", until);
		break;
	case KEY_ACTIVE:
	case KEY_STATE_COUNT: note(x, "key", CHECK_OK, "active"); break;
	}
}

static void check_time(struct examination *x)
{
	const struct pass *pass = &x->scanned->scan.pass;
	uint64_t start = pass->nbf > pass->iat ? pass->nbf : pass->iat;
	char when[WHEN_TEXT];

	if (start > x->now + policy.skew_s) {
		when_format(start, when);
		note(x, "time", CHECK_BAD, "not valid before %s", when);
	} else if (x->now >= pass->exp) {
		when_format(pass->exp, when);
		note(x, "time", CHECK_BAD, "expired %s", when);
	} else {
		when_format(pass->exp, when);
		note(x, "time", CHECK_OK, "good until %s, %llu days left",
		     when,
		     (unsigned long long)(pass->exp - x->now) / 86400);
	}
}

static void note_status(struct examination *x, const struct facts *f)
{
	static const char *const texts[] = {"valid", "revoked", "suspended"};
	unsigned value = statuslist_get(&f->status.list,
					x->scanned->scan.pass.idx);
	char when[WHEN_TEXT];

	when_format(f->status.iat, when);
	if (value > STATUS_SUSPENDED)
		note(x, "status", CHECK_BAD,
		     "the index is past the list's end, or its value is none "
		     "of ours");
	else
		note(x, "status", value == STATUS_VALID ? CHECK_OK : CHECK_BAD,
		     "%s, by the list of %s", texts[value], when);
}

static void check_status(struct examination *x, struct facts *f,
			 const struct evidence *evidence)
{
	static const char *const reasons[] = {
	    [LIST_NONE] = "no list was given; give --status status-N.cose",
	    [LIST_OF_OTHERS] = "none of the lists that were given is the one "
			       "that the pass names",
	    [LIST_NOT_NAMED] = "a list whose URI is not in the issuer document",
	    [LIST_UNKNOWN_KEY] = "a list by a key that is not in the issuer "
				 "document",
	    [LIST_COMPROMISED] = "a list by a key that was declared "
				 "compromised",
	    [LIST_RETIRED] = "a list that was made after its key had retired",
	    [LIST_FALSE] = "a list with a wrong signature",
	    [LIST_DAMAGED] = "a list that cannot be unpacked",
	    [LIST_UNCHECKED] = "no issuer document to check a list by; give "
			       "--trust issuer.cose",
	};
	const struct pass *pass = &x->scanned->scan.pass;
	enum list_fault fault = LIST_UNCHECKED;
	uint64_t cap;
	char when[WHEN_TEXT];

	f->has_status = false;
	if (is_trusted(f)) {
		fault = evidence_status(evidence, &f->doc, pass->uri,
					&f->status);
		f->has_status = fault == LIST_COUNTS;
	}
	if (!f->has_status) {
		note(x, "status", CHECK_UNKNOWN, "%s", reasons[fault]);
		return;
	}
	note_status(x, f);
	cap = f->status.iat + policy.status_hard_cap_s;
	if (f->status.exp < cap)
		cap = f->status.exp;
	when_format(cap, when);
	if (x->now >= cap)
		note(x, "list age", CHECK_UNKNOWN, "too old since %s", when);
	else
		note(x, "list age", CHECK_OK, "good until %s%s", when,
		     x->now >= f->status.iat + f->status.ttl
			 ? ", but a newer one is due"
			 : "");
}

static void check_presentation(struct examination *x, struct facts *f)
{
	const struct scan *scan = &x->scanned->scan;
	int64_t age;

	if (!scan->live) {
		if (scan->pass.has_cnf)
			note(x, "holder", CHECK_BAD,
			     "bound to the holder's phone: it must be shown "
			     "live");
		else
			note(x, "holder", CHECK_OK,
			     "a bearer pass: no holder key");
		return;
	}
	f->presentation_verified = cose_verify(&scan->presentation_cose,
					       scan->pass.cnf, NULL);
	age = (int64_t)x->now - (int64_t)scan->presentation.iat;
	if (!f->presentation_verified)
		note(x, "holder", CHECK_BAD,
		     "the presentation is not signed by the holder's key");
	else if (age > policy.presentation_window_s ||
		 age < -(int64_t)policy.presentation_window_s)
		note(x, "holder", CHECK_BAD,
		     "shown live, %lld seconds from now; %u are allowed",
		     (long long)age, policy.presentation_window_s);
	else
		note(x, "holder", CHECK_OK, "shown live, %lld seconds ago",
		     (long long)age);
}

static enum verdict judge(struct examination *x, const struct facts *f)
{
	const struct decide_input in = {
	    .shape = x->scanned->shape,
	    .scan = &x->scanned->scan,
	    .issuer = is_trusted(f)		   ? ISSUER_KNOWN
		      : f->vouched == VOUCHED_NONE ? ISSUER_NOT_HERE
						   : ISSUER_NOT_TRUSTED,
	    .key = f->has_key ? &f->key : NULL,
	    .pass_verified = f->pass_verified,
	    .presentation_verified = f->presentation_verified,
	    .status = f->has_status ? &f->status : NULL,
	    .party = 1,
	    .clock = {.now_ms = (int64_t)x->now * 1000, .anchored = true},
	    .policy = &policy,
	};
	struct decision d = decide(&in);

	x->status_soft = (d.stale & STALE_STATUS) != 0;
	return d.verdict == VERDICT_BENEFIT_UNKNOWN ? VERDICT_ACCEPTED
						    : d.verdict;
}

void examine(struct examination *x, const struct scanned *scanned,
	     const struct evidence *evidence, uint64_t now)
{
	struct facts f = {.vouched = VOUCHED_NONE};

	*x = (struct examination){.scanned = scanned, .now = now};
	check_shape(x);
	if (scanned->shape == VERDICT_NONE) {
		check_document(x, &f, evidence);
		check_key(x, &f);
		check_key_state(x, &f);
		check_time(x);
		check_status(x, &f, evidence);
		check_presentation(x, &f);
	}
	x->verdict = judge(x, &f);
}
