/* SPDX-License-Identifier: Apache-2.0 */
/* desk.h: what every issuing command opens first: the office, its signing
 * key, the press; and how one pass goes over it. */
#ifndef ISSUER_DESK_H
#define ISSUER_DESK_H

#include "command.h"
#include "handover.h"
#include "office.h"
#include "enlist.h"
#include "press.h"

struct desk {
	const struct options *o;
	struct office office;
	struct city_key *key;
	struct press press;
	struct enlisting enlisting;
};

bool desk_open(struct desk *desk, const struct options *o,
	       const struct world *world, struct fault *fault) OAP_CHECKED;
/* Also after desk_open refused. */
void desk_close(struct desk *desk);

/* --from, and --days or --until: q->exp stays 0 when neither is given. */
bool desk_take_validity(const struct options *o, uint64_t now,
			struct request *q, struct fault *fault) OAP_CHECKED;
/* "already issued: pass …, adult, valid, until …; what to do". */
void desk_already(const struct pass_record *record, struct fault *fault);
/* Says so when a new status list was begun. */
void desk_tell_list_opened(const struct desk *desk);

/* Enters one pass in a transaction of its own and hands it over. request is
 * NULL for a pass of that id issued anew. */
int desk_one(struct desk *desk, const struct request *request,
	     const uint8_t *cti, const struct renewal *renewal,
	     struct bytes hint, struct fault *fault) OAP_CHECKED;

#endif
