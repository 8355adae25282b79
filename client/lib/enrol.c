/* SPDX-License-Identifier: Apache-2.0 */
/* enrol.c: oap_enrol. Key and identity are durable before anything is sent,
 * so that a lost answer can be asked for again with the same key. */
#include "enrol.h"

#include <string.h>
#include <time.h>

#include "enrolcode.h"
#include "fault.h"
#include "key.h"
#include "refresh.h"
#include "wipe.h"

/* A service may take a moment to put a new kiosk into its bundle. */
#define FIRST_BUNDLE_MS 5000
#define FIRST_BUNDLE_STEP_MS 100

static enum oap_result read_code(const char *text, uint8_t *buf,
				 struct enrolcode *code,
				 struct identity *identity,
				 struct oap_problem *why)
{
	if (text == NULL ||
	    !enrolcode_read(bytes_text(text), buf, ENROLCODE_MAX, code))
		return fault(why, OAP_BAD_ARGUMENT,
			     "enrolment code: not one; give the whole text "
			     "that starts with OAPE1: as oapctl kiosk add "
			     "printed it");
	if (!bytes_to_text(code->url, identity->url, sizeof(identity->url)) ||
	    !net_url_valid(identity->url))
		return fault(why, OAP_BAD_ARGUMENT,
			     "enrolment code: service address \"%.80s\": must "
			     "be http://, https:// or unix:/", identity->url);
	if (code->has_pin && strncmp(identity->url, "https://", 8) != 0)
		return fault(why, OAP_BAD_ARGUMENT,
			     "enrolment code: it has a TLS pin, but its "
			     "address \"%.80s\" is not https://; the "
			     "operator must set [service] public_url",
			     identity->url);
	memcpy(identity->service_pk, code->service_pk, 32);
	identity->has_pin = code->has_pin;
	if (code->has_pin)
		memcpy(identity->pin, code->pin, sizeof(identity->pin));
	return OAP_OK;
}

static enum oap_result need_key(struct oap *o, struct oap_problem *why)
{
	enum oap_result result;

	if (o->has_key)
		return OAP_OK;
	result = keyfile_make(o->dir.fd, o->dir.path, KEYFILE_DEVICE, &o->env,
			      o->has_wrapping ? o->wrapping : NULL, &o->key,
			      why);
	o->has_key = result == OAP_OK;
	return result;
}

/* The 65006 message, into the identity. */
static bool put_message(const struct oap *o, const struct enrolcode *code,
			struct identity *identity)
{
	struct outbuf out =
	    outbuf_in(identity->enrolment, sizeof(identity->enrolment));
	struct moment now = handle_now(o);
	struct enrolment e = {
	    .made_at = (uint64_t)handle_effective(o, &now) / 1000,
	    .version = bytes_text(OAP_VERSION),
	};

	memcpy(e.kid, o->key.kid, sizeof(e.kid));
	memcpy(e.pk, o->key.pk, sizeof(e.pk));
	memcpy(e.secret, code->secret, sizeof(e.secret));
	key_kid(code->service_pk, e.service_kid);
	enrolment_put(&out, &e, o->key.sk);
	identity->enrolment_n = out.n;
	return !out.failed;
}

/* Whether this kiosk was enrolled with that very code. */
static bool is_same_code(const struct identity *held,
			 const struct enrolcode *code)
{
	struct enrolment e;

	return enrolment_read(bytes_of(held->enrolment, held->enrolment_n),
			      &e) &&
	       !e.roll &&
	       memcmp(e.secret, code->secret, sizeof(e.secret)) == 0 &&
	       memcmp(held->service_pk, code->service_pk, 32) == 0;
}

/* Under the lock. */
static enum oap_result prepare(struct oap *o, const char *text,
			       struct oap_problem *why)
{
	struct identity identity = o->identity;
	uint8_t buf[ENROLCODE_MAX];
	struct enrolcode code;
	enum oap_result result = read_code(text, buf, &code, &identity, why);

	if (o->wiped.there)
		return wipe_problem(o, why);
	/* The service gives the same answer again, and there is a bundle to
	 * be fetched. */
	if (result == OAP_OK && o->enrolled &&
	    is_same_code(&o->identity, &code))
		return OAP_OK;
	if (o->enrolled)
		return fault(why, OAP_ALREADY_ENROLLED,
			     "%s: already enrolled at facility \"%s\"; use "
			     "another directory for another kiosk",
			     o->dir.path, o->facility);
	if (result == OAP_OK)
		result = need_key(o, why);
	if (result != OAP_OK)
		return result;
	o->env.random(o->env.arg, identity.hash_key,
		      sizeof(identity.hash_key));
	if (!put_message(o, &code, &identity))
		return fault(why, OAP_BAD_ARGUMENT,
			     "enrolment code: its parts are too long");
	if (!journal_set_identity(o->journal, &identity))
		return handle_journal_failed(o, why);
	o->identity = identity;
	return handle_adopt_identity(o, why);
}

static enum oap_result read_answer(const struct net_reply *reply,
				   const uint8_t kid[static 8],
				   struct enrolment_answer *a,
				   struct oap_problem *why)
{
	char text[OAP_KID_TEXT];

