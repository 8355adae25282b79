/* SPDX-License-Identifier: Apache-2.0 */
/* record.c: entries, in the form that is sent, and their consequences. */
#include "record.h"

#include <string.h>

/* seq, prev and the rest that every entry of a kiosk has. */
static bool begin_entry(struct oap *o, const struct moment *at,
			struct bytes facility, struct entry *e)
{
	struct journal_tip tip;

	if (!journal_tip(o->journal, &tip))
		return false;
	e->seq = tip.next_seq;
	memcpy(e->prev, tip.prev, sizeof(e->prev));
	e->at_ms = at->raw_ms;
	e->epoch = handle_epoch(o);
	e->offset_ms = o->clock.offset_ms;
	e->facility = facility;
	return true;
}

/* Signs, and appends the row. */
static bool append(struct oap *o, const struct entry *e,
		   struct journal_entry *row)
{
	uint8_t buf[ENTRY_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	entry_put(&out, e, o->key.kid, o->key.sk);
	if (out.failed)
		return false;
	row->seq = e->seq;
	memcpy(row->id, e->id, sizeof(row->id));
	row->message = out_view(&out);
	entry_hash(row->message, row->hash);
	return journal_append(o->journal, row);
}

static int64_t effective_of(const struct entry *e)
{
	return e->has_grant ? grant_time_ms(e->grant) : entry_effective_ms(e);
}

static void fill_attempt(const struct attempt_record *r, const uint8_t *salt,
			 struct entry *e)
{
	e->typ = TYP_ATTEMPT;
	memcpy(e->id, r->id, sizeof(e->id));
	e->benefit = r->visit->benefit;
	e->party = r->visit->party;
	e->has_list = r->visit->has_list;
	e->list = r->visit->list;
	e->has_discount = r->has_discount;
	e->discount = r->discount;
	e->told = (uint8_t)r->told;
	e->has_grant = r->has_grant;
	memcpy(e->grant, r->grant, sizeof(e->grant));
	entry_commit(salt, r->judged->scanned, e->commitment);
}

/* The use, and the live code that was shown for it. */
static bool remember(struct oap *o, const struct attempt_record *r,
		     const struct journal_entry *row, int64_t now_ms)
{
	const struct judged *j = r->judged;
	int64_t window;

	if (row->counted &&
	    !journal_count(o->journal, j->pass, r->visit->benefit, row->period,
			   now_ms, 1))
		return false;
	/* As the service sees it: whatever came of a showing, it has been one.
	 * An accept is its proof where the issuer is not known here. */
	if (!j->has_shown && !(j->has_scan && j->scan.live &&
			       verdict_is(r->told, CLASS_ACCEPT)))
		return true;
	window = trust_bundle(o->trust)->policy.presentation_window_s;
	return journal_show(o->journal, j->shown, r->visit->benefit,
			    now_ms + 2 * window * 1000);
}

static bool write_attempt(struct oap *o, const struct attempt_record *r)
{
	const struct judged *j = r->judged;
	struct journal_entry row = {.told = r->told};
	struct entry e = {0};
	uint8_t salt[ENTRY_SALT];
	uint64_t marked;
	int64_t now_ms;

	o->env.random(o->env.arg, salt, sizeof(salt));
	if (!begin_entry(o, &r->at, r->facility, &e))
		return false;
	fill_attempt(r, salt, &e);
	now_ms = effective_of(&e);
	row.salt = bytes_of(salt, sizeof(salt));
	row.scanned = j->scanned;
	row.effective_ms = now_ms;
	row.pass = j->has_scan ? j->pass : NULL;
	row.benefit = r->visit->benefit;
	row.counted = j->has_scan && j->has_benefit && j->has_facility &&
		      verdict_is(r->told, CLASS_ACCEPT);
	row.alone = row.counted && !r->has_grant;
	row.spent = r->has_discount ? r->discount : 0;
	if (row.counted)
		row.period = decide_period(&j->benefit, &j->facility, now_ms);
	kioskclock_raise_floor(&o->clock, now_ms);
	/* Its answer was contact. */
	if (r->has_grant && !journal_contact(o->journal, e.seq + 1))
		return false;
	return append(o, &e, &row) && remember(o, r, &row, now_ms) &&
	       journal_set_clock(o->journal, &o->clock) &&
	       (r->results == NULL ||
		record_results(o, r->results, r->seqs, r->answered_ms,
			       &marked));
}

/* Runs what is to be one transaction. */
static bool end_transaction(struct oap *o, bool written)
{
	if (written)
		return journal_commit(o->journal);
	journal_rollback(o->journal);
	return false;
}

bool record_attempt(struct oap *o, const struct attempt_record *r)
{
	struct kioskclock before = o->clock;

	if (journal_begin(o->journal) && end_transaction(o, write_attempt(o, r)))
		return true;
	o->clock.floor_ms = before.floor_ms;
	return false;
}

static bool write_reversal(struct oap *o, const struct reversal_record *r,
			   uint64_t *seq)
{
	const struct journal_found *of = r->of;
	struct journal_entry row = {.reversal = true};
	struct entry e = {.typ = TYP_REVERSAL, .reason = r->reason};

	if (!begin_entry(o, &r->at, bytes_text(o->facility), &e))
		return false;
	memcpy(e.id, r->id, sizeof(e.id));
	memcpy(e.of_kid, r->of_kid, sizeof(e.of_kid));
	memcpy(e.of_id, r->of_id, sizeof(e.of_id));
	memcpy(row.of_id, r->of_id, sizeof(row.of_id));
	row.effective_ms = entry_effective_ms(&e);
	row.pass = of != NULL && of->has_pass ? of->pass : NULL;
	kioskclock_raise_floor(&o->clock, row.effective_ms);
	*seq = e.seq;
	if (!append(o, &e, &row) || !journal_set_clock(o->journal, &o->clock))
		return false;
	if (of == NULL || !of->counted)
		return true;
	return journal_set_counted(o->journal, of, false) &&
	       journal_count(o->journal, of->pass, bytes_text(of->benefit),
			     of->period, row.effective_ms, -1);
}

bool record_reversal(struct oap *o, const struct reversal_record *r,
		     uint64_t *seq)
{
	struct kioskclock before = o->clock;

	if (journal_begin(o->journal) &&
	    end_transaction(o, write_reversal(o, r, seq)))
		return true;
	o->clock.floor_ms = before.floor_ms;
	return false;
}

static bool is_refused(unsigned result)
{
	return result != VERDICT_REVERSED && result != VERDICT_ALREADY_REVERSED &&
	       result != VERDICT_REVERSAL_PENDING;
}

/* A reversal that the service refused gave back a use that still counts. */
static bool take_again(struct oap *o, const struct journal_found *of)
{
	if (of->counted || of->reversed || !of->has_pass ||
	    !verdict_is(of->told, CLASS_ACCEPT))
		return true;
	return journal_set_counted(o->journal, of, true) &&
	       journal_count(o->journal, of->pass, bytes_text(of->benefit),
			     of->period, of->effective_ms, 1);
}

/* What was not done as asked, when it is a reversal. */
static bool note_refused(struct oap *o, uint64_t seq, unsigned verdict)
{
	struct journal_refused r = {.seq = seq, .verdict = verdict};
	struct journal_reversal reversal;
	struct journal_found of;
	bool own;

	if (!journal_reversed_by(o->journal, seq, &reversal))
		return false;
	if (!reversal.there)
		return true;
	if (!journal_find(o->journal, reversal.id, &of, &own))
		return false;
	memcpy(r.id, reversal.id, sizeof(r.id));
	memcpy(r.kid,
	       !own ? reversal.kid : of.rolled ? of.kid : o->key.kid,
	       sizeof(r.kid));
	/* Whose it was is not known any more: nobody could act on it. */
	if ((own || reversal.has_kid) && !journal_refuse(o->journal, &r))
		return false;
	return !own || take_again(o, &of);
}

bool record_is_final(unsigned verdict)
{
	return verdict != VERDICT_NONE && !verdict_is(verdict, CLASS_RETRY) &&
	       (!verdict_is(verdict, CLASS_DEVICE) ||
		verdict == VERDICT_ID_REUSED);
}

bool record_results(struct oap *o, const struct answer_results *results,
		    const uint64_t *seqs, int64_t now_ms, uint64_t *marked)
{
	*marked = 0;
	for (size_t i = 0; i < results->count; i++) {
		const struct answer_result *r = &results->at[i];

		if (!record_is_final(r->verdict))
			continue;
		if (!journal_settle(o->journal, seqs[i], r->verdict, r->marks,
				    now_ms))
			return false;
		if (is_refused(r->verdict) &&
		    !note_refused(o, seqs[i], r->verdict))
			return false;
		*marked += r->marks != 0;
	}
	return true;
}
