/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c: the table of calls, and what each takes. openapi.yaml describes
 * it. */
#include "clock.h"
#include "look.h"
#include "visit.h"
#include "web_inside.h"

static void refuse(struct call *c, const char *why)
{
	reply_problem(c, 400, "body", "%s", why);
}

static void post_scan(struct call *c)
{
	char why[ASKED_WHY];
	const char *code;
	size_t n;

	if (asked_scan(c->body, &code, &n, why))
		visit_scan(c, code, n);
	else
		refuse(c, why);
}

static void post_redeem(struct call *c)
{
	char why[ASKED_WHY];
	struct asked asked;

	if (asked_redeem(c->body, &asked, why))
		visit_redeem(c, &asked);
	else
		refuse(c, why);
}

static void post_reverse(struct call *c)
{
	char why[ASKED_WHY];
	struct asked_reversal asked;

	if (asked_reverse(c->body, &asked, why))
		visit_reverse(c, &asked);
	else
		refuse(c, why);
}

static void get_desk(struct call *c)
{
	reply_json(c, 200, desk_object(&c->agent->desk));
}

static void patch_desk(struct call *c)
{
	struct agent *a = c->agent;
	char why[DESK_WHY];

	if (!desk_change(&a->desk, c->body, why)) {
		refuse(c, why);
		return;
	}
	streams_tell(&a->streams, "desk", desk_object(&a->desk));
	get_desk(c);
}

/* What the page is to know first. */
static void get_events(struct call *c)
{
	struct agent *a = c->agent;
	json_t *hello;

	if (c->head) {
		reply_bytes(c, "text/event-stream", "", 0);
		return;
	}
	if (!reply_stream(c))
		return;
	hello = json_pack("{s:s, s:o}", "version", oap_version(), "desk",
			  desk_object(&a->desk));
	if (a->last_told != NULL) {
		json_object_set(hello, "last_told", a->last_told);
		json_object_set_new(
		    hello, "last_told_ms",
		    json_integer(clock_ms() - a->last_told_ms));
	}
	streams_tell_newest(&a->streams, "hello", hello);
	agent_look(a);
}

const struct route ROUTES[] = {
	{EVHTTP_REQ_POST, "/scan", post_scan, {"code"}},
	{EVHTTP_REQ_POST, "/redeem", post_redeem,
	 {"code", "benefit", "party", "list", "deadline_ms"}},
	{EVHTTP_REQ_POST, "/reverse", post_reverse, {"id", "reason"}},
	{EVHTTP_REQ_GET, "/status", look_status, {NULL}},
	{EVHTTP_REQ_GET, "/benefits", look_benefits, {NULL}},
	{EVHTTP_REQ_GET, "/events", get_events, {NULL}},
	{EVHTTP_REQ_GET, "/desk", get_desk, {NULL}},
	{EVHTTP_REQ_PATCH, "/desk", patch_desk,
	 {"benefit", "party", "amount", "per_person"}},
	{EVHTTP_REQ_POST, "/refusals/told", look_refusals_told, {NULL}},
	{EVHTTP_REQ_GET, NULL, NULL, {NULL}},
};
