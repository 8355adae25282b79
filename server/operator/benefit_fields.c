/* SPDX-License-Identifier: Apache-2.0 */
/* benefit_fields.c: benefits as people write them.
 *
 * Amounts are typed in major units ("24000", "12.50") and sent in minor units
 * once the currency is known: put_amount keeps the text, settle_amounts turns
 * it into the integer. */
#include "benefit_fields.h"

#include "benefit.h"
#include "currency.h"

#include <stdlib.h>
#include <string.h>

#define RULE_MEMBER "value"
#define ROUNDING_MEMBER "rounding_unit"

static const char *const weekday_names[7] = {"mon", "tue", "wed", "thu",
					     "fri", "sat", "sun"};

/* Percent, amount off, fixed price, free: one sets kind and value. */
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
	const char *kind =
	    strcmp(field->option, "amount-off") == 0	? "amount-off"
	    : strcmp(field->option, "fixed-price") == 0 ? "fixed-price"
							: field->option;
	json_t *v = value != NULL ? json_string(value) : json_integer(0);
	return json_object_set_new(object, "kind", json_string(kind)) == 0 &&
	       json_object_set_new(object, RULE_MEMBER, v) == 0;
}

/* "1/day", "2/month/facility" */
static bool put_limit(json_t *object, const struct field *field,
		      const char *value, char *error, size_t error_size)
{
	char per[16], scope[16] = "service";
	char *end;
	long uses = strtol(value, &end, 10);
	int fields = *end == '/' ? sscanf(end, "/%15[a-z]/%15[a-z]", per, scope)
				 : 0;

	if (uses < 1 || fields < 1 || limit_per_of(per) < 0 ||
	    limit_scope_of(scope) < 0) {
		snprintf(error, error_size,
			 "--%s \"%s\": write N/day, N/month, N/year or "
			 "N/lifetime, and /facility behind it when each "
			 "facility counts for itself",
			 field->option, value);
		return false;
	}
	return json_object_set_new(object, field->member,
				   json_pack("{s:I,s:s,s:s}", "uses",
					     (json_int_t)uses, "per", per,
					     "scope", scope)) == 0;
}

static int weekday_of(const char *text, size_t n)
{
	for (int d = 0; d < 7; d++)
		if (n == 3 && strncmp(text, weekday_names[d], 3) == 0)
			return d;
	return -1;
}

/* "daily", "mon-fri", "sat,sun": the array of weekdays, or NULL. */
static json_t *weekdays_of(const char *text, size_t n)
{
	json_t *days = json_array();
	const char *end = text + n;

	if (n == 5 && strncmp(text, "daily", 5) == 0) {
		for (int d = 0; d < 7; d++)
			json_array_append_new(days,
					      json_string(weekday_names[d]));
		return days;
	}
	while (text < end) {
		size_t w = strcspn(text, ", ");
		int first = weekday_of(text, w == 7 && text[3] == '-' ? 3 : w);
		int last = w == 7 ? weekday_of(text + 4, 3) : first;
		if (first < 0 || last < first) {
			json_decref(days);
			return NULL;
		}
		for (int d = first; d <= last; d++)
			json_array_append_new(days,
					      json_string(weekday_names[d]));
		text += w;
		if (*text == ',')
			text++;
	}
	return days;
}

/* "mon-fri 09:00-18:00" */
static bool put_hours(json_t *object, const struct field *field,
		      const char *value, char *error, size_t error_size)
{
	size_t n = strcspn(value, " ");
	json_t *days = n > 0 ? weekdays_of(value, n) : NULL;
	char from[6], until[6];

	if (days == NULL || value[n] != ' ' ||
	    sscanf(value + n, " %5[0-9:]-%5[0-9:]", from, until) != 2) {
		snprintf(error, error_size,
			 "--%s \"%s\": write DAYS FROM-UNTIL, as in "
			 "\"mon-fri 09:00-18:00\" or \"daily 10:00-24:00\"",
			 field->option, value);
		json_decref(days);
		return false;
	}
	json_t *hours = json_object_get(object, field->member);
	if (hours == NULL) {
		hours = json_array();
		json_object_set_new(object, field->member, hours);
	}
	return json_array_append_new(hours,
				     json_pack("{s:o,s:s,s:s}", "weekdays",
					       days, "from", from, "until",
					       until)) == 0;
}

