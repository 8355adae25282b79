/* SPDX-License-Identifier: Apache-2.0 */
/* tool_small.c: passes, presentations, entries and what kiosk and service say
 * to each other, as JSON and back. */
#include "tool_message.h"

#include <string.h>

#include "entry.h"
#include "pass.h"
#include "talk.h"

#define HEX(array) json_of_hex(array, sizeof(array))
#define HEX_INTO(f, key, array) field_hex_exact(f, key, array, sizeof(array))

static const char UNREADABLE[] = "unreadable", UNVERIFIED[] = "unverified";

static json_t *pass_fields(const struct pass *p)
{
	json_t *o = json_object(), *list = json_object(), *own = json_object();

	put(o, "1", json_of_text(p->iss));
	put(o, "4", json_of_uint(p->exp));
	if (p->has_nbf)
		put(o, "5", json_of_uint(p->nbf));
	put(o, "6", json_of_uint(p->iat));
	put(o, "7", HEX(p->cti));
	if (p->has_cnf) {
		json_t *key = json_object(), *cnf = json_object();

		put(key, "1", json_of_int(1));
		put(key, "-1", json_of_int(6));
		put(key, "-2", HEX(p->cnf));
		put(cnf, "1", key);
		put(o, "8", cnf);
	}
	put(list, "idx", json_of_uint(p->idx));
	put(list, "uri", json_of_text(p->uri));
	put(o, "65535", json_pack("{s:o}", "status_list", list));
	put(own, "1", json_of_uint(p->class));
	if (p->hint.n > 0)
		put(own, "2", json_of_text(p->hint));
	put(o, "-65537", own);
	return o;
}

static json_t *pass_show(struct bytes message, const struct tool_key *key,
			 struct outbuf *scratch, const char **why)
{
	struct scan scan;

	(void)scratch;
	*why = UNREADABLE;
	if (scan_read(message, &scan) != VERDICT_NONE || scan.live)
		return NULL;
	*why = UNVERIFIED;
	if (memcmp(scan.kid, key->kid, 8) != 0 ||
	    !cose_verify(&scan.pass_cose, key->pk, NULL))
		return NULL;
	return pass_fields(&scan.pass);
}

static void pass_make(struct outbuf *out, struct fields *f,
		      const struct tool_key *key, struct outbuf *scratch)
{
	struct pass p = {.iss = field_text(f, "1"),
			 .exp = field_uint(f, "4"),
			 .iat = field_uint(f, "6")};

	p.has_nbf = field_given(f, "5");
	p.nbf = p.has_nbf ? field_uint(f, "5") : p.iat;
	HEX_INTO(f, "7", p.cti);
	p.has_cnf = field_given(f, "8");
	if (p.has_cnf) {
		struct fields cnf = fields_in(f, field_json(f, "8"));
		struct fields inner = fields_in(f, field_json(&cnf, "1"));

		HEX_INTO(&inner, "-2", p.cnf);
		f->failed |= inner.failed;
	}
	struct fields status = fields_in(f, field_json(f, "65535"));
	struct fields list = fields_in(f, field_json(&status, "status_list"));
	p.idx = field_uint(&list, "idx");
	p.uri = field_text(&list, "uri");
	struct fields own = fields_in(f, field_json(f, "-65537"));
	p.class = (enum pass_class)field_uint(&own, "1");
	if (field_given(&own, "2"))
		p.hint = field_text(&own, "2");
	f->failed |= list.failed || own.failed;
	pass_put_payload(scratch, &p);
	f->failed |= scratch->failed;
	cose_put_sign1(out, TYP_PASS, key->kid, out_view(scratch), key->sk,
		       NULL);
}

/* "pass" is the pass's message; the key is the holder's. */
static json_t *presentation_show(struct bytes message,
				 const struct tool_key *key,
				 struct outbuf *scratch, const char **why)
{
	struct scan scan;

	(void)scratch;
	*why = UNREADABLE;
	if (scan_read(message, &scan) != VERDICT_NONE || !scan.live)
		return NULL;
	*why = UNVERIFIED;
	if (!scan.pass.has_cnf ||
	    !cose_verify(&scan.presentation_cose, scan.pass.cnf, NULL) ||
	    !cose_verify(&scan.presentation_cose, key->pk, NULL))
		return NULL;
	json_t *o = json_object();
	put(o, "pass", json_of_hex(scan.pass_cose.whole.p,
				   scan.pass_cose.whole.n));
	if (scan.presentation.aud.n > 0)
		put(o, "3", json_of_text(scan.presentation.aud));
	put(o, "6", json_of_uint(scan.presentation.iat));
	return o;
}

static void presentation_make(struct outbuf *out, struct fields *f,
			      const struct tool_key *key,
			      struct outbuf *scratch)
{
	struct presentation p = {.iat = field_uint(f, "6")};
	struct bytes pass = field_hex(f, "pass");

