/* SPDX-License-Identifier: Apache-2.0 */
/* policy_commands.c: what bounds all kiosks. */
#include "policy_commands.h"

#include "currency.h"
#include "limits.h"

#include <string.h>

#define AMOUNTS_MEMBER "offline_amounts"

static bool put_any(json_t *object, const struct field *field, char *error,
		    size_t error_size)
{
	if (json_object_set_new(object, field->member, json_null()) == 0)
		return true;
	snprintf(error, error_size, "--%s: out of memory", field->option);
	return false;
}

/* "KRW=500000", "KRW=" (no longer named) or "any". */
static bool put_amounts(json_t *object, const struct field *field,
			const char *value, char *error, size_t error_size)
{
	struct bytes code = bytes_of(value, strcspn(value, "="));
	const json_t *before = json_object_get(object, field->member);
	bool any = strcmp(value, "any") == 0;
	int64_t amount = 0;

	if (before != NULL && (any || json_is_null(before))) {
		snprintf(error, error_size,
			 "--%s: any, or amounts by currency, but not both",
			 field->option);
		return false;
	}
	if (any)
		return put_any(object, field, error, error_size);
	bool named = currency_decimals(code) >= 0 && value[code.n] == '=';
	const char *text = named ? value + code.n + 1 : "";
	if (!named || (*text != '\0' &&
		       !amount_parse(bytes_text(text), code, &amount))) {
		snprintf(error, error_size,
			 "--%s \"%s\": write CODE=AMOUNT, as in KRW=500000 or "
			 "USD=99.50, or any",
			 field->option, value);
		return false;
	}
	char name[CURRENCY_LEN + 1] = {value[0], value[1], value[2], '\0'};
	return json_object_set_new(values_object(object, field->member), name,
				   *text != '\0' ? json_integer(amount)
						 : json_null()) == 0;
}

const struct field policy_fields[] = {
    {"bundle-soft-age", "SECONDS", false, "bundle_soft_age_s", put_whole,
     "a kiosk warns"},
    {"bundle-hard-age", "SECONDS", false, "bundle_hard_age_s", put_whole,
     "a kiosk no longer decides"},
    {"skew", "SECONDS", false, "skew_s", put_whole, "clocks may differ by it"},
    {"presentation-window", "SECONDS", false, "presentation_window_s",
     put_whole, "a live code is good for it"},
    {"offline-uses", "N", false, "offline_uses", put_whole,
     "accepts of a kiosk without contact"},
    {"offline-amount", "CODE=AMOUNT", false, AMOUNTS_MEMBER, put_amounts,
     "discounts given so, KRW=500000, or any (repeat)"},
    {"deadline", "MS", false, "deadline_ms", put_whole,
     "a kiosk waits for an answer, at most 5000"},
    {"status-hard-cap", "SECONDS", false, "status_hard_cap_s", put_whole,
     "no status list is good for longer"},
    {0}};

const struct record policy_record = {"/v1/policy", NULL, "deadline_ms", NULL,
				     0};

int policy_show(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values)
{
	(void)argument;
	(void)values;
	return record_call(ctl, command->record, "GET", command->record->path,
			   NULL);
}

int policy_set(struct ctl *ctl, const struct command *command,
	       const char *argument, json_t *values)
{
	(void)argument;
	return record_call(ctl, command->record, "PATCH",
			   command->record->path, values);
}
