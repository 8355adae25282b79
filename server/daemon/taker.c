/* SPDX-License-Identifier: Apache-2.0 */
/* taker.c: takes the fields of a JSON object, each with its rule. */
#include "taker.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "currency.h"
#include "limits.h"
#include "localday.h"
#include "plain.h"

bool take_refuse(const struct taker *t, const char *name, const char *rule)
{
	return problem_set(t->problem, 400, "invalid-field",
			   "field \"%s%s\": %s", t->where, name, rule);
}

bool taker_open(struct taker *t, const json_t *body, struct problem *p)
{
	*t = (struct taker){body, "", p};
	return json_is_object(body) ||
	       problem_set(p, 400, NULL,
			   "the body: must be one JSON object, {\"field\": "
			   "value, …}");
}

bool take_known(const struct taker *t, const char *const *names)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)t->object, key, value)
	{
		const char *const *name = names;

		while (*name != NULL && strcmp(*name, key) != 0)
			name++;
		if (*name == NULL)
			return problem_set(t->problem, 400, "unknown-field",
					   "field \"%s%.64s\": not known "
					   "here; leave it out",
					   t->where, key);
	}
	return true;
}

const json_t *take(const struct taker *t, const char *name)
{
	const json_t *value = json_object_get(t->object, name);

	return json_is_null(value) ? NULL : value;
}

/* The value, or NULL and *fine whether its absence is. */
static const json_t *take_value(const struct taker *t, const char *name,
				enum take_need need, bool *fine)
{
	const json_t *value = take(t, name);

	*fine = value == NULL &&
		(need == TAKE_OPTIONAL || take_refuse(t, name, "is missing"));
	return value;
}

struct bytes json_bytes(const json_t *string)
{
	return bytes_of(json_string_value(string), json_string_length(string));
}

bool take_text(const struct taker *t, const char *name, enum take_need need,
	       size_t max, struct bytes *out)
{
	char rule[96];
	bool fine;
	const json_t *value = take_value(t, name, need, &fine);
	struct bytes text;

	if (value == NULL)
		return fine;
	text = json_bytes(value);
	if (!json_is_string(value) || text.n < 1 || text.n > max ||
	    !plain_valid(text)) {
		snprintf(rule, sizeof(rule),
			 "must be text of 1 to %zu bytes without control "
			 "characters",
			 max);
		return take_refuse(t, name, rule);
	}
	*out = text;
	return true;
}

bool take_name_id(const struct taker *t, const char *name,
		  enum take_need need, struct bytes *out)
{
	bool fine;
	const json_t *value = take_value(t, name, need, &fine);

	if (value == NULL)
		return fine;
	if (!json_is_string(value) || !name_id_valid(json_bytes(value)))
		return take_refuse(t, name,
				   "must be 1 to 32 of a-z, 0-9 and -, and "
				   "not begin with -");
	*out = json_bytes(value);
	return true;
}

bool take_currency(const struct taker *t, const char *name, struct bytes *out)
{
	bool fine;
	const json_t *value = take_value(t, name, TAKE_NEEDED, &fine);

	if (value == NULL)
		return fine;
	if (!json_is_string(value) || currency_decimals(json_bytes(value)) < 0)
		return take_refuse(t, name,
				   "must be a currency of ISO 4217, such as "
				   "KRW");
	*out = json_bytes(value);
	return true;
}

bool take_names(const struct taker *t, const char *name, struct names *out)
{
	static const char *const TAGS[] = {"en", "ko", "ja", "zh", NULL};
	char where[64];
	struct taker inner = {.where = where, .problem = t->problem};
	bool fine, any = false;

	inner.object = take_value(t, name, TAKE_NEEDED, &fine);
	if (inner.object == NULL)
		return fine;
	if (!json_is_object(inner.object))
		return take_refuse(t, name,
				   "must be an object of names by language, "
				   "{\"en\": …, \"ko\": …}");
	snprintf(where, sizeof(where), "%s%s.", t->where, name);
	if (!take_known(&inner, TAGS))
		return false;
	memset(out, 0, sizeof(*out));
	for (size_t lang = 0; lang < LANG_COUNT; lang++) {
		struct bytes *text = &out->text[language_of(TAGS[lang])];

		if (!take_text(&inner, TAGS[lang], TAKE_OPTIONAL,
			       NAME_TEXT_MAX, text))
			return false;
		any = any || text->n > 0;
	}
	return any || take_refuse(t, name,
				  "must have a name in en, ko, ja or zh");
}

