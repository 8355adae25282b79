/* SPDX-License-Identifier: Apache-2.0 */
/* ledgerbed.c: a ledger with a set clock, and kiosks to talk to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "key.h"
#include "ledgerbed_inside.h"

const struct policy *snapshot_policy(const struct snapshot *s)
{
	return &s->policy;
}

/* --------------------------------------------------------------- world */

static void make_facilities(struct bed *bed)
{
	static const struct {
		const char *id, *currency;
		int32_t offset;
	} of[] = {{"museum", "KRW", 32400},
	          {"palace", "KRW", 32400},
	          {"beach", "USD", -36000},
	          {"stupa", "NPR", 20700}};

	for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
		bed->facility[i].id = bytes_text(of[i].id);
		bed->facility[i].city = bytes_text("city");
		bed->facility[i].currency = bytes_text(of[i].currency);
		bed->facility[i].zone.first = of[i].offset;
	}
}

static void make_benefits(struct bed *bed)
{
	static const struct {
		const char *id, *currency;
		uint32_t limit, minutes;
		enum limit_per per;
		enum limit_scope scope;
	} of[] = {{"once", "KRW", 1, 30, PER_DAY, SCOPE_SERVICE},
	          {"thrice", "KRW", 3, 30, PER_DAY, SCOPE_FACILITY},
	          {"once-usd", "USD", 1, 30, PER_DAY, SCOPE_SERVICE},
	          {"once-npr", "NPR", 1, 30, PER_DAY, SCOPE_SERVICE},
	          {"ever", "KRW", 1, 0, PER_LIFETIME, SCOPE_SERVICE},
	          {"gone", "KRW", 1, 0, PER_DAY, SCOPE_SERVICE}};

	for (size_t i = 0; i < BED_BENEFITS; i++) {
		bed->benefit[i] =
		    (struct benefit){.id = bytes_text(of[i].id),
		                     .kind = KIND_PERCENT,
		                     .value = 2000,
		                     .rounding_unit = 10,
		                     .party_max = 4,
		                     .limit = of[i].limit,
		                     .per = of[i].per,
		                     .scope = of[i].scope,
		                     .live = LIVE_NEVER,
		                     .reversal_minutes = of[i].minutes,
		                     .currency = bytes_text(of[i].currency)};
	}
}

static void make_kiosks(struct bed *bed)
{
	uint8_t seed[32] = {0}, pk[32];

	for (unsigned i = 0; i < BED_KIOSKS; i++) {
		struct bed_kiosk *k = &bed->kiosk[i];

		seed[0] = (uint8_t)(i + 1);
		crypto_sign_seed_keypair(k->pk, k->sk, seed);
		key_kid(k->pk, k->kid);
		k->state = DEVICE_ACTIVE;
		k->next_seq = 1;
	}
	seed[0] = 0xff;
	crypto_sign_seed_keypair(pk, bed->service_sk, seed);
	key_kid(pk, bed->service_kid);
}

static int64_t bed_clock(void *arg)
{
	struct bed *bed = arg;

	return atomic_load(&bed->now_ms);
}

static void start(struct bed *bed)
{
	struct ledger_config config = {.questions_max = 1024,
	                               .others_max = 1024,
	                               .now_ms = bed_clock,
	                               .clock = bed,
	                               .grant_key = bed->grant_key};
	char error[512] = "";

	bed->store = store_open(bed->dir, error, sizeof error);
	if (!bed->store)
		fail_msg("%s", error);
	if (bed->log_pages)
		store_keep_log(bed->store, bed->log_pages);
	bed->ledger = ledger_start(bed->store, &config, error, sizeof error);
	if (!bed->ledger)
		fail_msg("%s", error);
}

