/* SPDX-License-Identifier: Apache-2.0 */
/* benefit_fields.c: benefits as people write them.
 *
 * Amounts are typed in major units ("24000", "12.50") and sent in minor units
 * once the currency is known: put_rule keeps the text, settle_amounts turns it
 * into the integer. */
#include "benefit_fields.h"

#include "benefit_rules.h"
#include "currency.h"
#include "limits.h"

#include <stdlib.h>
#include <string.h>

#define RULE_MEMBER "value"
#define ROUNDING_MEMBER "rounding_unit"
#define CURRENCY_CAP 8 /* a code that is too long stays wrong */

/* Percent, amount off, fixed price, free: one sets kind and value. The kinds
 * are named as the options are. */
static bool put_rule(json_t *object, const struct field *field,
		     const char *value, char *error, size_t error_size)
{
	if (json_object_get(object, "kind") != NULL) {
		snprintf(error, error_size,
			 "--%s: one of --percent, --amount-off, "
			 "--fixed-price and --free is enough",
			 field->option);
		return false;
	}
	return json_object_set_new(object, "kind",
				   json_string(field->option)) == 0 &&
	       put_text(object, field, value != NULL ? value : "0", error,
			error_size);
}

static bool put_clear(json_t *object, const struct field *field,
		      const char *value, char *error, size_t error_size)
{
	static const char *const clearable[] = {
	    "facilities", "issuers", "classes",	   "first_day",
	    "last_day",	  "hours",   "closed_days"};

	/* One that is given anew beside it is replaced as a whole anyway. */
	for (size_t i = 0; i < sizeof clearable / sizeof *clearable; i++)
		if (strcmp(value, clearable[i]) == 0)
			return json_object_get(object, value) != NULL ||
			       json_object_set_new(object, value,
						   json_null()) == 0;
	snprintf(error, error_size,
		 "--%s \"%s\": one of facilities, issuers, classes, "
		 "first_day, last_day, hours, closed_days",
		 field->option, value);
	return false;
}

const struct field benefit_fields[] = {
    {"id", "ID", true, "id", put_text, "lower-case letters, digits, -"},
    {"name", "LANG=TEXT", true, "names", put_names,
     "LANG= takes one away (repeat)"},
    {"currency", "CODE", true, "currency", put_text,
     "ISO 4217, that of its facilities"},
    {"percent", "P", false, RULE_MEMBER, put_rule, "off the list price"},
    {"amount-off", "AMOUNT", false, RULE_MEMBER, put_rule, "off per person"},
    {"fixed-price", "AMOUNT", false, RULE_MEMBER, put_rule, "per person"},
    {"free", NULL, false, RULE_MEMBER, put_rule, "free entry"},
    {"round-to", "AMOUNT", false, ROUNDING_MEMBER, put_text,
     "rounds down to a multiple (default: smallest unit)"},
    {"limit", "N/PERIOD", true, "limit", put_limit,
     "1/day, 2/month/facility, 1/lifetime …"},
    {"party-max", "N", false, "party_max", put_whole,
     "persons a visit (default 1)"},
    {"facility", "ID", false, "facilities", put_list,
     "where (repeat; default: everywhere)"},
    {"issuer", "ISS", false, "issuers", put_list,
     "whose residents (repeat; default: all trusted)"},
    {"class", "CLASS", false, "classes", put_list,
     "adult, youth, child, senior or disabled (repeat)"},
    {"from", "DAY", false, "first_day", put_text, "first day, YYYY-MM-DD"},
    {"until", "DAY", false, "last_day", put_text, "last day"},
    {"hours", "DAYS FROM-UNTIL", false, "hours", put_hours,
     "\"mon-fri 09:00-18:00\" (repeat; default: always)"},
    {"closed", "DAY", false, "closed_days", put_list, "closed on (repeat)"},
    {"live", "RULE", false, "live", put_text,
     "bound (default), always; never: a photo will do"},
    {"offline", "yes|no", false, "offline", put_yes_no,
     "may a kiosk without network accept (default yes)"},
    {"reversal-minutes", "N", false, "reversal_minutes", put_whole,
     "in which a kiosk may take it back (default 30)"},
    {"withdrawn", "yes|no", false, "withdrawn", put_yes_no,
     "take it out of use"},
    {"clear", "MEMBER", false, "clear", put_clear,
     "drop a condition: facilities, hours, last_day …"},
    {0}};

/* A member that is still text becomes an integer, in minor units of the
 * currency, or in basis points. */
