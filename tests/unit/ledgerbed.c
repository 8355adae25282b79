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
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "key.h"
#include "ledgerbed.h"

/* The ledger takes the policy from a snapshot, and nothing else. */
struct snapshot {
	struct policy policy;
};

const struct policy *snapshot_policy(const struct snapshot *s)
{
	return &s->policy;
}

struct bed_kiosk {
	uint8_t pk[32], sk[64], kid[8];
	enum device_state state;
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

void bed_set_limit(struct bed *bed, enum bed_benefit benefit, uint32_t limit)
{
	bed->benefit[benefit].limit = limit;
}

void bed_set_zone(struct bed *bed, unsigned kiosk, const struct zone_span *zone)
{
	bed->facility[kiosk / 2].zone = *zone;
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
static const struct facility *place_of(const struct bed *bed,
                                       const struct visit *v)
{
	return &bed->facility[v->kiosk / 2 ^ (v->elsewhere ? 1 : 0)];
}

/* What stands in for the scanned message: a text that names the pass. */
static struct bytes scanned_of(const struct visit *v, char text[64])
{
	int n = snprintf(
	    text, 64, "%s %u %s %llu", v->no_code ? "junk" : "pass", v->pass,
	    v->live ? "live" : "paper", (unsigned long long)v->iat);

	return bytes_of(text, (size_t)n);
}

static void admit(struct bed *bed, const struct visit *v, struct admitted *a)
{
	uint64_t now_s = (uint64_t)bed_now(bed) / 1000;
	struct pass *pass = &a->scan.pass;

	memset(a, 0, sizeof *a);
	a->facility = place_of(bed, v);
	if (v->benefit != BED_UNKNOWN)
		a->benefit = &bed->benefit[v->benefit];
	if (v->no_code) {
		a->shape = VERDICT_UNKNOWN_FORMAT;
		return;
	}
	pass->iss = bytes_text("seoul.example");
	pass->iat = pass->nbf = BED_NOW / 1000 - 86400;
	pass->exp = BED_NOW / 1000 + 86400 * 3660;
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

static void job_init(struct bed *bed, struct ledger_job *job,
                     enum job_kind kind, unsigned kiosk)
{
	const struct bed_kiosk *k = &bed->kiosk[kiosk];

	memset(job, 0, sizeof *job);
	job->kind = kind;
	job->snapshot = &bed->snapshot;
	memcpy(job->kiosk.kid, k->kid, sizeof k->kid);
	memcpy(job->kiosk.pk, k->pk, sizeof k->pk);
	job->kiosk.state = k->state;
	job->kiosk.facility = bed->facility[kiosk / 2].id;
}

struct waiter {
	struct bed *bed;
	size_t left;
};

static void on_done(struct ledger_job *job)
{
	struct waiter *w = job->owner;

	pthread_mutex_lock(&w->bed->lock);
	w->left--;
	pthread_cond_broadcast(&w->bed->wake);
	pthread_mutex_unlock(&w->bed->lock);
}

static void submit(struct bed *bed, struct ledger_job *job, struct waiter *w)
{
	job->done = on_done;
	job->owner = w;
	pthread_mutex_lock(&bed->lock);
	w->left++;
	pthread_mutex_unlock(&bed->lock);
	assert_true(ledger_submit(bed->ledger, job));
}

static void wait_for(struct waiter *w)
{
	pthread_mutex_lock(&w->bed->lock);
	while (w->left > 0)
		pthread_cond_wait(&w->bed->wake, &w->bed->lock);
	pthread_mutex_unlock(&w->bed->lock);
}

/* ----------------------------------------------------------- questions */

struct asking {
	struct ledger_job job;
	char scanned[64];
};

static void ask_init(struct bed *bed, struct asking *a, const struct visit *v,
                     int64_t expires_ms)
{
	struct question *q = &a->job.question;

	job_init(bed, &a->job, JOB_ASK, v->kiosk);
	memcpy(q->kid, bed->kiosk[v->kiosk].kid, sizeof q->kid);
	memcpy(q->id, v->id, sizeof q->id);
	q->at_ms = v->at_ms;
	q->offset_ms = bed->kiosk[v->kiosk].offset_ms;
	q->benefit = bed->benefit[v->benefit].id;
	q->facility = place_of(bed, v)->id;
	q->party = v->party;
	q->has_list = v->has_list;
	q->list = v->list;
	q->left_ms = v->left_ms;
	q->scanned = scanned_of(v, a->scanned);
	a->job.expires_ms = expires_ms;
	admit(bed, v, &a->job.admitted);
}

struct reply bed_ask_until(struct bed *bed, const struct visit *v,
                           int64_t expires_ms)
{
	struct waiter w = {.bed = bed};
	struct asking a;

	ask_init(bed, &a, v, expires_ms);
	submit(bed, &a.job, &w);
	wait_for(&w);
	return (struct reply){a.job.answer, a.job.failed};
}

struct reply bed_ask(struct bed *bed, const struct visit *v)
{
	return bed_ask_until(bed, v, INT64_MAX);
}

void bed_ask_many(struct bed *bed, const struct visit *visits, size_t n,
                  struct reply *replies)
{
	struct asking *a = calloc(n, sizeof *a);
	struct waiter w = {.bed = bed};

	assert_non_null(a);
	for (size_t i = 0; i < n; i++) {
		ask_init(bed, &a[i], &visits[i], INT64_MAX);
		submit(bed, &a[i].job, &w);
	}
	wait_for(&w);
	for (size_t i = 0; i < n; i++) {
		replies[i].answer = a[i].job.answer;
		replies[i].failed = a[i].job.failed;
	}
	free(a);
}

/* ------------------------------------------------------------- entries */

static void sign(struct bed *bed, struct paper *p, struct entry *e)
{
	struct bed_kiosk *k = &bed->kiosk[p->kiosk];
	struct outbuf out = outbuf_in(p->entry, sizeof p->entry);

	e->seq = k->next_seq++;
	memcpy(e->prev, k->prev, sizeof e->prev);
	e->offset_ms = k->offset_ms;
	e->facility = p->reversal ? bed->facility[p->kiosk / 2].id
	                          : place_of(bed, &p->visit)->id;
	entry_put(&out, e, k->kid, k->sk);
	assert_false(out.failed);
	p->n = out.n;
	entry_hash(bytes_of(p->entry, p->n), k->prev);
	p->readable = p->authentic = p->committed = true;
}

struct paper bed_write(struct bed *bed, const struct visit *v,
                       enum verdict told, const struct ask_result *answer)
{
	struct paper p = {.kiosk = v->kiosk, .visit = *v};
	struct entry e = {.typ = TYP_ATTEMPT};
	char text[64];

	memcpy(e.id, v->id, sizeof e.id);
	e.at_ms = bed_now(bed) + bed->kiosk[v->kiosk].ahead_ms;
	e.benefit = bed->benefit[v->benefit].id;
	e.party = v->party;
	e.has_list = v->has_list;
	e.list = v->list;
	e.told = (uint8_t)told;
	if (verdict_is(told, CLASS_ACCEPT) && v->has_list) {
		e.has_discount = true;
		e.discount =
		    benefit_price(&bed->benefit[v->benefit], v->list, v->party)
		        .discount;
	}
	if (answer && answer->has_grant) {
		e.has_grant = true;
		memcpy(e.grant, answer->grant, sizeof e.grant);
	}
	memset(p.salt, (int)bed->ids, sizeof p.salt);
	entry_commit(p.salt, scanned_of(v, text), e.commitment);
	sign(bed, &p, &e);
	return p;
}

struct paper bed_write_reversal(struct bed *bed, unsigned kiosk,
                                const struct visit *of)
{
	struct paper p = {.kiosk = kiosk, .reversal = true};
	struct entry e = {.typ = TYP_REVERSAL, .reason = REASON_MISTAKE};

	put_be64(e.id, ++bed->ids);
	e.at_ms = bed_now(bed) + bed->kiosk[kiosk].ahead_ms;
	memcpy(e.of_kid, bed->kiosk[of->kiosk].kid, sizeof e.of_kid);
	memcpy(e.of_id, of->id, sizeof e.of_id);
	sign(bed, &p, &e);
	return p;
}

static void fill_item(struct bed *bed, const struct paper *p, char text[64],
                      struct ledger_item *item)
{
	memset(item, 0, sizeof *item);
	item->raw = bytes_of(p->entry, p->n);
	item->readable = p->readable;
	if (!p->readable)
		return;
	item->item.entry = bytes_of(p->entry, p->n);
	item->authentic = p->authentic;
	item->committed = p->committed;
	assert_true(entry_read(item->item.entry, &item->entry));
	if (p->reversal)
		return;
	item->item.salt = bytes_of(p->salt, sizeof p->salt);
	item->item.scanned = scanned_of(&p->visit, text);
	admit(bed, &p->visit, &item->admitted);
}

struct load {
	struct ledger_item item[ITEMS_PER_UPLOAD_MAX];
	char text[ITEMS_PER_UPLOAD_MAX][64];
};

static struct load *load_new(struct bed *bed, struct ledger_job *job,
                             const struct paper *papers, size_t n)
{
	struct load *load = calloc(1, sizeof *load);

	assert_non_null(load);
	assert_true(n <= ITEMS_PER_UPLOAD_MAX);
	for (size_t i = 0; i < n; i++)
		fill_item(bed, &papers[i], load->text[i], &load->item[i]);
	job->items = load->item;
	job->item_count = n;
	return load;
}

static void unload(struct load *load, const struct ledger_job *job, size_t n,
                   struct delivery *out)
{
	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < n; i++)
		out->result[i] = load->item[i].result;
	out->failed = job->failed;
	out->held = job->held;
	free(load);
}

struct delivery bed_send(struct bed *bed, unsigned kiosk,
                         const struct paper *papers, size_t n, bool all_sent)
{
	struct waiter w = {.bed = bed};
	struct ledger_job job;
	struct delivery out;
	struct load *load;

	job_init(bed, &job, JOB_ENTRIES, kiosk);
	job.has_report = true;
	job.report =
	    (struct report){.next_seq = bed->kiosk[kiosk].next_seq,
	                    .at_ms = bed_now(bed) + bed->kiosk[kiosk].ahead_ms,
	                    .epoch = 1,
	                    .offset_ms = bed->kiosk[kiosk].offset_ms,
	                    .has_unsent = !all_sent,
	                    .oldest_unsent = 1,
	                    .queue_depth = all_sent ? 0 : n,
	                    .version = bytes_text("test")};
	load = load_new(bed, &job, papers, n);
	submit(bed, &job, &w);
	wait_for(&w);
	unload(load, &job, n, &out);
	return out;
}

struct item_result bed_send_one(struct bed *bed, const struct paper *p)
{
	struct delivery d = bed_send(bed, p->kiosk, p, 1, false);

	assert_false(d.failed);
	return d.result[0];
}

struct reply bed_ask_with(struct bed *bed, const struct visit *v,
                          const struct paper *papers, size_t n,
                          struct delivery *out)
{
	struct waiter w = {.bed = bed};
	struct asking a;
	struct load *load;

	ask_init(bed, &a, v, INT64_MAX);
	load = load_new(bed, &a.job, papers, n);
	submit(bed, &a.job, &w);
	wait_for(&w);
	unload(load, &a.job, n, out);
	return (struct reply){a.job.answer, a.job.failed};
}

struct reply bed_redeem(struct bed *bed, const struct visit *v)
{
	struct reply r = bed_ask(bed, v);
	struct paper p;

	assert_false(r.failed);
	p = bed_write(bed, v, r.answer.verdict, &r.answer);
	assert_int_equal(bed_send_one(bed, &p).result, r.answer.verdict);
	return r;
}

/* --------------------------------------------------------------- calls */

struct call_result bed_call(struct bed *bed,
                            enum store_result (*call)(struct store *s,
                                                      struct ledger_job *job,
                                                      int64_t now_ms))
{
	struct waiter w = {.bed = bed};
	struct ledger_job job;

	job_init(bed, &job, JOB_CALL, 0);
	job.call = call;
	submit(bed, &job, &w);
	wait_for(&w);
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
	e.facility = bed->facility[of->kiosk / 2].id;
	entry_put(&out, &e, bed->service_kid, bed->service_sk);
	assert_false(out.failed);
	job_init(bed, &r.job, JOB_CALL, 0);
	assert_true(entry_read(out_view(&out), &r.entry));
	r.result = VERDICT_NONE;
	r.job.call = reverse_call;
	submit(bed, &r.job, &w);
	wait_for(&w);
	assert_false(r.job.failed);
	return r.result;
}

/* -------------------------------------------------------------- checks */

static sqlite3 *look(struct bed *bed)
{
	char path[128];
	sqlite3 *db;

	snprintf(path, sizeof path, "%s/oapd.db", bed->dir);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL),
	                 SQLITE_OK);
	return db;
}