struct bed *bed_open(void)
{
	struct bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	assert_true(sodium_init() >= 0);
	snprintf(bed->dir, sizeof bed->dir, "/tmp/oap-ledger-XXXXXX");
	assert_non_null(mkdtemp(bed->dir));
	atomic_store(&bed->now_ms, BED_NOW);
	bed->snapshot.policy =
	    (struct policy){.soft_age_s = 129600,
	                    .hard_age_s = 604800,
	                    .skew_s = SKEW_DEFAULT_S,
	                    .presentation_window_s = 60,
	                    .offline_uses = 100,
	                    .deadline_ms = DEADLINE_DEFAULT_MS,
	                    .status_hard_cap_s = UINT64_C(30) * 86400 * 366};
	memset(bed->grant_key, 7, sizeof bed->grant_key);
	make_facilities(bed);
	make_benefits(bed);
	make_kiosks(bed);
	pthread_mutex_init(&bed->lock, NULL);
	pthread_cond_init(&bed->wake, NULL);
	start(bed);
	return bed;
}

void bed_restart(struct bed *bed)
{
	ledger_stop(bed->ledger);
	store_close(bed->store);
	start(bed);
}

void bed_remove(const struct bed *bed, const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", bed->dir, name);
	remove(path);
}

void bed_close(struct bed *bed)
{
	ledger_stop(bed->ledger);
	store_close(bed->store);
	bed_remove(bed, "oapd.db");
	bed_remove(bed, "oapd.db-wal");
	bed_remove(bed, "oapd.db-shm");
	rmdir(bed->dir);
	pthread_cond_destroy(&bed->wake);
	pthread_mutex_destroy(&bed->lock);
	free(bed);
}

void bed_keep_log(struct bed *bed, int pages)
{
	bed->log_pages = pages;
	bed_restart(bed);
}

void bed_at(struct bed *bed, int64_t ms)
{
	atomic_store(&bed->now_ms, ms);
}

void bed_pass_time(struct bed *bed, int64_t ms)
{
	atomic_fetch_add(&bed->now_ms, ms);
}

int64_t bed_now(const struct bed *bed)
{
	return atomic_load(&bed->now_ms);
}

const char *bed_dir(const struct bed *bed)
{
	return bed->dir;
}

const uint8_t *bed_kid(const struct bed *bed, unsigned kiosk)
{
	return bed->kiosk[kiosk].kid;
}

void bed_set_state(struct bed *bed, unsigned kiosk, enum device_state state)
{
	bed->kiosk[kiosk].state = state;
}

void bed_move(struct bed *bed, unsigned kiosk)
{
	bed->kiosk[kiosk].moved = !bed->kiosk[kiosk].moved;
}

unsigned bed_place(const struct bed *bed, unsigned kiosk)
{
	return kiosk / 2 ^ (bed->kiosk[kiosk].moved ? 1 : 0);
}

void bed_set_limit(struct bed *bed, enum bed_benefit benefit, uint32_t limit)
{
	bed->benefit[benefit].limit = limit;
}

void bed_set_zone(struct bed *bed, unsigned kiosk, const struct zone_span *zone)
{
	bed->facility[bed_place(bed, kiosk)].zone = *zone;
}

void bed_kiosk_ahead(struct bed *bed, unsigned kiosk, int64_t ms, bool knows)
{
	bed->kiosk[kiosk].ahead_ms = ms;
	bed->kiosk[kiosk].offset_ms = knows ? -ms : 0;
}

void bed_set_chain(struct bed *bed, unsigned kiosk, uint64_t next_seq)
{
	bed->kiosk[kiosk].next_seq = next_seq;
	memset(bed->kiosk[kiosk].prev, 0, sizeof bed->kiosk[kiosk].prev);
}

uint64_t bed_next_seq(const struct bed *bed, unsigned kiosk)
{
	return bed->kiosk[kiosk].next_seq;
}

/* -------------------------------------------------------------- visits */

struct visit bed_visit(struct bed *bed, unsigned kiosk, unsigned pass,
                       enum bed_benefit benefit)
{
	struct visit v = {.kiosk = kiosk,
	                  .pass = pass,
	                  .benefit = benefit,
	                  .party = 1,
	                  .has_list = true,
	                  .list = 10000,
	                  .left_ms = 800};

	v.at_ms = bed_now(bed) + bed->kiosk[kiosk].ahead_ms;
	put_be64(v.id, ++bed->ids);
	return v;
}

