/* SPDX-License-Identifier: Apache-2.0 */
/* nextkey.c: made once, under its own name, and introduced by one message. */
#include "nextkey.h"

#include <sodium.h>
#include <string.h>

#include "fault.h"
#include "key.h"

static const uint8_t *wrapping_of(const struct oap *o)
{
	return o->has_wrapping ? o->wrapping : NULL;
}

/* One that is in use already, and whose file could not follow, does so now. */
static enum oap_result settle_files(struct oap *o, struct device_key *next,
				    struct oap_problem *why)
{
	if (memcmp(next->kid, o->key.kid, sizeof(o->key.kid)) != 0)
		return OAP_OK;
	keyfile_forget(next);
	if (keyfile_follow(o->dir.fd, o->dir.path, why) != OAP_OK)
		return OAP_BAD_KEY;
	return OAP_NOT_FOUND;
}

enum oap_result nextkey_need(struct oap *o, struct device_key *next,
			     struct oap_problem *why)
{
	enum oap_result result;

	result = keyfile_read(o->dir.fd, o->dir.path, KEYFILE_NEXT,
			      wrapping_of(o), next, why);
	if (result == OAP_OK)
		result = settle_files(o, next, why);
	if (result == OAP_NOT_FOUND)
		result = keyfile_make(o->dir.fd, o->dir.path, KEYFILE_NEXT,
				      &o->env, wrapping_of(o), next, why);
	return result;
}

bool nextkey_is_introduced(const struct oap *o, const struct device_key *next,
			   const struct roll *roll)
{
	struct enrolment e;
	uint8_t service[KEY_KID];

	key_kid(o->identity.service_pk, service);
	return roll->there &&
	       enrolment_read(bytes_of(roll->enrolment, roll->enrolment_n),
			      &e) &&
	       e.roll && memcmp(e.kid, next->kid, sizeof(e.kid)) == 0 &&
	       memcmp(e.service_kid, service, sizeof(service)) == 0;
}

bool nextkey_introduce(const struct oap *o, const struct device_key *next,
		       struct roll *roll)
{
	struct outbuf out =
	    outbuf_in(roll->enrolment, sizeof(roll->enrolment));
	struct moment now = handle_now(o);
	struct enrolment e = {
	    .roll = true,
	    .made_at = (uint64_t)handle_effective(o, &now) / 1000,
	    .version = bytes_text(OAP_VERSION),
	};

	memcpy(e.kid, next->kid, sizeof(e.kid));
	memcpy(e.pk, next->pk, sizeof(e.pk));
	memcpy(e.old_kid, o->key.kid, sizeof(e.old_kid));
	key_kid(o->identity.service_pk, e.service_kid);
	crypto_sign_detached(e.signature, NULL, e.kid, sizeof(e.kid),
			     o->key.sk);
	enrolment_put(&out, &e, next->sk);
	roll->there = !out.failed;
	roll->answered = false;
	roll->enrolment_n = out.n;
	return roll->there;
}

/* Whose message introduced it: the journal goes by that key. */
static bool is_of_journal(const struct oap *o, const struct device_key *key)
{
	const struct identity *id = &o->identity;
	struct enrolment e;

	return enrolment_read(bytes_of(id->enrolment, id->enrolment_n), &e) &&
	       memcmp(e.kid, key->kid, sizeof(e.kid)) == 0;
}

enum oap_result nextkey_complete(struct oap *o, struct oap_problem *why)
{
	struct device_key next = {.sk = NULL};
	enum oap_result result;

	if (o->identity.enrolment_n == 0 || is_of_journal(o, &o->key))
		return OAP_OK;
	result = keyfile_read(o->dir.fd, o->dir.path, KEYFILE_NEXT,
			      wrapping_of(o), &next, why);
	if (result == OAP_NOT_FOUND)
		return OAP_OK;
	if (result != OAP_OK)
		return result;
	if (!is_of_journal(o, &next)) {
		keyfile_forget(&next);
		return OAP_OK;
	}
	keyfile_forget(&o->key);
	o->key = next;
	return keyfile_follow(o->dir.fd, o->dir.path, why);
}
