/* SPDX-License-Identifier: Apache-2.0 */
/* api_metrics.c: GET /metrics, in Prometheus' text format 0.0.4. */
#include <inttypes.h>
#include <event2/buffer.h>

#include "api.h"
#include "metrics_fetch.h"
#include "reply.h"

static void family(struct evbuffer *out, const char *name, const char *type,
		   const char *help)
{
	evbuffer_add_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help,
			    name, type);
}

static void one(struct evbuffer *out, const char *name, const char *type,
		const char *help, uint64_t value)
{
	family(out, name, type, help);
	evbuffer_add_printf(out, "%s %" PRIu64 "\n", name, value);
}

static void put_replies(struct evbuffer *out, const struct traffic *t)
{
	family(out, "oapd_http_replies_total", "counter",
	       "Replies by the first digit of their status.");
	for (int digit = 2; digit <= 5; digit++)
		evbuffer_add_printf(
		    out,
		    "oapd_http_replies_total{status=\"%dxx\"} %" PRIu64 "\n",
		    digit, (uint64_t)t->replies[digit]);
}

/* One line a verdict that has come up. */
static void put_verdicts(struct evbuffer *out, const char *name,
			 const char *help, const _Atomic uint64_t *counts)
{
	size_t count;
	const struct verdict_info *verdicts = verdict_table(&count);

	family(out, name, "counter", help);
	for (size_t i = 0; i < count; i++) {
		uint64_t n = counts[verdicts[i].number];

		if (n > 0)
			evbuffer_add_printf(
			    out, "%s{verdict=\"%s\"} %" PRIu64 "\n", name,
			    verdicts[i].name, n);
	}
}

static void put_seconds(struct evbuffer *out, const char *name,
			const char *help, uint64_t ns, uint64_t count)
{
	family(out, name, "summary", help);
	evbuffer_add_printf(out, "%s_sum %.6f\n%s_count %" PRIu64 "\n", name,
			    (double)ns / 1e9, name, count);
}

static void put_ledger(struct evbuffer *out, const struct service *service)
{
	struct ledger_figures f;

	ledger_figures(service->ledger, &f);
	put_seconds(out, "oapd_commit_seconds", "Transactions of the ledger.",
		    f.commit_ns_total, f.commits + f.commit_failures);
	one(out, "oapd_commit_failures_total", "counter",
	    "Transactions given up; what was in them was answered "
	    "unavailable.",
	    f.commit_failures);
	one(out, "oapd_ledger_questions_total", "counter",
	    "Questions the ledger has taken.", f.questions);
	one(out, "oapd_ledger_items_total", "counter",
	    "Uploaded items the ledger has taken.", f.items);
	one(out, "oapd_ledger_calls_total", "counter",
	    "Set-up calls and operators' acts the ledger has taken.", f.calls);
	one(out, "oapd_questions_waiting", "gauge",
	    "Questions in the ledger's queue.", f.questions_waiting);
	one(out, "oapd_others_waiting", "gauge",
	    "Uploads and calls in the ledger's queue.", f.others_waiting);
	one(out, "oapd_quarantined_items", "gauge",
	    "Items of kiosks that are no record and whose bytes are kept to be "
	    "looked at.",
	    f.quarantined);
}

static void put_connections(struct evbuffer *out, const struct conn_count *c)
{
	one(out, "oapd_connections", "gauge", "Connections open.",
	    (uint64_t)c->open);
	one(out, "oapd_connections_accepted_total", "counter",
	    "Connections accepted.", c->accepted);
	one(out, "oapd_connections_over_limit_total", "counter",
	    "Connections over [limits] connections, answered busy.",
	    c->over_limit);
	one(out, "oapd_requests_timed_out_total", "counter",
	    "Requests that did not arrive, and replies that were not taken, in "
	    "time.", c->timed_out);
	one(out, "oapd_requests_too_much_total", "counter",
	    "Requests given up because too much was arriving at once.",
	    c->too_much);
}

static void put_cache(struct evbuffer *out, const struct service *service)
{
	struct passcache_figures f;

	passcache_figures(service->cache, &f);
	one(out, "oapd_pass_cache_hits_total", "counter",
	    "Passes whose signature was known to verify.", f.hits);
	one(out, "oapd_pass_cache_misses_total", "counter",
	    "Passes whose signature was verified and remembered.", f.misses);
	one(out, "oapd_pass_cache_refused_total", "counter",
	    "Passes whose signature does not verify.", f.refused);
}

void api_metrics(struct request *r)
{
	const struct service *service = r->service;
	const struct traffic *t = &service->traffic;
	struct evbuffer *out = evhttp_request_get_output_buffer(r->ev);

	put_replies(out, t);
	put_verdicts(out, "oapd_answers_total", "Answers to questions.",
		     t->answers);
	put_verdicts(out, "oapd_results_total", "Results of uploaded entries.",
		     t->results);
	put_seconds(out, "oapd_ask_seconds",
		    "Questions, from their last byte to the reply.", t->ask_ns,
		    t->asks);
	put_seconds(out, "oapd_upload_seconds",
		    "Uploads, from their last byte to the reply.",
		    t->upload_ns, t->uploads);
	put_ledger(out, service);
	put_connections(out, &service->conns);
	put_cache(out, service);
	metrics_fetch(out, service, r->snapshot);
	if (r->snapshot != NULL)
		one(out, "oapd_bundle_epoch", "gauge", "Epoch of the bundle.",
		    snapshot_epoch(r->snapshot));
	reply_bytes(r, 200, "text/plain; version=0.0.4; charset=utf-8",
		    bytes_of(NULL, 0));
}
