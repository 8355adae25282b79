/* SPDX-License-Identifier: Apache-2.0 */
/* handle.c: opening and closing a kiosk, and what its calls share. */
#include "handle.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "key.h"
#include "nextkey.h"
#include "wipe.h"

#define MS_PER_S INT64_C(1000)

void handle_lock(struct oap *o)
{
	pthread_mutex_lock(&o->lock);
}

void handle_unlock(struct oap *o)
{
	pthread_mutex_unlock(&o->lock);
}

struct moment handle_now(const struct oap *o)
{
	return moment_now(&o->env);
}

int64_t handle_effective(const struct oap *o, const struct moment *now)
{
	return kioskclock_effective(&o->clock, now->raw_ms);
}

int64_t handle_skew_ms(const struct oap *o)
{
	uint32_t s = o->trust ? trust_bundle(o->trust)->policy.skew_s
			      : SKEW_DEFAULT_S;

	return (int64_t)s * MS_PER_S;
}

struct clock_view handle_clock(const struct oap *o, const struct moment *now)
{
	struct clock_view view =
	    kioskclock_view(&o->clock, now, handle_skew_ms(o));
	int64_t made_ms =
	    o->trust ? (int64_t)trust_bundle(o->trust)->made_at * MS_PER_S : 0;

	if (made_ms > view.proven_ms)
		view.proven_ms = made_ms;
	return view;
}

bool handle_learn(struct oap *o, const struct moment *sent, int64_t got_ms,
		  int64_t service_ms)
{
	struct moment got = handle_now(o);
	int64_t age_ms = net_now_ms() - got_ms;

	/* Two clocks, rounded: no answer comes before its question. */
	if (age_ms > got.boot_ms - sent->boot_ms)
		age_ms = got.boot_ms - sent->boot_ms;
	if (age_ms < 0)
		age_ms = 0;
	got.raw_ms -= age_ms;
	got.boot_ms -= age_ms;
	return kioskclock_learn(&o->clock, sent, &got, service_ms);
}

void handle_contact(struct oap *o, const struct moment *sent, int64_t got_ms,
		    int64_t service_ms)
{
	if (handle_learn(o, sent, got_ms, service_ms) &&
	    !journal_set_clock(o->journal, &o->clock))
		return; /* learned again with the next answer */
}

enum oap_result handle_journal_failed(const struct oap *o,
				      struct oap_problem *why)
{
	return fault(why, OAP_JOURNAL_FAILED, "%s/" JOURNAL_NAME ": %s",
		     o->dir.path, journal_error(o->journal));
}

void handle_begin_talk(struct oap *o)
{
	o->talking++;
}

void handle_end_talk(struct oap *o)
{
	if (--o->talking == 0)
		wipe_when_due(o); /* a bundle may have come meanwhile */
}

enum oap_result handle_need_enrolled(const struct oap *o,
				     struct oap_problem *why)
{
	if (o->wiped.there)
		return wipe_problem(o, why);
	if (o->enrolled)
		return OAP_OK;
	return fault(why, OAP_NOT_ENROLLED,
		     "%s: not enrolled; get a code with oapctl kiosk add, then "
		     "oap-kiosk enrol --dir %s CODE", o->dir.path, o->dir.path);
}

enum oap_result handle_need_bundle(const struct oap *o,
				   struct oap_problem *why)
{
	enum oap_result result = handle_need_enrolled(o, why);
	char kid[OAP_KID_TEXT];

	if (result != OAP_OK)
		return result;
	hex_encode(o->key.kid, sizeof(o->key.kid), kid);
	if (o->trust == NULL)
		return fault(why, OAP_NOT_READY,
			     "%s: %s; oap-kiosk sync --dir %s fetches it",
			     o->dir.path,
			     handle_bundle_damaged(o)
				 ? "the bundle held is damaged"
				 : "no bundle yet",
			     o->dir.path);
	if (!o->held.listed || o->held.device == DEVICE_PENDING)
		return fault(why, OAP_NOT_READY,
			     "%s: kiosk %s is not confirmed; an operator does "
			     "it with oapctl kiosk confirm %s, then oap-kiosk "
			     "sync", o->dir.path, kid, kid);
	return OAP_OK;
}

bool handle_bundle_damaged(const struct oap *o)
{
	return o->trust == NULL && o->held.there && !o->wiped.there;
}

