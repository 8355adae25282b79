/* SPDX-License-Identifier: Apache-2.0 */
/* Damaged messages of every typ, read as they are read when they come from
 * outside: with one bit flipped anywhere none opens under its key, and cut off
 * at any length none is read. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "city.h"
#include "entry.h"
#include "talk.h"

static const uint8_t MAC_KEY[32] = {7};

/* One key signs everything here that no city signs. */
static struct city_key signer(void)
{
	return city_key_make(77);
}

/* ------------------------------------------------------------- messages */

static void make_pass(struct outbuf *out)
{
	struct world w;

	city_world_init(&w);
	w.signer = &w.stranger;
	w.pass.has_cnf = true;
	out->n = city_message(&w, out->p).n;
}

static void make_presentation(struct outbuf *out)
{
	struct world w;

	city_world_init(&w);
	w.signer = &w.stranger;
	w.pass.has_cnf = true;
	w.live = true;
	w.presentation.aud = w.facility;
	out->n = city_message(&w, out->p).n;
}

static const struct entry ENTRY = {
    .id = {1, 2, 3},
    .seq = 300,
    .prev = {4},
    .at_ms = CITY_NOW * 1000,
    .epoch = 70000,
    .offset_ms = -40,
    .facility = {(const uint8_t *)"tnm", 3},
    .benefit = {(const uint8_t *)"half", 4},
    .party = 2,
    .has_list = true,
    .list = 2000,
    .has_discount = true,
    .discount = 1000,
    .told = VERDICT_ACCEPTED,
    .commitment = {5},
    .has_grant = true,
    .grant = {6},
    .of_kid = {7},
    .of_id = {8},
    .reason = REASON_OTHER,
    .operator = {(const uint8_t *)"kim", 3},
};

static void make_entry(struct outbuf *out, enum typ typ, bool by_operator)
{
	struct city_key key = signer();
	struct entry e = ENTRY;

	e.typ = typ;
	e.by_operator = by_operator;
	entry_put(out, &e, key.kid, key.sk);
}

static void make_attempt(struct outbuf *out)
{
	make_entry(out, TYP_ATTEMPT, false);
}

static void make_reversal(struct outbuf *out)
{
	make_entry(out, TYP_REVERSAL, false);
}

static void make_operator_reversal(struct outbuf *out)
{
	make_entry(out, TYP_REVERSAL, true);
}

static void make_bundle(struct outbuf *out)
{
	struct world w;

	city_world_init(&w);
	w.seoul.list_entries = w.tokyo.list_entries = 64;
	w.service = signer();
	out->n = city_bundle(&w, out->p).n;
}

static void make_document(struct outbuf *out)
{
	struct world w;

	city_world_init(&w);
	w.seoul.root = signer();
	out->n = city_document(&w.seoul, out->p).n;
}

static void make_token(struct outbuf *out)
{
	struct city_key key = signer();
	struct world w;

	city_world_init(&w);
	w.seoul.list_signer = &key;
	out->n = city_token(&w.seoul, out->p).n;
}

static void make_question(struct outbuf *out)
{
	struct question q = {.id = {1},
			     .at_ms = CITY_NOW * 1000,
			     .epoch = 4,
			     .benefit = bytes_text("half"),
			     .party = 2,
			     .has_list = true,
			     .list = 2000,
			     .scanned = bytes_text("https://example."),
			     .facility = bytes_text("tnm"),
			     .left_ms = 800};

	question_put(out, &q, MAC_KEY);
}

static void make_report(struct outbuf *out)
{
	struct report r = {.next_seq = 301,
			   .at_ms = CITY_NOW * 1000,
			   .epoch = 4,
			   .has_unsent = true,
			   .oldest_unsent = 299,
			   .queue_depth = 2,
			   .version = bytes_text("0.1.0")};

	report_put(out, &r, MAC_KEY);
}

static void make_enrolment(struct outbuf *out)
{
	struct city_key key = signer();
	struct enrolment e = {.secret = {1},
			      .made_at = CITY_NOW,
			      .service_kid = {2},
			      .version = bytes_text("0.1.0")};

	memcpy(e.pk, key.pk, sizeof(e.pk));
	memcpy(e.kid, key.kid, sizeof(e.kid));
	enrolment_put(out, &e, key.sk);
}

static void make_roll(struct outbuf *out)
{
	struct city_key key = signer(), old = city_key_make(78);
	struct enrolment e = {.roll = true,
			      .made_at = CITY_NOW,
			      .service_kid = {2},
			      .version = bytes_text("0.1.0")};

	memcpy(e.pk, key.pk, sizeof(e.pk));
	memcpy(e.kid, key.kid, sizeof(e.kid));
	memcpy(e.old_kid, old.kid, sizeof(e.old_kid));
	crypto_sign_detached(e.signature, NULL, key.kid, sizeof(key.kid),
			     old.sk);
	enrolment_put(out, &e, key.sk);
}

static void make_receipt(struct outbuf *out)
{
	uint8_t results_buf[64], scratch_buf[2048];
	struct outbuf results = outbuf_in(results_buf, sizeof(results_buf));
	struct outbuf scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	struct city_key key = signer();
	struct receipt r = {.kiosk = {1},
			    .at_ms = CITY_NOW * 1000,
			    .held_seq = 300,
			    .held_hash = {2},
			    .held_count = 299,
			    .result_count = 2};

	receipt_put_result(&results, 299, VERDICT_ACCEPTED, MARK_CONFLICT);
	receipt_put_result(&results, 300, VERDICT_REVERSED, 0);
	r.results = out_view(&results);
	memcpy(r.service_kid, key.kid, sizeof(key.kid));
	receipt_put(out, &r, key.sk, &scratch);
}

