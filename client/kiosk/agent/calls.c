/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c: the table of calls, and what each takes. openapi.yaml describes
 * it. */
#include <string.h>

#include "clock.h"
#include "look.h"
#include "visit.h"
#include "web_inside.h"

/* ----------------------------------------------------------- members */

static bool wrong(struct call *c, const char *what)
{
	reply_problem(c, 400, "body", "%s", what);
	return false;
}

static bool read_code(struct call *c, const char **code, size_t *n)
{
	json_t *v = json_object_get(c->body, "code");

	*code = json_string_value(v);
	*n = json_string_length(v);
	if (*code == NULL || *n == 0 || *n >= SCANNED_TEXT)
		return wrong(c, "code: must be the text that was scanned, of "
				"1 to 4095 bytes");
	return true;
}

/* A number that may be left out. */
static bool read_number(struct call *c, const char *name, int64_t min,
			int64_t max, int64_t *out)
{
	json_t *v = json_object_get(c->body, name);

	if (v == NULL)
		return true;
	*out = json_integer_value(v);
	if (json_is_integer(v) && *out >= min && *out <= max)
		return true;
	reply_problem(c, 400, "body",
		      "%s: must be an integer, %lld to %lld", name,
		      (long long)min, (long long)max);
	return false;
}

static bool read_benefit(struct call *c, const char **benefit)
{
	*benefit = json_string_value(json_object_get(c->body, "benefit"));
	if (*benefit == NULL || strlen(*benefit) >= OAP_NAME_ID_TEXT)
		return wrong(c, "benefit: must be the id of one that GET "
				"/benefits lists");
	return true;
}

static bool read_reason(struct call *c, enum oap_reason *reason)
{
	static const char *const REASONS[] = {"mistake", "visitor-left",
					      "wrong-benefit", "other"};
	json_t *v = json_object_get(c->body, "reason");
	const char *text = json_string_value(v);

	*reason = OAP_REASON_MISTAKE;
	if (v == NULL)
		return true;
	for (unsigned i = 0; text != NULL && i < 4; i++) {
		if (strcmp(REASONS[i], text) == 0) {
			*reason = (enum oap_reason)i;
			return true;
		}
	}
	return wrong(c, "reason: must be mistake, visitor-left, wrong-benefit "
			"or other");
}

/* ------------------------------------------------------------- calls */

static void post_scan(struct call *c)
{
	const char *code;
	size_t n;

	if (read_code(c, &code, &n))
		visit_scan(c, code, n);
}

#define LIST_MAX INT64_C(999999999999) /* LIST_DIGITS of it */
#define DEADLINE_MIN_MS 50
#define DEADLINE_MAX_MS 5000 /* as in oap.h */

static void post_redeem(struct call *c)
{
	struct visit_asked asked = {0};
	int64_t party = 1, list = OAP_NO_AMOUNT, deadline_ms = 0;

	if (!read_code(c, &asked.code, &asked.n) ||
	    !read_benefit(c, &asked.benefit) ||
	    !read_number(c, "party", 1, PARTY_MAX, &party) ||
	    !read_number(c, "list", 0, LIST_MAX, &list) ||
	    !read_number(c, "deadline_ms", DEADLINE_MIN_MS, DEADLINE_MAX_MS,
			 &deadline_ms))
		return;
	asked.party = (unsigned)party;
	asked.list = list;
	asked.deadline_ms = (unsigned)deadline_ms;
	visit_redeem(c, &asked);
}

static void post_reverse(struct call *c)
{
	const char *id = json_string_value(json_object_get(c->body, "id"));
	enum oap_reason reason;

	if (id == NULL || strlen(id) >= OAP_KID_TEXT + OAP_ID_TEXT)
		(void)wrong(c, "id: must be that of an attempt, as it was "
			       "told");
	else if (read_reason(c, &reason))
		visit_reverse(c, id, reason);
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
		(void)wrong(c, why);
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
