/* SPDX-License-Identifier: Apache-2.0 */
/* benefit_rules.c: limits and opening hours as people write them. Text that
 * goes on where nothing more is expected is refused: a rule that is half
 * understood would let in too many, or turn visitors away. */
#include "benefit_rules.h"

#include "benefit.h"

#include <stdlib.h>
#include <string.h>

#define WORD_MAX 16 /* "lifetime", "facility", ten digits of uses */

static const char *const weekday_names[7] = {"mon", "tue", "wed", "thu",
					     "fri", "sat", "sun"};

/* Copies what stands before one of the ends, or before the end of the text.
 * Where it stopped, or NULL: there was nothing, or too much. */
static const char *word_before(const char *text, const char *ends,
			       char word[static WORD_MAX])
{
	size_t n = strcspn(text, ends);

	if (n == 0 || n >= WORD_MAX)
		return NULL;
	memcpy(word, text, n);
	word[n] = '\0';
	return text + n;
}

static json_t *limit_of(const char *text)
{
	char uses[WORD_MAX], per[WORD_MAX], scope[WORD_MAX] = "service";
	const char *at = word_before(text, "/", uses);

	at = at != NULL && *at == '/' ? word_before(at + 1, "/", per) : NULL;
	if (at != NULL && *at == '/')
		at = word_before(at + 1, "", scope);
	if (at == NULL || strspn(uses, "0123456789") != strlen(uses) ||
	    limit_per_of(per) < 0 || limit_scope_of(scope) < 0)
		return NULL;
	long n = strtol(uses, NULL, 10);
	return n < 1 ? NULL
		     : json_pack("{s:I,s:s,s:s}", "uses", (json_int_t)n, "per",
				 per, "scope", scope);
}

bool put_limit(json_t *object, const struct field *field, const char *value,
	       char *error, size_t error_size)
{
	json_t *limit = limit_of(value);

	if (limit != NULL)
		return json_object_set_new(object, field->member, limit) == 0;
	snprintf(error, error_size,
		 "--%s \"%s\": write N/day, N/month, N/year or N/lifetime, "
		 "and /facility behind it when each facility counts for "
		 "itself",
		 field->option, value);
	return false;
}

static int weekday_of(const char *text, size_t n)
{
	for (int d = 0; d < 7; d++)
		if (n == 3 && strncmp(text, weekday_names[d], 3) == 0)
			return d;
	return -1;
}

/* "mon" or "mon-fri" of n characters. */
static bool add_days(json_t *days, const char *text, size_t n)
{
	bool run = n == 7 && text[3] == '-';
	int first = weekday_of(text, run ? 3 : n);
	int last = run ? weekday_of(text + 4, 3) : first;

	if (first < 0 || last < first)
		return false;
	for (int d = first; d <= last; d++)
		if (json_array_append_new(days, json_string(
						    weekday_names[d])) != 0)
			return false;
	return true;
}

/* "daily", "mon-fri", "sat,sun", up to the blank; the array of weekdays, or
 * NULL. */
static json_t *weekdays_of(const char *text)
{
	json_t *days = json_array();
	bool good = *text != ' ';

	if (strncmp(text, "daily ", 6) == 0)
		text = "mon-sun ";
	while (good && *text != ' ') {
		size_t n = strcspn(text, ", ");
		/* A comma has a day behind it. */
		good = add_days(days, text, n) &&
		       (text[n] == ' ' ||
			(text[n] == ',' && text[n + 1] != ' '));
		text += n + (text[n] == ',');
	}
	if (good)
		return days;
	json_decref(days);
	return NULL;
}

/* HH:MM; whether there is such a time is the daemon's to say. */
static bool is_clock(const char *text)
{
	static const char shape[] = "00:00";

	for (size_t i = 0; i < sizeof shape - 1; i++)
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9'
				    : text[i] != shape[i])
			return false;
	return text[sizeof shape - 1] == '\0';
}

static json_t *opening_of(const char *text)
{
	char from[WORD_MAX], until[WORD_MAX];
	json_t *days = weekdays_of(text);

	if (days == NULL)
		return NULL;
	text += strcspn(text, " ");
	text += strspn(text, " ");
	const char *at = word_before(text, "-", from);
	at = at != NULL && *at == '-' ? word_before(at + 1, "", until) : NULL;
	if (at != NULL && is_clock(from) && is_clock(until))
		return json_pack("{s:o,s:s,s:s}", "weekdays", days, "from",
				 from, "until", until);
	json_decref(days);
	return NULL;
}

bool put_hours(json_t *object, const struct field *field, const char *value,
	       char *error, size_t error_size)
{
	json_t *opening = opening_of(value);

	if (opening == NULL) {
		snprintf(error, error_size,
			 "--%s \"%s\": write DAYS FROM-UNTIL, as in "
			 "\"mon-fri 09:00-18:00\" or \"daily 10:00-24:00\"; "
			 "repeat the option for other days",
			 field->option, value);
		return false;
	}
	return json_array_append_new(values_array(object, field->member),
				     opening) == 0;
}
