/* SPDX-License-Identifier: Apache-2.0 */
/* journal.h: a kiosk's durable record: its entries and their chain, which of
 * them the service has, uses counted here, the clock, the bundle, and who the
 * kiosk is. One SQLite file (WAL, synchronous=FULL); only journal*.c know it.
 *
 * Not thread-safe: the handle's lock is held around every call. Functions that
 * return bool fail for I/O only; journal_error then says what happened.
 * Between journal_begin and journal_commit changes are one transaction; when
 * the commit fails, nothing of it counts (but see journal_make_sure). */
#ifndef OAP_JOURNAL_H
#define OAP_JOURNAL_H

#include "env.h"
#include "held.h"
#include "include/oap.h"
#include "key.h"
#include "kioskclock.h"
#include "limits.h"

#define JOURNAL_NAME "journal.db"
#define PASS_HASH_SIZE 32
#define HASH_KEY_SIZE 32

struct journal;

/* dir without symbolic links in it. create: makes the file when it is missing;
 * else OAP_NOT_ENROLLED. Another's file is refused and left as it is. */
enum oap_result journal_open(const char *dir, bool create, const char *vfs,
			     struct journal **out,
			     struct oap_problem *why) OAP_CHECKED;
void journal_close(struct journal *j);
/* Of the last call that failed; lives until the next one. */
const char *journal_error(const struct journal *j);

bool journal_begin(struct journal *j) OAP_CHECKED;
/* False: rolled back, and what it wrote is overwritten when the disk lets it
 * be. */
bool journal_commit(struct journal *j) OAP_CHECKED;
/* A commit whose sync failed may stand whole in the log, and would count again
 * for whoever opens the journal after a kill, until another commit stands in
 * its place. This tries to put one there when none could be put yet; a disk
 * that takes nothing more cannot be made to forget. */
void journal_make_sure(struct journal *j);
void journal_rollback(struct journal *j);

/* ------------------------------------------------------------ identity */

struct identity {
	char url[URL_MAX + 1];
	uint8_t service_pk[32];
	bool has_pin;
	uint8_t pin[32];	       /* of TLS, from the enrolment code */
	uint8_t hash_key[HASH_KEY_SIZE]; /* of passes, in this journal */
	uint8_t enrolment[ENROLMENT_MAX]; /* the message, to be sent again */
	size_t enrolment_n;
	bool answered; /* the service took it */
	char facility[NAME_ID_MAX + 1]; /* as it answered */
};

/* *there tells whether there is one. */
bool journal_identity(struct journal *j, struct identity *out, bool *there)
    OAP_CHECKED;
bool journal_set_identity(struct journal *j, const struct identity *id)
    OAP_CHECKED;

/* --------------------------------------------------------------- clock */

bool journal_clock(struct journal *j, struct kioskclock *out) OAP_CHECKED;
bool journal_set_clock(struct journal *j, const struct kioskclock *c)
    OAP_CHECKED;

/* -------------------------------------------------------------- bundle */

/* The bundle held, in malloc'd memory of the caller's (NULL: none); as it
 * stands there, be it good or not. */
bool journal_bundle(struct journal *j, uint8_t **message, size_t *n,
		    char etag[static ETAG_MAX + 1]) OAP_CHECKED;
bool journal_set_bundle(struct journal *j, struct bytes message,
			const char *etag) OAP_CHECKED;
/* What is kept beside it; !out->there when that is missing or unusable. To be
 * set in one transaction with the bundle. */
bool journal_held(struct journal *j, struct held *out) OAP_CHECKED;
bool journal_set_held(struct journal *j, const struct held *h) OAP_CHECKED;
/* Floors against rollback; number 0 and iat 0: none yet. */
bool journal_document_floor(struct journal *j, struct bytes iss,
			    const uint8_t root[static 32], uint64_t *number,
			    uint8_t hash[static 32]) OAP_CHECKED;
bool journal_set_document_floor(struct journal *j, struct bytes iss,
				const uint8_t root[static 32], uint64_t number,
				const uint8_t hash[static 32]) OAP_CHECKED;
bool journal_token_floor(struct journal *j, struct bytes uri,
			 const uint8_t signer[static 8], uint64_t *iat)
    OAP_CHECKED;
bool journal_set_token_floor(struct journal *j, struct bytes uri,
			     const uint8_t signer[static 8], uint64_t iat)
    OAP_CHECKED;
/* A signer was declared compromised: what it signed binds nobody. */
bool journal_drop_token_floors(struct journal *j,
			       const uint8_t signer[static 8]) OAP_CHECKED;

/* ------------------------------------------------------------- entries */

struct journal_tip {
	uint64_t next_seq;
	uint8_t prev[32];
};

/* Where the next entry goes. */
bool journal_tip(struct journal *j, struct journal_tip *out) OAP_CHECKED;

