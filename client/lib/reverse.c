/* SPDX-License-Identifier: Apache-2.0 */
/* reverse.c: oap_reverse. The entry is durable first; then it is sent, with
 * what was waiting of the same pass. */
#include <string.h>

#include "fault.h"
#include "plain.h"
#include "record.h"
#include "sync.h"
#include "tell.h"
#include "uuid7.h"

#define ATTEMPT_TEXT 64 /* "KID/ID" is 49; longer is none */

struct reversing {
	struct reversal_record record;
	struct journal_found of;
	uint64_t seq;	  /* of the reversal's entry */
	unsigned verdict; /* NONE: to be sent */
};

/* "ID", or "KID/ID" of another kiosk. */
static enum oap_result read_id(const struct oap *o, const char *id,
			       struct reversal_record *r,
			       struct oap_problem *why)
{
	const char *slash = strchr(id, '/');
	const char *last = slash != NULL ? slash + 1 : id;

	memcpy(r->of_kid, o->key.kid, sizeof(r->of_kid));
	if (!hex_decode(bytes_text(last), r->of_id, 16) ||
	    (slash != NULL &&
	     !hex_decode(bytes_of(id, (size_t)(slash - id)), r->of_kid, 8)))
		return fault(why, OAP_BAD_ARGUMENT,
			     "attempt \"%.60s\": not an id (32 hexadecimal "
			     "digits, as redeem shows it, or KID/ID)", id);
	return OAP_OK;
}

static bool is_key_in_use(const struct oap *o, const uint8_t kid[static 8])
{
	return memcmp(kid, o->key.kid, sizeof(o->key.kid)) == 0;
}

/* Whether an attempt in the journal is the one that is meant: what this kiosk
 * told under a key before may be named by its id alone, too. */
static bool is_meant(const struct oap *o, struct reversing *r)
{
	uint8_t *kid = r->record.of_kid;

	if (!r->of.rolled)
		return is_key_in_use(o, kid);
	if (is_key_in_use(o, kid))
		memcpy(kid, r->of.kid, sizeof(r->of.kid));
	return memcmp(kid, r->of.kid, sizeof(r->of.kid)) == 0;
}

/* Looks at the attempt; a verdict when there is nothing to be written. */
static enum oap_result look_up(struct oap *o, struct reversing *r,
			       const char *id, struct oap_problem *why)
{
	bool there;

	if (!journal_find(o->journal, r->record.of_id, &r->of, &there))
		return handle_journal_failed(o, why);
	there = there && is_meant(o, r);
	if (!there) {
		r->of.seq = 0;
		if (!is_key_in_use(o, r->record.of_kid))
			return OAP_OK;
		return fault(why, OAP_NOT_FOUND,
			     "attempt %.40s: not in this kiosk's journal; for "
			     "another kiosk's give KID/ID", id);
	}
	r->record.of = &r->of;
	if (!verdict_is(r->of.told, CLASS_ACCEPT))
		r->verdict = VERDICT_NOTHING_TO_REVERSE;
	else if (r->of.reversed)
		r->verdict = VERDICT_ALREADY_REVERSED;
	return OAP_OK;
}

static void write_down(struct oap *o, struct reversing *r, char *detail)
{
	struct reversal_record *record = &r->record;
	struct oap_problem why;
	uint8_t random[10];

	o->env.random(o->env.arg, random, sizeof(random));
	record->at = handle_now(o);
	uuid7_make(handle_effective(o, &record->at), random, record->id);
	if (record_reversal(o, record, &r->seq))
		return;
	handle_journal_failed(o, &why);
	memcpy(detail, why.text, OAP_PROBLEM_TEXT);
	r->verdict = VERDICT_JOURNAL_FAILED;
}

static enum oap_result prepare(struct oap *o, struct reversing *r,
			       const char *id, struct oap_told *told,
			       struct oap_problem *why)
{
	enum oap_result result = handle_need_enrolled(o, why);
	struct moment now = handle_now(o);

	if (result == OAP_OK)
		result = read_id(o, id, &r->record, why);
	if (result == OAP_OK)
		result = look_up(o, r, id, why);
	if (result != OAP_OK)
		return result;
	told->at_ms = handle_effective(o, &now);
	handle_local(o, o->facility, "", told->at_ms, told->local);
	if (r->of.seq != 0)
		memcpy(told->benefit, r->of.benefit, sizeof(told->benefit));
	if (r->verdict == VERDICT_NONE)
		write_down(o, r, told->detail);
	return OAP_OK;
}

/* Sends it; without a result it stays in the queue. */
static void deliver(struct oap *o, struct reversing *r,
		    struct oap_told *told)
{
	struct oap_problem why;
	struct batch batch;

	if (sync_batch(o, r->seq, net_now_ms() + KIOSK_REVERSE_MS, &batch,
		       &why) != OAP_OK)
		memcpy(told->detail, why.text, sizeof(told->detail));
	handle_lock(o);
	if (!journal_result(o->journal, r->seq, &r->verdict, &told->marks))
		r->verdict = VERDICT_NONE;
	else
		journal_drop_refused(o->journal, r->seq); /* told here */
	handle_end_talk(o);
	handle_unlock(o);
	told->by_service = r->verdict != VERDICT_NONE;
	if (r->verdict == VERDICT_NONE)
		r->verdict = VERDICT_REVERSAL_PENDING;
}

OAP_API enum oap_result oap_reverse(struct oap *o, const char *id,
				    enum oap_reason reason,
				    struct oap_told *told,
				    struct oap_problem *why)
{
	struct reversing r = {.verdict = VERDICT_NONE};
	char own_id[ATTEMPT_TEXT];
	enum oap_result result;

	/* It may lie in told, as what redeem filled in. */
	plain_copy(bytes_text(id != NULL ? id : ""), own_id, sizeof(own_id));
	tell_begin(told);
	fault_none(why);
	if ((unsigned)reason >= REASON_COUNT)
		return fault(why, OAP_BAD_ARGUMENT,
			     "reason %d: must be 0 to %d", (int)reason,
			     REASON_COUNT - 1);
	r.record.reason = (enum reversal_reason)reason;
	handle_lock(o);
	result = prepare(o, &r, own_id, told, why);
	if (result == OAP_OK && r.verdict == VERDICT_NONE)
		handle_begin_talk(o); /* until it is delivered */
	handle_unlock(o);
	if (result != OAP_OK)
		return result;
	if (r.verdict == VERDICT_NONE)
		deliver(o, &r, told);
	tell_verdict(r.verdict, told);
	hex_encode(r.record.of_id, sizeof(r.record.of_id), told->id);
	return OAP_OK;
}
