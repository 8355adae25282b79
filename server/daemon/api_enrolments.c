/* SPDX-License-Identifier: Apache-2.0 */
/* api_enrolments.c: POST /v1/enrolments: a new kiosk, or a kiosk's new key. */
#include <string.h>

#include "api.h"
#include "reply.h"
#include "setupcall.h"

/* The kiosk is in the newest bundle, so it is told of that one. */
static void enrolled(struct request *r)
{
	struct snapshot *now;
	json_t *o = setupcall_reply(r);

	if (o == NULL)
		return;
	now = snapshot_get(r->service->box);
	if (json_object_set_new(
		o, "epoch", json_integer((json_int_t)snapshot_epoch(now))) !=
	    0) {
		json_decref(o);
		o = NULL;
	}
	snapshot_drop(now);
	reply_json(r, 200, o);
}

void api_enrolments(struct request *r)
{
	struct problem p = {.status = 0};
	struct setup_change *change;
	struct enrolment e;

	if (!enrolment_read(r->body, &e)) {
		reply_refusal(r, 400, "malformed",
			      "the body is no enrolment (typ 65006) as "
			      "messages.cddl has it, signed by the key in it");
		return;
	}
	if (memcmp(e.service_kid, r->service->keys->kid,
		   sizeof(e.service_kid)) != 0) {
		reply_refusal(r, 403, NULL,
			      "this enrolment is for another service; use the "
			      "code that this service's operator made");
		return;
	}
	change = setup_enrol(&e, &p);
	memcpy(r->caller.actor, "kiosk", sizeof("kiosk"));
	if (change == NULL)
		reply_problem(r, &p);
	else
		setupcall_submit(r, change, enrolled);
}
