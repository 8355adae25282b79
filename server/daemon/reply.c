/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c: replies. evhttp writes them; what it gets wrong by itself (HEAD,
 * content types, connections that are to close) is put right here. */
#include "reply.h"

#include <event2/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "loop.h"

#define RETRY_BUSY_S 1	      /* a queue empties within one */
#define RETRY_UNAVAILABLE_S 5 /* somebody has to make room */

static const struct {
	int status;
	const char *title;
} titles[] = {
    {200, "OK"},
    {201, "Created"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
};

static const char *title_of(int status)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Unknown";
}

bool reply_header(struct request *r, const char *name, const char *value)
{
	return evhttp_add_header(evhttp_request_get_output_headers(r->ev), name,
				 value) == 0;
}

/* Sends what stands in the output buffer, and ends the request. */
static void send_reply(struct request *r, int status, const char *type)
{
	struct evbuffer *out = evhttp_request_get_output_buffer(r->ev);
	struct evhttp_request *ev = r->ev;
	struct conn *conn = r->conn;
	char length[24];

	if (type != NULL)
		reply_header(r, "Content-Type", type);
	reply_header(r, "X-Content-Type-Options", "nosniff");
	if (loop_is_draining(r->loop) || conn_over_limit(r->conn))
		reply_header(r, "Connection", "close");
	if (r->head && status != 304) {
		snprintf(length, sizeof(length), "%zu",
			 evbuffer_get_length(out));
		reply_header(r, "Content-Length", length);
		evbuffer_drain(out, evbuffer_get_length(out));
	}
	r->service->traffic.replies[status / 100]++;
	request_free(r);
	conn_reply(conn, evbuffer_get_length(out));
	evhttp_send_reply(ev, status, title_of(status), NULL);
}

void reply_bytes(struct request *r, int status, const char *type,
		 struct bytes body)
{
	struct evbuffer *out = evhttp_request_get_output_buffer(r->ev);

	if (evbuffer_add(out, body.p, body.n) != 0) {
		reply_unavailable(r);
		return;
	}
	send_reply(r, status, type);
}

static void let_go_text(const void *data, size_t n, void *text)
{
	(void)data, (void)n;
	free(text);
}

void reply_json(struct request *r, int status, json_t *value)
{
	char *text = value != NULL ? json_dumps(value, JSON_COMPACT) : NULL;
	struct evbuffer *out = evhttp_request_get_output_buffer(r->ev);

	json_decref(value);
	if (text == NULL ||
	    evbuffer_add_reference(out, text, strlen(text), let_go_text,
				   text) != 0) {
		free(text);
		reply_unavailable(r);
		return;
	}
	send_reply(r, status, TYPE_JSON);
}

static void let_go_snapshot(const void *data, size_t n, void *snapshot)
{
	(void)data, (void)n;
	snapshot_drop(snapshot);
}

/* RFC 9110 section 13.1.2, as far as one entity has one strong tag. */
static bool is_known(struct request *r, const char *quoted)
{
	const char *have = evhttp_find_header(
	    evhttp_request_get_input_headers(r->ev), "If-None-Match");

	return have != NULL &&
	       (strcmp(have, "*") == 0 || strstr(have, quoted) != NULL);
}

void reply_snapshot(struct request *r, const char *type, const char *etag,
		    struct bytes body)
{
	struct evbuffer *out = evhttp_request_get_output_buffer(r->ev);
	char quoted[ETAG_MAX];

	snprintf(quoted, sizeof(quoted), "\"%s\"", etag);
	reply_header(r, "ETag", quoted);
	reply_header(r, "Cache-Control", "no-cache");
	if (is_known(r, quoted)) {
		send_reply(r, 304, NULL);
		return;
	}
	snapshot_hold(r->snapshot);
	if (evbuffer_add_reference(out, body.p, body.n, let_go_snapshot,
				   r->snapshot) != 0) {
		snapshot_drop(r->snapshot);
		reply_unavailable(r);
		return;
	}
	send_reply(r, 200, type);
}

/* Without memory of its own, so that it can say that there is none. */
static void put_json_text(struct evbuffer *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			evbuffer_add(out, "\\", 1);
		evbuffer_add(out, text, 1);
	}
}

void reply_problem(struct request *r, const struct problem *p)
{
	struct evbuffer *out = evhttp_request_get_output_buffer(r->ev);
	char seconds[8];

	evbuffer_drain(out, evbuffer_get_length(out));
	evbuffer_add_printf(out,
			    "{\"type\":\"%s%s\",\"title\":\"%s\","
			    "\"status\":%d,\"detail\":\"",
			    p->slug != NULL ? "urn:oap:" : "about:blank",
			    p->slug != NULL ? p->slug : "",
			    title_of(p->status), p->status);
	put_json_text(out, p->detail);
	evbuffer_add(out, "\"", 1);
	if (p->verdict != VERDICT_NONE)
		evbuffer_add_printf(out, ",\"verdict\":\"%s\"",
				    verdict_name(p->verdict));
	evbuffer_add(out, "}", 1);
	if (p->status == 503) {
		snprintf(seconds, sizeof(seconds), "%d",
			 p->verdict == VERDICT_BUSY ? RETRY_BUSY_S
						    : RETRY_UNAVAILABLE_S);
		reply_header(r, "Retry-After", seconds);
	}
	if (p->status == 401)
		reply_header(r, "WWW-Authenticate", "Bearer");
	log_debug("%d: %s", p->status, p->detail);
	send_reply(r, p->status, "application/problem+json");
}

void reply_refusal(struct request *r, int status, const char *slug,
		   const char *format, ...)
{
	struct problem p = {.status = 0};
	char text[PROBLEM_DETAIL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	problem_set(&p, status, slug, "%s", text);
	reply_problem(r, &p);
}

void reply_busy(struct request *r, const char *what)
{
	struct problem p = {.status = 0};

	problem_set(&p, 503, "busy", "%s; try again in a second", what);
	p.verdict = VERDICT_BUSY;
	reply_problem(r, &p);
}

void reply_unavailable(struct request *r)
{
	struct problem p = {.status = 0};

	problem_unavailable(&p);
	reply_problem(r, &p);
}
