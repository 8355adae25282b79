/* SPDX-License-Identifier: Apache-2.0 */
/* handle.h: what is behind struct oap, and what the calls share.
 *
 * lock guards everything below it; no call holds it while it waits for the
 * network. What visitors wait for has network threads of its own, so that it
 * never stands behind an upload. trust may be replaced whenever lock is free:
 * views into it do not outlive a stretch under the lock. */
#ifndef OAP_HANDLE_H
#define OAP_HANDLE_H

#include <pthread.h>

#include "answer.h"
#include "entry.h"
#include "env.h"
#include "held.h"
#include "judge.h"
#include "keyfile.h"
#include "kioskdir.h"
#include "net.h"
#include "reach.h"
#include "talk.h"

struct oap {
	struct env env;
	struct kioskdir dir;
	struct net *ask;  /* somebody waits: questions and reversals */
	struct net *bulk; /* all else */

	pthread_mutex_t lock;
	struct journal *journal;
	struct kioskclock clock;
	struct reach reach;
	struct there there; /* what the service said it holds */
	unsigned keep_days; /* for which sent entries are kept */
	bool has_key;
	struct device_key key;
	uint8_t wrapping[WRAPPING_KEY];
	bool has_wrapping;
	bool enrolled; /* identity and mac are set, the service answered */
	struct identity identity;
	uint8_t mac[32];	    /* of talk with the service */
	struct trust *trust;	    /* NULL: no good bundle */
	struct held held;	    /* of the latest, though it went bad */
	char etag[ETAG_MAX + 1];    /* of a good one; "" none */
	char facility[NAME_ID_MAX + 1]; /* by the bundle, else as answered */
	/* What was asked or sent under the key in use, and is not settled yet:
	 * meanwhile the key stays, and the bundle. */
	unsigned talking;
	bool rolling;	    /* a thread is in oap_roll */
	/* What the service held of keys before, once it had been told all. */
	struct former_told {
		uint8_t kid[8];
		bool all;
		uint64_t held;
	} former_told[FORMER_KEYS_MAX];
	bool former_looked;	/* and need not again before: */
	int64_t former_look_ms; /* net_now_ms */
	struct wiped wiped; /* there: key and bundle are gone for good */
};

/* oap_open with another outside world, for tests. */
enum oap_result handle_open(const char *dir, unsigned flags,
			    const struct env *env, struct oap **out,
			    struct oap_problem *why) OAP_CHECKED;

/* ------------------------------------------------- under the lock, always */

struct moment handle_now(const struct oap *o);
int64_t handle_effective(const struct oap *o, const struct moment *now);
int64_t handle_skew_ms(const struct oap *o); /* the policy's */
struct clock_view handle_clock(const struct oap *o, const struct moment *now);
/* Learns the service's time, in memory, from an answer that came at got_ms of
 * net_now_ms; false: there was nothing in it. */
bool handle_learn(struct oap *o, const struct moment *sent, int64_t got_ms,
		  int64_t service_ms);
/* And keeps it; a failed write only loses that. */
void handle_contact(struct oap *o, const struct moment *sent, int64_t got_ms,
		    int64_t service_ms);
/* Sets what follows from a new identity, or a new bundle and what is kept
 * of it. */
enum oap_result handle_adopt_identity(struct oap *o, struct oap_problem *why)
    OAP_CHECKED;
void handle_adopt_trust(struct oap *o, struct trust *t,
			const struct held *held);
/* There was a bundle, and it went bad. */
bool handle_bundle_damaged(const struct oap *o);
enum oap_result handle_journal_failed(const struct oap *o,
				      struct oap_problem *why);
/* Enrolled; and, if needed, confirmed and with a bundle. */
enum oap_result handle_need_enrolled(const struct oap *o,
				     struct oap_problem *why) OAP_CHECKED;
enum oap_result handle_need_bundle(const struct oap *o,
				   struct oap_problem *why) OAP_CHECKED;
/* Around each call to the service under the device key, from when its message
 * is built until what was answered is written down. After it nothing of the
 * handle may be taken for granted: the kiosk may have wiped itself. */
void handle_begin_talk(struct oap *o);
void handle_end_talk(struct oap *o);
struct net_place handle_place(const struct oap *o);
uint64_t handle_epoch(const struct oap *o);
/* 32 random bits. */
uint32_t handle_chance(const struct oap *o);
/* "2026-11-23 14:05" at a facility of the bundle; else in a city of it, "" for
 * none; else at ours; else UTC. */
void handle_local(const struct oap *o, const char *facility, const char *city,
		  int64_t ms, char text[static OAP_LOCAL_TEXT]);

/* ------------------------------------------------ without it (they take it) */

void handle_lock(struct oap *o);
void handle_unlock(struct oap *o);

#endif
