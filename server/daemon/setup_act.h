/* SPDX-License-Identifier: Apache-2.0 */
/* setup_act.h: what the setup_*.c files share: a change while it runs, and how
 * an act on one kind of object is described. Private to them. */
#ifndef OAP_SETUP_ACT_H
#define OAP_SETUP_ACT_H

#include "benefit_json.h"
#include "limits.h"
#include "policy.h"
#include "setup.h"
#include "setup_view.h"
#include "store_setup.h"
#include "taker.h"

/* The longest id of an object: an iss, an id, or a kid in hex. */
#define OBJECT_ID_MAX 64

/* A change while it runs on the ledger thread. */
struct act_run {
	struct setup_change *change;
	struct store *store;
	const struct setup_env *env;
	const char *actor;
	int64_t now_ms;
	const json_t *body;
	const char *id; /* of the path, or of the object that is made */
	struct problem *problem;
	/* Out: the object before and after, for the audit trail; and the
	 * reply, when it is more than the object. New references. */
	json_t *before, *after, *reply;
	bool changed; /* a new snapshot is due */
	/* Out: a refusal that somebody should look at; NULL: none. */
	const char *alarm;
	char alarm_object[OBJECT_ID_MAX + 1]; /* "": id */
};

typedef enum store_result act_function(struct act_run *run);

struct setup_act {
	const char *action;	     /* in the audit trail: "facility.add" */
	const char *const *fields;   /* of the body; NULL-terminated */
	int status;		     /* of the reply */
	/* What can be seen of the body without the store; may be NULL. */
	bool (*check)(const json_t *body, struct problem *p);
	act_function *run;
};

/* A change that will run act on that body; id is NULL for one that is made. */
struct setup_change *setup_change_new(const struct setup_act *act,
				      const char *id, const json_t *body,
				      struct problem *p) OAP_CHECKED;

/* Problems that every kind has; each gives what run is to return. */
enum store_result act_not_found(struct act_run *run, const char *noun,
				const char *list_command);
enum store_result act_exists(struct act_run *run, const char *noun);
/* `unavailable`: no memory for JSON. */
enum store_result act_no_memory(struct act_run *run);
/* The problem that is set goes into the audit trail under that name; all else
 * that the act has written is undone. */
/* object: what is attacked, as far as the refused one could not choose it;
 * NULL: the change's id. */
enum store_result act_alarm(struct act_run *run, const char *action,
			    const char *object);

/* A row of the trail, with before and after; and one with act_alarm's problem:
 * STORE_NONE when there are enough of its kind. setup_run sees to both. */
enum store_result act_write_audit(const struct act_run *run,
				  const char *action) OAP_CHECKED;
enum store_result act_write_alarm(const struct act_run *run) OAP_CHECKED;

/* The object as it would be: the body is a merge patch (RFC 7396) to it. New
 * reference; NULL without memory. */
json_t *act_merge(const json_t *before, const json_t *body);

/* One object as JSON, or NULL when there is none or it failed (*result). */
json_t *act_view(struct act_run *run, enum setup_kind kind, const char *id,
		 enum store_result *result);

/* Rows as JSON: new references, NULL without memory. */
json_t *facility_json(const struct facility_row *row);
json_t *benefit_row_json(const struct benefit_row *row);
json_t *issuer_json(const struct issuer_row *row);
json_t *token_json(const struct token_row *row);
json_t *kiosk_json(const struct kiosk_row *row);
json_t *operator_json(const struct operator_row *row);
json_t *policy_json(const struct policy *policy);

const char *role_name(unsigned role);
int role_of(const char *name);

#endif