uint64_t handle_epoch(const struct oap *o)
{
	return o->trust ? trust_bundle(o->trust)->epoch : 0;
}

uint32_t handle_chance(const struct oap *o)
{
	uint8_t random[8] = {0};

	o->env.random(o->env.arg, random, 4);
	return (uint32_t)(get_be64(random) >> 32);
}

/* The pins of the bundle, once there are some; before, the one that the
 * enrolment code brought. */
struct net_place handle_place(const struct oap *o)
{
	struct net_place place = {.pin_count = o->held.pin_count};

	memcpy(place.url, o->identity.url, sizeof(place.url));
	memcpy(place.pins, o->held.pins, sizeof(place.pins));
	if (place.pin_count == 0 && o->identity.has_pin)
		memcpy(place.pins[place.pin_count++], o->identity.pin, 32);
	return place;
}

static bool facility_in_city(const struct bundle *b, struct bytes city,
			     struct facility *out)
{
	struct cbor_in in = cbor_members(b->facilities);

	while (city.n > 0 && bundle_next_facility(&in, out))
		if (bytes_equal(out->city, city))
			return true;
	return false;
}

void handle_local(const struct oap *o, const char *facility, const char *city,
		  int64_t ms, char text[static OAP_LOCAL_TEXT])
{
	const struct bundle *b = o->trust ? trust_bundle(o->trust) : NULL;
	struct zone_span zone = {0};
	struct local_time t;
	struct facility f;
	char day[11];

	text[0] = '\0';
	if (ms < 0 || ms > TIME_MS_MAX)
		return;
	if (b != NULL && (bundle_facility(b, bytes_text(facility), &f) ||
			  facility_in_city(b, bytes_text(city), &f) ||
			  bundle_facility(b, bytes_text(o->facility), &f)))
		zone = f.zone;
	t = local_time_at(&zone, ms);
	date_format(t.date, day);
	snprintf(text, OAP_LOCAL_TEXT, "%.10s %02u:%02u", day,
		 (unsigned)t.minute / 60 % 24, (unsigned)t.minute % 60);
}

static void settle_facility(struct oap *o)
{
	memcpy(o->facility,
	       o->held.facility[0] != '\0' ? o->held.facility
					   : o->identity.facility,
	       sizeof(o->facility));
}

enum oap_result handle_adopt_identity(struct oap *o, struct oap_problem *why)
{
	settle_facility(o);
	if (!key_derive_mac(o->key.sk, o->identity.service_pk, o->mac))
		return fault(why, OAP_BAD_KEY,
			     "%s: the service's key is no usable key; enrol "
			     "again with a new code", o->dir.path);
	o->enrolled = o->identity.answered;
	return OAP_OK;
}

void handle_adopt_trust(struct oap *o, struct trust *t,
			const struct held *held)
{
	trust_free(o->trust);
	o->trust = t;
	o->held = *held;
	settle_facility(o);
}

/* A journal of an earlier version keeps nothing beside its bundle. */
static void adopt_loaded(struct oap *o, struct trust *t)
{
	bool kept = o->held.there;
	struct held held;

	held_of(t, o->key.kid, &o->held, &held);
	handle_adopt_trust(o, t, &held);
	if (!kept && !journal_set_held(o->journal, &held))
		return; /* the next opening or bundle writes it */
}

/* It stands in no entry's way to the service: what is kept beside it lets
 * another be fetched, and none that is older. */
static enum oap_result go_without(struct oap *o, struct oap_problem *why)
{
	memset(o->etag, 0, sizeof(o->etag));
	if (o->held.there)
		return OAP_OK;
	return fault(why, OAP_JOURNAL_FAILED,
		     "%s/" JOURNAL_NAME ": the bundle in it is damaged, and "
		     "how new it was is not known; keep this directory for "
		     "the operator and enrol a new kiosk in another",
		     o->dir.path);
}

/* The bundle held was verified when it was taken, and is again: the file may
 * have been changed since. */
static enum oap_result load_bundle(struct oap *o, struct oap_problem *why)
{
	struct oap_problem bad;
	struct trust *t;
	uint8_t *message;
	size_t n;

