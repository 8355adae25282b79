/* SPDX-License-Identifier: Apache-2.0 */
/* setup.h: what operators set up (facilities, benefits, issuers, kiosks,
 * operators, policy) and what a new kiosk does (enrolment). A request is read
 * into a change on any thread, the change runs once inside a ledger's call,
 * and then holds its reply. Every change leaves a row in the audit trail.
 *
 *	loop    change = setup_facility_add(body, &problem);
 *	ledger  result = setup_run(change, store, &env, actor, now_ms);
 *	        job->remake_snapshot = setup_changed(change);
 *	loop    setup_problem(change), or setup_status and setup_reply
 */
#ifndef OAP_SETUP_H
#define OAP_SETUP_H

#include <jansson.h>

#include "problem.h"
#include "snapshot.h"
#include "store.h"
#include "talk.h"
#include "tls.h"

struct setup_change;

/* What set-up needs of the daemon; outlives every change. */
struct setup_env {
	const char *public_url; /* goes into enrolment codes */
	struct tls *tls; /* of the listener, for its pin; NULL: plain HTTP */
	const uint8_t *service_pk; /* 32 bytes */
	uint64_t code_life_s;	   /* of an enrolment code */
	/* The kernel's random bytes (randombytes_buf). */
	void (*random)(void *buf, size_t n);
};
#define ENROL_CODE_LIFE_S 900

/* Each takes a JSON body (borrowed; may be freed at once) and gives a change,
 * or NULL and a problem: 400 for what can be seen without the store. */
struct setup_change *setup_facility_add(const json_t *body, struct problem *p)
    OAP_CHECKED;
struct setup_change *setup_facility_set(const char *id, const json_t *body,
					struct problem *p) OAP_CHECKED;
struct setup_change *setup_benefit_add(const json_t *body, struct problem *p)
    OAP_CHECKED;
struct setup_change *setup_benefit_set(const char *id, const json_t *body,
				       struct problem *p) OAP_CHECKED;
struct setup_change *setup_issuer_add(const json_t *body, struct problem *p)
    OAP_CHECKED;
struct setup_change *setup_issuer_set(const char *iss, const json_t *body,
				      struct problem *p) OAP_CHECKED;
struct setup_change *setup_kiosk_add(const json_t *body, struct problem *p)
    OAP_CHECKED;
struct setup_change *setup_kiosk_set(const char *kid, const json_t *body,
				     struct problem *p) OAP_CHECKED;
struct setup_change *setup_operator_add(const json_t *body, struct problem *p)
    OAP_CHECKED;
struct setup_change *setup_operator_set(const char *id, const json_t *body,
					struct problem *p) OAP_CHECKED;
struct setup_change *setup_policy_set(const json_t *body, struct problem *p)
    OAP_CHECKED;
/* An enrolment or key roll that enrolment_read took; copied. */
struct setup_change *setup_enrol(const struct enrolment *e, struct problem *p)
    OAP_CHECKED;
void setup_free(struct setup_change *change); /* takes NULL */

/* Ledger thread, inside a transaction. actor is for the audit trail: an
 * operator's id, "uid:0" for the Unix socket, "kiosk" for an enrolment.
 * STORE_OK keeps what it wrote: the change, or the alarm of a refusal (see
 * setup_problem); STORE_NONE and STORE_EXISTS are refusals that leave nothing;
 * STORE_FAILED fails the job. */
enum store_result setup_run(struct setup_change *change, struct store *store,
			    const struct setup_env *env, const char *actor,
			    int64_t now_ms) OAP_CHECKED;
/* Whether a new snapshot is due. */
bool setup_changed(const struct setup_change *change);
/* After the run: why it was refused, or NULL when it was carried out. */
const struct problem *setup_problem(const struct setup_change *change);
/* 200 or 201. */
int setup_status(const struct setup_change *change);
/* The object as it is now; a new reference is not made. It holds a secret
 * when an operator's token or an enrolment code is new: never logged. */
json_t *setup_reply(const struct setup_change *change);

/* To be run as a ledger call every minute: what happens without a request
 * (the old key of a kiosk is rolled once its new key has reported). *changed:
 * a new snapshot is due. */
enum store_result setup_tick(struct store *store, int64_t now_ms,
			     bool *changed) OAP_CHECKED;

#endif
