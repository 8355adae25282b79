/* SPDX-License-Identifier: Apache-2.0 */
/* attempts_query.c: the parameters of a search. */
#include "attempts_query.h"

#include <stdlib.h>
#include <string.h>

#include "localday.h"

#define FIRST_DAY 19700101
#define LAST_DAY 99991231

/* -------------------------------------------------------------- values */

static bool read_id(const char *name, const char *text,
                    char id[static NAME_ID_MAX + 1], struct problem *p)
{
	if (!text)
		return true;
	if (name_id_valid(bytes_text(text)) &&
	    bytes_to_text(bytes_text(text), id, NAME_ID_MAX + 1))
		return true;
	return problem_set(p, 400, NULL,
	                   "parameter \"%s\": \"%.40s\" is no id; oapctl %s "
	                   "list shows them",
	                   name, text, name);
}

static bool read_issuer(const char *text, char iss[static ISS_MAX + 1],
                        struct problem *p)
{
	if (!text)
		return true;
	if (text[0] != '\0' && utf8_valid(bytes_text(text)) &&
	    bytes_to_text(bytes_text(text), iss, ISS_MAX + 1))
		return true;
	return problem_set(p, 400, NULL,
	                   "parameter \"issuer\": \"%.40s\" is no issuer; "
	                   "oapctl issuer list shows them",
	                   text);
}

static bool read_verdict(const char *text, unsigned *verdict, struct problem *p)
{
	const struct verdict_info *info = text ? verdict_find_name(text) : NULL;

	if (info)
		*verdict = info->number;
	if (info || !text)
		return true;
	return problem_set(p, 400, NULL,
	                   "parameter \"verdict\": \"%.40s\" is none; they are "
	                   "named like accepted or already-redeemed",
	                   text);
}

static bool read_kiosk(const char *text, struct attempt_filter *f,
                       struct problem *p)
{
	if (!text)
		return true;
	f->has_kiosk = hex_decode(bytes_text(text), f->kid, sizeof f->kid);
	if (f->has_kiosk)
		return true;
	return problem_set(p, 400, NULL,
	                   "parameter \"kiosk\": \"%.40s\" is not 16 "
	                   "hexadecimal digits; oapctl kiosk list shows them",
	                   text);
}

bool attempts_number_read(const char *text, size_t n, int64_t max,
                          int64_t *out)
{
	int64_t v = 0;

	if (n == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		if (v > (max - (text[i] - '0')) / 10)
			return false;
		v = v * 10 + (text[i] - '0');
	}
	*out = v;
	return true;
}

bool attempts_limit_read(const char *text, size_t *limit, struct problem *p)
{
	int64_t n;

	*limit = ATTEMPTS_PAGE_DEFAULT;
	if (!text)
		return true;
	if (attempts_number_read(text, strlen(text), ATTEMPTS_PAGE_MAX, &n) && n > 0) {
		*limit = (size_t)n;
		return true;
	}
	return problem_set(p, 400, NULL,
	                   "parameter \"limit\": \"%.40s\"; give a number from "
	                   "1 to %d",
	                   text, ATTEMPTS_PAGE_MAX);
}

/* "20261124-123": what the page before it gave. */
static bool read_cursor(const char *text, struct attempt_place *place,
                        struct problem *p)
{
	const char *dash = text ? strchr(text, '-') : NULL;
	int64_t day;

	if (!text)
		return true;
	if (dash && attempts_number_read(text, (size_t)(dash - text), LAST_DAY, &day) &&
	    date_valid(day) &&
	    attempts_number_read(dash + 1, strlen(dash + 1), INT64_MAX, &place->n)) {
		place->day = (int32_t)day;
		return true;
	}
	return problem_set(p, 400, NULL,
	                   "parameter \"cursor\": \"%.40s\"; give it as the "
	                   "page before had it, or leave it out",
	                   text);
}

/* --------------------------------------------------------------- whole */

static bool read_days(struct params params, struct attempts_query *q,
                      struct problem *p)
{
	struct attempt_filter *f = &q->filter;
	struct attempt_place begin;

	f->first_day = FIRST_DAY;
	q->place = (struct attempt_place){.day = LAST_DAY, .n = INT64_MAX};
	if (!param_day("from", param_get(params, "from"), &f->first_day, p) ||
	    !param_day("to", param_get(params, "to"), &q->place.day, p))
		return false;
	if (q->place.day < f->first_day)
		return problem_set(p, 400, NULL,
		                   "parameter \"to\": %.10s is before \"from\" "
		                   "%.10s; give the earlier day first",
		                   param_get(params, "to"),
		                   param_get(params, "from"));
	begin = q->place;
	if (!read_cursor(param_get(params, "cursor"), &q->place, p))
		return false;
	/* One of another search leads no further than this one may go. */
	if (q->place.day > begin.day)
		q->place = begin;
	return true;
}

static bool read_all(struct params params, struct attempts_query *q,
                     struct problem *p)
{
	static const char *const names[] = {
	    "from",    "to",    "facility", "benefit", "issuer",
	    "verdict", "kiosk", "limit",    "cursor",  NULL};
	struct attempt_filter *f = &q->filter;

	return params_known(params, names, p) && read_days(params, q, p) &&
	       read_id("facility", param_get(params, "facility"), f->facility,
	               p) &&
	       read_id("benefit", param_get(params, "benefit"), f->benefit,
	               p) &&
	       read_issuer(param_get(params, "issuer"), f->issuer, p) &&
	       read_verdict(param_get(params, "verdict"), &f->verdict, p) &&
	       read_kiosk(param_get(params, "kiosk"), f, p) &&
	       attempts_limit_read(param_get(params, "limit"), &q->limit, p);
}

struct attempts_query *attempts_query_read(struct params params,
                                           struct problem *p)
{
	struct attempts_query *q = calloc(1, sizeof *q);

	if (!q) {
		problem_unavailable(p);
		return NULL;
	}
	if (read_all(params, q, p))
		return q;
	free(q);
	return NULL;
}

void attempts_query_free(struct attempts_query *q)
{
	free(q);
}
