/* SPDX-License-Identifier: Apache-2.0 */
/* store_ledger.h: what the ledger keeps: kiosks as senders, attempts with
 * their entries, counters, conflicts, reversals, presentations, totals. Rows
 * in, rows out; the rules are in judge.c, record.c, reverse.c and settle.c.
 * The tables are described in store_sqlite_ledger.c.
 *
 * All functions are for the thread that owns the handle, inside a
 * transaction. STORE_NONE: there is no such row. */
#ifndef OAP_STORE_LEDGER_H
#define OAP_STORE_LEDGER_H

#include "counts.h"
#include "entry.h"
#include "ledger.h"

/* ------------------------------------------------------------- kiosks */

/* The number of a kiosk in the ledger, made at its first use; and its state as
 * it is set up at this moment (left alone when no such kiosk is set up). */
enum store_result store_device(struct store *s, const uint8_t kid[static 8],
                               int64_t *n,
                               enum device_state *state) OAP_CHECKED;
/* The same, of one that is there. */
enum store_result store_device_find(struct store *s,
                                    const uint8_t kid[static 8],
                                    int64_t *n) OAP_CHECKED;
/* The number of the key that a kiosk had before; STORE_NONE: it has had no
 * other, or wrote and asked nothing with it. */
enum store_result store_device_before(struct store *s, int64_t kiosk,
                                      int64_t *before) OAP_CHECKED;
/* What a kiosk says of itself; carried: in a file. Not taken when a later report
 * has overtaken it. */
enum store_result store_device_report(struct store *s, int64_t kiosk,
                                      const struct report *r, bool carried,
                                      int64_t now_ms) OAP_CHECKED;

/* How far a kiosk's entries have been judged in the order of writing (the
 * rules are in order.c), and what that has come to. */
struct order {
	uint64_t seq; /* all up to it is judged, or given up as missing */
	int64_t since_ms; /* the kiosk's enrolment, by its first key; 0: it is
			   * not set up. Read only. */
	int64_t latest_ms; /* effective, of what is not disputed */
	/* Accepted offline since the last contact; amount in that currency. */
	uint64_t uses;
	int64_t amount;
	char currency[CURRENCY_LEN + 1];
	bool waiting; /* there are turns of this kiosk */
};
enum store_result store_order(struct store *s, int64_t kiosk,
                              struct order *out) OAP_CHECKED;
enum store_result store_order_set(struct store *s, int64_t kiosk,
                                  const struct order *order) OAP_CHECKED;

/* A database that was a copy is in use from now_ms on: what came to the service
 * after *copied_ms it no longer has. STORE_NONE: it was none. */
enum store_result store_restored(struct store *s, int64_t now_ms,
                                 int64_t *copied_ms) OAP_CHECKED;
/* Whether a time of which it has nothing any more lies, in part, between. */
enum store_result store_was_lost(struct store *s, int64_t from_ms,
                                 int64_t to_ms, bool *lost) OAP_CHECKED;

/* What is to be judged when its seq is due. */
enum turn_kind {
	TURN_CONTACT, /* a report that said this seq is next */
	TURN_ENTRY,   /* that says no more than its time */
	TURN_GRANTED, /* an entry with the service's answer in it */
	TURN_ACCEPT,  /* told offline */
	TURN_REVERSAL
};
struct turn {
	uint64_t seq;
	enum turn_kind kind;
	int64_t of;    /* row of the attempt or reversal to be judged, or 0 */
	int64_t at_ms; /* effective; of contact: when the kiosk said so */
	/* What a kiosk may accept alone, as it knew it. */
	uint64_t uses_max;
	int64_t amount_max;
	int64_t received_ms;
};
/* What is the same in seq, kind and of is one turn: at the later time, received
 * when the first was. */
enum store_result store_turn_add(struct store *s, int64_t kiosk,
                                 const struct turn *turn) OAP_CHECKED;
/* The one of the lowest seq, contact before an entry. */
enum store_result store_turn_first(struct store *s, int64_t kiosk,
                                   struct turn *out) OAP_CHECKED;
enum store_result store_turn_drop(struct store *s, int64_t kiosk,
                                  const struct turn *turn) OAP_CHECKED;
