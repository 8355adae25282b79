/* SPDX-License-Identifier: Apache-2.0 */
/* roll.c: oap_roll. The next key has its file beside the other's, and the
 * message that introduces it is in the journal, before that is sent: whatever
 * is lost or killed, the same key is introduced again. The one in use goes on
 * writing until the service has the other, its bundle, too, and every entry of
 * the old one; then the journal goes over in one transaction, and the file
 * follows. */
#include "roll.h"

#include <sodium.h>
#include <string.h>
#include <time.h>

#include "enrol.h"
#include "fault.h"
#include "key.h"
#include "nextkey.h"
#include "refresh.h"
#include "wipe.h"

/* A busy door has a visitor or an unsent entry most of the time. */
#define QUIET_STEP_MS 50

struct rolling {
	struct roll roll;
	struct device_key next;
	int64_t until_ms;
};

static enum oap_result need_nothing_unsent(struct oap *o,
					   struct oap_problem *why)
{
	struct journal_queue queue;

	if (!journal_queue(o->journal, &queue))
		return handle_journal_failed(o, why);
	if (queue.depth == 0)
		return OAP_OK;
	return fault(why, OAP_NOT_READY,
		     "%s: %llu entries are not sent yet, and the key that "
		     "signed them is needed; oap-kiosk sync --dir %s sends "
		     "them", o->dir.path, (unsigned long long)queue.depth,
		     o->dir.path);
}

/* Under the lock: key and message, durable. */
static enum oap_result prepare(struct oap *o, struct rolling *r,
			       struct oap_problem *why)
{
	enum oap_result result = OAP_OK;

	if (!journal_roll(o->journal, &r->roll))
		return handle_journal_failed(o, why);
	if (!r->roll.there)
		result = need_nothing_unsent(o, why);
	if (result == OAP_OK)
		result = nextkey_need(o, &r->next, why);
	if (result != OAP_OK || nextkey_is_introduced(o, &r->next, &r->roll))
		return result;
	if (!nextkey_introduce(o, &r->next, &r->roll))
		return fault(why, OAP_BAD_KEY, "%s: the next key cannot be "
					       "used", o->dir.path);
	if (!journal_set_roll(o->journal, &r->roll))
		return handle_journal_failed(o, why);
	return OAP_OK;
}

/* ----------------------------------------------------- the service's side */

/* Without the lock. A no is kept for nobody: the next roll asks anew, with the
 * same key. */
static enum oap_result introduce(struct oap *o, struct rolling *r,
				 struct oap_problem *why)
{
	struct introduced got;
	enum oap_result result;
	bool kept;

	if (r->roll.answered)
		return OAP_OK;
	result = enrol_post(o, bytes_of(r->roll.enrolment, r->roll.enrolment_n),
			    r->next.kid, r->until_ms, &got, why);
	handle_lock(o);
	if (result == OAP_OK) {
		r->roll.answered = true;
		handle_contact(o, &got.sent, got.got_ms,
			       got.answer.service_ms);
		kept = journal_set_roll(o->journal, &r->roll);
	} else {
		kept = result != OAP_REFUSED || journal_drop_roll(o->journal);
	}
	if (!kept && result == OAP_OK)
		result = handle_journal_failed(o, why);
	handle_unlock(o);
	return result;
}

/* Under the lock: whether the bundle held would let the next key work. */
static bool is_listed(const struct oap *o, const struct rolling *r)
{
	struct bundle_kiosk row;

	return o->trust != NULL && trust_kiosk(o->trust, r->next.kid, &row) &&
	       row.state == DEVICE_ACTIVE;
}

/* ------------------------------------------------------------ going over */

static enum oap_result keep(struct oap *o, const struct identity *identity,
			    const struct held *held, struct oap_problem *why)
{
	struct moment now = handle_now(o);
	struct former_key former = {.enrolment_n = o->identity.enrolment_n};
	bool begun;

	if (!journal_begin(o->journal))
		return handle_journal_failed(o, why);
	memcpy(former.kid, o->key.kid, sizeof(former.kid));
	memcpy(former.mac, o->mac, sizeof(former.mac));
	memcpy(former.enrolment, o->identity.enrolment, former.enrolment_n);
	begun = journal_begin_chain(o->journal, &former,
				    handle_effective(o, &now));
	sodium_memzero(&former, sizeof(former));
	if (!begun ||
	    !journal_set_identity(o->journal, identity) ||
	    !journal_set_held(o->journal, held) ||
	    !journal_drop_roll(o->journal)) {
		handle_journal_failed(o, why);
		journal_rollback(o->journal);
		return OAP_JOURNAL_FAILED;
	}
	if (!journal_commit(o->journal))
		return handle_journal_failed(o, why);
	return OAP_OK;
}

/* Under the lock, with nothing under way. */
static enum oap_result go_over(struct oap *o, struct rolling *r,
			       struct oap_problem *why)
{
	struct identity identity = o->identity;
	enum oap_result result;
	uint8_t mac[KEY_MAC];
	struct held held;

