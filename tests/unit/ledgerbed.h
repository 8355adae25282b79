/* SPDX-License-Identifier: Apache-2.0 */
/* ledgerbed.h: a ledger on a fresh store with a clock that the test sets, and
 * kiosks that ask, write signed entries and send them, as often and in
 * whatever order a test likes. Signatures are real; what a loop would find out
 * about a pass is given. Answers are waited for, so a test reads as a story. */
#ifndef LEDGERBED_H
#define LEDGERBED_H

#include "ledger.h"

#define BED_NOW INT64_C(1795478400000) /* 2026-11-24 00:00 UTC */
#define BED_KIOSKS 8
#define BED_SECOND INT64_C(1000)
#define BED_MINUTE (60 * BED_SECOND)
#define BED_HOUR (60 * BED_MINUTE)

/* Kiosks 0, 1: museum, 2, 3: palace (both Seoul, KRW), 4, 5: beach (Honolulu,
 * USD), 6, 7: stupa (Kathmandu, NPR). */
enum bed_benefit {
	BED_ONCE,     /* KRW, 20 %, once a day in the whole service */
	BED_THRICE,   /* KRW, three times a day at each facility */
	BED_ONCE_USD, /* once a day */
	BED_ONCE_NPR,
	BED_EVER,    /* KRW, once in a lifetime, no reversal by kiosks */
	BED_UNKNOWN, /* the service does not know it */
	BED_BENEFITS
};

struct bed;

/* A story begins with a new bed, and whatever it does, everything adds up at
 * its end (bed_check). */
int bed_begin_story(void **state);
int bed_end_story(void **state);
#define STORY(name) \
	cmocka_unit_test_setup_teardown(name, bed_begin_story, bed_end_story)

/* Questions for bed_number. */
#define COUNT(table) "SELECT count(*) FROM " table
#define USES "SELECT coalesce(sum(uses), 0) FROM counter"
#define COUNTED "SELECT coalesce(sum(counts), 0) FROM attempt"

/* Opens a ledger in a new directory; the test fails when it cannot. */
struct bed *bed_open(void);
void bed_close(struct bed *bed);
/* Stops and starts it again on the same files. */
void bed_restart(struct bed *bed);
/* Restarts it with a log that is written back after so many pages. */
void bed_keep_log(struct bed *bed, int pages);
void bed_at(struct bed *bed, int64_t ms);
void bed_pass_time(struct bed *bed, int64_t ms);
int64_t bed_now(const struct bed *bed);
/* A file in its directory. */
void bed_remove(const struct bed *bed, const char *name);
const char *bed_dir(const struct bed *bed);
const uint8_t *bed_kid(const struct bed *bed, unsigned kiosk);
void bed_set_state(struct bed *bed, unsigned kiosk, enum device_state state);
/* To the other facility of its city, and back. */
void bed_move(struct bed *bed, unsigned kiosk);
/* As an operator would change it. */
void bed_set_limit(struct bed *bed, enum bed_benefit benefit, uint32_t limit);
/* The facility of that kiosk keeps another time. */
void bed_set_zone(struct bed *bed, unsigned kiosk,
                  const struct zone_span *zone);
/* The clock of a kiosk: raw = service clock + ahead; knows: its offset says
 * so. */
void bed_kiosk_ahead(struct bed *bed, unsigned kiosk, int64_t ms, bool knows);

/* One pass shown at one kiosk for one benefit. */
struct visit {
	unsigned kiosk, pass;
	enum bed_benefit benefit;
	uint32_t party;
	bool has_list;
	int64_t list;
	bool live; /* a presentation of the second iat */
	uint64_t iat;
	bool elsewhere; /* the kiosk names the other facility of its city */
	bool forged;    /* the pass's signature does not verify */
	bool no_code;   /* what was scanned is no pass */
	uint64_t exp_later_s; /* issued anew: good so much longer */
	int64_t at_ms;  /* the kiosk's clock */
	uint32_t left_ms;
	uint8_t id[16];
};
/* For one adult, list price 10000, at the bed's time; ids rise. */
struct visit bed_visit(struct bed *bed, unsigned kiosk, unsigned pass,
                       enum bed_benefit benefit);

/* NONE with failed set: unavailable. */
struct reply {
	struct ask_result answer;
	bool failed;
};
struct reply bed_ask(struct bed *bed, const struct visit *v);
void bed_assert_verdict(struct reply r, enum verdict v);
/* That is dropped when it is not judged by then. */
struct reply bed_ask_until(struct bed *bed, const struct visit *v,
                           int64_t expires_ms);

/* A signed entry and what travels beside it. */
struct paper {
	unsigned kiosk;
	struct visit visit; /* of an attempt */
	uint8_t entry[ENTRY_MAX], salt[16];
	size_t n;
	bool readable, authentic, committed;
	bool reversal;
	struct entry view; /* into a copy: for its numbers only */
};
/* The kiosk's next entry: what it told, with the grant of answer (or NULL). */
struct paper bed_write(struct bed *bed, const struct visit *v,
                       enum verdict told, const struct ask_result *answer);
struct paper bed_write_reversal(struct bed *bed, unsigned kiosk,
                                const struct visit *of);
/* The kiosk forgets its place in the chain, as one restored would. */
void bed_set_chain(struct bed *bed, unsigned kiosk, uint64_t next_seq);
uint64_t bed_next_seq(const struct bed *bed, unsigned kiosk);

struct delivery {
	bool failed;
	struct item_result result[ITEMS_PER_UPLOAD_MAX];
	struct held held;
};
/* Under a report. all_sent: the report says so. */
struct delivery bed_send(struct bed *bed, unsigned kiosk,
                         const struct paper *papers, size_t n, bool all_sent);
struct item_result bed_send_one(struct bed *bed, const struct paper *p);
/* Before a question, as /v1/ask carries them. */
struct reply bed_ask_with(struct bed *bed, const struct visit *v,
                          const struct paper *papers, size_t n,
                          struct delivery *out);
/* Ask, and write and send what was answered. */
struct reply bed_redeem(struct bed *bed, const struct visit *v);
enum verdict bed_operator_reversal(struct bed *bed, const struct visit *of);

/* Runs a call on the ledger thread. */
struct call_result {
	bool failed;
	enum store_result result;
};
struct call_result bed_call(struct bed *bed,
                            enum store_result (*call)(struct store *s,
                                                      struct ledger_job *job,
                                                      int64_t now_ms));

/* Many at once: each on its own thread's connection would do the same. */
void bed_ask_many(struct bed *bed, const struct visit *visits, size_t n,
                  struct reply *replies);

/* One number out of the store, by SQL; the test fails when there is none. */
int64_t bed_number(struct bed *bed, const char *sql);
/* Counters, conflicts and totals are what the rows say, worked out anew. */
void bed_check(struct bed *bed);

#endif