/* Of all that was received before, the oldest one's kiosk, and the highest seq
 * of that kiosk among them. */
enum store_result store_turn_old(struct store *s, int64_t before_ms,
                                 int64_t *kiosk, uint64_t *seq) OAP_CHECKED;

/* An entry's place in its kiosk's chain: seq, prev and its own hash. Gaps
 * stay visible as runs that do not touch; a second entry of one seq, or a
 * prev that is not the hash before it, is recorded as a fork. */
struct link {
	uint64_t seq;
	const uint8_t *prev, *hash; /* 32 bytes each */
};
enum store_result store_chain_add(struct store *s, int64_t kiosk,
                                  const struct link *link,
                                  int64_t now_ms) OAP_CHECKED;
enum store_result store_held(struct store *s, int64_t kiosk,
                             struct held *out) OAP_CHECKED;

/* Bytes that are no record, kept to be looked at: an item nobody could read,
 * or other bytes under an id that is taken. *kept says whether there was
 * room (QUARANTINE_PER_KIOSK_MAX). */
enum quarantine_kind { QUARANTINE_UNREADABLE, QUARANTINE_ID_REUSED };
enum store_result store_quarantine(struct store *s, int64_t kiosk,
                                   enum quarantine_kind kind, struct bytes raw,
                                   int64_t now_ms, bool *kept) OAP_CHECKED;
/* Of how many, of all kiosks, the bytes are kept; in memory until it
 * changes. */
enum store_result store_quarantine_count(struct store *s,
                                         int64_t *count) OAP_CHECKED;

/* ----------------------------------------------------------- counters */

struct counter_key {
	uint8_t pass[PASS_HASH];
	char benefit[NAME_ID_MAX + 1];
	char facility[NAME_ID_MAX + 1]; /* "" when it is for the service */
	int per;        /* enum limit_per; -1: counts nothing, holds a pass's
	                 * attempts for a benefit that is not known here */
	int32_t period; /* as benefit_period */
};

struct counter {
	int64_t n; /* 0: not stored yet */
	struct counter_key key;
	uint64_t uses, limit;
	uint64_t conflicts; /* open */
	int64_t last_exp_s; /* of a pass that was seen with it */
	bool exp_rose;      /* and it is not stored yet */
};

/* Fills all but c->key; zeros and STORE_NONE. */
enum store_result store_counter_find(struct store *s,
                                     struct counter *c) OAP_CHECKED;
/* By c->n; the key is not read. */
enum store_result store_counter_get(struct store *s,
                                    struct counter *c) OAP_CHECKED;
/* Adds it (n == 0, which is then set) or writes all but the key. */
enum store_result store_counter_put(struct store *s,
                                    struct counter *c) OAP_CHECKED;

/* ----------------------------------------------------------- attempts */

/* Flags of an attempt, beside its marks: for operators' eyes. */
enum attempt_flag {
	FLAG_ID_REUSED = 1,
	/* what the answer said of the pass beside the verdict */
	FLAG_SAID_CONFLICT = 2,
	FLAG_SAID_DISPUTED = 4
};

struct attempt {
	int64_t n; /* 0: not stored yet; rises as attempts are first heard of */
	int64_t kiosk, counter; /* counter 0: no pass could be read */
	uint8_t id[16];

	struct facts facts;
	bool counts;
	unsigned marks, flags;
	unsigned dispute; /* why, when the judgement is DISPUTED */
	bool online; /* the service's answer stands behind what was told */

	char facility[NAME_ID_MAX + 1], benefit[NAME_ID_MAX + 1];
	char issuer[ISS_MAX + 1]; /* "": no pass could be read */
	int class;                /* enum pass_class, or -1 */
	char currency[CURRENCY_LEN + 1];
	uint32_t party;
	bool has_list, has_discount;
	int64_t list, discount;
	uint32_t reversal_minutes; /* the benefit's, when it was judged */

	int64_t at_ms, offset_ms; /* the kiosk's raw clock, and its offset */
	uint32_t left_ms;         /* of the question; 0 when there was none */
	int64_t effective_ms, asked_ms, received_ms; /* asked 0: not asked */
	int32_t day, month; /* local date; booking month, 100 * y + m */
	int hour;           /* of the local day */
	int64_t reversed_ms;

