/* SPDX-License-Identifier: Apache-2.0 */
/* api_setup.c: /v1/{facilities,benefits,issuers,kiosks,operators} and
 * /v1/policy: one way for all of them, by the kind in the route. */
#include "api.h"
#include "fetcher.h"
#include "reply.h"
#include "router.h"
#include "setupcall.h"
#include "viewcall.h"

static const struct {
	struct setup_change *(*add)(const json_t *body, struct problem *p);
	struct setup_change *(*set)(const char *id, const json_t *body,
				    struct problem *p);
} changes[SETUP_KIND_COUNT] = {
    [SETUP_FACILITY] = {setup_facility_add, setup_facility_set},
    [SETUP_BENEFIT] = {setup_benefit_add, setup_benefit_set},
    [SETUP_ISSUER] = {setup_issuer_add, setup_issuer_set},
    [SETUP_KIOSK] = {setup_kiosk_add, setup_kiosk_set},
    [SETUP_OPERATOR] = {setup_operator_add, setup_operator_set},
};

/* ------------------------------------------------------------- changes */

static void changed(struct request *r)
{
	json_t *o = setupcall_reply(r);

	if (o == NULL)
		return;
	if (r->route->what == SETUP_ISSUER) {
		fetcher_wake(r->service->fetcher);
		api_fetch_describe(r->service->fetcher, o);
	}
	reply_json(r, setupcall_status(r), o);
}

static void submit(struct request *r, struct setup_change *change,
		   const struct problem *p)
{
	if (change == NULL)
		reply_problem(r, p);
	else
		setupcall_submit(r, change, changed);
}

void api_setup_add(struct request *r)
{
	struct problem p = {.status = 0};

	submit(r, changes[r->route->what].add(r->json, &p), &p);
}

void api_setup_set(struct request *r)
{
	struct problem p = {.status = 0};

	if (r->route->what == SETUP_POLICY)
		submit(r, setup_policy_set(r->json, &p), &p);
	else
		submit(r, changes[r->route->what].set(r->arg[0], r->json, &p),
		       &p);
}

/* --------------------------------------------------------------- views */

static void describe(const struct viewcall *view)
{
	if (view->r->route->what == SETUP_ISSUER)
		api_fetch_describe(view->r->service->fetcher, view->json);
}

static enum store_result view_list(struct store *reader, struct viewcall *view)
{
	enum store_result result = setup_view_list(
	    reader, (enum setup_kind)view->r->route->what, &view->json);

	describe(view);
	return result;
}

static enum store_result view_one(struct store *reader, struct viewcall *view)
{
	enum store_result result = setup_view_one(
	    reader, (enum setup_kind)view->r->route->what, view->r->arg[0],
	    &view->json, &view->problem);

	describe(view);
	return result;
}

static enum store_result view_audit(struct store *reader, struct viewcall *view)
{
	return setup_view_audit(reader, request_params(view->r), &view->json,
				&view->problem);
}

/* These take no parameters. */
static bool refuse_params(struct request *r)
{
	static const char *const NONE[] = {NULL};
	struct problem p = {.status = 0};

	if (params_known(request_params(r), NONE, &p))
		return false;
	reply_problem(r, &p);
	return true;
}

void api_setup_list(struct request *r)
{
	if (!refuse_params(r))
		viewcall_submit(r, NULL, NULL, view_list);
}

void api_setup_one(struct request *r)
{
	if (!refuse_params(r))
		viewcall_submit(r, NULL, NULL, view_one);
}

void api_audit(struct request *r)
{
	viewcall_submit(r, NULL, NULL, view_audit);
}
