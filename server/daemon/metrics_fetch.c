/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_fetch.c: one line an issuer, METRICS_ISSUERS_MAX at most. */
#include "metrics_fetch.h"

#include <event2/buffer.h>
#include <inttypes.h>

#include "fetcher.h"

static const char *const RESULTS[FETCH_RESULTS] = {
    [FETCH_TAKEN] = "taken",	     [FETCH_SAME] = "same",
    [FETCH_NOT_MODIFIED] = "not-modified", [FETCH_REFUSED] = "refused",
    [FETCH_FAILED] = "failed",
};

static void head(struct evbuffer *out, const char *name, const char *type,
		 const char *help)
{
	evbuffer_add_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help,
			    name, type);
}

static void put_results(struct evbuffer *out, struct fetcher *f)
{
	uint64_t results[FETCH_RESULTS];

	head(out, "oapd_fetches_total", "counter",
	     "Issuer documents and status lists that were asked for.");
	fetcher_results(f, results);
	for (size_t i = 0; i < FETCH_RESULTS; i++)
		evbuffer_add_printf(
		    out, "oapd_fetches_total{result=\"%s\"} %" PRIu64 "\n",
		    RESULTS[i], results[i]);
}

/* One figure of one issuer. Its name is text of its own: what the format of
 * metrics gives a meaning is escaped. */
static void put(struct evbuffer *out, const char *name, struct bytes iss,
		uint64_t value)
{
	evbuffer_add_printf(out, "%s{issuer=\"", name);
	for (size_t i = 0; i < iss.n; i++) {
		if (iss.p[i] == '"' || iss.p[i] == '\\')
			evbuffer_add(out, "\\", 1);
		evbuffer_add(out, iss.p[i] < ' ' ? "?" : (const void *)&iss.p[i],
			     1);
	}
	evbuffer_add_printf(out, "\"} %" PRIu64 "\n", value);
}

struct putting {
	struct evbuffer *out;
	size_t count;
};

static void put_failures(void *arg, const char *iss, unsigned failures)
{
	struct putting *putting = arg;

	if (putting->count++ < METRICS_ISSUERS_MAX)
		put(putting->out, "oapd_fetch_failures", bytes_text(iss),
		    failures);
}

static void put_ages(struct evbuffer *out, const struct snapshot *s,
		     uint64_t now_s)
{
	struct issuer_freshness f;

	head(out, "oapd_status_age_seconds", "gauge",
	     "Age of the newest token of an issuer's list, of the list whose "
	     "is oldest.");
	for (size_t i = 0; i < METRICS_ISSUERS_MAX &&
			   snapshot_freshness(s, i, &f);
	     i++)
		if (f.missing < f.lists)
			put(out, "oapd_status_age_seconds", f.iss,
			    now_s > f.oldest_s ? now_s - f.oldest_s : 0);
	head(out, "oapd_status_lists_missing", "gauge",
	     "Lists of an issuer without a token: passes in them are "
	     "undecided.");
	for (size_t i = 0; i < METRICS_ISSUERS_MAX &&
			   snapshot_freshness(s, i, &f);
	     i++)
		put(out, "oapd_status_lists_missing", f.iss, f.missing);
}

void metrics_fetch(struct evbuffer *out, const struct service *service,
		   const struct snapshot *snapshot)
{
	struct putting putting = {.out = out};

	put_results(out, service->fetcher);
	head(out, "oapd_fetch_failures", "gauge",
	     "Rounds in a row that failed, of each issuer that is fetched.");
	fetcher_each(service->fetcher, put_failures, &putting);
	if (snapshot != NULL)
		put_ages(out, snapshot,
			 (uint64_t)service->now_ms(service->clock) / 1000);
}