/* -------------------------------------------------------------- opening
 * Reads and verifies; the kid is looked up, as everybody does. */

static bool is_signed(const struct cose *c, const uint8_t kid[static 8])
{
	static uint8_t scratch_buf[CITY_BUF];
	struct outbuf scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	struct city_key key = signer();

	return memcmp(kid, key.kid, sizeof(key.kid)) == 0 &&
	       cose_verify(c, key.pk, &scratch);
}

static bool open_scan(struct bytes message)
{
	struct scan scan;
	struct world w;

	city_world_init(&w);
	if (scan_read(message, &scan) != VERDICT_NONE ||
	    memcmp(scan.kid, w.stranger.kid, sizeof(scan.kid)) != 0 ||
	    !cose_verify(&scan.pass_cose, w.stranger.pk, NULL))
		return false;
	return !scan.live || cose_verify(&scan.presentation_cose,
					 scan.pass.cnf, NULL);
}

static bool open_entry(struct bytes message)
{
	struct entry e;

	return entry_read(message, &e) && is_signed(&e.cose, e.kid);
}

static bool open_bundle(struct bytes message)
{
	struct bundle b;

	return bundle_read(message, &b) && is_signed(&b.cose, b.service_kid);
}

static bool open_document(struct bytes message)
{
	static uint8_t scratch_buf[CITY_BUF];
	struct outbuf scratch = outbuf_in(scratch_buf, sizeof(scratch_buf));
	struct city_key key = signer();
	struct issuerdoc doc;

	return issuerdoc_open(message, key.pk, &doc, &scratch);
}

static bool open_token(struct bytes message)
{
	struct status_token token;

	return status_token_read(message, &token) &&
	       is_signed(&token.cose, token.kid);
}

/* A MAC's kid says whose key is taken; the test's kiosk has kid 0. */
static bool is_of_kiosk(const struct cose *c, const uint8_t kid[static 8])
{
	static const uint8_t KIOSK[8];

	return memcmp(kid, KIOSK, sizeof(KIOSK)) == 0 &&
	       cose_verify_mac(c, MAC_KEY);
}

static bool open_question(struct bytes message)
{
	struct question q;

	return question_read(message, &q) && is_of_kiosk(&q.cose, q.kid);
}

static bool open_report(struct bytes message)
{
	struct report r;

	return report_read(message, &r) && is_of_kiosk(&r.cose, r.kid);
}

static bool open_enrolment(struct bytes message)
{
	struct enrolment e;

	return enrolment_read(message, &e);
}

static bool open_receipt(struct bytes message)
{
	struct receipt r;

	return receipt_read(message, &r) && is_signed(&r.cose, r.service_kid);
}

static const struct kind {
	const char *name;
	void (*make)(struct outbuf *out);
	bool (*open)(struct bytes message);
} KINDS[] = {
    {"pass", make_pass, open_scan},
    {"presentation", make_presentation, open_scan},
    {"attempt", make_attempt, open_entry},
    {"reversal", make_reversal, open_entry},
    {"operator's reversal", make_operator_reversal, open_entry},
    {"bundle", make_bundle, open_bundle},
    {"enrolment", make_enrolment, open_enrolment},
    {"key roll", make_roll, open_enrolment},
    {"issuer document", make_document, open_document},
    {"question", make_question, open_question},
    {"report", make_report, open_report},
    {"receipt", make_receipt, open_receipt},
    {"status token", make_token, open_token},
};

/* A copy of its own size, so that a read past its end is seen. */
static bool opens(const struct kind *kind, const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);
	bool good;

	assert_non_null(copy);
	memcpy(copy, p, n);
	good = kind->open(bytes_of(copy, n));
	free(copy);
	return good;
}

static struct outbuf make(const struct kind *kind)
{
	static uint8_t buf[CITY_BUF];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	kind->make(&out);
	assert_false(out.failed);
	if (!opens(kind, out.p, out.n))
		fail_msg("%s: does not open whole", kind->name);
	return out;
}

#define LENGTH_OF_KINDS (sizeof(KINDS) / sizeof(*KINDS))

static void no_message_opens_with_a_bit_flipped(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH_OF_KINDS; i++) {
		const struct kind *kind = &KINDS[i];
		struct outbuf m = make(kind);

		for (size_t bit = 0; bit < m.n * 8; bit++) {
			m.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (opens(kind, m.p, m.n))
				fail_msg("%s: bit %zu", kind->name, bit);
			m.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void no_message_opens_cut_off_or_with_more_behind(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH_OF_KINDS; i++) {
		const struct kind *kind = &KINDS[i];
		struct outbuf m = make(kind);

		for (size_t n = 0; n < m.n; n++) {
			if (opens(kind, m.p, n))
				fail_msg("%s: %zu bytes", kind->name, n);
		}
		m.p[m.n] = 0;
		if (opens(kind, m.p, m.n + 1))
			fail_msg("%s: a byte more", kind->name);
	}
}

/* A message of one typ is not read as another, whatever signs it. */
static void no_message_opens_as_another_typ(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH_OF_KINDS; i++) {
		const struct kind *kind = &KINDS[i];
		struct outbuf m = make(kind);

		for (size_t k = 0; k < LENGTH_OF_KINDS; k++) {
			const struct kind *other = &KINDS[k];

			if (other->open != kind->open &&
			    opens(other, m.p, m.n))
				fail_msg("%s: opens as a %s", kind->name,
					 other->name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_message_opens_with_a_bit_flipped),
	    cmocka_unit_test(no_message_opens_cut_off_or_with_more_behind),
	    cmocka_unit_test(no_message_opens_as_another_typ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
