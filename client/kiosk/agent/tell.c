/* SPDX-License-Identifier: Apache-2.0 */
#include "tell.h"

#include <string.h>

#include "jsonout.h"
#include "words.h"

#define LANGS 4

static const char *const TAGS[LANGS] = {
	[OAP_EN] = "en", [OAP_KO] = "ko", [OAP_JA] = "ja", [OAP_ZH] = "zh"};

static void put(json_t *o, const char *name, const char *text)
{
	json_object_set_new(o, name, json_string(text));
}

/* A benefit's name by its id; nothing when the bundle has it no more. */
static void put_benefit_name(struct oap *kiosk, const char *id,
			     enum oap_lang lang, json_t *o)
{
	struct oap_benefit b;

	for (size_t i = 0; oap_benefit(kiosk, i, lang, &b, NULL) == OAP_OK;
	     i++) {
		if (strcmp(b.id, id) == 0) {
			put(o, "benefit", b.name);
			return;
		}
	}
}

static json_t *texts_in(struct oap *kiosk, enum oap_lang lang,
			const struct oap_told *told)
{
	char name[OAP_NAME_TEXT];
	json_t *o = json_object();

	put(o, "text", oap_verdict_text(told->verdict, lang));
	put(o, "next", oap_verdict_next(told->verdict, lang));
	if (told->pass_class[0] != '\0')
		put(o, "class", class_word(told->pass_class, lang));
	if (told->benefit[0] != '\0')
		put_benefit_name(kiosk, told->benefit, lang, o);
	if (told->first_use_facility[0] != '\0') {
		oap_facility_name(kiosk, told->first_use_facility, lang, name,
				  sizeof(name));
		put(o, "first_use_at", name);
	}
	return o;
}

static void put_amount(json_t *o, const char *name, int64_t amount,
		       const char *currency)
{
	char text[OAP_AMOUNT_TEXT];

	if (amount < 0)
		return;
	oap_amount_format(amount, currency, text);
	put(o, name, text);
}

json_t *tell_told(struct oap *kiosk, enum oap_lang lang, const char *via,
		  const struct oap_told *told)
{
	json_t *o = told_object(kiosk, lang, told);
	json_t *texts = json_object(), *amounts = json_object();

	put(o, "via", via);
	for (int i = 0; i < LANGS; i++)
		json_object_set_new(texts, TAGS[i],
				    texts_in(kiosk, (enum oap_lang)i, told));
	json_object_set_new(o, "texts", texts);
	put_amount(amounts, "list", told->list, told->currency);
	put_amount(amounts, "discount", told->discount, told->currency);
	put_amount(amounts, "price", told->price, told->currency);
	json_object_set_new(o, "amounts", amounts);
	json_object_set_new(
	    o, "reversible",
	    json_boolean(told->verdict_class == OAP_CLASS_ACCEPT &&
			 told->id[0] != '\0'));
	return o;
}

static json_t *facility_names(struct oap *kiosk, const char *facility)
{
	char name[OAP_NAME_TEXT];
	json_t *o = json_object();

	for (int i = 0; i < LANGS; i++) {
		oap_facility_name(kiosk, facility, (enum oap_lang)i, name,
				  sizeof(name));
		put(o, TAGS[i], name);
	}
	return o;
}

json_t *tell_status(struct oap *kiosk, enum oap_lang lang,
		    const struct oap_status *s)
{
	json_t *o = status_object(kiosk, lang, s);

	if (s->facility[0] != '\0')
		json_object_set_new(o, "facility_names",
				    facility_names(kiosk, s->facility));
	json_object_set_new(o, "benefits", tell_benefits(kiosk));
	return o;
}

/* In one language after the other; a bundle that comes between two may move
 * them, so names go by id. */
static void put_names(struct oap *kiosk, enum oap_lang lang, json_t *array)
{
	struct oap_benefit b;
	json_t *one;
	size_t at;

	for (size_t i = 0; oap_benefit(kiosk, i, lang, &b, NULL) == OAP_OK;
	     i++) {
		json_array_foreach(array, at, one) {
			if (strcmp(json_string_value(
				       json_object_get(one, "id")),
				   b.id) == 0)
				put(json_object_get(one, "names"), TAGS[lang],
				    b.name);
		}
	}
}

static json_t *one_benefit(const struct oap_benefit *b)
{
	json_t *o = json_object();

	put(o, "id", b->id);
	put(o, "currency", b->currency);
	json_object_set_new(o, "party_max", json_integer(b->party_max));
	json_object_set_new(o, "live", json_boolean(b->live));
	json_object_set_new(o, "names", json_object());
	return o;
}

json_t *tell_benefits(struct oap *kiosk)
{
	json_t *array = json_array();
	struct oap_benefit b;

	for (size_t i = 0; oap_benefit(kiosk, i, OAP_EN, &b, NULL) == OAP_OK;
	     i++)
		json_array_append_new(array, one_benefit(&b));
	for (int i = 0; i < LANGS; i++)
		put_names(kiosk, (enum oap_lang)i, array);
	return array;
}
