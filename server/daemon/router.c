/* SPDX-License-Identifier: Apache-2.0 */
/* router.c: the table of calls, and the checks that every call has in
 * common. What openapi.yaml describes is this table. */
#include "router.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api.h"
#include "auth.h"
#include "reply.h"
#include "store_report.h"

#define GET EVHTTP_REQ_GET
#define POST EVHTTP_REQ_POST
#define PATCH EVHTTP_REQ_PATCH
#define READ ACCESS_VIEWER, BODY_NONE, 0
#define WRITE ACCESS_OPERATOR, BODY_JSON
#define SETUP(name, kind, access, body_max)                                  \
	{GET, "/v1/" name, access, BODY_NONE, 0, api_setup_list, kind},      \
	    {GET, "/v1/" name "/{}", access, BODY_NONE, 0, api_setup_one,    \
	     kind},                                                          \
	    {POST, "/v1/" name, WRITE, body_max, api_setup_add, kind},       \
	{                                                                    \
		PATCH, "/v1/" name "/{}", WRITE, body_max, api_setup_set,    \
		    kind                                                     \
	}

static const struct route table[] = {
    {POST, "/v1/ask", ACCESS_OPEN, BODY_CBOR, BODY_ASK_MAX, api_ask, 0},
    {POST, "/v1/entries", ACCESS_OPEN, BODY_CBOR, BODY_ENTRIES_MAX,
     api_entries, 0},
    {GET, "/v1/bundle", ACCESS_OPEN, BODY_NONE, 0, api_bundle, 0},
    {POST, "/v1/enrolments", ACCESS_OPEN, BODY_CBOR, BODY_ENROLMENT_MAX,
     api_enrolments, 0},
    {GET, "/v1/status-lists/{}/{}", ACCESS_OPEN, BODY_NONE, 0,
     api_status_lists, 0},
    {GET, "/healthz", ACCESS_OPEN, BODY_NONE, 0, api_healthz, 0},
    {GET, "/readyz", ACCESS_OPEN, BODY_NONE, 0, api_readyz, 0},
    {GET, "/metrics", ACCESS_MONITOR, BODY_NONE, 0, api_metrics, 0},
    SETUP("facilities", SETUP_FACILITY, ACCESS_VIEWER, BODY_JSON_MAX),
    SETUP("benefits", SETUP_BENEFIT, ACCESS_VIEWER, BODY_JSON_MAX),
    SETUP("issuers", SETUP_ISSUER, ACCESS_VIEWER, BODY_ISSUER_MAX),
    {POST, "/v1/issuers/{}/fetch", WRITE, BODY_JSON_MAX, api_issuer_fetch,
     SETUP_ISSUER},
    SETUP("kiosks", SETUP_KIOSK, ACCESS_VIEWER, BODY_JSON_MAX),
    {GET, "/v1/operators", ACCESS_ADMIN, BODY_NONE, 0, api_setup_list,
     SETUP_OPERATOR},
    {GET, "/v1/operators/{}", ACCESS_ADMIN, BODY_NONE, 0, api_setup_one,
     SETUP_OPERATOR},
    {POST, "/v1/operators", ACCESS_ADMIN, BODY_JSON, BODY_JSON_MAX,
     api_setup_add, SETUP_OPERATOR},
    {PATCH, "/v1/operators/{}", ACCESS_ADMIN, BODY_JSON, BODY_JSON_MAX,
     api_setup_set, SETUP_OPERATOR},
    {GET, "/v1/policy", READ, api_setup_list, SETUP_POLICY},
    {PATCH, "/v1/policy", ACCESS_ADMIN, BODY_JSON, BODY_JSON_MAX,
     api_setup_set, SETUP_POLICY},
    {GET, "/v1/audit", READ, api_audit, 0},
    {GET, "/v1/attempts", READ, api_attempts, 0},
    {GET, "/v1/attempts/{}/{}", READ, api_attempt, 0},
    {POST, "/v1/attempts/{}/{}/reversal", WRITE, BODY_JSON_MAX,
     api_attempt_reversal, 0},
    {POST, "/v1/attempts/{}/{}/admission", WRITE, BODY_JSON_MAX,
     api_attempt_admission, 0},
    {POST, "/v1/attempts/{}/{}/rejection", WRITE, BODY_JSON_MAX,
     api_attempt_rejection, 0},
    {GET, "/v1/conflicts", READ, api_trouble, TROUBLE_CONFLICT},
    {GET, "/v1/disputed", READ, api_trouble, TROUBLE_DISPUTED},
    {GET, "/v1/unconfirmed", READ, api_trouble, TROUBLE_UNCONFIRMED},
    {GET, "/v1/quarantine", READ, api_quarantine, 0},
    {GET, "/v1/quarantine/{}", ACCESS_OPERATOR, BODY_NONE, 0,
     api_quarantine_one, 0},
    {POST, "/v1/passes/lookup", ACCESS_VIEWER, BODY_JSON, BODY_JSON_MAX,
     api_pass_lookup, 0},
    {GET, "/v1/reports/{}", READ, api_report, 0},
    {POST, "/v1/import", ACCESS_OPERATOR, BODY_CBOR, BODY_IMPORT_MAX,
     api_import, 0},
    {POST, "/v1/backup", ACCESS_ADMIN, BODY_JSON, BODY_JSON_MAX, api_backup,
     0},
};

const struct route *router_table(size_t *count)
{
	*count = sizeof(table) / sizeof(table[0]);
	return table;
}

