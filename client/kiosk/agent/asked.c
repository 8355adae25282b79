/* SPDX-License-Identifier: Apache-2.0 */
/* asked.c: bodies of calls, member by member. */
#include "asked.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scanner.h"

static bool refuse(char why[ASKED_WHY], const char *what)
{
	snprintf(why, ASKED_WHY, "%s", what);
	return false;
}

static bool read_benefit(const json_t *body, const char **benefit, char *why)
{
	*benefit = json_string_value(json_object_get(body, "benefit"));
	if (*benefit == NULL || strlen(*benefit) >= OAP_NAME_ID_TEXT)
		return refuse(why, "benefit: must be the id of one that GET "
				   "/benefits lists");
	return true;
}

/* A number that may be left out; then it stays as it is. */
static bool read_number(const json_t *body, const char *name, int64_t min,
			int64_t max, int64_t *out, char *why)
{
	const json_t *v = json_object_get(body, name);
	int64_t n = json_integer_value(v);

	if (v == NULL)
		return true;
	if (!json_is_integer(v) || n < min || n > max) {
		snprintf(why, ASKED_WHY,
			 "%s: must be an integer, %" PRId64 " to %" PRId64,
			 name, min, max);
		return false;
	}
	*out = n;
	return true;
}

static bool read_reason(const json_t *body, enum oap_reason *reason, char *why)
{
	static const char *const REASONS[] = {"mistake", "visitor-left",
					      "wrong-benefit", "other"};
	const json_t *v = json_object_get(body, "reason");
	const char *text = json_string_value(v);

	*reason = OAP_REASON_MISTAKE;
	if (v == NULL)
		return true;
	for (unsigned i = 0; text != NULL && i < 4; i++) {
		if (strcmp(REASONS[i], text) == 0) {
			*reason = (enum oap_reason)i;
			return true;
		}
	}
	return refuse(why, "reason: must be mistake, visitor-left, "
			   "wrong-benefit or other");
}

bool asked_scan(const json_t *body, const char **code, size_t *n,
		char why[ASKED_WHY])
{
	const json_t *v = json_object_get(body, "code");

	*code = json_string_value(v);
	*n = json_string_length(v);
	if (*code == NULL || *n == 0 || *n >= SCANNED_TEXT)
		return refuse(why, "code: must be the text that was scanned, "
				   "of 1 to 4095 bytes");
	return true;
}

bool asked_redeem(const json_t *body, struct asked *out, char why[ASKED_WHY])
{
	int64_t party = 1, list = OAP_NO_AMOUNT, deadline_ms = 0;

	if (!asked_scan(body, &out->code, &out->n, why) ||
	    !read_benefit(body, &out->benefit, why) ||
	    !read_number(body, "party", 1, PARTY_MAX, &party, why) ||
	    !read_number(body, "list", 0, LIST_MAX, &list, why) ||
	    !read_number(body, "deadline_ms", DEADLINE_MIN_MS, DEADLINE_MAX_MS,
			 &deadline_ms, why))
		return false;
	out->party = (unsigned)party;
	out->list = list;
	out->deadline_ms = (unsigned)deadline_ms;
	return true;
}

bool asked_reverse(const json_t *body, struct asked_reversal *out,
		   char why[ASKED_WHY])
{
	const char *id = json_string_value(json_object_get(body, "id"));

	if (id == NULL || strlen(id) >= sizeof(out->id))
		return refuse(why, "id: must be that of an attempt, as it was "
				   "told");
	snprintf(out->id, sizeof(out->id), "%s", id);
	return read_reason(body, &out->reason, why);
}
