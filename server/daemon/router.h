/* SPDX-License-Identifier: Apache-2.0 */
/* router.h: which handler a request goes to, and what must hold before: one
 * table of method, path, who may ask, and what kind of body it has. */
#ifndef OAP_ROUTER_H
#define OAP_ROUTER_H

#include "request.h"

enum access {
	ACCESS_OPEN,	 /* the message is its own proof, or it is public */
	ACCESS_MONITOR,	 /* the local socket, or where the listener allows it */
	ACCESS_VIEWER,
	ACCESS_OPERATOR,
	ACCESS_ADMIN
};

enum body_kind { BODY_NONE, BODY_CBOR, BODY_JSON };

struct route {
	enum evhttp_cmd_type method;
	/* Segments of text, {} for one that is an argument. */
	const char *path;
	enum access access;
	enum body_kind body;
	size_t body_max;
	void (*handle)(struct request *r);
	int what; /* the handler's: which of several resources */
};

const struct route *router_table(size_t *count);
/* Finds the route, checks access and body, and calls its handler; else
 * replies. */
void router_handle(struct request *r);

#endif
