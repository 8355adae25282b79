/* SPDX-License-Identifier: Apache-2.0 */
/* reply.h: the ways in which a request is answered. Each ends it. */
#ifndef OAP_REPLY_H
#define OAP_REPLY_H

#include "request.h"

#define TYPE_JSON "application/json"
#define TYPE_COSE "application/cose"

/* Before one of the others; false when the value is no header's. */
bool reply_header(struct request *r, const char *name, const char *value);

/* Takes the reference; NULL (no memory for it) is answered 503. */
void reply_json(struct request *r, int status, json_t *value);
/* Copies the body. */
void reply_bytes(struct request *r, int status, const char *type,
		 struct bytes body);
/* For what lives in r->snapshot: not copied, but held until it is sent. */
void reply_snapshot(struct request *r, const char *type, const char *etag,
		    struct bytes body);
void reply_problem(struct request *r, const struct problem *p);
/* A problem in one call; see problem_set. */
void reply_refusal(struct request *r, int status, const char *slug,
		   const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* 503 with the verdict busy, or unavailable. */
void reply_busy(struct request *r, const char *what);
void reply_unavailable(struct request *r);

#endif
