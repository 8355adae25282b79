/* SPDX-License-Identifier: Apache-2.0 */
/* alarm.c: alarms, so many an hour and no more. */
#include "alarm.h"

#include <jansson.h>
#include <stdlib.h>

#include "limits.h"
#include "log.h"

#define WINDOW_MS (INT64_C(3600) * 1000)

static enum store_result write_row(struct store *s, const struct alarm *a,
				   const char *after)
{
	struct audit_row row = {.at_ms = a->now_ms,
				.actor = a->actor,
				.action = a->action,
				.object = a->object,
				.after = after,
				.alarm = true};

	return store_audit_add(s, &row);
}

enum store_result alarm_raise(struct store *s, const struct alarm *a)
{
	int most = a->most > 0 ? a->most : ALARMS_PER_OBJECT_MAX;
	int64_t count, all;
	enum store_result r;
	json_t *after;
	char *text;

	r = store_alarms(s, a->action, a->object, a->now_ms - WINDOW_MS,
			 ALARMS_PER_HOUR_MAX, &count, &all);
	if (r != STORE_OK)
		return r;
	if (count >= most || all >= ALARMS_PER_HOUR_MAX)
		return STORE_NONE;
	log_warning("alarm: %s: %s: %s", a->action, a->object, a->said);
	after = json_pack("{s:s}", "said", a->said);
	text = json_dumps(after, JSON_COMPACT);
	json_decref(after);
	r = text != NULL ? write_row(s, a, text) : STORE_FAILED;
	free(text);
	return r;
}
