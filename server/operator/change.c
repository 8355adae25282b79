/* SPDX-License-Identifier: Apache-2.0 */
/* change.c: changes of what is there, also of a part of a member. */
#include "change.h"

/* Members that the daemon takes whole, and oapctl part by part. */
static const struct merged {
	const char *member, *nothing_left;
} merged[] = {
    {"names", "--name: the last name cannot be taken away; give another "
	      "beside it"},
    {"offline_amounts", "--offline-amount: nothing would be left; say 0 for "
			"a currency, or any"}};

#define MERGED_COUNT (sizeof merged / sizeof *merged)

static bool is_partial(const json_t *values)
{
	for (size_t i = 0; i < MERGED_COUNT; i++)
		if (json_is_object(json_object_get(values, merged[i].member)))
			return true;
	return false;
}

/* What is given goes over what is there now; null takes away. */
static bool merge(json_t *given, json_t *now)
{
	const char *part;
	json_t *value;
	void *next;

	if (json_is_object(now) &&
	    json_object_update_missing(given, now) != 0)
		return false;
	json_object_foreach_safe(given, next, part, value)
	{
		if (json_is_null(value))
			json_object_del(given, part);
	}
	return true;
}

/* Completes each member that is given in part from the record as it is. */
static int complete(struct ctl *ctl, const struct record *record,
		    const char *path, json_t *values)
{
	struct response answer;
	int status = ctl_call(ctl, "GET", path, NULL, &answer);

	if (status == EXIT_DONE &&
	    json_object_get(answer.json, record->key) == NULL)
		status = ctl_not_ours(ctl, record->key);
	for (size_t i = 0; i < MERGED_COUNT && status == EXIT_DONE; i++) {
		json_t *given = json_object_get(values, merged[i].member);
		json_t *now = json_object_get(answer.json, merged[i].member);
		if (!json_is_object(given))
			continue;
		if (!merge(given, now)) {
			ctl_complain("out of memory");
			status = EXIT_RETRY;
		} else if (json_object_size(given) == 0) {
			ctl_complain("%s", merged[i].nothing_left);
			status = EXIT_USAGE;
		}
	}
	json_decref(answer.json);
	return status;
}

int record_change(struct ctl *ctl, const struct record *record,
		  const char *path, json_t *values)
{
	int status = EXIT_DONE;

	if (is_partial(values))
		status = complete(ctl, record, path, values);
	return status != EXIT_DONE
		   ? status
		   : record_call(ctl, record, "PATCH", path, values);
}
