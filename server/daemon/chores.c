/* SPDX-License-Identifier: Apache-2.0 */
/* chores.c: two calls of the ledger's, so that one that is undone takes no
 * other with it. */
#include "chores.h"

#include <stdlib.h>
#include <string.h>

#include "bundlemaker.h"
#include "order.h"
#include "setup.h"
#include "snapshot_make.h"
#include "store_ledger.h"
#include "store_setup.h"

#define EVERY_S 60 /* key rolls and old bundles can wait that long */

struct chore {
	struct ledger_job job;
	atomic_bool at_work;
};

struct chores {
	struct service *service;
	struct chore renewal, oblivion;
	unsigned seconds;   /* since they were started */
	unsigned since_ahead; /* seconds; the first of them is not waited for */
	atomic_bool remake; /* whatever else there is to do */
	atomic_bool more;   /* to be forgotten: again soon */
	_Atomic int64_t retention_ms;
};

/* Key rolls, and a bundle that is due. */
static enum store_result run_renewal(struct store *s, struct ledger_job *job,
				     int64_t now_ms)
{
	struct chores *c = job->owner;
	struct snapshot *now = snapshot_get(c->service->box);
	int64_t age_s = now_ms / 1000 - (int64_t)snapshot_made_at(now);
	bool changed = false;
	uint64_t seen = 0;
	enum store_result result = setup_tick(s, now_ms, &changed);

	if (result == STORE_OK)
		result = store_epoch_seen(s, now_ms, &seen);
	job->remake_snapshot = atomic_exchange(&c->remake, false) || changed ||
			       seen > snapshot_epoch(now) ||
			       age_s >= BUNDLE_RESIGN_S ||
			       atomic_load(&c->service->bundle_late);
	snapshot_drop(now);
	return result;
}

static void renewed(struct ledger_job *job)
{
	struct chores *c = job->owner;

	/* Else what it was to bring is still to come. */
	atomic_store(&c->service->bundle_late,
		     job->failed || job->call_result != STORE_OK);
	atomic_store(&c->renewal.at_work, false);
}

/* Since a transaction failed, it takes more than any question writes to be
 * ready again: a full disk has room for a page here and there. */
static enum store_result run_oblivion(struct store *s, struct ledger_job *job,
				      int64_t now_ms)
{
	struct chores *c = job->owner;
	bool more = false;
	enum store_result result =
	    store_purge(s, now_ms - atomic_load(&c->retention_ms), &more);

	if (result == STORE_OK)
		result = order_overdue(s, now_ms);
	if (result == STORE_OK && atomic_load(&c->service->disk_failed))
		result = store_probe(s);
	atomic_store(&c->more, more);
	return result;
}

static void forgotten(struct ledger_job *job)
{
	struct chores *c = job->owner;

	if (!job->failed)
		atomic_store(&c->service->disk_failed, false);
	atomic_store(&c->oblivion.at_work, false);
}

static void start(struct chores *c, struct chore *chore,
		  enum store_result (*call)(struct store *s,
					    struct ledger_job *job,
					    int64_t now_ms),
		  void (*done)(struct ledger_job *job))
{
	struct ledger_job *job = &chore->job;

	if (atomic_exchange(&chore->at_work, true))
		return;
	memset(job, 0, sizeof(*job));
	job->kind = JOB_CALL;
	job->call = call;
	job->done = done;
	job->owner = c;
	if (!ledger_submit(c->service->ledger, job))
		atomic_store(&chore->at_work, false);
}

struct chores *chores_new(struct service *service)
{
	struct chores *c = calloc(1, sizeof(*c));

	if (c != NULL) {
		c->service = service;
		c->since_ahead = EVERY_S;
	}
	return c;
}

void chores_free(struct chores *c)
{
	free(c);
}

void chores_retain(struct chores *c, int64_t ms)
{
	atomic_store(&c->retention_ms, ms);
}

void chores_renew(struct chores *c)
{
	atomic_store(&c->remake, true);
}

void chores_start(struct chores *c)
{
	start(c, &c->renewal, run_renewal, renewed);
	start(c, &c->oblivion, run_oblivion, forgotten);
	c->seconds = 0;
}

/* At most once in EVERY_S: a kiosk may say what it likes. */
static bool is_behind(struct chores *c)
{
	if (c->since_ahead < EVERY_S) {
		c->since_ahead++;
		return false;
	}
	if (!atomic_exchange(&c->service->kiosk_ahead, false))
		return false;
	c->since_ahead = 0;
	return true;
}

void chores_tick(struct chores *c)
{
	if (++c->seconds >= EVERY_S || is_behind(c) ||
	    atomic_load(&c->service->bundle_late) ||
	    atomic_load(&c->service->disk_failed) || atomic_load(&c->more))
		chores_start(c);
}