	if (reply->status != 200)
		return refresh_refused(reply, "enrolment", why);
	hex_encode(kid, 8, text);
	if (enrolment_answer_read(bytes_of(reply->body, reply->n), a) &&
	    strcmp(a->kiosk, text) == 0 &&
	    name_id_valid(bytes_text(a->facility)))
		return OAP_OK;
	return fault(why, OAP_BAD_ANSWER,
		     "enrolment: the service's answer cannot be understood; "
		     "run the same command again");
}

enum oap_result enrol_post(struct oap *o, struct bytes message,
			   const uint8_t kid[static 8], int64_t until_ms,
			   struct introduced *out, struct oap_problem *why)
{
	struct net_request request = {.method = NET_POST,
				      .path = "/v1/enrolments",
				      .body = message,
				      .reply_max = KIOSK_REPLY_MAX,
				      .until_ms = until_ms};
	enum oap_result result;
	struct net_place place;
	struct net_reply *reply;

	out->sent = moment_now(&o->env);
	handle_lock(o);
	place = handle_place(o);
	handle_unlock(o);
	reply = net_call(o->bulk, &place, &request);
	if (reply == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	out->got_ms = reply->got_ms;
	result = read_answer(reply, kid, &out->answer, why);
	net_reply_free(reply);
	return result;
}

/* Under the lock. */
static enum oap_result answered(struct oap *o, const struct introduced *got,
				struct oap_enrolled *out,
				struct oap_problem *why)
{
	struct identity identity = o->identity;

	identity.answered = true;
	memcpy(identity.facility, got->answer.facility,
	       sizeof(identity.facility));
	handle_contact(o, &got->sent, got->got_ms, got->answer.service_ms);
	if (!journal_set_identity(o->journal, &identity))
		return handle_journal_failed(o, why);
	o->identity = identity;
	out->pending = got->answer.pending;
	return handle_adopt_identity(o, why);
}

static enum oap_result send(struct oap *o, int64_t until_ms,
			    struct oap_enrolled *out, struct oap_problem *why)
{
	struct introduced got;
	struct identity identity;
	enum oap_result result;
	uint8_t kid[KEY_KID];

	handle_lock(o);
	identity = o->identity; /* another thread may enrol, too */
	memcpy(kid, o->key.kid, sizeof(kid));
	handle_unlock(o);
	result = enrol_post(o,
			    bytes_of(identity.enrolment, identity.enrolment_n),
			    kid, until_ms, &got, why);
	if (result != OAP_OK)
		return result;
	handle_lock(o);
	result = answered(o, &got, out, why);
	handle_unlock(o);
	return result;
}

static bool is_listed(struct oap *o)
{
	bool listed;

	handle_lock(o);
	listed = o->held.listed && o->held.device != DEVICE_PENDING;
	handle_unlock(o);
	return listed;
}

static enum oap_result no_bundle(const struct oap *o, const char *reason,
				 struct oap_problem *why)
{
	char kid[OAP_KID_TEXT];

	hex_encode(o->key.kid, sizeof(o->key.kid), kid);
	return fault(why, OAP_NOT_READY,
		     "enrolled as kiosk %s, but %s; oap-kiosk sync --dir %s "
		     "fetches the bundle later", kid, reason, o->dir.path);
}

/* The bundle that has this kiosk in it; a pending one waits for an operator
 * and not here. */
static enum oap_result first_bundle(struct oap *o, int64_t until_ms,
				    bool pending, struct oap_problem *why)
{
	struct timespec step = {.tv_nsec = FIRST_BUNDLE_STEP_MS * 1000000};
	int64_t enough = net_now_ms() + FIRST_BUNDLE_MS;
	struct oap_problem reason;
	bool changed;

	for (;;) {
		if (refresh_run(o, until_ms, &changed, &reason) != OAP_OK)
			return no_bundle(o, reason.text, why);
		if (pending || is_listed(o))
			return OAP_OK;
		if (net_now_ms() > enough)
			return no_bundle(o, "the service's bundle does not "
					    "have it yet", why);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
	}
}

OAP_API enum oap_result oap_enrol_check(const char *code,
					struct oap_problem *why)
{
	struct identity identity;
	uint8_t buf[ENROLCODE_MAX];
	struct enrolcode read;

	fault_none(why);
	return read_code(code, buf, &read, &identity, why);
}

OAP_API enum oap_result oap_enrol(struct oap *o, const char *code,
				  struct oap_enrolled *out,
				  struct oap_problem *why)
{
	int64_t until_ms = net_now_ms() + KIOSK_CALL_MS;
	enum oap_result result;

	memset(out, 0, sizeof(*out));
	fault_none(why);
	handle_lock(o);
	result = prepare(o, code, why);
	handle_unlock(o);
	if (result == OAP_OK)
		result = send(o, until_ms, out, why);
	if (result == OAP_OK)
		result = first_bundle(o, until_ms, out->pending, why);
	handle_lock(o);
	if (o->has_key)
		hex_encode(o->key.kid, sizeof(o->key.kid), out->kiosk);
	memcpy(out->facility, o->facility, sizeof(out->facility));
	handle_unlock(o);
	if (result == OAP_OK)
		fault_none(why);
	return result;
}