/* Whether the path is the pattern's; the arguments' places in arg. */
static bool path_matches(const char *pattern, const char *path,
			 struct bytes arg[REQUEST_ARGS])
{
	size_t args = 0;

	while (*pattern != '\0' && *path != '\0') {
		if (*pattern == '{') {
			size_t n = strcspn(path, "/");

			if (n == 0)
				return false;
			arg[args++] = bytes_of(path, n);
			path += n;
			pattern += 2;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *pattern == '\0' && *path == '\0';
}

static bool take_args(struct request *r, const struct bytes *arg,
		      struct problem *p)
{
	for (size_t i = 0; i < REQUEST_ARGS; i++) {
		if (!percent_decode((const char *)arg[i].p, arg[i].n, false,
				    r->arg[i], sizeof(r->arg[i])))
			return problem_set(p, 404, NULL,
					   "\"%.64s\" is no name of anything "
					   "here",
					   (const char *)arg[i].p);
	}
	return true;
}

static bool refuse_method(struct request *r, const char *allowed,
			  struct problem *p)
{
	reply_header(r, "Allow", allowed);
	return problem_set(p, 405, NULL, "this path takes %s only", allowed);
}

static void add_method(char *list, size_t cap, enum evhttp_cmd_type method)
{
	const char *name = method == GET    ? "GET, HEAD"
			   : method == POST ? "POST"
					    : "PATCH";

	if (strstr(list, name) != NULL)
		return;
	snprintf(list + strlen(list), cap - strlen(list), "%s%s",
		 list[0] != '\0' ? ", " : "", name);
}

static bool find_route(struct request *r, struct problem *p)
{
	const char *path = evhttp_uri_get_path(
	    evhttp_request_get_evhttp_uri(r->ev));
	enum evhttp_cmd_type method =
	    r->head ? GET : evhttp_request_get_command(r->ev);
	char allowed[32] = "";

	if (path == NULL)
		path = "/";
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct bytes arg[REQUEST_ARGS] = {{NULL, 0}, {NULL, 0}};

		if (!path_matches(table[i].path, path, arg))
			continue;
		if (table[i].method == method) {
			r->route = &table[i];
			return take_args(r, arg, p);
		}
		add_method(allowed, sizeof(allowed), table[i].method);
	}
	if (allowed[0] != '\0')
		return refuse_method(r, allowed, p);
	return problem_set(p, 404, NULL,
			   "no call has the path \"%.128s\"; see openapi.yaml",
			   path);
}

static bool check_access(struct request *r, struct problem *p)
{
	static const char *const ROLES[ROLE_COUNT] = {"viewer", "operator",
						      "admin"};
	enum access access = r->route->access;
	enum role needed;
	uint32_t uid;

	if (access == ACCESS_OPEN)
		return true;
	if (access == ACCESS_MONITOR) {
		if (r->service->config->metrics != 0 ||
		    conn_peer_uid(r->conn, &uid))
			return true;
		return problem_set(p, 403, NULL,
				   "metrics are not served on this listener; "
				   "use the local socket, or set [listen] "
				   "metrics = yes");
	}
	if (!auth_caller(r, p))
		return false;
	needed = (enum role)(access - ACCESS_VIEWER);
	if (r->caller.role >= needed)
		return true;
	return problem_set(p, 403, NULL,
			   "this call needs the role %s, and \"%s\" has the "
			   "role %s",
			   ROLES[needed], r->caller.actor,
			   ROLES[r->caller.role]);
}

/* A media type with or without parameters (RFC 9110 section 8.3.1). */
static bool type_is(const char *value, const char *type)
{
	size_t n = strlen(type);

	return strncasecmp(value, type, n) == 0 &&
	       (value[n] == '\0' || value[n] == ';' || value[n] == ' ');
}

static bool check_type(struct request *r, struct problem *p)
{
	const char *type = evhttp_find_header(
	    evhttp_request_get_input_headers(r->ev), "Content-Type");
	bool json = r->route->body == BODY_JSON;

	if (type == NULL)
		type = "";
	if (json ? type_is(type, TYPE_JSON)
		 : type_is(type, "application/cbor") ||
		       type_is(type, TYPE_COSE))
		return true;
	return problem_set(p, 415, NULL,
			   "Content-Type \"%.64s\": this call takes %s", type,
			   json ? TYPE_JSON : "application/cbor");
}

static bool check_body(struct request *r, struct problem *p)
{
	const struct route *route = r->route;

	if (r->body.n > route->body_max)
		return problem_set(p, 413, NULL,
				   "the body has %zu bytes; this call takes "
				   "%zu at most",
				   r->body.n, route->body_max);
	if (route->body == BODY_NONE)
		return true;
	if (!check_type(r, p))
		return false;
	return route->body != BODY_JSON || request_read_json(r, p);
}

static bool check(struct request *r, struct problem *p)
{
	if (conn_over_limit(r->conn)) {
		problem_set(p, 503, "busy",
			    "more connections are open than [limits] "
			    "connections allows; try again in a second");
		p->verdict = VERDICT_BUSY;
		return false;
	}
	return find_route(r, p) && check_access(r, p) && check_body(r, p) &&
	       request_read_query(r, p);
}

void router_handle(struct request *r)
{
	struct problem p = {.status = 0};

	if (check(r, &p))
		r->route->handle(r);
	else
		reply_problem(r, &p);
}
