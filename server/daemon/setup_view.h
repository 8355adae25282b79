/* SPDX-License-Identifier: Apache-2.0 */
/* setup_view.h: set-up read back as JSON, on a read-only handle (the report
 * thread's), or on the ledger's inside a transaction. */
#ifndef OAP_SETUP_VIEW_H
#define OAP_SETUP_VIEW_H

#include <jansson.h>

#include "param.h"
#include "store.h"

enum setup_kind {
	SETUP_FACILITY,
	SETUP_BENEFIT,
	SETUP_ISSUER,
	SETUP_KIOSK,
	SETUP_OPERATOR,
	SETUP_POLICY, /* has no id */
	SETUP_KIND_COUNT
};

/* "facilities", …: the path below /v1 and the member of the list. */
const char *setup_kind_plural(enum setup_kind kind);

/* {"facilities": […]}, ascending by id; the policy is one object. */
enum store_result setup_view_list(struct store *s, enum setup_kind kind,
				  json_t **out) OAP_CHECKED;
/* One object by id (kid in hex for a kiosk); STORE_NONE fills the problem. */
enum store_result setup_view_one(struct store *s, enum setup_kind kind,
				 const char *id, json_t **out,
				 struct problem *p) OAP_CHECKED;

/* {"audit": […], "cursor"}: newest first; parameters limit and cursor.
 * STORE_NONE: a parameter was refused, see the problem. */
enum store_result setup_view_audit(struct store *s, struct params params,
				   json_t **out, struct problem *p)
    OAP_CHECKED;

#endif