struct journal_entry {
	uint64_t seq;
	uint8_t id[16];
	struct bytes message, salt, scanned;
	uint8_t hash[32]; /* of message */
	bool reversal;
	int64_t effective_ms;
	const uint8_t *pass; /* its keyed hash; NULL when there is none */
	/* attempt */
	unsigned told;
	struct bytes benefit;
	int32_t period; /* of the use, when counted */
	bool counted;	/* a use was added here for it */
	bool alone;	/* accepted without the service */
	int64_t spent;	/* then: the discount */
	/* reversal */
	uint8_t of_id[16];
};

bool journal_append(struct journal *j, const struct journal_entry *e)
    OAP_CHECKED;

struct journal_found {
	uint64_t seq; /* of a rolled key's: its number among all of those */
	bool rolled;  /* written under a key before the one in use */
	uint8_t kid[8]; /* rolled: that key's */
	unsigned told;
	int64_t effective_ms;
	bool has_pass;
	uint8_t pass[PASS_HASH_SIZE];
	char benefit[NAME_ID_MAX + 1];
	int32_t period;
	bool counted;
	bool reversed; /* a reversal of it is in the journal, not refused */
};

/* An attempt of this kiosk, under the key in use or one before; *there tells
 * whether the journal has it. */
bool journal_find(struct journal *j, const uint8_t id[static 16],
		  struct journal_found *out, bool *there) OAP_CHECKED;
bool journal_set_counted(struct journal *j, const struct journal_found *of,
			 bool counted) OAP_CHECKED;
/* The attempt that entry seq reverses. */
struct journal_reversal {
	bool there; /* it is a reversal */
	uint8_t id[16];
	bool has_kid; /* else its message went bad on the disk */
	uint8_t kid[8];
};
bool journal_reversed_by(struct journal *j, uint64_t seq,
			 struct journal_reversal *out) OAP_CHECKED;

/* Unsent entries, oldest first, at most max of them. When pass is not NULL:
 * of that pass; and should there be more, those that told an accept or took
 * one back, then the latest. The views live for the call alone. */
typedef void journal_visit(void *arg, uint64_t seq, struct bytes message,
			   struct bytes salt, struct bytes scanned);
bool journal_unsent(struct journal *j, const uint8_t *pass, size_t max,
		    journal_visit *visit, void *arg) OAP_CHECKED;
/* Entry seq and what else is unsent of its pass, the latest of them, at most
 * max; oldest first. */
bool journal_unsent_with(struct journal *j, uint64_t seq, size_t max,
			 journal_visit *visit, void *arg) OAP_CHECKED;
/* Unsent entries after seq after up to seq last, oldest first, at most max. */
bool journal_unsent_between(struct journal *j, uint64_t after, uint64_t last,
			    size_t max, journal_visit *visit, void *arg)
    OAP_CHECKED;

struct journal_at {
	bool there; /* the journal has an entry of that seq */
	bool sent;
	bool taken; /* sent, and the service said that it took it as a record */
	uint8_t hash[32];
};

bool journal_entry_at(struct journal *j, uint64_t seq, struct journal_at *out)
    OAP_CHECKED;
/* The service gave a final result; now_ms: service time, from which it is kept
 * for so long. */
bool journal_settle(struct journal *j, uint64_t seq, unsigned result,
		    unsigned marks, int64_t now_ms) OAP_CHECKED;

/* What it gave; VERDICT_NONE: nothing final yet. */
bool journal_result(struct journal *j, uint64_t seq, unsigned *result,
		    unsigned *marks) OAP_CHECKED;

/* A reversal that the service refused, kept until somebody was told. */
struct journal_refused {
	uint64_t seq; /* its entry's */
	uint8_t kid[8], id[16]; /* the attempt */
	unsigned verdict;
};

bool journal_refuse(struct journal *j, const struct journal_refused *r)
    OAP_CHECKED;
/* The first after entry seq after (0: of all); *there tells whether there is
 * one. */
bool journal_refused(struct journal *j, uint64_t after,
		     struct journal_refused *out, bool *there) OAP_CHECKED;
/* False: it will be told once more, which does no harm. */
bool journal_drop_refused(struct journal *j, uint64_t seq);

struct journal_queue {
	uint64_t depth;
	uint64_t oldest_seq; /* 0: all is sent */
	int64_t oldest_ms;
};

bool journal_queue(struct journal *j, struct journal_queue *out) OAP_CHECKED;
/* Walks the chain of all that is kept: every hash, prev and seq. *bad is the
 * first entry that does not fit, 0 when all do. */
bool journal_verify(struct journal *j, uint64_t *bad) OAP_CHECKED;

/* What the service said it holds of this kiosk's entries, last. */
struct there {
	uint64_t seq;	/* the highest up to which it has all */
	uint64_t count; /* of all it has */
	int64_t at_ms;	/* when it said so: service time */
	int64_t lost_ms; /* when it last said less than before; 0: never */
	/* This journal was seen to hold less, or something else: it was
	 * restored or copied, and must not decide alone. */
	bool diverged;
};

bool journal_there(struct journal *j, struct there *out) OAP_CHECKED;
bool journal_set_there(struct journal *j, const struct there *there)
    OAP_CHECKED;
