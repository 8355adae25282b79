/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c: what goes back. evhttp writes it; what it gets wrong by itself
 * (HEAD, content types) is put right here. */
#include <event2/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web_inside.h"

#define DETAIL_TEXT 640 /* a problem of the library, and some words */

static const struct {
	const char *name, *value;
} HEADERS[] = {
    {"Cache-Control", "no-store"},
    /* Nothing from elsewhere, nothing inline, in no frame of others. */
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; "
     "img-src 'self'; connect-src 'self'; base-uri 'none'; "
     "form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
};

static const char *title_of(int status)
{
	static const struct {
		int status;
		const char *title;
	} TITLES[] = {
	    {200, "OK"},
	    {400, "Bad Request"},
	    {401, "Unauthorized"},
	    {403, "Forbidden"},
	    {404, "Not Found"},
	    {405, "Method Not Allowed"},
	    {409, "Conflict"},
	    {413, "Content Too Large"},
	    {415, "Unsupported Media Type"},
	    {500, "Internal Server Error"},
	    {503, "Service Unavailable"},
	};

	for (size_t i = 0; i < sizeof(TITLES) / sizeof(*TITLES); i++)
		if (TITLES[i].status == status)
			return TITLES[i].title;
	return "Unknown";
}

static void put_headers(struct call *c, const char *type)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(c->ev);

	evhttp_add_header(out, "Content-Type", type);
	for (size_t i = 0; i < sizeof(HEADERS) / sizeof(*HEADERS); i++)
		evhttp_add_header(out, HEADERS[i].name, HEADERS[i].value);
	if (c->agent->ending || conn_over_limit(c->conn))
		evhttp_add_header(out, "Connection", "close");
}

static void send_reply(struct call *c, int status, const char *type)
{
	struct evbuffer *out = evhttp_request_get_output_buffer(c->ev);
	struct evhttp_request *ev = c->ev;
	struct conn *conn = c->conn;
	char length[24];

	put_headers(c, type);
	if (c->head) {
		snprintf(length, sizeof(length), "%zu",
			 evbuffer_get_length(out));
		evhttp_add_header(evhttp_request_get_output_headers(ev),
				  "Content-Length", length);
		evbuffer_drain(out, evbuffer_get_length(out));
	}
	call_free(c);
	conn_reply(conn);
	evhttp_send_reply(ev, status, title_of(status), NULL);
}

void reply_json(struct call *c, int status, json_t *value)
{
	char *text = value != NULL ? json_dumps(value, JSON_COMPACT) : NULL;

	json_decref(value);
	if (text == NULL ||
	    evbuffer_add(evhttp_request_get_output_buffer(c->ev), text,
			 strlen(text)) != 0) {
		free(text);
		reply_problem(c, 503, "no-memory", "out of memory");
		return;
	}
	free(text);
	send_reply(c, status, "application/json");
}

void reply_bytes(struct call *c, const char *type, const void *bytes, size_t n)
{
	if (evbuffer_add_reference(evhttp_request_get_output_buffer(c->ev),
				   bytes, n, NULL, NULL) != 0)
		reply_problem(c, 503, "no-memory", "out of memory");
	else
		send_reply(c, 200, type);
}

/* What came from outside may stand in the sentence. */
static json_t *plain(char *text)
{
	json_t *value;

	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	value = json_string(text);
	return value != NULL ? value : json_string("(not UTF-8)");
}

void reply_problem(struct call *c, int status, const char *slug,
		   const char *format, ...)
{
	struct evbuffer *out = evhttp_request_get_output_buffer(c->ev);
	struct evkeyvalq *headers = evhttp_request_get_output_headers(c->ev);
	char detail[DETAIL_TEXT], *text;
	va_list args;
	json_t *o;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	o = json_pack("{s:s+, s:s, s:i, s:o}", "type", "urn:oap:agent:", slug,
		      "title", title_of(status), "status", status, "detail",
		      plain(detail));
	text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	evbuffer_drain(out, evbuffer_get_length(out));
	evbuffer_add_printf(out, "%s", text != NULL ? text : "{}");
	free(text);
	if (status == 503)
		evhttp_add_header(headers, "Retry-After", "1");
	if (status == 401)
		evhttp_add_header(headers, "WWW-Authenticate", "Bearer");
	send_reply(c, status, "application/problem+json");
}

bool reply_stream(struct call *c)
{
	struct streams *streams = &c->agent->streams;

	if (streams->count >= STREAMS) {
		reply_problem(c, 503, "too-many-streams",
			      "%d readers of events are all that there may "
			      "be; close a page", STREAMS);
		return false;
	}
	put_headers(c, "text/event-stream");
	if (!streams_add(streams, c->ev, c->conn)) {
		reply_problem(c, 503, "no-memory", "out of memory");
		return false;
	}
	call_free(c);
	return true;
}