static bool number_of(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *q;
	bool there;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	there = sqlite3_step(q) == SQLITE_ROW;
	*out = there ? sqlite3_column_int64(q, 0) : 0;
	sqlite3_finalize(q);
	return there;
}

int64_t bed_number(struct bed *bed, const char *sql)
{
	sqlite3 *db = look(bed);
	int64_t n;

	if (!number_of(db, sql, &n))
		fail_msg("%s: no row", sql);
	sqlite3_close(db);
	return n;
}

/* Each finds rows that are wrong; they say the rules a second time, in SQL. */
#define TELLS "CASE WHEN told <> 0 THEN told ELSE answer END"
#define DISPUTED                                               \
	"(told IN (1, 2) AND (admission = 2 OR (judgement = 4" \
	" AND admission = 0)))"
#define TOTALS                                                               \
	"SELECT day, month, facility, benefit, issuer, class, " TELLS        \
	" AS verdict, online, currency, count(*) AS attempts,"               \
	" sum(counts) AS counting, sum(counts * party) AS persons,"          \
	" sum(counts * coalesce(list, 0)) AS list,"                          \
	" sum(counts * coalesce(discount, 0)) AS discount,"                  \
	" sum(counts AND list IS NULL) AS without_price,"                    \
	" sum(reversed_ms IS NOT NULL AND " TELLS " IN (1, 2)) AS reversed," \
	" sum(marks & 1) AS conflicts FROM attempt WHERE NOT " DISPUTED      \
	" GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
