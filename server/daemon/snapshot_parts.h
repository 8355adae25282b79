/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_parts.h: what a snapshot is made of. Private to snapshot*.c.
 *
 * A snapshot is read out of its own bundle: so what the daemon judges by is
 * what kiosks judge by. The store adds what kiosks are not told: names of time
 * zones, the kiosks' public keys, operators. */
#ifndef OAP_SNAPSHOT_PARTS_H
#define OAP_SNAPSHOT_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "bundlemaker.h"
#include "limits.h"
#include "snapshot.h"
#include "zone.h"

/* The signed message, shared by snapshots between which it did not change;
 * their views point into it. */
struct shared_bundle {
	atomic_uint references;
	struct made_bundle made;
};

/* An inflated status list, shared likewise. */
struct shared_list {
	atomic_uint references;
	struct statuslist list;
	uint8_t bytes[];
};

struct snap_list {
	struct bytes uri;
	struct bytes token; /* n == 0: none that counts */
	struct status_view view;
	struct shared_list *shared; /* what view.list is in */
};

struct snap_issuer {
	struct issuerdoc doc;
	uint8_t *document; /* of a former one: what doc views; else NULL */
	struct issuer_key *keys; /* ascending by kid */
	size_t key_count;
	struct snap_list *lists; /* in the order of the document */
	size_t list_count;
};

struct snap_facility {
	struct facility facility;
	char zone[ZONE_NAME_MAX + 1];
};

struct snap_login {
	uint8_t token_hash[32];
	struct snap_operator operator;
};

struct snapshot {
	atomic_uint references;
	struct shared_bundle *shared;
	struct bundle bundle;
	uint8_t service_pk[32];
	/* Each ascending by its id, but logins. */
	struct snap_issuer *issuers;
	size_t issuer_count;
	/* Those that are trusted no longer: they are in no bundle, and none of
	 * their passes is accepted, but whose it was can still be told. */
	struct snap_issuer *former;
	size_t former_count;
	struct snap_facility *facilities;
	size_t facility_count;
	struct benefit *benefits;
	size_t benefit_count;
	struct snap_kiosk *kiosks;
	size_t kiosk_count;
	struct snap_login *logins;
	size_t login_count;
};

struct snapshot_box {
	pthread_mutex_t lock;
	struct snapshot *current;
	/* Of the thread that owns the store: made, and not committed yet. */
	struct snapshot *prepared;
	/* What is told with the next bundle. */
	uint8_t pins[PINS_MAX][32];
	size_t pin_count;
	bool has_next_key;
	uint8_t next_key[32];
};

/* Each takes NULL. */
void shared_bundle_drop(struct shared_bundle *b);
void shared_list_drop(struct shared_list *list);

/* A snapshot of that bundle and what the store holds now, which must be what
 * the bundle was made from. Lists and MAC keys are taken over from previous
 * (or NULL) where they are the same. NULL: error has one line. */
struct snapshot *snapshot_load(struct shared_bundle *bundle, struct store *s,
			       const struct service_keys *keys,
			       const struct snapshot *previous, char *error,
			       size_t error_size) OAP_CHECKED;

#endif