static bool settle(json_t *values, const char *member, struct bytes currency,
		   const char *option)
{
	const json_t *v = json_object_get(values, member);
	const char *text = json_string_value(v);
	int64_t amount;

	if (text == NULL)
		return true;
	if (!amount_parse(bytes_text(text), currency, &amount)) {
		ctl_complain("--%s \"%s\": not an amount in %.*s", option,
			     text, (int)currency.n, (const char *)currency.p);
		return false;
	}
	return json_object_set_new(values, member, json_integer(amount)) == 0;
}

/* A percentage has two decimals at most, as a US dollar has: basis points are
 * its minor units. */
static bool settle_percent(json_t *values)
{
	const char *text =
	    json_string_value(json_object_get(values, RULE_MEMBER));
	int64_t points;

	if (text == NULL)
		return true;
	if (!amount_parse(bytes_text(text), bytes_text("USD"), &points)) {
		ctl_complain("--percent \"%s\": write a number with at most "
			     "two decimals and no sign, 20 or 12.5",
			     text);
		return false;
	}
	if (points > BASIS_POINTS_MAX) {
		ctl_complain("--percent \"%s\": more than the whole price; "
			     "give 0 to 100", text);
		return false;
	}
	return json_object_set_new(values, RULE_MEMBER,
				   json_integer(points)) == 0;
}

static bool settle_amounts(json_t *values, const char *currency)
{
	const char *kind =
	    json_string_value(json_object_get(values, "kind"));
	struct bytes code = bytes_text(currency);

	if (kind != NULL && strcmp(kind, "percent") == 0 &&
	    !settle_percent(values))
		return false;
	return settle(values, RULE_MEMBER, code, kind != NULL ? kind : "") &&
	       settle(values, ROUNDING_MEMBER, code, "round-to");
}

static bool default_whole(json_t *values, const char *member, json_int_t n)
{
	return json_object_get(values, member) != NULL ||
	       json_object_set_new(values, member, json_integer(n)) == 0;
}

/* What is easily overlooked when it is typed. */
static void warn_of_photos(const json_t *values)
{
	const char *live = json_string_value(json_object_get(values, "live"));

	if (live != NULL && strcmp(live, "never") == 0)
		ctl_complain("--live never: a photo of the code will do, also "
			     "of a pass that could be shown live");
}

int benefit_add(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values)
{
	const char *currency =
	    json_string_value(json_object_get(values, "currency"));

	if (json_object_get(values, "kind") == NULL) {
		ctl_complain("benefit add: say what it gives: --percent, "
			     "--amount-off, --fixed-price or --free");
		return EXIT_USAGE;
	}
	if (currency_decimals(bytes_text(currency)) < 0) {
		ctl_complain("--currency \"%s\": not an ISO 4217 currency",
			     currency);
		return EXIT_USAGE;
	}
	if (!settle_amounts(values, currency) ||
	    !default_whole(values, ROUNDING_MEMBER, 1) ||
	    !default_whole(values, "party_max", 1) ||
	    !default_whole(values, "reversal_minutes", 30))
		return EXIT_USAGE;
	warn_of_photos(values);
	return record_add(ctl, command, argument, values);
}

/* What the benefit's amounts are in. */
static int read_currency(struct ctl *ctl, const struct command *command,
			 const char *id, char currency[static CURRENCY_CAP])
{
	struct response answer;
	char path[PATH_CAP];

	if (!record_path(path, command->record->path, id))
		return EXIT_USAGE;
	int status = ctl_call(ctl, "GET", path, NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	const char *text =
	    json_string_value(json_object_get(answer.json, "currency"));
	if (text == NULL)
		status = ctl_not_ours(ctl, "currency");
	else
		snprintf(currency, CURRENCY_CAP, "%s", text);
	json_decref(answer.json);
	return status;
}

int benefit_set(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values)
{
	char currency[CURRENCY_CAP] = "";
	const char *given =
	    json_string_value(json_object_get(values, "currency"));
	int status = EXIT_DONE;

	if (given != NULL)
		snprintf(currency, sizeof currency, "%s", given);
	else if (json_is_string(json_object_get(values, RULE_MEMBER)) ||
		 json_is_string(json_object_get(values, ROUNDING_MEMBER)))
		status = read_currency(ctl, command, argument, currency);
	if (status != EXIT_DONE)
		return status;
	if (!settle_amounts(values, currency))
		return EXIT_USAGE;
	warn_of_photos(values);
	return record_set(ctl, command, argument, values);
}
