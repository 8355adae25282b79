/* SPDX-License-Identifier: Apache-2.0 */
/* setup.c: a change from request to reply: the body is kept, the act runs
 * once, and the audit trail gets its row in the same transaction. */
#include "setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarm.h"
#include "currency.h"
#include "setup_act.h"

struct setup_change {
	const struct setup_act *act;
	json_t *body;
	char id[OBJECT_ID_MAX + 1];
	struct problem problem;
	json_t *reply;
	bool changed;
};

/* What null may take away is a name or an amount: a language or a currency that
 * is none would be passed over in silence. */
static bool check_nulls(const char *field, const json_t *parts,
			struct problem *p)
{
	const char *part;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)parts, part, value)
	{
		bool fine = !json_is_null(value);

		if (strcmp(field, "names") == 0)
			fine = fine || strcmp(language_tag(language_of(part)),
					      part) == 0;
		else if (strcmp(field, "offline_amounts") == 0)
			fine = fine || currency_decimals(bytes_text(part)) >= 0;
		if (!fine)
			return problem_set(p, 400, NULL,
					   "field \"%s.%.40s\": null takes "
					   "nothing away here; give a value, "
					   "or leave it out",
					   field, part);
	}
	return true;
}

static bool check_parts(const json_t *body, struct problem *p)
{
	const char *field;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)body, field, value)
	{
		if (json_is_object(value) && !check_nulls(field, value, p))
			return false;
	}
	return true;
}

struct setup_change *setup_change_new(const struct setup_act *act,
				      const char *id, const json_t *body,
				      struct problem *p)
{
	struct setup_change *change;
	struct taker t;

	if (!taker_open(&t, body, p) || !take_known(&t, act->fields) ||
	    !check_parts(body, p))
		return NULL;
	if (id != NULL && json_object_size(body) == 0) {
		problem_set(p, 400, NULL,
			    "the body: changes nothing; name a field");
		return NULL;
	}
	if (act->check != NULL && !act->check(body, p))
		return NULL;
	if (id != NULL && strlen(id) > OBJECT_ID_MAX) {
		problem_set(p, 404, NULL, "\"%.64s…\": no such id", id);
		return NULL;
	}
	change = calloc(1, sizeof(*change));
	if (change != NULL)
		change->body = json_deep_copy(body);
	if (change == NULL || change->body == NULL) {
		free(change);
		problem_unavailable(p);
		return NULL;
	}
	change->act = act;
	if (id != NULL)
		strcpy(change->id, id);
	return change;
}

void setup_free(struct setup_change *change)
{
	if (change == NULL)
		return;
	json_decref(change->body);
	json_decref(change->reply);
	free(change);
}

enum store_result act_not_found(struct act_run *run, const char *noun,
				const char *list_command)
{
	problem_set(run->problem, 404, NULL, "%s \"%s\": unknown; %s shows "
		    "them", noun, run->id, list_command);
	return STORE_NONE;
}

enum store_result act_exists(struct act_run *run, const char *noun)
{
	problem_set(run->problem, 409, "exists",
		    "%s \"%s\": is there already; change it instead", noun,
		    run->id);
	return STORE_EXISTS;
}

enum store_result act_no_memory(struct act_run *run)
{
	problem_unavailable(run->problem);
	return STORE_FAILED;
}

enum store_result act_alarm(struct act_run *run, const char *action,
			    const char *object)
{
	run->alarm = action;
	snprintf(run->alarm_object, sizeof(run->alarm_object), "%s",
		 object != NULL ? object : run->id);
	return STORE_NONE;
}

/* Both are as deep as a body may be, at most. */
static bool merge_into(json_t *target, const json_t *patch)
{
	const char *key;
	json_t *value;
	bool good;

	json_object_foreach((json_t *)(uintptr_t)patch, key, value)
	{
		if (json_is_null(value)) {
			json_object_del(target, key);
			continue;
		}
		if (!json_is_object(value)) {
			good = json_object_set(target, key, value) == 0;
		} else {
			json_t *part = json_object_get(target, key);

			good = (json_is_object(part) ||
				json_object_set_new(target, key,
						    json_object()) == 0) &&
			       merge_into(json_object_get(target, key), value);
		}
		if (!good)
			return false;
	}
	return true;
}

json_t *act_merge(const json_t *before, const json_t *body)
{
	json_t *after = json_deep_copy(before);

	if (after != NULL && merge_into(after, body))
		return after;
	json_decref(after);
	return NULL;
}

json_t *act_view(struct act_run *run, enum setup_kind kind, const char *id,
		 enum store_result *result)
{
	struct problem unused = {0};
	json_t *out = NULL;

	*result = setup_view_one(run->store, kind, id, &out, &unused);
	return out;
}

enum store_result act_write_audit(const struct act_run *run,
				  const char *action)
{
	size_t flags = JSON_COMPACT | JSON_SORT_KEYS;
	char *before = json_dumps(run->before, flags);
	char *after = json_dumps(run->after, flags);
	struct audit_row row = {
	    .at_ms = run->now_ms,
	    .actor = run->actor,
	    .action = action,
	    .object = run->id,
	    .before = before,
	    .after = after,
	};
	enum store_result r = STORE_FAILED;

	if ((run->before == NULL || before != NULL) &&
	    (run->after == NULL || after != NULL))
		r = store_audit_add(run->store, &row);
	free(before);
	free(after);
	return r;
}

/* What the refused act has written is undone already. */
enum store_result act_write_alarm(const struct act_run *run)
{
	struct alarm alarm = {.action = run->alarm,
			      .object = run->alarm_object,
			      .actor = run->actor,
			      .said = run->problem->detail,
			      .now_ms = run->now_ms};

	return store_in_transaction(run->store)
		   ? alarm_raise(run->store, &alarm)
		   : STORE_FAILED;
}

/* The act and its row in the audit trail, or neither. */
static enum store_result run_act(struct act_run *run,
				 const struct setup_act *act)
{
	enum store_result r = store_savepoint(run->store);

	if (r != STORE_OK)
		return r;
	r = act->run(run);
	/* A change that changes nothing leaves no row. */
	if (r == STORE_OK &&
	    !(run->before != NULL && json_equal(run->before, run->after)))
		r = act_write_audit(run, act->action);
	if (r == STORE_OK)
		return store_release(run->store);
	store_undo(run->store);
	if (r != STORE_FAILED && run->alarm != NULL)
		return act_write_alarm(run);
	return r;
}

enum store_result setup_run(struct setup_change *change, struct store *store,
			    const struct setup_env *env, const char *actor,
			    int64_t now_ms)
{
	struct act_run run = {
	    .change = change,
	    .store = store,
	    .env = env,
	    .actor = actor,
	    .now_ms = now_ms,
	    .body = change->body,
	    .id = change->id,
	    .problem = &change->problem,
	};
	enum store_result r = run_act(&run, change->act);

	if (r == STORE_FAILED)
		problem_unavailable(&change->problem);
	if (r == STORE_OK && change->problem.status == 0) {
		change->changed = run.changed;
		change->reply =
		    json_incref(run.reply != NULL ? run.reply : run.after);
	}
	json_decref(run.before);
	json_decref(run.after);
	json_decref(run.reply);
	return r;
}

bool setup_changed(const struct setup_change *change)
{
	return change->changed;
}

const struct problem *setup_problem(const struct setup_change *change)
{
	return change->problem.status != 0 ? &change->problem : NULL;
}

int setup_status(const struct setup_change *change)
{
	return change->act->status;
}

json_t *setup_reply(const struct setup_change *change)
{
	return change->reply;
}