	if (!journal_held(o->journal, &o->held) ||
	    !journal_bundle(o->journal, &message, &n, o->etag))
		return handle_journal_failed(o, why);
	settle_facility(o);
	if (message == NULL)
		return o->held.there ? go_without(o, why) : OAP_OK;
	if (trust_load(message, n, o->identity.service_pk, &t, &bad) !=
	    OAP_OK)
		return bad.result == OAP_NO_MEMORY
			   ? fault(why, bad.result, "%s", bad.text)
			   : go_without(o, why);
	if (o->held.there && !held_is(&o->held, t)) {
		trust_free(t);
		return go_without(o, why);
	}
	adopt_loaded(o, t);
	return OAP_OK;
}

static enum oap_result load_key(struct oap *o, struct oap_problem *why)
{
	enum oap_result result;

	result = keyfile_wrapping(o->wrapping, &o->has_wrapping, why);
	if (result != OAP_OK)
		return result;
	result = keyfile_read(o->dir.fd, o->dir.path, KEYFILE_DEVICE,
			      o->has_wrapping ? o->wrapping : NULL, &o->key,
			      why);
	o->has_key = result == OAP_OK;
	return result;
}

static enum oap_result load(struct oap *o, bool create,
			    struct oap_problem *why)
{
	enum oap_result result;
	bool there;

	result = journal_open(o->dir.real, create, o->env.vfs, &o->journal,
			      why);
	if (result != OAP_OK)
		return result;
	if (!journal_clock(o->journal, &o->clock) ||
	    !journal_identity(o->journal, &o->identity, &there) ||
	    !journal_wiped(o->journal, &o->wiped) ||
	    !journal_keep(o->journal, &o->keep_days) ||
	    !journal_there(o->journal, &o->there))
		return handle_journal_failed(o, why);
	if (o->wiped.there)
		return wipe_open(o, why);
	result = load_key(o, why);
	if (!there) /* a key alone is what an interrupted enrolment left */
		return result == OAP_NOT_FOUND ? OAP_OK : result;
	if (result == OAP_NOT_FOUND)
		return fault(why, OAP_BAD_KEY,
			     "%s: the journal is that of a kiosk whose key "
			     "is gone; enrol a new kiosk in a new directory",
			     o->dir.path);
	if (result == OAP_OK)
		result = nextkey_complete(o, why);
	if (result == OAP_OK)
		result = handle_adopt_identity(o, why);
	if (result == OAP_OK)
		result = load_bundle(o, why);
	if (result == OAP_OK)
		wipe_when_due(o);
	return result;
}

static enum oap_result open_all(struct oap *o, const char *dir, bool create,
				struct oap_problem *why)
{
	enum oap_result result;

	result = kioskdir_open(&o->dir, dir, create, why);
	if (result == OAP_OK)
		result = load(o, create, why);
	if (result != OAP_OK)
		return result;
	o->ask = net_start(KIOSK_QUESTIONS_AT_ONCE);
	o->bulk = net_start(KIOSK_UPLOADS_AT_ONCE);
	if (o->ask == NULL || o->bulk == NULL)
		return fault(why, OAP_NO_MEMORY,
			     "cannot start a network thread: out of memory "
			     "or threads");
	return OAP_OK;
}

enum oap_result handle_open(const char *dir, unsigned flags,
			    const struct env *env, struct oap **out,
			    struct oap_problem *why)
{
	enum oap_result result;
	struct oap *o;

	*out = NULL;
	fault_none(why);
	if (dir == NULL || dir[0] == '\0')
		return fault(why, OAP_BAD_ARGUMENT, "dir: not given");
	if (sodium_init() < 0)
		return fault(why, OAP_NO_MEMORY, "libsodium: cannot start");
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	o->env = *env;
	pthread_mutex_init(&o->lock, NULL);
	result = open_all(o, dir, (flags & OAP_CREATE) != 0, why);
	if (result == OAP_OK)
		*out = o;
	else
		oap_close(o);
	return result;
}

OAP_API enum oap_result oap_open(const char *dir, unsigned flags,
				 struct oap **handle, struct oap_problem *why)
{
	struct env env = env_real();

	return handle_open(dir, flags, &env, handle, why);
}

OAP_API void oap_close(struct oap *o)
{
	if (o == NULL)
		return;
	net_stop(o->ask);
	net_stop(o->bulk);
	trust_free(o->trust);
	journal_close(o->journal);
	keyfile_forget(&o->key);
	kioskdir_close(&o->dir);
	pthread_mutex_destroy(&o->lock);
	sodium_memzero(o, sizeof(*o));
	free(o);
}
