/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include <stdio.h>
#include <string.h>

void desk_init(struct desk *d, const char *benefit)
{
	memset(d, 0, sizeof(*d));
	d->party = 1;
	d->amount = OAP_NO_AMOUNT;
	d->per_person = true;
	if (benefit != NULL)
		snprintf(d->benefit, sizeof(d->benefit), "%s", benefit);
}

bool desk_is_offered(const struct offers *o, const char *id)
{
	for (size_t i = 0; i < o->count; i++)
		if (strcmp(o->id[i], id) == 0)
			return true;
	return false;
}

bool desk_offer(struct desk *d, const struct offers *offers)
{
	struct desk before = *d;

	if (offers->count > 0 && !desk_is_offered(offers, d->benefit))
		d->benefit[0] = '\0';
	if (d->benefit[0] == '\0' && offers->count == 1)
		memcpy(d->benefit, offers->id[0], sizeof(d->benefit));
	if (strcmp(d->offers.currency, offers->currency) != 0)
		d->amount = OAP_NO_AMOUNT;
	d->offers = *offers;
	return strcmp(before.benefit, d->benefit) != 0 ||
	       before.amount != d->amount ||
	       strcmp(before.offers.currency, offers->currency) != 0;
}

static bool refuse(char why[DESK_WHY], const char *what)
{
	snprintf(why, DESK_WHY, "%.*s", DESK_WHY - 1, what);
	return false;
}

static bool set_benefit(struct desk *d, json_t *v, char *why)
{
	const char *id = json_string_value(v);

	if (id == NULL || !desk_is_offered(&d->offers, id))
		return refuse(why, "benefit: must be the id of one that "
				   "GET /benefits lists");
	snprintf(d->benefit, sizeof(d->benefit), "%s", id);
	return true;
}

static bool set_party(struct desk *d, json_t *v, char *why)
{
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 1 || n > PARTY_MAX)
		return refuse(why, "party: must be a number of persons, 1 to "
				   "999");
	d->party = (unsigned)n;
	return true;
}

static bool set_amount(struct desk *d, json_t *v, char *why)
{
	const char *text = json_string_value(v);
	struct oap_problem problem;
	int64_t amount;

	if (json_is_null(v)) {
		d->amount = OAP_NO_AMOUNT;
		return true;
	}
	if (text == NULL || strlen(text) > LIST_DIGITS)
		return refuse(why, "amount: must be a string such as \"3000\" "
				   "or \"12.50\" of at most 12 characters, or "
				   "null");
	if (d->offers.currency[0] == '\0')
		return refuse(why, "amount: this kiosk does not know its "
				   "currency yet; wait for its bundle");
	if (oap_amount_parse(text, d->offers.currency, &amount, &problem) !=
	    OAP_OK)
		return refuse(why, problem.text);
	d->amount = amount;
	return true;
}

static bool set_per_person(struct desk *d, json_t *v, char *why)
{
	if (!json_is_boolean(v))
		return refuse(why, "per_person: must be true or false");
	d->per_person = json_is_true(v);
	return true;
}

bool desk_change(struct desk *d, json_t *with, char why[DESK_WHY])
{
	static const struct {
		const char *name;
		bool (*set)(struct desk *d, json_t *v, char *why);
	} MEMBERS[] = {{"benefit", set_benefit},
		       {"party", set_party},
		       {"amount", set_amount},
		       {"per_person", set_per_person}};
	struct desk changed = *d;

	for (size_t i = 0; i < sizeof(MEMBERS) / sizeof(*MEMBERS); i++) {
		json_t *v = json_object_get(with, MEMBERS[i].name);

		if (v != NULL && !MEMBERS[i].set(&changed, v, why))
			return false;
	}
	*d = changed;
	return true;
}

void desk_next(struct desk *d)
{
	d->party = 1;
	if (!d->per_person)
		d->amount = OAP_NO_AMOUNT;
}

int64_t desk_list(const struct desk *d)
{
	if (d->amount == OAP_NO_AMOUNT)
		return OAP_NO_AMOUNT;
	/* LIST_DIGITS times PARTY_MAX is far from an overflow. */
	return d->per_person ? d->amount * (int64_t)d->party : d->amount;
}

static void put_amount(json_t *o, const char *name, const char *text_name,
		       int64_t amount, const char *currency)
{
	char text[OAP_AMOUNT_TEXT];

	if (amount == OAP_NO_AMOUNT)
		return;
	oap_amount_format(amount, currency, text);
	json_object_set_new(o, name, json_integer(amount));
	json_object_set_new(o, text_name, json_string(text));
}

json_t *desk_object(const struct desk *d)
{
	json_t *o = json_object();
	const char *currency = d->offers.currency;

	if (d->benefit[0] != '\0')
		json_object_set_new(o, "benefit", json_string(d->benefit));
	json_object_set_new(o, "party", json_integer(d->party));
	json_object_set_new(o, "per_person", json_boolean(d->per_person));
	json_object_set_new(o, "currency", json_string(currency));
	put_amount(o, "amount", "amount_text", d->amount, currency);
	put_amount(o, "list", "list_text", desk_list(d), currency);
	return o;
}
