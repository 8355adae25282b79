/* SPDX-License-Identifier: Apache-2.0 */
/* request.h: what one resident is to get, from the command line or from a row
 * of a CSV file, field by field. */
#ifndef ISSUER_REQUEST_H
#define ISSUER_REQUEST_H

#include "fault.h"
#include "limits.h"
#include "pass.h"

struct request {
	size_t line; /* of the CSV file; 0: the command line */
	size_t ref_n;
	char ref[REF_MAX + 1]; /* "" when none is given */
	bool has_class;
	enum pass_class class;
	uint64_t exp; /* seconds; 0: not given */
	uint32_t days; /* when its length was given; 0: its end was */
	uint64_t iat; /* when it begins in the past; 0: now */
	uint64_t nbf; /* when it begins in the future; 0: at once */
	size_t hint_n;
	char hint[HINT_MAX + 1];
	bool has_holder;
	uint8_t holder[32];
};

/* Each takes one field as text and judges it. */
bool request_ref(struct request *q, struct bytes text, struct fault *fault)
    OAP_CHECKED;
bool request_class(struct request *q, struct bytes text, struct fault *fault)
    OAP_CHECKED;
/* When the validity begins; before the two that say when it ends. */
bool request_from(struct request *q, struct bytes text, uint64_t now,
		  struct fault *fault) OAP_CHECKED;
/* So many days from its beginning, or up to a time. An end that is over is
 * taken only when over_too is set, and after a beginning that was given. */
bool request_days(struct request *q, struct bytes text, uint64_t now,
		  bool over_too, struct fault *fault) OAP_CHECKED;
bool request_until(struct request *q, struct bytes text, uint64_t now,
		   bool over_too, struct fault *fault) OAP_CHECKED;
bool request_hint(struct request *q, struct bytes text, struct fault *fault)
    OAP_CHECKED;
bool request_holder(struct request *q, struct bytes text,
		    struct fault *fault) OAP_CHECKED;

struct bytes request_ref_view(const struct request *q);
struct bytes request_hint_view(const struct request *q);

#endif