/* The place that the kiosk says it is at. */
const struct facility *bed_place_of(const struct bed *bed,
                                    const struct visit *v)
{
	return &bed->facility[bed_place(bed, v->kiosk) ^
	                      (v->elsewhere ? 1 : 0)];
}

/* What stands in for the scanned message: a text that names the pass. */
struct bytes bed_scanned_of(const struct visit *v, char text[64])
{
	int n = snprintf(
	    text, 64, "%s %u %s %llu", v->no_code ? "junk" : "pass", v->pass,
	    v->live ? "live" : "paper", (unsigned long long)v->iat);

	return bytes_of(text, (size_t)n);
}

void bed_admit(struct bed *bed, const struct visit *v, struct admitted *a)
{
	uint64_t now_s = (uint64_t)bed_now(bed) / 1000;
	struct pass *pass = &a->scan.pass;

	memset(a, 0, sizeof *a);
	a->facility = bed_place_of(bed, v);
	if (v->benefit != BED_UNKNOWN)
		a->benefit = &bed->benefit[v->benefit];
	if (v->no_code) {
		a->shape = VERDICT_UNKNOWN_FORMAT;
		return;
	}
	pass->iss = bytes_text("seoul.example");
	pass->iat = pass->nbf = BED_NOW / 1000 - 86400;
	pass->exp = BED_NOW / 1000 + 86400 * 3660 + v->exp_later_s;
	pass->idx = v->pass;
	pass->class = (enum pass_class)(v->pass % CLASS_COUNT);
	memcpy(pass->cti, &v->pass, sizeof v->pass);
	memcpy(a->pass_hash, &v->pass, sizeof v->pass);
	a->scan.live = v->live;
	a->scan.presentation.iat = v->iat;
	a->issuer = ISSUER_KNOWN;
	a->has_key = true;
	a->key.state = KEY_ACTIVE;
	a->pass_verified = !v->forged;
	a->presentation_verified = v->live;
	a->has_status = true;
	a->status.list.bits = 2;
	a->status.list.p = bed->status;
	a->status.list.n = sizeof bed->status;
	a->status.iat = now_s;
	a->status.ttl = 3600;
	a->status.exp = now_s + 86400;
}

void bed_job_init(struct bed *bed, struct ledger_job *job, enum job_kind kind,
                  unsigned kiosk)
{
	const struct bed_kiosk *k = &bed->kiosk[kiosk];

	memset(job, 0, sizeof *job);
	job->kind = kind;
	job->snapshot = &bed->snapshot;
	memcpy(job->kiosk.kid, k->kid, sizeof k->kid);
	memcpy(job->kiosk.pk, k->pk, sizeof k->pk);
	job->kiosk.state = k->state;
	job->kiosk.facility = bed->facility[bed_place(bed, kiosk)].id;
}

static void on_done(struct ledger_job *job)
{
	struct waiter *w = job->owner;

	pthread_mutex_lock(&w->bed->lock);
	w->left--;
	pthread_cond_broadcast(&w->bed->wake);
	pthread_mutex_unlock(&w->bed->lock);
}

void bed_submit(struct bed *bed, struct ledger_job *job, struct waiter *w)
{
	job->done = on_done;
	job->owner = w;
	pthread_mutex_lock(&bed->lock);
	w->left++;
	pthread_mutex_unlock(&bed->lock);
	assert_true(ledger_submit(bed->ledger, job));
}

void bed_wait_for(struct waiter *w)
{
	pthread_mutex_lock(&w->bed->lock);
	while (w->left > 0)
		pthread_cond_wait(&w->bed->wake, &w->bed->lock);
	pthread_mutex_unlock(&w->bed->lock);
}

/* ----------------------------------------------------------- questions */

