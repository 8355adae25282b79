/* SPDX-License-Identifier: Apache-2.0 */
/* web.c: from a connection to a call that may be made. In this order: is there
 * room, is it our own address that was meant, what is asked, who asks, is it
 * JSON of the right size. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "page.h"
#include "web_inside.h"

struct web {
	struct agent *agent;
	struct evhttp *http;
	struct evconnlistener *listener; /* NULL: closed */
	struct evhttp_bound_socket *bound;
	struct conn_table *conns;
	struct event *sweep, *beat;
	LIST_HEAD(, call) calls;
};

/* --------------------------------------------------------------- checks */

static const char *header(struct call *c, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(c->ev),
				  name);
}

static bool is_ours(struct call *c)
{
	const struct guard *g = &c->agent->guard;

	if (!guard_host(g, header(c, "Host"))) {
		reply_problem(c, 403, "host",
			      "Host: must be %s, where this kiosk listens",
			      g->host[0]);
		return false;
	}
	if (!guard_origin(g, header(c, "Origin"))) {
		reply_problem(c, 403, "origin",
			      "Origin: pages of others may not call this "
			      "kiosk");
		return false;
	}
	return true;
}

/* Browsers say so since some years; programs need not. */
static bool is_another_site(struct call *c)
{
	const char *site = header(c, "Sec-Fetch-Site");

	return site != NULL && strcmp(site, "same-origin") != 0 &&
	       strcmp(site, "none") != 0;
}

static bool may_call(struct call *c)
{
	if (is_another_site(c)) {
		reply_problem(c, 403, "origin",
			      "Sec-Fetch-Site: pages of others may not call "
			      "this kiosk");
		return false;
	}
	if (!guard_bearer(&c->agent->guard, header(c, "Authorization"))) {
		reply_problem(c, 401, "token",
			      "Authorization: must be \"Bearer\" and this "
			      "kiosk's token");
		return false;
	}
	if (c->agent->ending) {
		reply_problem(c, 503, "ending", "this kiosk is being stopped");
		return false;
	}
	return true;
}

static bool is_json(const char *type)
{
	static const char JSON[] = "application/json";
	size_t n = sizeof(JSON) - 1;

	return type != NULL && strncasecmp(type, JSON, n) == 0 &&
	       (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

static bool knows_member(const struct route *r, const char *name)
{
	for (size_t i = 0; i < MEMBERS_MAX && r->members[i] != NULL; i++)
		if (strcmp(r->members[i], name) == 0)
			return true;
	return false;
}

static bool check_members(struct call *c, const struct route *r)
{
	const char *name;
	json_t *value;

	json_object_foreach(c->body, name, value) {
		if (!knows_member(r, name)) {
			reply_problem(c, 400, "body", "\"%.64s\": unknown; "
				      "openapi.yaml says what %s takes",
				      name, r->path);
			return false;
		}
	}
	return true;
}

static bool read_body(struct call *c, const struct route *r)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(c->ev);
	size_t n = evbuffer_get_length(in);
	json_error_t error;

	if (!is_json(header(c, "Content-Type"))) {
		reply_problem(c, 415, "content-type",
			      "Content-Type: must be application/json");
		return false;
	}
	if (n > BODY_MAX) {
		reply_problem(c, 413, "body", "the body is over %d bytes",
			      BODY_MAX);
		return false;
	}
	c->body = json_loadb(n > 0 ? (char *)evbuffer_pullup(in, -1) : "", n,
			     JSON_REJECT_DUPLICATES, &error);
	if (c->body == NULL) {
		reply_problem(c, 400, "body", "the body is no JSON: %s",
			      error.text);
		return false;
	}
	if (!json_is_object(c->body)) {
		reply_problem(c, 400, "body", "the body must be an object");
		return false;
	}
	return check_members(c, r);
}

/* --------------------------------------------------------------- routes */

static const char *method_name(enum evhttp_cmd_type method)
{
	return method == EVHTTP_REQ_GET	   ? "GET, HEAD"
	       : method == EVHTTP_REQ_POST ? "POST"
					   : "PATCH";
}

static void refuse_method(struct call *c, const char *path)
{
	char allowed[32] = "";

	if (page_find(path) != NULL)
		snprintf(allowed, sizeof(allowed), "GET, HEAD");
	for (const struct route *r = ROUTES; r->path != NULL; r++)
		if (strcmp(r->path, path) == 0)
			snprintf(allowed + strlen(allowed),
				 sizeof(allowed) - strlen(allowed), "%s%s",
				 allowed[0] != '\0' ? ", " : "",
				 method_name(r->method));
	if (allowed[0] == '\0') {
		reply_problem(c, 404, "path", "\"%.64s\": there is no such "
			      "thing here", path);
		return;
	}
	evhttp_add_header(evhttp_request_get_output_headers(c->ev), "Allow",
			  allowed);
	reply_problem(c, 405, "method", "this path takes %s only", allowed);
}

static const struct route *find_route(enum evhttp_cmd_type method,
				      const char *path)
{
	for (const struct route *r = ROUTES; r->path != NULL; r++)
		if (r->method == method && strcmp(r->path, path) == 0)
			return r;
	return NULL;
}

static void dispatch(struct call *c)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(c->ev);
	const char *path = evhttp_uri_get_path(uri);
	enum evhttp_cmd_type method = evhttp_request_get_command(c->ev);
	const struct page_file *file;
	const struct route *r;

	path = path != NULL && path[0] != '\0' ? path : "/";
	if (method == EVHTTP_REQ_HEAD)
		method = EVHTTP_REQ_GET;
	file = method == EVHTTP_REQ_GET ? page_find(path) : NULL;
	r = find_route(method, path);
	if (file != NULL)
		reply_bytes(c, file->type, file->bytes, file->n);
	else if (r == NULL)
		refuse_method(c, path);
	else if (may_call(c) &&
		 (method == EVHTTP_REQ_GET || read_body(c, r)))
		r->handle(c);
}