#define STORED                                                               \
	"SELECT day, month, facility, benefit, issuer, class, verdict,"      \
	" online, currency, attempts, counting, persons, list, discount,"    \
	" without_price, reversed, conflicts FROM total"                     \
	" WHERE attempts <> 0 OR counting <> 0 OR persons <> 0 OR list <> 0" \
	" OR discount <> 0 OR without_price <> 0 OR reversed <> 0"           \
	" OR conflicts <> 0"
#define HOURS                                                          \
	"SELECT day, hour, facility, " TELLS " IN (1, 2) AS accepted," \
	" count(*) AS attempts FROM attempt WHERE NOT " DISPUTED       \
	" GROUP BY 1, 2, 3, 4"
static const char *const wrongs[][2] = {
    {"counts follows from what is known",
     "SELECT count(*) FROM attempt WHERE counts <> (reversed_ms IS NULL AND"
     " CASE WHEN told = 0 THEN answer IN (1, 2) AND given_up = 0"
     " ELSE told IN (1, 2) AND NOT " DISPUTED " END)"},
    {"a counter is the number of its attempts that count",
     "SELECT count(*) FROM counter c WHERE uses <> (SELECT count(*)"
     " FROM attempt WHERE counter = c.n AND counts = 1)"},
    {"open conflicts are the uses over the limit",
     "SELECT count(*) FROM counter c WHERE conflicts <> max(0, CASE"
     " WHEN use_limit = 0 THEN 0 ELSE uses - use_limit END)"
     " OR conflicts <> (SELECT count(*) FROM conflict WHERE counter = c.n"
     " AND closed_ms IS NULL)"},
    {"an open conflict is on an attempt of its counter that counts",
     "SELECT count(*) FROM conflict x JOIN attempt a ON a.n = x.attempt"
     " WHERE closed_ms IS NULL AND (a.counts = 0 OR a.counter <> x.counter"
     " OR (a.marks & 1) = 0)"},
    {"an attempt has one open conflict when it is marked, else none",
     "SELECT count(*) FROM attempt a WHERE (marks & 1) <> (SELECT count(*)"
     " FROM conflict WHERE attempt = a.n AND closed_ms IS NULL)"},
    {"totals are the sums of the rows",
     "SELECT (SELECT count(*) FROM (" TOTALS " EXCEPT " STORED "))"
     " + (SELECT count(*) FROM (" STORED " EXCEPT " TOTALS "))"},
    {"hours are the sums of the rows",
     "SELECT (SELECT count(*) FROM (" HOURS
     " EXCEPT SELECT * FROM hourly)) + (SELECT count(*) FROM (SELECT *"
     " FROM hourly WHERE attempts <> 0 EXCEPT " HOURS "))"},
    {"a told verdict has its entry, and only that",
     "SELECT count(*) FROM attempt a WHERE (told <> 0) <> EXISTS"
     " (SELECT 1 FROM entry WHERE attempt = a.n)"},
    {"a kiosk's count is the number of its entries",
     "SELECT count(*) FROM device d WHERE entries <> (SELECT count(*)"
     " FROM entry JOIN attempt ON n = attempt WHERE kiosk = d.n)"
     " + (SELECT count(*) FROM reversal WHERE kid = d.kid)"},
    {"the database is whole", "SELECT count(*) FROM pragma_integrity_check"
                              " WHERE integrity_check <> 'ok'"},
    {"no reference is broken", "SELECT count(*) FROM pragma_foreign_key_check"},
};

void bed_check(struct bed *bed)
{
	sqlite3 *db = look(bed);

	for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
		int64_t n;

		assert_true(number_of(db, wrongs[i][1], &n));
		if (n != 0)
			fail_msg("not so: %s (%lld)", wrongs[i][0],
			         (long long)n);
	}
	sqlite3_close(db);
}