void bed_ask_init(struct bed *bed, struct asking *a, const struct visit *v,
                  int64_t expires_ms)
{
	struct question *q = &a->job.question;

	bed_job_init(bed, &a->job, JOB_ASK, v->kiosk);
	memcpy(q->kid, bed->kiosk[v->kiosk].kid, sizeof q->kid);
	memcpy(q->id, v->id, sizeof q->id);
	q->at_ms = v->at_ms;
	q->offset_ms = bed->kiosk[v->kiosk].offset_ms;
	q->benefit = bed->benefit[v->benefit].id;
	q->facility = bed_place_of(bed, v)->id;
	q->party = v->party;
	q->has_list = v->has_list;
	q->list = v->list;
	q->left_ms = v->left_ms;
	q->scanned = bed_scanned_of(v, a->scanned);
	a->job.expires_ms = expires_ms;
	bed_admit(bed, v, &a->job.admitted);
}

struct reply bed_ask_until(struct bed *bed, const struct visit *v,
                           int64_t expires_ms)
{
	struct waiter w = {.bed = bed};
	struct asking a;

	bed_ask_init(bed, &a, v, expires_ms);
	bed_submit(bed, &a.job, &w);
	bed_wait_for(&w);
	return (struct reply){a.job.answer, a.job.failed};
}

struct reply bed_ask(struct bed *bed, const struct visit *v)
{
	return bed_ask_until(bed, v, INT64_MAX);
}

void bed_assert_verdict(struct reply r, enum verdict v)
{
	assert_false(r.failed);
	assert_string_equal(verdict_name(r.answer.verdict), verdict_name(v));
}

void bed_ask_many(struct bed *bed, const struct visit *visits, size_t n,
                  struct reply *replies)
{
	struct asking *a = calloc(n, sizeof *a);
	struct waiter w = {.bed = bed};

	assert_non_null(a);
	for (size_t i = 0; i < n; i++) {
		bed_ask_init(bed, &a[i], &visits[i], INT64_MAX);
		bed_submit(bed, &a[i].job, &w);
	}
	bed_wait_for(&w);
	for (size_t i = 0; i < n; i++) {
		replies[i].answer = a[i].job.answer;
		replies[i].failed = a[i].job.failed;
	}
	free(a);
}

/* --------------------------------------------------------------- calls */

struct call_result bed_call(struct bed *bed,
                            enum store_result (*call)(struct store *s,
                                                      struct ledger_job *job,
                                                      int64_t now_ms))
{
	struct waiter w = {.bed = bed};
	struct ledger_job job;

	bed_job_init(bed, &job, JOB_CALL, 0);
	job.call = call;
	bed_submit(bed, &job, &w);
	bed_wait_for(&w);
	return (struct call_result){job.failed, job.call_result};
}

struct reversing {
	struct ledger_job job;
	struct entry entry;
	enum verdict result;
};

static enum store_result reverse_call(struct store *s, struct ledger_job *job,
                                      int64_t now_ms)
{
	struct reversing *r = (struct reversing *)job;

	return ledger_operator_reversal(s, &r->entry, now_ms, &r->result);
}

enum verdict bed_operator_reversal(struct bed *bed, const struct visit *of)
{
	struct waiter w = {.bed = bed};
	struct reversing r;
	struct entry e = {.typ = TYP_REVERSAL, .by_operator = true};
	uint8_t buf[ENTRY_MAX];
	struct outbuf out = outbuf_in(buf, sizeof buf);

	put_be64(e.id, ++bed->ids);
	e.at_ms = bed_now(bed);
	memcpy(e.of_kid, bed->kiosk[of->kiosk].kid, sizeof e.of_kid);
	memcpy(e.of_id, of->id, sizeof e.of_id);
	e.operator= bytes_text("minji");
	e.facility = bed->facility[bed_place(bed, of->kiosk)].id;
	entry_put(&out, &e, bed->service_kid, bed->service_sk);
	assert_false(out.failed);
	bed_job_init(bed, &r.job, JOB_CALL, 0);
	assert_true(entry_read(out_view(&out), &r.entry));
	r.result = VERDICT_NONE;
	r.job.call = reverse_call;
	bed_submit(bed, &r.job, &w);
	bed_wait_for(&w);
	assert_false(r.job.failed);
	return r.result;
}