static struct call *call_new(struct web *w, struct evhttp_request *ev)
{
	struct conn *conn = conn_of(w->conns, ev);
	struct call *c = conn != NULL ? calloc(1, sizeof(*c)) : NULL;

	if (c == NULL)
		return NULL;
	c->agent = w->agent;
	c->ev = ev;
	c->conn = conn;
	c->head = evhttp_request_get_command(ev) == EVHTTP_REQ_HEAD;
	LIST_INSERT_HEAD(&w->calls, c, link);
	conn_handle(conn, ev);
	return c;
}

void call_free(struct call *c)
{
	LIST_REMOVE(c, link);
	json_decref(c->body);
	free(c);
}

static void on_request(struct evhttp_request *ev, void *arg)
{
	struct web *w = arg;
	struct call *c = call_new(w, ev);

	if (c == NULL) {
		evhttp_add_header(evhttp_request_get_output_headers(ev),
				  "Connection", "close");
		evhttp_send_error(ev, 503, NULL);
		return;
	}
	if (conn_over_limit(c->conn))
		reply_problem(c, 503, "too-many-connections",
			      "%d connections are all that there may be",
			      CONNECTIONS);
	else if (is_ours(c))
		dispatch(c);
}

/* ---------------------------------------------------------- connections */

static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
	struct web *w = arg;
	struct bufferevent *bev = conn_new(base, w->conns);

	/* The next sweep looks again. */
	if (!conn_may_accept(w->conns) && w->listener != NULL)
		evconnlistener_disable(w->listener);
	return bev;
}

/* Descriptors or memory have run out: else accept would be tried without a
 * pause. The next sweep listens again. */
static void on_accept_error(struct evconnlistener *listener, void *http)
{
	(void)http;
	complain("accept: %s; no connection is taken for a moment",
		 strerror(errno));
	evconnlistener_disable(listener);
}

static void on_sweep(evutil_socket_t none, short events, void *arg)
{
	struct web *w = arg;

	(void)none, (void)events;
	conn_sweep(w->conns, w->agent->ending);
	if (w->listener != NULL && conn_may_accept(w->conns))
		evconnlistener_enable(w->listener);
}

static void on_beat(evutil_socket_t none, short events, void *arg)
{
	struct web *w = arg;

	(void)none, (void)events;
	streams_beat(&w->agent->streams);
}

/* ------------------------------------------------------------ life time */

static struct event *every(struct web *w, int ms, event_callback_fn run)
{
	struct timeval tv = {ms / 1000, ms % 1000 * 1000};
	struct event *e =
	    event_new(w->agent->base, -1, EV_PERSIST, run, w);

	if (e != NULL && event_add(e, &tv) != 0) {
		event_free(e);
		e = NULL;
	}
	return e;
}

/* Takes fd. */
static bool bind_listener(struct web *w, int fd)
{
	w->listener = evconnlistener_new(
	    w->agent->base, NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (w->listener == NULL) {
		close(fd);
		return false;
	}
	w->bound = evhttp_bind_listener(w->http, w->listener);
	if (w->bound == NULL) {
		evconnlistener_free(w->listener);
		return false;
	}
	/* After it was bound, which sets one of its own. */
	evconnlistener_set_error_cb(w->listener, on_accept_error);
	return true;
}

static void set_up(struct web *w)
{
	evhttp_set_bevcb(w->http, on_connection, w);
	evhttp_set_gencb(w->http, on_request, w);
	evhttp_set_max_headers_size(w->http, HEAD_MAX);
	evhttp_set_max_body_size(w->http, BODY_CUT);
	/* Unknown methods, too, so that they get a problem, not a page. */
	evhttp_set_allowed_methods(w->http, 0xffff);
	evhttp_set_default_content_type(w->http, NULL);
}

struct web *web_new(struct agent *a, int fd)
{
	struct web *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		close(fd);
		return NULL;
	}
	LIST_INIT(&w->calls);
	w->agent = a;
	w->conns = conn_table_new();
	w->http = evhttp_new(a->base);
	if (w->conns == NULL || w->http == NULL) {
		close(fd);
		web_free(w);
		return NULL;
	}
	set_up(w);
	w->sweep = every(w, SWEEP_MS, on_sweep);
	w->beat = every(w, BEAT_MS, on_beat);
	if (bind_listener(w, fd) && w->sweep != NULL && w->beat != NULL)
		return w;
	web_free(w);
	return NULL;
}

void web_drain(struct web *w)
{
	evhttp_del_accept_socket(w->http, w->bound);
	w->bound = NULL;
	w->listener = NULL;
	streams_end(&w->agent->streams);
}

bool web_has_answered(const struct web *w)
{
	return LIST_EMPTY(&w->calls);
}

bool web_is_quiet(const struct web *w)
{
	return web_has_answered(w) && conn_all_replied(w->conns);
}

void web_free(struct web *w)
{
	if (w == NULL)
		return;
	if (w->http != NULL)
		evhttp_free(w->http);
	/* Closing is deferred. */
	event_base_loop(w->agent->base, EVLOOP_NONBLOCK);
	if (w->sweep != NULL)
		event_free(w->sweep);
	if (w->beat != NULL)
		event_free(w->beat);
	conn_table_free(w->conns);
	free(w);
}
