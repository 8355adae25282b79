/* SPDX-License-Identifier: Apache-2.0 */
/* service.h: what all loops of a daemon share. Made by daemon.c before the
 * first loop runs, and gone after the last; what changes in between is atomic
 * or locks for itself. */
#ifndef OAP_SERVICE_H
#define OAP_SERVICE_H

#include "config.h"
#include "conn.h"
#include "ledger.h"
#include "passcache.h"
#include "report_worker.h"
#include "servicekeys.h"
#include "setup.h"
#include "snapshot.h"
#include "tls.h"
#include "traffic.h"

struct fetcher;

struct service {
	const struct config *config; /* what SIGHUP does not apply, for loops */
	const struct service_keys *keys;
	struct snapshot_box *box;
	struct passcache *cache;
	struct ledger *ledger;
	struct report_worker *reader;
	struct fetcher *fetcher;
	/* Copies the database, for minutes maybe: a thread of its own. */
	struct report_worker *copier;
	atomic_bool backup_at_work; /* one, until its client has it */
	atomic_bool ending;	    /* what takes long is to stop */
	struct setup_env env;
	struct tls *tls; /* NULL: plain HTTP */
	struct conn_limits limits;
	struct conn_count conns;
	struct traffic traffic;
	/* A new bundle or snapshot is due and could not be made yet. */
	atomic_bool bundle_late;
	/* A kiosk has a newer bundle than there is here: this was restored. */
	atomic_bool kiosk_ahead;
	/* A transaction failed, and nothing as large was written since. */
	atomic_bool disk_failed;
	/* The clock of the service: ms since 1970 UTC; any thread. */
	int64_t (*now_ms)(void *clock);
	void *clock;
};

#endif
