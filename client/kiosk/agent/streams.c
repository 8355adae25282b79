/* SPDX-License-Identifier: Apache-2.0 */
/* streams.c: an event is "event: NAME", "data: JSON" on one line, and an empty
 * line. */
#include "streams.h"

#include <event2/buffer.h>
#include <stdlib.h>

#include "bounds.h"

struct stream {
	struct stream *next;
	struct streams *all;
	struct evhttp_request *ev; /* NULL: it was ended, and hears no more */
	struct conn *conn;
	bool doomed;
};

static void unlink_stream(struct stream *s)
{
	struct stream **p = &s->all->first;

	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	s->all->count--;
}

/* Its client went. evhttp has let go of the request, unless it is evhttp that
 * ends. */
static void on_gone(void *arg)
{
	struct stream *s = arg;

	if (s->ev != NULL && evhttp_request_get_connection(s->ev) == NULL)
		evhttp_request_free(s->ev);
	unlink_stream(s);
	free(s);
}

bool streams_add(struct streams *all, struct evhttp_request *ev,
		 struct conn *conn)
{
	struct stream *s;

	if (all->count >= STREAMS)
		return false;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return false;
	s->all = all;
	s->ev = ev;
	s->conn = conn;
	s->next = all->first;
	all->first = s;
	all->count++;
	evhttp_send_reply_start(ev, 200, "OK");
	conn_stream(conn, on_gone, s);
	return true;
}

static void send_to(struct stream *s, struct evbuffer *text)
{
	struct evbuffer *copy;

	if (s->doomed || s->ev == NULL)
		return;
	copy = evbuffer_new();
	if (conn_waiting(s->conn) > STREAM_WAITING || copy == NULL ||
	    evbuffer_add(copy, evbuffer_pullup(text, -1),
			 evbuffer_get_length(text)) != 0) {
		/* Told half of it, a page would be wrong; told to come back,
		 * it asks for all. */
		s->doomed = true;
		conn_doom(s->conn);
	} else {
		evhttp_send_reply_chunk(s->ev, copy);
	}
	if (copy != NULL)
		evbuffer_free(copy);
}

static struct evbuffer *write_event(const char *event, json_t *value)
{
	struct evbuffer *text = evbuffer_new();
	char *json = value != NULL ? json_dumps(value, JSON_COMPACT) : NULL;

	json_decref(value);
	if (text != NULL)
		evbuffer_add_printf(text, "event: %s\ndata: %s\n\n", event,
				    json != NULL ? json : "{}");
	free(json);
	return text;
}

void streams_tell(struct streams *all, const char *event, json_t *value)
{
	struct evbuffer *text = write_event(event, value);

	for (struct stream *s = all->first; s != NULL && text != NULL;
	     s = s->next)
		send_to(s, text);
	if (text != NULL)
		evbuffer_free(text);
}

void streams_tell_newest(struct streams *all, const char *event, json_t *value)
{
	struct evbuffer *text = write_event(event, value);

	if (text == NULL)
		return;
	if (all->first != NULL)
		send_to(all->first, text);
	evbuffer_free(text);
}

void streams_beat(struct streams *all)
{
	struct evbuffer *text = evbuffer_new();

	if (text == NULL)
		return;
	evbuffer_add(text, ":\n\n", 3);
	for (struct stream *s = all->first; s != NULL; s = s->next)
		send_to(s, text);
	evbuffer_free(text);
}

/* The request is evhttp's again with the reply's end. */
void streams_end(struct streams *all)
{
	for (struct stream *s = all->first; s != NULL; s = s->next) {
		struct evhttp_request *ev = s->ev;

		s->ev = NULL;
		if (ev != NULL)
			evhttp_send_reply_end(ev);
	}
}
