/* SPDX-License-Identifier: Apache-2.0 */
/* jsonout.c: jansson, so that every text is escaped as it should be. */
#include "jsonout.h"

#include <stdio.h>

/* Takes the object. */
static void print(json_t *o)
{
	if (json_dumpf(o, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF)
		complain("standard output: cannot be written");
	json_decref(o);
}

static void put_text(json_t *o, const char *name, const char *text)
{
	if (text[0] != '\0')
		json_object_set_new(o, name, json_string(text));
}

static void put_int(json_t *o, const char *name, int64_t v)
{
	json_object_set_new(o, name, json_integer(v));
}

/* Where -1 says that it is not known. */
static void put_known(json_t *o, const char *name, int64_t v)
{
	if (v >= 0)
		put_int(o, name, v);
}

static void put_bool(json_t *o, const char *name, int v)
{
	json_object_set_new(o, name, json_boolean(v));
}

static void put_bits(json_t *o, const char *name, unsigned bits,
		     const char *const *words, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		if ((bits & (1u << i)) != 0)
			json_array_append_new(array, json_string(words[i]));
	json_object_set_new(o, name, array);
}

static void put_stale(json_t *o, unsigned stale)
{
	static const char *const WORDS[] = {"bundle", "status"};

	put_bits(o, "stale", stale, WORDS, 2);
}

static void put_marks(json_t *o, unsigned marks)
{
	static const char *const WORDS[] = {"conflict", "outdated", "disputed",
					    "late", "quarantined"};

	put_bits(o, "marks", marks, WORDS, 5);
}

static void put_pass(json_t *o, const struct oap_told *told)
{
	json_t *pass;

	if (told->pass_issuer[0] == '\0')
		return;
	pass = json_object();
	put_text(pass, "issuer", told->pass_issuer);
	put_text(pass, "class", told->pass_class);
	put_text(pass, "hint", told->pass_hint);
	put_known(pass, "expires_ms", told->pass_expires_ms);
	json_object_set_new(o, "pass", pass);
}

static void put_first_use(struct oap *kiosk, enum oap_lang lang, json_t *o,
			  const struct oap_told *told)
{
	char name[OAP_NAME_TEXT];
	json_t *use;

	if (told->first_use_ms == OAP_NO_TIME)
		return;
	use = json_object();
	put_int(use, "at_ms", told->first_use_ms);
	put_text(use, "local", told->first_use_local);
	put_text(use, "facility", told->first_use_facility);
	put_text(use, "city", told->first_use_city);
	if (told->first_use_facility[0] != '\0') {
		oap_facility_name(kiosk, told->first_use_facility, lang, name,
				  sizeof(name));
		put_text(use, "facility_name", name);
	}
	json_object_set_new(o, "first_use", use);
}

/* How old what it was worked out from is, as far as that is known. */
static void put_ages(json_t *o, const struct oap_told *told)
{
	put_known(o, "key_age_ms", told->key_age_ms);
	put_known(o, "status_age_ms", told->status_age_ms);
	put_known(o, "bundle_age_ms", told->bundle_age_ms);
}

json_t *told_object(struct oap *kiosk, enum oap_lang lang,
		    const struct oap_told *told)
{
	json_t *o = json_object();

	put_text(o, "verdict", oap_verdict_name(told->verdict));
	put_int(o, "number", told->verdict);
	put_text(o, "class", oap_class_name(told->verdict_class));
	put_text(o, "id", told->id);
	put_bool(o, "by_service", told->by_service);
	put_bool(o, "checked_only", told->checked_only);
	put_text(o, "benefit", told->benefit);
	if (told->party > 0)
		put_int(o, "party", told->party);
	put_known(o, "list", told->list);
	put_known(o, "discount", told->discount);
	put_known(o, "price", told->price);
	put_text(o, "currency", told->currency);
	put_pass(o, told);
	put_first_use(kiosk, lang, o, told);
	if (told->limit > 0) {
		put_int(o, "uses", (int64_t)told->uses);
		put_int(o, "limit", (int64_t)told->limit);
	}
	put_stale(o, told->stale);
	put_ages(o, told);
	put_marks(o, told->marks);
	put_int(o, "at_ms", told->at_ms);
	put_text(o, "local", told->local);
	put_text(o, "text", oap_verdict_text(told->verdict, lang));
	put_text(o, "next", oap_verdict_next(told->verdict, lang));
	put_text(o, "detail", told->detail);
	return o;
}

void json_told(struct oap *kiosk, const struct options *options,
	       const struct oap_told *told)
{
	print(told_object(kiosk, options->lang, told));
}

void json_enrolled(const struct oap_enrolled *e)
{
	json_t *o = json_object();

	put_text(o, "kiosk", e->kiosk);
	put_text(o, "facility", e->facility);
	put_text(o, "state", e->pending ? "pending" : "active");
	print(o);
}

void json_rolled(const struct oap_rolled *r)
{
	json_t *o = json_object();

	put_text(o, "kiosk", r->kiosk);
	put_text(o, "before", r->before);
	print(o);
}

json_t *refusals_array(const struct oap_synced *s)
{
	json_t *array = json_array(), *one;

	for (unsigned i = 0; i < s->refused; i++) {
		const struct oap_refusal *r = &s->refusals[i];

		one = json_object();
		put_text(one, "attempt", r->attempt);
		put_text(one, "verdict", oap_verdict_name(r->verdict));
		put_int(one, "number", r->verdict);
		put_bool(one, "counts", r->counts);
		json_array_append_new(array, one);
	}
	return array;
}

void json_kept(unsigned days)
{
	json_t *o = json_object();

	put_int(o, "keep_days", days);
	print(o);
}

void json_synced(const struct oap_refreshed *r, const struct oap_synced *s)
{
	json_t *o = json_object();

	put_bool(o, "bundle_changed", r->changed);
	put_int(o, "epoch", (int64_t)r->epoch);
	put_int(o, "sent", (int64_t)s->sent);
	put_int(o, "unsent", (int64_t)s->unsent);
	put_int(o, "marked", (int64_t)s->marked);
	put_int(o, "refused", s->refused);
	json_object_set_new(o, "refusals", refusals_array(s));
	put_text(o, "device", s->device);
	print(o);
}

void json_exported(const struct oap_exported *out)
{
	json_t *o = json_object();

	put_int(o, "entries", (int64_t)out->entries);
	put_int(o, "last", (int64_t)out->last);
	print(o);
}

void json_imported(const struct oap_imported *in)
{
	json_t *o = json_object();

	put_bool(o, "bundle_changed", in->bundle_changed);
	put_bool(o, "bundle_older", in->bundle_older);
	put_int(o, "epoch", (int64_t)in->epoch);
	put_int(o, "receipts", (int64_t)in->receipts);
	put_known(o, "receipt_ms", in->receipt_ms);
	put_bool(o, "lost", in->lost);
	put_int(o, "sent", (int64_t)in->synced.sent);
	put_int(o, "unsent", (int64_t)in->synced.unsent);
	put_int(o, "marked", (int64_t)in->synced.marked);
	put_int(o, "refused", in->synced.refused);
	json_object_set_new(o, "refusals", refusals_array(&in->synced));
	print(o);
}

static void put_benefits(struct oap *kiosk, enum oap_lang lang, json_t *o)
{
	json_t *array = json_array(), *one;
	struct oap_benefit b;

	for (size_t i = 0; oap_benefit(kiosk, i, lang, &b, NULL) == OAP_OK;
	     i++) {
		one = json_object();
		put_text(one, "id", b.id);
		put_text(one, "name", b.name);
		put_text(one, "currency", b.currency);
		put_int(one, "party_max", b.party_max);
		json_array_append_new(array, one);
	}
	json_object_set_new(o, "benefits", array);
}

static void put_bundle(json_t *o, const struct oap_status *s)
{
	json_t *bundle = json_object();

	put_int(bundle, "epoch", (int64_t)s->epoch);
	put_known(bundle, "made_at_ms", s->bundle_made_at_ms);
	put_known(bundle, "good_until_ms", s->bundle_good_until_ms);
	put_known(bundle, "age_ms", s->bundle_age_ms);
	put_known(bundle, "status_age_ms", s->status_age_ms);
	put_stale(bundle, s->stale);
	put_int(bundle, "issuers", s->issuers);
	put_int(bundle, "facilities", s->facilities);
	put_int(bundle, "benefits", s->benefits);
	json_object_set_new(o, "bundle", bundle);
}

json_t *status_object(struct oap *kiosk, enum oap_lang lang,
		      const struct oap_status *s)
{
	json_t *o = json_object();

	put_text(o, "version", s->version);
	put_bool(o, "enrolled", s->enrolled);
	put_text(o, "kiosk", s->kiosk);
	put_text(o, "service", s->service);
	put_text(o, "url", s->url);
	put_text(o, "facility", s->facility);
	put_text(o, "city", s->city);
	put_text(o, "currency", s->currency);
	put_text(o, "device", s->device);
	put_bool(o, "rolling", s->rolling);
	put_bool(o, "wiped", s->wiped);
	put_known(o, "wiped_at_ms", s->wiped_at_ms);
	if (s->has_bundle)
		put_bundle(o, s);
	put_bool(o, "bundle_damaged", s->bundle_damaged);
	put_benefits(kiosk, lang, o);
	put_int(o, "entries", (int64_t)s->entries);
	put_int(o, "keep_days", s->keep_days);
	put_int(o, "unsent", (int64_t)s->unsent);
	if (s->unsent > 0) {
		put_int(o, "oldest_unsent", (int64_t)s->oldest_unsent);
		put_known(o, "oldest_unsent_ms", s->oldest_unsent_ms);
	}
	put_int(o, "clock_offset_ms", s->clock_offset_ms);
	put_bool(o, "clock_anchored", s->clock_anchored);
	put_known(o, "last_contact_ms", s->last_contact_ms);
	put_int(o, "now_ms", s->now_ms);
	put_text(o, "local", s->local);
	return o;
}

void json_status(struct oap *kiosk, const struct options *options,
		 const struct oap_status *s)
{
	print(status_object(kiosk, options->lang, s));
}
