/* SPDX-License-Identifier: Apache-2.0 */
/* web.h: the agent's HTTP side: connections, the checks that every call has in
 * common, and replies. All of it belongs to the loop's thread. */
#ifndef OAP_AGENT_WEB_H
#define OAP_AGENT_WEB_H

#include <event2/http.h>
#include <jansson.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "agent.h"
#include "conn.h"

struct web;

/* One request, from its last byte to its reply. A handler replies at once, or
 * gives it to a job and replies when that comes home; whichever reply_* it
 * calls ends the call and frees it. */
struct call {
	LIST_ENTRY(call) link;
	struct agent *agent;
	struct evhttp_request *ev;
	struct conn *conn;
	bool head;    /* HEAD: a GET without the body */
	json_t *body; /* an object, of a POST or PATCH */
};

/* Takes fd, which listens. NULL: out of memory. */
struct web *web_new(struct agent *a, int fd);
/* Takes no more connections and no more calls. */
void web_drain(struct web *w);
/* Nobody waits for a reply any more. */
bool web_has_answered(const struct web *w);
/* And each reply has been taken, too. */
bool web_is_quiet(const struct web *w);
void web_free(struct web *w); /* takes NULL */

/* Takes value. */
void reply_json(struct call *c, int status, json_t *value);
void reply_bytes(struct call *c, const char *type, const void *bytes,
		 size_t n);
/* RFC 9457; slug: "urn:oap:agent:SLUG" is its type. */
void reply_problem(struct call *c, int status, const char *slug,
		   const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The call becomes a stream of events; false: it was refused. */
bool reply_stream(struct call *c);

#endif
