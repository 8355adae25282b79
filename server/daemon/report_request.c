/* SPDX-License-Identifier: Apache-2.0 */
/* report_request.c: which report, of which days, by what, in which form. */
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "localday.h"
#include "report_row.h"

static const struct {
	const char *name;
	enum report_by by; /* unless it is said */
	enum report_columns columns;
} reports[] = {{"redemptions", BY_DAY, COLUMNS_USAGE},
               {"facilities", BY_FACILITY, COLUMNS_USAGE},
               {"benefits", BY_BENEFIT, COLUMNS_USAGE},
               {"issuers", BY_ISSUER, COLUMNS_USAGE},
               {"verdicts", BY_DAY, COLUMNS_VERDICTS}};
#define REPORTS (sizeof reports / sizeof reports[0])

static const char *const by_names[BY_COUNT] = {[BY_DAY] = "day",
                                               [BY_MONTH] = "month",
                                               [BY_FACILITY] = "facility",
                                               [BY_BENEFIT] = "benefit",
                                               [BY_ISSUER] = "issuer"};
static const struct report_form *const forms[] = {&report_json, &report_csv};
#define FORMS (sizeof forms / sizeof forms[0])

const char *report_by_name(enum report_by by)
{
	return by_names[by];
}

static bool read_name(const char *name, struct report_request *r,
                      struct problem *p)
{
	for (size_t i = 0; i < REPORTS; i++) {
		if (strcmp(reports[i].name, name) != 0)
			continue;
		r->name = reports[i].name;
		r->by = reports[i].by;
		r->columns = reports[i].columns;
		return true;
	}
	return problem_set(p, 404, NULL,
	                   "report \"%.40s\": unknown; there are redemptions, "
	                   "facilities, benefits, issuers and verdicts",
	                   name);
}

static bool read_days(struct params params, struct report_request *r,
                      struct problem *p)
{
	const char *from = param_get(params, "from");
	const char *to = param_get(params, "to");

	if (!from)
		return problem_set(p, 400, NULL,
		                   "parameter \"from\": missing; give the "
		                   "first day, as 2026-11-23");
	if (!param_day("from", from, &r->from, p) ||
	    !param_day("to", to ? to : from, &r->to, p))
		return false;
	if (r->to < r->from)
		return problem_set(p, 400, NULL,
		                   "parameter \"to\": %.10s is before \"from\" "
		                   "%.10s; give the earlier day first",
		                   to, from);
	if (day_of_date(r->to) - day_of_date(r->from) >= REPORT_DAYS_MAX)
		return problem_set(p, 400, NULL,
		                   "parameter \"to\": %.10s is over %d days "
		                   "after \"from\"; ask for fewer",
		                   to, REPORT_DAYS_MAX);
	return true;
}

static bool read_by(struct params params, struct report_request *r,
                    struct problem *p)
{
	const char *by = param_get(params, "by");

	if (!by)
		return true;
	for (size_t i = 0; i < BY_COUNT; i++) {
		if (strcmp(by_names[i], by) != 0)
			continue;
		r->by = (enum report_by)i;
		return true;
	}
	return problem_set(p, 400, NULL,
	                   "parameter \"by\": \"%.40s\" is none of day, month, "
	                   "facility, benefit, issuer",
	                   by);
}

static bool read_format(struct params params, struct report_request *r,
                        struct problem *p)
{
	const char *format = param_get(params, "format");

	r->form = forms[0];
	if (!format)
		return true;
	for (size_t i = 0; i < FORMS; i++) {
		if (strcmp(forms[i]->name, format) != 0)
			continue;
		r->form = forms[i];
		return true;
	}
	return problem_set(p, 400, NULL,
	                   "parameter \"format\": \"%.40s\" is neither json "
	                   "nor csv",
	                   format);
}

struct report_request *
report_request_read(const char *name, struct params params, struct problem *p)
{
	static const char *const names[] = {"from", "to", "by", "format", NULL};
	struct report_request *r = calloc(1, sizeof *r);

	if (!r) {
		problem_unavailable(p);
		return NULL;
	}
	if (read_name(name, r, p) && params_known(params, names, p) &&
	    read_days(params, r, p) && read_by(params, r, p) &&
	    read_format(params, r, p))
		return r;
	free(r);
	return NULL;
}

void report_request_free(struct report_request *r)
{
	free(r);
}