/* Entries after seq are to be sent again, whatever became of them. */
bool journal_unsend(struct journal *j, uint64_t seq) OAP_CHECKED;
/* *there tells whether the journal still has that entry. */
bool journal_hash(struct journal *j, uint64_t seq, uint8_t hash[static 32],
		  bool *there) OAP_CHECKED;

/* What was accepted by itself since the last contact with the service. */
bool journal_spent(struct journal *j, uint64_t *uses, int64_t *discount)
    OAP_CHECKED;
/* There was contact before the entry of that seq was written. */
bool journal_contact(struct journal *j, uint64_t seq) OAP_CHECKED;
/* -------------------------------------------------------- key rolls */

struct roll {
	bool there; /* one is under way: the next key has its file */
	uint8_t enrolment[ENROLMENT_MAX]; /* to be sent again */
	size_t enrolment_n;
	bool answered; /* the service took it */
};

bool journal_roll(struct journal *j, struct roll *out) OAP_CHECKED;
bool journal_set_roll(struct journal *j, const struct roll *r) OAP_CHECKED;
bool journal_drop_roll(struct journal *j) OAP_CHECKED;
/* A key that was rolled: a service that was put back to before that knows it
 * alone. */
#define FORMER_KEYS_MAX 8 /* rolled since a backup that is still of use */
struct former_key {
	uint8_t kid[8];
	uint8_t mac[KEY_MAC]; /* of its reports */
	uint8_t enrolment[ENROLMENT_MAX]; /* the message that introduced it */
	size_t enrolment_n;
	uint64_t last_seq; /* of its chain; 0: it wrote nothing */
};
/* The newest first, at most FORMER_KEYS_MAX of them. */
bool journal_former(struct journal *j,
		    struct former_key keys[static FORMER_KEYS_MAX],
		    size_t *count) OAP_CHECKED;
/* Its entries after seq after, oldest first, at most max. */
bool journal_former_after(struct journal *j, const uint8_t kid[static 8],
			  uint64_t after, size_t max, journal_visit *visit,
			  void *arg) OAP_CHECKED;

/* In a transaction: what key has written, all of it sent, is put aside with it
 * (its last_seq is not read), and the chain begins anew. Refusals keep to be
 * told. */
bool journal_begin_chain(struct journal *j, const struct former_key *key,
			 int64_t now_ms) OAP_CHECKED;

/* ------------------------------------------------------------- wiping */

struct wiped {
	bool there;
	uint8_t kid[8]; /* of the key that is gone */
	int64_t at_ms;	/* effective */
	uint8_t report[REPORT_MAX]; /* the last, to send what is left under */
	size_t report_n;
};

bool journal_wiped(struct journal *j, struct wiped *out) OAP_CHECKED;
/* Forgets, in one transaction, whatever is secret or personal but entries that
 * are not sent, and keeps w; then the log, which had it all, too. */
bool journal_wipe(struct journal *j, const struct identity *left,
		  const struct wiped *w) OAP_CHECKED;
/* Those were sent. */
bool journal_wipe_entries(struct journal *j) OAP_CHECKED;

/* ------------------------------------------------------ uses and memory */

bool journal_uses(struct journal *j, const uint8_t pass[static PASS_HASH_SIZE],
		  struct bytes benefit, int32_t period, uint64_t *uses)
    OAP_CHECKED;
/* The earliest of those uses that is still in the journal. */
bool journal_first_use(struct journal *j,
		       const uint8_t pass[static PASS_HASH_SIZE],
		       struct bytes benefit, int32_t period, int64_t *first_ms,
		       bool *there) OAP_CHECKED;
/* One use more or less, never under 0. */
bool journal_count(struct journal *j, const uint8_t pass[static PASS_HASH_SIZE],
		   struct bytes benefit, int32_t period, int64_t now_ms,
		   int delta) OAP_CHECKED;
/* Presentations seen: *seen tells whether one with this hash was already used
 * for the benefit. */
bool journal_shown(struct journal *j, const uint8_t hash[static PASS_HASH_SIZE],
		   struct bytes benefit, bool *seen) OAP_CHECKED;
bool journal_show(struct journal *j, const uint8_t hash[static PASS_HASH_SIZE],
		  struct bytes benefit, int64_t until_ms) OAP_CHECKED;
/* Forgets what nobody can ask for any more, of each kind the oldest
 * KIOSK_PRUNE_MAX at most: presentations past their window, entries that were
 * settled longer than keep_days ago (but the last, and none that the service
 * did not take), and uses of periods long over. *more: that was not all. */
bool journal_prune(struct journal *j, int64_t now_ms, unsigned keep_days,
		   bool *more) OAP_CHECKED;
/* For how long: as set, or KIOSK_KEEP_DAYS. */
bool journal_keep(struct journal *j, unsigned *days) OAP_CHECKED;
bool journal_set_keep(struct journal *j, unsigned days) OAP_CHECKED;

#endif