static bool put_clear(json_t *object, const struct field *field,
		      const char *value, char *error, size_t error_size)
{
	static const char *const clearable[] = {
	    "facilities", "issuers", "classes",	   "first_day",
	    "last_day",	  "hours",   "closed_days"};

	for (size_t i = 0; i < sizeof clearable / sizeof *clearable; i++)
		if (strcmp(value, clearable[i]) == 0)
			return json_object_set_new(object, value,
						   json_null()) == 0;
	snprintf(error, error_size,
		 "--%s \"%s\": one of facilities, issuers, classes, "
		 "first_day, last_day, hours, closed_days",
		 field->option, value);
	return false;
}

const struct field benefit_fields[] = {
    {"id", "ID", true, "id", put_text, "lower-case letters, digits, -"},
    {"name", "LANG=TEXT", true, "names", put_names, "repeat a language"},
    {"currency", "CODE", true, "currency", put_text,
     "ISO 4217, that of its facilities"},
    {"percent", "P", false, RULE_MEMBER, put_rule, "off the list price"},
    {"amount-off", "AMOUNT", false, RULE_MEMBER, put_rule, "off per person"},
    {"fixed-price", "AMOUNT", false, RULE_MEMBER, put_rule, "per person"},
    {"free", NULL, false, RULE_MEMBER, put_rule, "free entry"},
    {"round-to", "AMOUNT", false, ROUNDING_MEMBER, put_text,
     "price is rounded down to a multiple (default: smallest unit)"},
    {"limit", "N/PERIOD", true, "limit", put_limit,
     "1/day, 2/month/facility, 1/lifetime …"},
    {"party-max", "N", false, "party_max", put_whole,
     "persons a visit (default 1)"},
    {"facility", "ID", false, "facilities", put_list,
     "where (repeat; default: everywhere)"},
    {"issuer", "ISS", false, "issuers", put_list,
     "whose residents (repeat; default: all trusted)"},
    {"class", "CLASS", false, "classes", put_list,
     "adult, youth, child, senior, disabled (repeat; default: all)"},
    {"from", "DAY", false, "first_day", put_text, "first day, YYYY-MM-DD"},
    {"until", "DAY", false, "last_day", put_text, "last day"},
    {"hours", "DAYS FROM-UNTIL", false, "hours", put_hours,
     "\"mon-fri 09:00-18:00\" (repeat; default: always)"},
    {"closed", "DAY", false, "closed_days", put_list, "closed on (repeat)"},
    {"live", "RULE", false, "live", put_text,
     "bound (default), always, never: never lets a photo of the code do"},
    {"offline", "yes|no", false, "offline", put_yes_no,
     "may a kiosk without network accept (default yes)"},
    {"reversal-minutes", "N", false, "reversal_minutes", put_whole,
     "in which a kiosk may take it back (default 30)"},
    {"withdrawn", "yes|no", false, "withdrawn", put_yes_no,
     "take it out of use"},
    {"clear", "MEMBER", false, "clear", put_clear,
     "drop a condition: facilities, hours, last_day …"},
    {0}};

/* A member that is still text becomes minor units of the currency. */
static bool settle(json_t *values, const char *member, struct bytes currency,
		   const char *option)
{
	const json_t *v = json_object_get(values, member);
	int64_t amount;

	if (!json_is_string(v))
		return true;
	if (!amount_parse(bytes_text(json_string_value(v)), currency,
			  &amount)) {
		ctl_complain("%s \"%s\": not an amount in %.*s", option,
			     json_string_value(v), (int)currency.n,
			     (const char *)currency.p);
		return false;
	}
	return json_object_set_new(values, member, json_integer(amount)) == 0;
}

