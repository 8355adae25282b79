/* SPDX-License-Identifier: Apache-2.0 */
/* streams.h: who is told what happens: replies to GET /events that go on
 * (server-sent events). All of it belongs to the loop's thread. */
#ifndef OAP_AGENT_STREAMS_H
#define OAP_AGENT_STREAMS_H

#include <event2/http.h>
#include <jansson.h>
#include <stdbool.h>

#include "conn.h"

struct stream;

/* All zero at first. */
struct streams {
	struct stream *first;
	unsigned count;
};

/* False: there are too many, or no memory; ev is to be answered otherwise.
 * Else it is the stream's. */
bool streams_add(struct streams *s, struct evhttp_request *ev,
		 struct conn *conn) __attribute__((warn_unused_result));
/* To all; who is too far behind is let go. Takes value, which may be NULL. */
void streams_tell(struct streams *s, const char *event, json_t *value);
/* To the one that was added last. Takes value. */
void streams_tell_newest(struct streams *s, const char *event, json_t *value);
/* A sign of life. */
void streams_beat(struct streams *s);
/* Ends all of them. */
void streams_end(struct streams *s);

#endif