	if (!key_derive_mac(r->next.sk, identity.service_pk, mac))
		return fault(why, OAP_BAD_KEY, "%s: the next key cannot be "
					       "used", o->dir.path);
	sodium_memzero(mac, sizeof(mac));
	memcpy(identity.enrolment, r->roll.enrolment, r->roll.enrolment_n);
	identity.enrolment_n = r->roll.enrolment_n;
	held_of(o->trust, r->next.kid, &o->held, &held);
	result = keep(o, &identity, &held, why);
	if (result != OAP_OK)
		return result;
	keyfile_forget(&o->key);
	o->key = r->next;
	r->next.sk = NULL;
	o->identity = identity;
	o->held = held;
	memset(&o->there, 0, sizeof(o->there));
	result = handle_adopt_identity(o, why);
	return result == OAP_OK ? keyfile_follow(o->dir.fd, o->dir.path, why)
				: result;
}

/* OAP_NOT_READY: not at this moment. */
static enum oap_result try_over(struct oap *o, struct rolling *r,
				struct oap_problem *why)
{
	enum oap_result result = need_nothing_unsent(o, why);

	if (result != OAP_OK)
		return result;
	if (!is_listed(o, r))
		return fault(why, OAP_NOT_READY,
			     "%s: the service has the new key, and its bundle "
			     "does not yet; the kiosk goes on with the old "
			     "one, and oap-kiosk roll --dir %s with the roll",
			     o->dir.path, o->dir.path);
	if (o->talking > 0)
		return fault(why, OAP_NOT_READY,
			     "%s: the service has the new key, and the door is "
			     "too busy to change over; call again in a quiet "
			     "moment", o->dir.path);
	return go_over(o, r, why);
}

/* What stands in the way is sent, or fetched. */
static enum oap_result clear_way(struct oap *o, struct rolling *r,
				 struct oap_problem *why)
{
	struct oap_synced synced;
	enum oap_result result;
	bool listed, changed;

	result = oap_sync(o, &synced, why);
	handle_lock(o);
	listed = is_listed(o, r);
	handle_unlock(o);
	if (result == OAP_OK && !listed)
		result = refresh_run(o, r->until_ms, &changed, why);
	return result;
}

static enum oap_result change_over(struct oap *o, struct rolling *r,
				   struct oap_problem *why)
{
	struct timespec step = {.tv_nsec = QUIET_STEP_MS * 1000000};
	enum oap_result result;

	for (;;) {
		result = clear_way(o, r, why);
		if (result != OAP_OK)
			return result;
		handle_lock(o);
		result = try_over(o, r, why);
		handle_unlock(o);
		if (result != OAP_NOT_READY || net_now_ms() > r->until_ms)
			return result;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
	}
}

static enum oap_result run(struct oap *o, struct oap_problem *why)
{
	struct rolling r = {.until_ms = net_now_ms() + KIOSK_CALL_MS};
	struct oap_synced synced;
	enum oap_result result = oap_sync(o, &synced, why);

	if (result != OAP_OK)
		return result;
	handle_lock(o);
	result = prepare(o, &r, why);
	handle_unlock(o);
	if (result == OAP_OK)
		result = introduce(o, &r, why);
	if (result == OAP_OK)
		result = change_over(o, &r, why);
	keyfile_forget(&r.next);
	/* From its first report on the service goes by the new key alone. A
	 * later one does as well. */
	if (result == OAP_OK && oap_sync(o, &synced, NULL) != OAP_OK)
		return OAP_OK;
	return result;
}

/* Under the lock. */
static enum oap_result begin(struct oap *o, struct oap_problem *why)
{
	enum oap_result result = handle_need_bundle(o, why);

	if (result != OAP_OK)
		return result;
	if (o->held.device != DEVICE_ACTIVE)
		return fault(why, OAP_REFUSED,
			     "%s: this kiosk is %s, and only an active one "
			     "rolls its key", o->dir.path,
			     device_state_name(o->held.device));
	if (o->rolling)
		return fault(why, OAP_IN_USE,
			     "%s: another thread rolls its key", o->dir.path);
	o->rolling = true;
	return OAP_OK;
}

OAP_API enum oap_result oap_roll(struct oap *o, struct oap_rolled *out,
				 struct oap_problem *why)
{
	enum oap_result result;

	memset(out, 0, sizeof(*out));
	fault_none(why);
	handle_lock(o);
	result = begin(o, why);
	if (result == OAP_OK)
		hex_encode(o->key.kid, sizeof(o->key.kid), out->before);
	handle_unlock(o);
	if (result != OAP_OK)
		return result;
	result = run(o, why);
	handle_lock(o);
	o->rolling = false;
	hex_encode(o->key.kid, sizeof(o->key.kid), out->kiosk);
	wipe_when_due(o);
	handle_unlock(o);
	if (result == OAP_OK)
		fault_none(why);
	return result;
}

/* ----------------------------------------------------- once it is done */

enum oap_result roll_introduce(struct oap *o, int64_t until_ms,
			       struct oap_problem *why)
{
	struct introduced got;
	struct identity identity;
	enum oap_result result;
	struct enrolment e;
	bool changed;

	handle_lock(o);
	identity = o->identity;
	handle_unlock(o);
	if (!enrolment_read(bytes_of(identity.enrolment, identity.enrolment_n),
			    &e) ||
	    !e.roll)
		return fault(why, OAP_REFUSED,
			     "%s: the service does not know this kiosk; an "
			     "operator makes a new code with oapctl kiosk add",
			     o->dir.path);
	result = enrol_post(o,
			    bytes_of(identity.enrolment, identity.enrolment_n),
			    e.kid, until_ms, &got, why);
	sodium_memzero(&identity, sizeof(identity));
	/* The bundle in between did not have this key. */
	return result == OAP_OK ? refresh_run(o, until_ms, &changed, why)
				: result;
}
