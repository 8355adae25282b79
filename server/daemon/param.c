/* SPDX-License-Identifier: Apache-2.0 */
/* param.c: the parameters of a query. */
#include "param.h"

#include <string.h>

#include "localday.h"

const char *param_get(struct params params, const char *name)
{
	for (size_t i = 0; i < params.n; i++) {
		if (strcmp(params.p[i].name, name) == 0)
			return params.p[i].value;
	}
	return NULL;
}

bool param_day(const char *name, const char *text, int32_t *day,
	       struct problem *problem)
{
	if (text == NULL || date_parse(bytes_text(text), day))
		return true;
	return problem_set(problem, 400, NULL,
			   "parameter \"%s\": \"%.40s\" is no day of 1970 to "
			   "9999; give one as 2026-11-23",
			   name, text);
}

static bool is_listed(const char *const *names, const char *name)
{
	for (; *names != NULL; names++) {
		if (strcmp(*names, name) == 0)
			return true;
	}
	return false;
}

bool params_known(struct params params, const char *const *names,
		  struct problem *problem)
{
	for (size_t i = 0; i < params.n; i++) {
		const char *name = params.p[i].name;

		if (!is_listed(names, name))
			return problem_set(problem, 400, NULL,
					   "parameter \"%.64s\": not known "
					   "here; leave it out",
					   name);
		if (param_get((struct params){params.p, i}, name) != NULL)
			return problem_set(problem, 400, NULL,
					   "parameter \"%.64s\": given twice; "
					   "give it once",
					   name);
	}
	return true;
}