	if (field_given(f, "3"))
		p.aud = field_text(f, "3");
	presentation_put_payload(scratch, &p);
	f->failed |= scratch->failed;
	cose_put_presentation(out, pass, out_view(scratch), key->sk);
}

static void attempt_fields(json_t *o, const struct entry *e)
{
	put(o, "6", json_of_text(e->benefit));
	put(o, "7", json_of_uint(e->party));
	if (e->has_list)
		put(o, "8", json_of_int(e->list));
	if (e->has_discount)
		put(o, "9", json_of_int(e->discount));
	put(o, "10", json_of_uint(e->told));
	put(o, "11", HEX(e->commitment));
	if (e->has_grant)
		put(o, "15", HEX(e->grant));
}

static void reversal_fields(json_t *o, const struct entry *e)
{
	put(o, "6", json_pack("[o,o]", HEX(e->of_kid), HEX(e->of_id)));
	put(o, "7", json_of_uint(e->reason));
	if (e->by_operator)
		put(o, "8", json_of_text(e->operator));
}

static json_t *entry_show(struct bytes message, const struct tool_key *key,
			  struct outbuf *scratch, const char **why)
{
	struct entry e;

	(void)scratch;
	*why = UNREADABLE;
	if (!entry_read(message, &e))
		return NULL;
	*why = UNVERIFIED;
	if (memcmp(e.kid, key->kid, 8) != 0 ||
	    !cose_verify(&e.cose, key->pk, NULL))
		return NULL;
	json_t *o = json_object();
	put(o, "1", HEX(e.id));
	if (!e.by_operator) {
		put(o, "2", json_of_uint(e.seq));
		put(o, "3", HEX(e.prev));
		put(o, "5", json_of_uint(e.epoch));
		put(o, "12", json_of_int(e.offset_ms));
	}
	put(o, "4", json_of_int(e.at_ms));
	put(o, "13", json_of_text(e.facility));
	if (e.typ == TYP_ATTEMPT)
		attempt_fields(o, &e);
	else
		reversal_fields(o, &e);
	return o;
}

static void attempt_from(struct entry *e, struct fields *f)
{
	e->benefit = field_text(f, "6");
	e->party = (uint32_t)field_uint(f, "7");
	e->has_list = field_given(f, "8");
	if (e->has_list)
		e->list = field_int(f, "8");
	e->has_discount = field_given(f, "9");
	if (e->has_discount)
		e->discount = field_int(f, "9");
	e->told = (uint8_t)field_uint(f, "10");
	HEX_INTO(f, "11", e->commitment);
	e->has_grant = field_given(f, "15");
	if (e->has_grant)
		HEX_INTO(f, "15", e->grant);
}

static void reversal_from(struct entry *e, struct fields *f)
{
	const json_t *of = field_json(f, "6");
	struct bytes kid = value_hex(f, json_array_get(of, 0));
	struct bytes id = value_hex(f, json_array_get(of, 1));

	if (kid.n == 8 && id.n == 16) {
		memcpy(e->of_kid, kid.p, 8);
		memcpy(e->of_id, id.p, 16);
	} else {
		f->failed = true;
	}
	e->reason = (enum reversal_reason)field_uint(f, "7");
	e->by_operator = field_given(f, "8");
	if (e->by_operator)
		e->operator= field_text(f, "8");
}

static void entry_make(struct outbuf *out, struct fields *f,
		       const struct tool_key *key, enum typ typ)
{
	struct entry e = {.typ = typ,
			  .at_ms = field_int(f, "4"),
			  .facility = field_text(f, "13")};

	HEX_INTO(f, "1", e.id);
	if (typ == TYP_ATTEMPT)
		attempt_from(&e, f);
	else
		reversal_from(&e, f);
	if (!e.by_operator) {
		e.seq = field_uint(f, "2");
		HEX_INTO(f, "3", e.prev);
		e.epoch = field_uint(f, "5");
		e.offset_ms = field_int(f, "12");
	}
	entry_put(out, &e, key->kid, key->sk);
}

static void attempt_make(struct outbuf *out, struct fields *f,
			 const struct tool_key *key, struct outbuf *scratch)
{
	(void)scratch;
	entry_make(out, f, key, TYP_ATTEMPT);
}

static void reversal_make(struct outbuf *out, struct fields *f,
			  const struct tool_key *key, struct outbuf *scratch)
{
	(void)scratch;
	entry_make(out, f, key, TYP_REVERSAL);
}

static json_t *question_show(struct bytes message, const struct tool_key *key,
			     struct outbuf *scratch, const char **why)
{
	struct question q;

	(void)scratch;
	*why = UNREADABLE;
	if (!question_read(message, &q))
		return NULL;
	*why = UNVERIFIED;
	if (memcmp(q.kid, key->kid, 8) != 0 ||
	    !cose_verify_mac(&q.cose, key->mac))
		return NULL;
	json_t *o = json_object();
	put(o, "1", HEX(q.id));
	put(o, "4", json_of_int(q.at_ms));
	put(o, "5", json_of_uint(q.epoch));
	put(o, "6", json_of_text(q.benefit));
	put(o, "7", json_of_uint(q.party));
	if (q.has_list)
		put(o, "8", json_of_int(q.list));
	put(o, "11", json_of_hex(q.scanned.p, q.scanned.n));
	put(o, "12", json_of_int(q.offset_ms));
	put(o, "13", json_of_text(q.facility));
	put(o, "14", json_of_uint(q.left_ms));
	return o;
}