	/* the stored answer, beside its verdict and amounts */
	uint64_t uses, limit;
	unsigned stale;
	bool has_first;
	int64_t first_ms;
	char first_facility[NAME_ID_MAX + 1];

	bool has_shown;
	int64_t shown_s; /* the presentation's iat */

	bool purged; /* what pass it was is no longer known */
};

/* *same_scan: whether its scanned message is that one (of a purged attempt
 * nobody knows: taken to be). */
enum store_result store_attempt_find(struct store *s, int64_t kiosk,
                                     const uint8_t id[static 16],
                                     struct bytes scanned, struct attempt *out,
                                     bool *same_scan) OAP_CHECKED;
enum store_result store_attempt_get(struct store *s, int64_t n,
                                    struct attempt *out) OAP_CHECKED;
enum store_result store_attempt_add(struct store *s, struct attempt *a,
                                    struct bytes scanned) OAP_CHECKED;
/* Writes what can change; moved: the counter, whether it counts there, and its
 * effective time with the local day and hour, too. */
enum store_result store_attempt_set(struct store *s, const struct attempt *a,
                                    bool moved) OAP_CHECKED;

/* The earliest that counts (by effective time). */
enum store_result store_first_use(struct store *s, int64_t counter,
                                  struct attempt *out) OAP_CHECKED;
/* The one to put a conflict on: latest received that counts and has none. */
enum store_result store_conflict_candidate(struct store *s, int64_t counter,
                                           struct attempt *out) OAP_CHECKED;
/* The latest conflict opened that is still open. */
enum store_result store_conflict_latest(struct store *s, int64_t counter,
                                        struct attempt *out) OAP_CHECKED;
enum store_result store_conflict_open(struct store *s, int64_t counter,
                                      int64_t attempt,
                                      int64_t now_ms) OAP_CHECKED;
/* STORE_NONE: that attempt has none open there. */
enum store_result store_conflict_close(struct store *s, int64_t counter,
                                       int64_t attempt,
                                       int64_t now_ms) OAP_CHECKED;

/* How many accepting answers of a kiosk count and have no entry: kept in memory
 * beside the rows, since a busy kiosk mostly has none. Whoever adds or changes
 * such a row says by how much it changed that. */
enum store_result store_unconfirmed_count(struct store *s, int64_t kiosk,
                                          int64_t *count) OAP_CHECKED;
void store_unconfirmed_changed(struct store *s, int64_t kiosk, int by);
/* One accepting answer of a kiosk that counts and has no entry: for that pass
 * and benefit in any period, whose question's time was up when the kiosk asks
 * at asking_at_ms of its own clock, or which was asked at until_ms or before;
 * or the rows of all that were asked at until_ms or before, at most most. */
enum store_result store_unconfirmed_of_pass(struct store *s, int64_t kiosk,
                                            const uint8_t pass[static PASS_HASH],
                                            const char *benefit,
                                            int64_t asking_at_ms,
                                            int64_t until_ms,
                                            struct attempt *out) OAP_CHECKED;
enum store_result store_unconfirmed_until(struct store *s, int64_t kiosk,
                                          int64_t until_ms, int64_t *n,
                                          size_t most,
                                          size_t *count) OAP_CHECKED;

/* Marks that a kiosk is told of with its next answer on that pass: an open
 * conflict, an accept that is disputed. */
enum store_result store_pass_marks(struct store *s,
                                   const uint8_t pass[static PASS_HASH],
                                   unsigned *marks) OAP_CHECKED;

/* ------------------------------------------------------------ entries */

/* The entry of an attempt. salt is kept beside it. */
enum store_result store_entry_add(struct store *s, const struct attempt *a,
                                  uint64_t seq, const struct item *item,
                                  int64_t now_ms) OAP_CHECKED;
enum store_result store_entry_is(struct store *s, int64_t attempt,
                                 struct bytes message, bool *same) OAP_CHECKED;

/* ------------------------------------------------------- presentations */