static bool settle_amounts(json_t *values, const char *currency)
{
	const char *kind =
	    json_string_value(json_object_get(values, "kind"));
	struct bytes code = bytes_text(currency);

	/* A percentage has two decimals at most, as a US dollar has: basis
	 * points are its minor units. */
	if (kind != NULL && strcmp(kind, "percent") == 0 &&
	    !settle(values, RULE_MEMBER, bytes_text("USD"), "--percent"))
		return false;
	return settle(values, RULE_MEMBER, code, kind != NULL ? kind : "") &&
	       settle(values, ROUNDING_MEMBER, code, "--round-to");
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

int benefit_set(struct ctl *ctl, const struct command *command,
		const char *argument, json_t *values)
{
	char currency[8] = "";
	const char *given =
	    json_string_value(json_object_get(values, "currency"));

	if (given == NULL &&
	    (json_is_string(json_object_get(values, RULE_MEMBER)) ||
	     json_is_string(json_object_get(values, ROUNDING_MEMBER)))) {
		struct response answer;
		char path[512];
		if (!record_path(path, sizeof path, command->record->path,
				 argument))
			return EXIT_USAGE;
		int status = ctl_call(ctl, "GET", path, NULL, &answer);
		if (status != EXIT_DONE)
			return status;
		given = json_string_value(
		    json_object_get(answer.json, "currency"));
		snprintf(currency, sizeof currency, "%s",
			 given != NULL ? given : "");
		json_decref(answer.json);
	} else if (given != NULL) {
		snprintf(currency, sizeof currency, "%s", given);
	}
	if (!settle_amounts(values, currency))
		return EXIT_USAGE;
	warn_of_photos(values);
	return record_set(ctl, command, argument, values);
}

static void cell_rule(const struct ctl *ctl, const json_t *row,
		      const struct column *column, char cell[CELL_MAX])
{
	const char *kind = json_string_value(json_object_get(row, "kind"));
	const char *currency =
	    json_string_value(json_object_get(row, "currency"));
	json_int_t value = json_integer_value(json_object_get(row, "value"));
	char amount[AMOUNT_TEXT_MAX] = "";

	(void)ctl;
	(void)column;
	if (kind == NULL || currency == NULL)
		kind = "";
	else
		amount_format(value, bytes_text(currency), amount);
	if (strcmp(kind, "percent") == 0 && value % 100 == 0)
		snprintf(cell, CELL_MAX, "%d %% off", (int)(value / 100));
	else if (strcmp(kind, "percent") == 0)
		snprintf(cell, CELL_MAX, "%d.%02d %% off", (int)(value / 100),
			 (int)(value % 100));
	else if (strcmp(kind, "amount-off") == 0)
		snprintf(cell, CELL_MAX, "%s off each", amount);
	else if (strcmp(kind, "fixed-price") == 0)
		snprintf(cell, CELL_MAX, "%s each", amount);
	else
		snprintf(cell, CELL_MAX, "%s", kind);
}

static void cell_limit(const struct ctl *ctl, const json_t *row,
		       const struct column *column, char cell[CELL_MAX])
{
	const json_t *limit = json_object_get(row, column->member);
	const char *per = json_string_value(json_object_get(limit, "per"));
	const char *scope =
	    json_string_value(json_object_get(limit, "scope"));

	(void)ctl;
	snprintf(cell, CELL_MAX, "%d/%s/%s",
		 (int)json_integer_value(json_object_get(limit, "uses")),
		 per != NULL ? per : "?", scope != NULL ? scope : "?");
}

static const struct column benefit_columns[] = {
    {"benefit", "id", NULL},
    {"name", "names", cell_names},
    {"gives", "kind", cell_rule},
    {"limit", "limit", cell_limit},
    {"facilities", "facilities", cell_list},
    {"issuers", "issuers", cell_list},
    {"classes", "classes", cell_list},
    {"live", "live", NULL},
    {"offline", "offline", NULL}};

const struct record benefit_record = {
    "/v1/benefits", "benefits", benefit_columns,
    sizeof benefit_columns / sizeof *benefit_columns};
