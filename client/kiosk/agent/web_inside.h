/* SPDX-License-Identifier: Apache-2.0 */
/* web_inside.h: what the files of the HTTP side know of each other. */
#ifndef OAP_AGENT_WEB_INSIDE_H
#define OAP_AGENT_WEB_INSIDE_H

#include "web.h"

#define MEMBERS_MAX 6

struct route {
	enum evhttp_cmd_type method;
	const char *path;
	void (*handle)(struct call *c);
	const char *members[MEMBERS_MAX]; /* that its body may have */
};

/* Ends with a NULL path. */
extern const struct route ROUTES[];

void call_free(struct call *c);

#endif
