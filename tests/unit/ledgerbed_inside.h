/* SPDX-License-Identifier: Apache-2.0 */
/* ledgerbed_inside.h: what the ledgerbed*.c files share, and nobody else. */
#ifndef LEDGERBED_INSIDE_H
#define LEDGERBED_INSIDE_H

#include <pthread.h>

#include "ledgerbed.h"

/* The ledger takes the policy from a snapshot, and nothing else. */
struct snapshot {
	struct policy policy;
};

struct bed_kiosk {
	uint8_t pk[32], sk[64], kid[8];
	enum device_state state;
	bool moved;
	int64_t ahead_ms, offset_ms;
	uint64_t next_seq;
	uint8_t prev[32];
};

struct bed {
	char dir[64];
	struct store *store;
	struct ledger *ledger;
	_Atomic int64_t now_ms;
	struct snapshot snapshot;
	struct facility facility[BED_KIOSKS / 2];
	struct benefit benefit[BED_BENEFITS];
	struct bed_kiosk kiosk[BED_KIOSKS];
	uint8_t service_sk[64], service_kid[8], grant_key[32];
	uint8_t status[256];
	uint64_t ids;
	int log_pages;
	pthread_mutex_t lock;
	pthread_cond_t wake;
};

/* Counts jobs that are not done yet. */
struct waiter {
	struct bed *bed;
	size_t left;
};

/* The place that the kiosk says it is at. */
/* The facility that it is at, by number. */
unsigned bed_place(const struct bed *bed, unsigned kiosk);
const struct facility *bed_place_of(const struct bed *bed,
                                    const struct visit *v);
/* What stands in for the scanned message: a text that names the pass. */
struct bytes bed_scanned_of(const struct visit *v, char text[64]);
void bed_admit(struct bed *bed, const struct visit *v, struct admitted *a);
void bed_job_init(struct bed *bed, struct ledger_job *job, enum job_kind kind,
                  unsigned kiosk);
/* A question on its way. */
struct asking {
	struct ledger_job job;
	char scanned[64];
};
void bed_ask_init(struct bed *bed, struct asking *a, const struct visit *v,
                  int64_t expires_ms);
void bed_submit(struct bed *bed, struct ledger_job *job, struct waiter *w);
void bed_wait_for(struct waiter *w);

#endif
