/* SPDX-License-Identifier: Apache-2.0 */
/* status.c: oap_status, and what a screen asks of the bundle. */
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "handle.h"
#include "key.h"
#include "plain.h"

static unsigned count_of(struct bytes array)
{
	struct cbor_in in = cbor_reader(array);
	size_t n;

	return cbor_array(&in, &n) ? (unsigned)n : 0;
}

/* Ages by the effective clock; documents of the future are of age 0. */
static int64_t age_ms(const struct oap_status *s, uint64_t made_at)
{
	int64_t age = s->now_ms - (int64_t)made_at * 1000;

	return age < 0 ? 0 : age;
}

static void fill_lists(const struct oap *o, struct oap_status *s)
{
	for (size_t i = 0; i < trust_issuer_count(o->trust); i++) {
		const struct trust_issuer *issuer = trust_issuer_at(o->trust, i);

		for (size_t k = 0; k < issuer->token_count; k++) {
			const struct status_view *v = &issuer->tokens[k].view;
			int64_t age = age_ms(s, v->iat);

			if (age > s->status_age_ms)
				s->status_age_ms = age;
			if ((uint64_t)age / 1000 >= v->ttl)
				s->stale |= OAP_STALE_STATUS;
		}
	}
}

static void fill_bundle(const struct oap *o, struct oap_status *s)
{
	const struct bundle *b = trust_bundle(o->trust);
	struct facility f;

	s->has_bundle = 1;
	s->epoch = b->epoch;
	s->bundle_made_at_ms = (int64_t)b->made_at * 1000;
	s->bundle_good_until_ms = (int64_t)b->good_until * 1000;
	s->bundle_age_ms = age_ms(s, b->made_at);
	if ((uint64_t)s->bundle_age_ms / 1000 >= b->policy.soft_age_s)
		s->stale |= OAP_STALE_BUNDLE;
	s->issuers = (unsigned)trust_issuer_count(o->trust);
	s->facilities = count_of(b->facilities);
	s->benefits = count_of(b->benefits);
	if (bundle_facility(b, bytes_text(o->facility), &f)) {
		plain_copy(f.city, s->city, sizeof(s->city));
		plain_copy(f.currency, s->currency, sizeof(s->currency));
	}
	fill_lists(o, s);
}

static void fill_identity(const struct oap *o, struct oap_status *s)
{
	uint8_t kid[KEY_KID];

	if (o->has_key)
		hex_encode(o->key.kid, sizeof(o->key.kid), s->kiosk);
	s->enrolled = o->enrolled;
	s->wiped = o->wiped.there;
	s->wiped_at_ms = o->wiped.there ? o->wiped.at_ms : OAP_NO_TIME;
	if (s->wiped)
		hex_encode(o->wiped.kid, sizeof(o->wiped.kid), s->kiosk);
	if (!o->enrolled && !s->wiped)
		return;
	key_kid(o->identity.service_pk, kid);
	hex_encode(kid, sizeof(kid), s->service);
	plain_copy(bytes_text(o->identity.url), s->url, sizeof(s->url));
	plain_copy(bytes_text(o->facility), s->facility, sizeof(s->facility));
	if (o->held.listed)
		plain_copy(bytes_text(device_state_name(o->held.device)),
			   s->device, sizeof(s->device));
	s->bundle_damaged = handle_bundle_damaged(o);
}

static void fill_clock(const struct oap *o, struct oap_status *s)
{
	struct moment now = handle_now(o);
	struct clock_view view = handle_clock(o, &now);

	s->now_ms = view.now_ms;
	s->clock_offset_ms = o->clock.offset_ms;
	s->clock_anchored = view.anchored;
	s->last_contact_ms =
	    o->clock.contact_ms > 0 ? o->clock.contact_ms : OAP_NO_TIME;
	handle_local(o, o->facility, "", s->now_ms, s->local);
}

static enum oap_result fill_queue(struct oap *o, struct oap_status *s,
				  struct oap_problem *why)
{
	struct journal_queue queue;
	struct journal_tip tip;
	struct roll roll;

	if (!journal_queue(o->journal, &queue) ||
	    !journal_tip(o->journal, &tip) ||
	    !journal_roll(o->journal, &roll))
		return handle_journal_failed(o, why);
	s->rolling = roll.there;
	s->keep_days = o->keep_days;
	s->entries = tip.next_seq - 1;
	s->unsent = queue.depth;
	s->oldest_unsent = queue.oldest_seq;
	s->oldest_unsent_ms = queue.depth > 0 ? queue.oldest_ms : OAP_NO_TIME;
	return OAP_OK;
}

OAP_API enum oap_result oap_status(struct oap *o, struct oap_status *out,
				   struct oap_problem *why)
{
	enum oap_result result;

	memset(out, 0, sizeof(*out));
	fault_none(why);
	plain_copy(bytes_text(OAP_VERSION), out->version, sizeof(out->version));
	out->bundle_age_ms = out->status_age_ms = OAP_NO_TIME;
	out->bundle_made_at_ms = out->bundle_good_until_ms = OAP_NO_TIME;
	handle_lock(o);
	fill_identity(o, out);
	fill_clock(o, out);
	if (o->trust != NULL)
		fill_bundle(o, out);
	result = fill_queue(o, out, why);
	handle_unlock(o);
	return result;
}

static void fill_benefit(const struct benefit *b, enum oap_lang lang,
			 struct oap_benefit *out)
{
	plain_copy(b->id, out->id, sizeof(out->id));
	plain_copy(names_in(&b->names, (enum language)lang), out->name,
	     sizeof(out->name));
	plain_copy(b->currency, out->currency, sizeof(out->currency));
	out->party_max = b->party_max;
	out->live = b->live == LIVE_ALWAYS;
}

/* decide refuses any other for that alone. */
static bool is_for_us(const struct oap *o, const struct benefit *b)
{
	struct facility f;

	return benefit_is_for_facility(b, bytes_text(o->facility)) &&
	       bundle_facility(trust_bundle(o->trust), bytes_text(o->facility),
			       &f) &&
	       bytes_equal(b->currency, f.currency);
}

OAP_API enum oap_result oap_benefit(struct oap *o, size_t index,
				    enum oap_lang lang,
				    struct oap_benefit *out,
				    struct oap_problem *why)
{
	enum oap_result result;
	struct benefit b;
	struct cbor_in in;
	bool found = false;

	memset(out, 0, sizeof(*out));
	fault_none(why);
	if ((unsigned)lang >= LANG_COUNT)
		lang = OAP_EN;
	handle_lock(o);
	result = handle_need_bundle(o, why);
	if (result == OAP_OK) {
		in = cbor_members(trust_bundle(o->trust)->benefits);
		while (!found && bundle_next_benefit(&in, &b))
			found = is_for_us(o, &b) && index-- == 0;
		if (found)
			fill_benefit(&b, lang, out);
		else
			result = fault(why, OAP_NOT_FOUND, "no more benefits");
	}
	handle_unlock(o);
	return result;
}

OAP_API void oap_facility_name(struct oap *o, const char *facility,
			       enum oap_lang lang, char *name, size_t cap)
{
	struct bytes text = bytes_text(facility);
	struct facility f;

	if (cap == 0)
		return;
	if ((unsigned)lang >= LANG_COUNT)
		lang = OAP_EN;
	handle_lock(o);
	if (o->trust != NULL &&
	    bundle_facility(trust_bundle(o->trust), text, &f))
		text = names_in(&f.names, (enum language)lang);
	plain_copy(text, name, cap);
	handle_unlock(o);
}
