/* SPDX-License-Identifier: Apache-2.0 */
/* handover.h: gives out one signed pass, as --out says, and tells its id. */
#ifndef ISSUER_HANDOVER_H
#define ISSUER_HANDOVER_H

#include "options.h"
#include "press.h"
#include "render.h"

/* Judges --out; "-" when there is none. */
bool handover_form(const struct options *o, enum form *form,
		   struct fault *fault) OAP_CHECKED;

struct handover {
	const struct options *o;
	enum form form;
	struct output *out; /* NULL: --json alone goes to stdout */
	bool written;	    /* to a file, whole */
};

/* Opens what the pass goes to, so that nothing is issued that cannot be
 * written. */
bool handover_open(struct handover *h, const struct options *o,
		   const struct identity *identity, struct bytes hint,
		   struct fault *fault) OAP_CHECKED;
/* The row is durable. With a file, the pass id goes to stdout; with "-" the
 * code does; with --json both, and more. All of it is out when this returns
 * true. */
bool handover_put(struct handover *h, const struct press *press,
		  const struct pass_record *record, struct bytes hint,
		  struct fault *fault) OAP_CHECKED;
/* Also after a put, or when there was none. */
void handover_close(struct handover *h);

#endif
