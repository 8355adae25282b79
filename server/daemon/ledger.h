/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.h: the one thread that writes. Loops hand it jobs through two bounded
 * queues: questions from doors, and the rest. A transaction takes all waiting
 * questions first, then others up to 256 items; `done` is called after the
 * commit, so whoever replies from it replies after durable.
 *
 * A job belongs to the ledger from a successful submit until `done` is called
 * (on the ledger thread; it must not block: post to the loop and return). */
#ifndef OAP_LEDGER_H
#define OAP_LEDGER_H

#include "decide.h"
#include "entry.h"
#include "snapshot.h"
#include "store.h"
#include "talk.h"

struct ledger;

#define LEDGER_REFUSAL_MAX 192

/* Keyed hash of (iss, cti): what counters and sets know a pass by. */
#define PASS_HASH 16

/* What a loop found out about a scanned message against its snapshot: every
 * signature is checked there, nothing is judged. Views point into the job's
 * body and the snapshot, which the job keeps alive. */
struct admitted {
	enum verdict shape; /* of the scanned message; NONE: scan is good */
	struct scan scan;
	uint8_t pass_hash[PASS_HASH]; /* zeros when shape is not NONE */
	enum issuer_knowledge issuer;
	uint64_t keys_made_at; /* seconds; 0: no document of it */
	bool has_key;
	struct issuer_key key;
	bool pass_verified, presentation_verified;
	bool has_status;
	struct status_view status;
	/* NULL: unknown to the service */
	const struct benefit *benefit;
	const struct facility *facility;
};

/* Who sent a job, as the snapshot knows it. */
struct job_kiosk {
	uint8_t kid[8];
	uint8_t pk[32];
	enum device_state state;
	struct bytes facility; /* id; lives in the snapshot */
};

struct ask_result {
	enum verdict verdict; /* NONE: not judged, its time had run out */
	bool stored;	      /* asked before: this is the stored answer */
	bool has_price;
	struct price price;
	unsigned stale;
	unsigned marks; /* of the pass: conflict, disputed */
	int64_t service_ms;   /* when it was judged */
	bool has_grant;
	uint8_t grant[ENTRY_GRANT];
	/* already-redeemed and limit-reached: the first use */
	bool has_first_use;
	int64_t first_use_ms;
	char first_use_facility[NAME_ID_MAX + 1];
	uint64_t uses; /* that count in the period, this one included */
	uint32_t limit;
};

struct item_result {
	enum verdict result; /* told again, id-reused, reversed, …; a retry or
			      * device class leaves the item unsent */
	unsigned marks;
	uint64_t seq; /* 0: unreadable */
};

/* What the service holds of a kiosk's chain (answered to every report). */
struct held {
	uint64_t seq;	  /* highest contiguous; 0: none */
	uint8_t hash[32]; /* of that entry; zeros: none */
	uint64_t count;	  /* entries held */
};

/* One item of an upload, decoded and verified by the loop. */
struct ledger_item {
	bool readable;	   /* else: quarantine raw (under a report only) */
	struct bytes raw;  /* the item as it came */
	struct item item;
	struct entry entry;
	bool authentic;	   /* own signature, or chained to a verified one */
	bool committed;	   /* salt and scanned match the commitment */
	struct admitted admitted; /* attempts */
	struct item_result result;
};

enum job_kind { JOB_ASK, JOB_ENTRIES, JOB_CALL };

struct ledger_job {
	struct ledger_job *next; /* the ledger's */
	enum job_kind kind;
	void (*done)(struct ledger_job *job);
	void *owner; /* the submitter's */
	/* Set before done: the commit failed, or the queue was given up; the
	 * answer is `unavailable`, never a verdict. */
	bool failed;

	struct snapshot *snapshot; /* a reference, dropped by the submitter */
	struct job_kiosk kiosk;

	/* JOB_ASK; items are the unsent entries that came before it */
	struct question question;
	struct admitted admitted;
	int64_t expires_ms; /* service clock: drop it unstored after this */
	struct ask_result answer;

	/* JOB_ASK and JOB_ENTRIES */
	struct ledger_item *items;
	size_t item_count;
	bool has_report;
	struct report report;
	bool carried; /* it came as a file: it is as old as it says */
	struct held held; /* out */

	/* JOB_CALL: set-up and operators' acts. Runs inside a savepoint of
	 * the transaction; what it returns decides between release and undo,
	 * and STORE_FAILED fails the job. It may ask for a new snapshot. */
	enum store_result (*call)(struct store *s, struct ledger_job *job,
				  int64_t now_ms);
	enum store_result call_result;
	bool remake_snapshot;
	/* Out: why there can be no such snapshot; then the call is undone, and
	 * this is what to take away. Empty: there is one. */
	char refusal[LEDGER_REFUSAL_MAX];
};

struct ledger_config {
	size_t questions_max, others_max; /* queue bounds, jobs */
	/* The service's clock, ms since 1970; called on the ledger thread. */
	int64_t (*now_ms)(void *clock);
	void *clock;
	/* Called for a job that asks for a new snapshot, within the job's
	 * savepoint: STORE_OK, or the job is undone: STORE_NONE with why in
	 * its refusal, STORE_FAILED to fail it. */
	enum store_result (*prepare)(struct store *s, struct ledger_job *job,
				     void *arg);
	/* Called after each transaction, and before done. */
	void (*install)(bool committed, void *arg);
	/* Called after a transaction that was given up; NULL: nobody asks. */
	void (*failed)(void *arg);
	void *arg;
	/* 32 bytes each, kept by the caller as long as the ledger runs. */
	const uint8_t *grant_key;
};

struct ledger *ledger_start(struct store *store,
			    const struct ledger_config *config, char *error,
			    size_t error_size) OAP_CHECKED;
/* False: the queue is full (answer `busy`); the job stays the caller's. */
bool ledger_submit(struct ledger *l, struct ledger_job *job) OAP_CHECKED;
/* Refuses new jobs from now on, finishes what is queued, joins the thread.
 * Other threads may still call ledger_submit: it returns false. */
void ledger_halt(struct ledger *l);
/* Halts and frees: nobody calls anything with it any more. NULL: nothing. */
void ledger_stop(struct ledger *l);

/* For a JOB_CALL: an operator's reversal, at any time and place. e is decoded
 * from the message that the service has just signed (typ 65004); *result is
 * of the reversal class. */
enum store_result ledger_operator_reversal(struct store *s,
					   const struct entry *e,
					   int64_t now_ms,
					   enum verdict *result) OAP_CHECKED;

struct ledger_figures {
	uint64_t commits, commit_failures, questions, items, calls;
	uint64_t questions_waiting, others_waiting;
	uint64_t commit_ns_total;
	uint64_t quarantined; /* items whose bytes are kept, of all kiosks */
};
void ledger_figures(struct ledger *l, struct ledger_figures *out);

#endif