bool take_whole(const struct taker *t, const char *name, enum take_need need,
		int64_t min, int64_t max, int64_t *out)
{
	char rule[96];
	bool fine;
	const json_t *value = take_value(t, name, need, &fine);

	if (value == NULL)
		return fine;
	if (!json_is_integer(value) || json_integer_value(value) < min ||
	    json_integer_value(value) > max) {
		snprintf(rule, sizeof(rule),
			 "must be a whole number from %lld to %lld",
			 (long long)min, (long long)max);
		return take_refuse(t, name, rule);
	}
	*out = json_integer_value(value);
	return true;
}

bool take_flag(const struct taker *t, const char *name, enum take_need need,
	       bool *out)
{
	bool fine;
	const json_t *value = take_value(t, name, need, &fine);

	if (value == NULL)
		return fine;
	if (!json_is_boolean(value))
		return take_refuse(t, name, "must be true or false");
	*out = json_is_true(value);
	return true;
}

bool take_choice(const struct taker *t, const char *name, enum take_need need,
		 int (*of)(const char *name), const char *choices, int *out)
{
	char rule[128];
	bool fine;
	const json_t *value = take_value(t, name, need, &fine);
	int choice = -1;

	if (value == NULL)
		return fine;
	if (json_is_string(value))
		choice = of(json_string_value(value));
	if (choice < 0) {
		snprintf(rule, sizeof(rule), "must be one of %s", choices);
		return take_refuse(t, name, rule);
	}
	*out = choice;
	return true;
}

bool take_day(const struct taker *t, const char *name, enum take_need need,
	      int32_t *out)
{
	bool fine;
	const json_t *value = take_value(t, name, need, &fine);

	if (value == NULL)
		return fine;
	if (!json_is_string(value) || !date_parse(json_bytes(value), out))
		return take_refuse(t, name,
				   "must be a day as YYYY-MM-DD, such as "
				   "2026-12-25");
	return true;
}

bool take_hex(const struct taker *t, const char *name, uint8_t *out, size_t n)
{
	char rule[64];
	bool fine;
	const json_t *value = take_value(t, name, TAKE_NEEDED, &fine);

	if (value == NULL)
		return fine;
	if (!json_is_string(value) || !hex_decode(json_bytes(value), out, n)) {
		snprintf(rule, sizeof(rule), "must be %zu hexadecimal digits",
			 2 * n);
		return take_refuse(t, name, rule);
	}
	return true;
}

bool take_array(const struct taker *t, const char *name, size_t max,
		const json_t **out)
{
	char rule[64];
	const json_t *value = take(t, name);

	*out = value;
	if (value == NULL)
		return true;
	if (!json_is_array(value) || json_array_size(value) < 1 ||
	    json_array_size(value) > max) {
		snprintf(rule, sizeof(rule), "must be an array of 1 to %zu",
			 max);
		return take_refuse(t, name, rule);
	}
	return true;
}

bool take_base64(const struct taker *t, const char *name, const json_t *value,
		 size_t max, struct bytes *out)
{
	struct bytes text = json_bytes(value);
	size_t cap = text.n / 4 * 3 + 3, n;
	uint8_t *p;

	if (!json_is_string(value))
		return take_refuse(t, name, "must be text in base64");
	p = malloc(cap);
	if (p == NULL)
		return problem_unavailable(t->problem);
	if (sodium_base642bin(p, cap, (const char *)text.p, text.n, NULL, &n,
			      NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    n < 1) {
		free(p);
		return take_refuse(t, name,
				   "must be base64 (RFC 4648, with padding)");
	}
	if (n > max) {
		free(p);
		return take_refuse(t, name, "is too long");
	}
	*out = bytes_of(p, n);
	return true;
}

json_t *json_of_bytes(struct bytes text)
{
	return json_stringn(text.n > 0 ? (const char *)text.p : "", text.n);
}

json_t *json_of_hex(struct bytes data)
{
	char text[2 * 32 + 1];

	if (data.n > 32)
		return NULL;
	hex_encode(data.p, data.n, text);
	return json_string(text);
}

json_t *json_of_names(const struct names *names)
{
	json_t *o = json_object();
	bool good = o != NULL;

	for (unsigned lang = 0; lang < LANG_COUNT; lang++) {
		if (names->text[lang].n == 0)
			continue;
		good = json_object_set_new(
			   o, language_tag((enum language)lang),
			   json_of_bytes(names->text[lang])) == 0 &&
		       good;
	}
	if (good)
		return o;
	json_decref(o);
	return NULL;
}