/* Whether (pass, iat) was shown in another attempt that matters: any but one
 * for another benefit at the same kiosk, or an answer that reached nobody. */
enum store_result store_shown_used(struct store *s,
                                   const uint8_t pass[static PASS_HASH],
                                   int64_t iat_s, int64_t kiosk,
                                   const char *benefit, bool *used) OAP_CHECKED;
/* The same for an attempt that is in the books itself, or is about to be, by an
 * entry of that seq: at that kiosk (for that benefit, with an entry before it
 * or a use), or at another. */
enum store_result store_shown_where(struct store *s,
                                    const uint8_t pass[static PASS_HASH],
                                    const struct attempt *a, uint64_t seq,
                                    bool *here, bool *elsewhere) OAP_CHECKED;
enum store_result store_shown_add(struct store *s,
                                  const uint8_t pass[static PASS_HASH],
                                  const struct attempt *a) OAP_CHECKED;

/* ---------------------------------------------------------- reversals */

struct reversal {
	int64_t n;
	uint8_t kid[8], id[16]; /* of the entry */
	uint8_t of_kid[8], of_id[16];
	bool by_operator;
	char operator[NAME_ID_MAX + 1];
	char facility[NAME_ID_MAX + 1]; /* of the kiosk that reverses */
	enum reversal_reason reason;
	int64_t effective_ms, received_ms;
	enum verdict result;
};

enum store_result
store_reversal_find(struct store *s, const uint8_t kid[static 8],
                    const uint8_t id[static 16], struct bytes message,
                    struct reversal *out, bool *same) OAP_CHECKED;
enum store_result store_reversal_add(struct store *s, struct reversal *r,
                                     struct bytes message) OAP_CHECKED;
/* The next pending one of that attempt after row n, oldest first. */
enum store_result store_reversal_pending(struct store *s,
                                         const uint8_t of_kid[static 8],
                                         const uint8_t of_id[static 16],
                                         int64_t after,
                                         struct reversal *out) OAP_CHECKED;
/* Those of an attempt, oldest first, at most REVERSALS_SHOWN_MAX. visit: false
 * ends it with STORE_FAILED. */
enum store_result store_reversals_of(struct store *s,
                                     const uint8_t of_kid[static 8],
                                     const uint8_t of_id[static 16],
                                     bool (*visit)(void *arg,
                                                   const struct reversal *r),
                                     void *arg) OAP_CHECKED;
enum store_result store_reversal_get(struct store *s, int64_t n,
                                     struct reversal *out) OAP_CHECKED;
enum store_result store_reversal_result(struct store *s, int64_t n,
                                        enum verdict result) OAP_CHECKED;
/* Those of an attempt that were `already-reversed` are pending again. */
enum store_result
store_reversals_reopen(struct store *s, const uint8_t of_kid[static 8],
                       const uint8_t of_id[static 16]) OAP_CHECKED;

/* -------------------------------------------------------------- purge */

/* Writes more than any question does, and keeps it until the next time. */
enum store_result store_probe(struct store *s) OAP_CHECKED;

/* One step of forgetting whose passes those were: of attempts first heard of
 * before that time, what was scanned, the salts and the counters they are in;
 * of counters whose period (or whose passes' validity) was over by then, all;
 * of what could not be read, the bytes. What is disputed, in an open conflict,
 * or behind entries that its kiosk has yet to send, waits. *more: call again
 * soon. */
enum store_result store_purge(struct store *s, int64_t before_ms,
                              bool *more) OAP_CHECKED;

/* ------------------------------------------------------------- totals */

struct total_key {
	int32_t month, day;
	char facility[NAME_ID_MAX + 1], benefit[NAME_ID_MAX + 1];
	char issuer[ISS_MAX + 1], currency[CURRENCY_LEN + 1];
	int16_t class;
	uint8_t verdict, online, hour;
};

struct total {
	int64_t attempts, counting, persons, list, discount, without_price,
	    reversed, conflicts;
};

/* Adds to the row of that key when the transaction ends; and attempts to the
 * row of (day, hour, facility, accept or refused). */
enum store_result store_total_add(struct store *s, const struct total_key *key,
                                  const struct total *change) OAP_CHECKED;

#endif