static void question_make(struct outbuf *out, struct fields *f,
			  const struct tool_key *key, struct outbuf *scratch)
{
	struct question q = {.at_ms = field_int(f, "4"),
			     .epoch = field_uint(f, "5"),
			     .benefit = field_text(f, "6"),
			     .party = (uint32_t)field_uint(f, "7"),
			     .has_list = field_given(f, "8"),
			     .scanned = field_hex(f, "11"),
			     .offset_ms = field_int(f, "12"),
			     .facility = field_text(f, "13"),
			     .left_ms = (uint32_t)field_uint(f, "14")};

	(void)scratch;
	memcpy(q.kid, key->kid, 8);
	HEX_INTO(f, "1", q.id);
	if (q.has_list)
		q.list = field_int(f, "8");
	question_put(out, &q, key->mac);
}

static json_t *report_show(struct bytes message, const struct tool_key *key,
			   struct outbuf *scratch, const char **why)
{
	struct report r;

	(void)scratch;
	*why = UNREADABLE;
	if (!report_read(message, &r))
		return NULL;
	*why = UNVERIFIED;
	if (memcmp(r.kid, key->kid, 8) != 0 ||
	    !cose_verify_mac(&r.cose, key->mac))
		return NULL;
	json_t *o = json_object();
	put(o, "2", json_of_uint(r.next_seq));
	put(o, "4", json_of_int(r.at_ms));
	put(o, "5", json_of_uint(r.epoch));
	put(o, "12", json_of_int(r.offset_ms));
	if (r.has_unsent)
		put(o, "16", json_of_uint(r.oldest_unsent));
	put(o, "17", json_of_uint(r.queue_depth));
	put(o, "18", json_of_text(r.version));
	return o;
}

static void report_make(struct outbuf *out, struct fields *f,
			const struct tool_key *key, struct outbuf *scratch)
{
	struct report r = {.next_seq = field_uint(f, "2"),
			   .at_ms = field_int(f, "4"),
			   .epoch = field_uint(f, "5"),
			   .offset_ms = field_int(f, "12"),
			   .has_unsent = field_given(f, "16"),
			   .queue_depth = field_uint(f, "17"),
			   .version = field_text(f, "18")};

	(void)scratch;
	memcpy(r.kid, key->kid, 8);
	if (r.has_unsent)
		r.oldest_unsent = field_uint(f, "16");
	report_put(out, &r, key->mac);
}

static json_t *enrolment_show(struct bytes message,
			      const struct tool_key *key,
			      struct outbuf *scratch, const char **why)
{
	struct enrolment e;

	(void)scratch;
	*why = UNREADABLE; /* its signature is judged there too */
	if (!enrolment_read(message, &e))
		return NULL;
	*why = UNVERIFIED;
	if (memcmp(e.kid, key->kid, 8) != 0 || memcmp(e.pk, key->pk, 32) != 0)
		return NULL;
	json_t *o = json_object();
	put(o, "1", HEX(e.pk));
	put(o, "2", e.roll ? HEX(e.signature) : HEX(e.secret));
	put(o, "3", json_of_uint(e.made_at));
	put(o, "4", HEX(e.service_kid));
	put(o, "5", json_of_text(e.version));
	if (e.roll)
		put(o, "6", HEX(e.old_kid));
	return o;
}

static void enrolment_make(struct outbuf *out, struct fields *f,
			   const struct tool_key *key, struct outbuf *scratch)
{
	struct enrolment e = {.roll = field_given(f, "6"),
			      .made_at = field_uint(f, "3"),
			      .version = field_text(f, "5")};

	(void)scratch;
	memcpy(e.kid, key->kid, 8);
	HEX_INTO(f, "1", e.pk);
	HEX_INTO(f, "4", e.service_kid);
	if (e.roll) {
		HEX_INTO(f, "2", e.signature);
		HEX_INTO(f, "6", e.old_kid);
	} else {
		HEX_INTO(f, "2", e.secret);
	}
	enrolment_put(out, &e, key->sk);
}

const struct tool_typ tool_small[] = {
    {TYP_PASS, pass_show, pass_make},
    {TYP_PRESENTATION, presentation_show, presentation_make},
    {TYP_ATTEMPT, entry_show, attempt_make},
    {TYP_REVERSAL, entry_show, reversal_make},
    {TYP_ENROLMENT, enrolment_show, enrolment_make},
    {TYP_QUESTION, question_show, question_make},
    {TYP_REPORT, report_show, report_make},
};
const size_t tool_small_count = sizeof(tool_small) / sizeof(tool_small[0]);
