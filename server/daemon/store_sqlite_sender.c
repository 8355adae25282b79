/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_sender.c: the kiosks that were heard of lately, in memory: a
 * kiosk's row of device, and the end of its chain. A kiosk at a busy door is
 * heard of again within seconds, and what is known of it changes each time;
 * so it is read once and written once a commit. Only this thread writes the
 * rows, and set-up, which may change a kiosk's state, runs behind a savepoint,
 * which forgets all of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "store_batch.h"
#include "store_ledger.h"
#include "store_sqlite.h"

/* A kiosk's slot follows from its number; who comes last stays. */
#define SLOTS 1024

struct said {
	struct report report;	 /* its version is not here */
	char version[VERSION_MAX];
	size_t version_n;
};

struct sender {
	int64_t n; /* of device; 0: an empty slot */
	uint8_t kid[8];
	int64_t before; /* of the key that it rolled from; 0: none */
	bool has_state;
	enum device_state state;
	uint64_t entries;
	bool has_run; /* run is known, and none begins after it */
	struct run run;
	struct order order;
	int64_t reported_ms, heard_ms; /* its last report: when it came, and
					* its own time then; 0: none yet */
	bool has_unconfirmed;
	int64_t unconfirmed; /* answers that accept, count and have no entry */

	/* not written yet */
	bool entries_changed, run_changed, order_changed, has_said;
	struct said said;
};

struct sender_table {
	size_t changed_count;
	uint16_t changed[SLOTS];    /* slots, in the order they changed */
	int64_t n_of_kid[SLOTS];    /* 0: none */
	struct sender sender[SLOTS];
};

struct sender_table *senders_new(void)
{
	return calloc(1, sizeof(struct sender_table));
}

void senders_free(struct sender_table *t)
{
	free(t);
}

void senders_forget(struct sender_table *t)
{
	t->changed_count = 0;
	memset(t->n_of_kid, 0, sizeof t->n_of_kid);
	for (size_t i = 0; i < SLOTS; i++)
		t->sender[i].n = 0;
}

static struct sender *slot_of(struct sender_table *t, int64_t n)
{
	return &t->sender[(uint64_t)n % SLOTS];
}

/* A kid is a hash already. */
static int64_t *slot_of_kid(struct sender_table *t, const uint8_t kid[static 8])
{
	return &t->n_of_kid[get_be64(kid) % SLOTS];
}

static bool is_changed(const struct sender *sender)
{
	return sender->entries_changed || sender->run_changed ||
	       sender->order_changed || sender->has_said;
}

/* Before the change. */
static void note_change(struct sender_table *t, const struct sender *sender)
{
	if (!is_changed(sender))
		t->changed[t->changed_count++] =
		    (uint16_t)(sender - t->sender);
}

/* ------------------------------------------------------------- writing */

#define SET_ENTRIES                                                          \
	"UPDATE device SET entries = ?2, order_seq = ?11, order_ms = ?12,"   \
	" order_uses = ?13, order_amount = ?14, order_currency = ?15"

static void bind_entries(sqlite3_stmt *q, const struct sender *sender)
{
	const struct order *order = &sender->order;

	bind_i64(q, 1, sender->n);
	bind_i64(q, 2, (int64_t)sender->entries);
	bind_i64(q, 11, (int64_t)order->seq);
	bind_i64(q, 12, order->latest_ms);
	bind_i64(q, 13, (int64_t)order->uses);
	bind_i64(q, 14, order->amount);
	bind_text(q, 15, order->currency);
}

static enum store_result write_entries(struct store *s,
                                       const struct sender *sender)
{
	sqlite3_stmt *q = store_sql(s, SET_ENTRIES " WHERE n = ?1");

	if (!q)
		return STORE_FAILED;
	bind_entries(q, sender);
	return store_run(s, q);
}

static enum store_result write_all(struct store *s, const struct sender *sender)
{
	sqlite3_stmt *q =
	    store_sql(s, SET_ENTRIES ", reported_ms = ?3,"
	                 " at_ms = ?4, offset_ms = ?5, epoch = ?6,"
	                 " next_seq = ?7, oldest_unsent = ?8, queue_depth = ?9,"
	                 " version = ?10 WHERE n = ?1");
	const struct said *said = &sender->said;
	const struct report *r = &said->report;

	if (!q)
		return STORE_FAILED;
	bind_entries(q, sender);
	bind_i64(q, 3, sender->reported_ms);
	bind_i64(q, 4, r->at_ms);
	bind_i64(q, 5, r->offset_ms);
	bind_i64(q, 6, (int64_t)r->epoch);
	bind_i64(q, 7, (int64_t)r->next_seq);
	bind_maybe(q, 8, r->has_unsent, (int64_t)r->oldest_unsent);
	bind_i64(q, 9, (int64_t)r->queue_depth);
	bind_text_bytes(q, 10, bytes_of(said->version, said->version_n));
	return store_run(s, q);
}

static enum store_result write_sender(struct store *s, struct sender *sender)
{
	enum store_result r = STORE_OK;

	if (sender->has_said)
		r = write_all(s, sender);
	else if (sender->entries_changed || sender->order_changed)
		r = write_entries(s, sender);
	if (r == STORE_OK && sender->run_changed)
		r = run_grow(s, sender->n, &sender->run);
	if (r == STORE_OK)
		sender->entries_changed = sender->run_changed =
		    sender->order_changed = sender->has_said = false;
	return r;
}

enum store_result senders_flush(struct store *s)
{
	struct sender_table *t = batch_senders(s->batch);

	for (size_t i = 0; i < t->changed_count; i++)
		if (write_sender(s, &t->sender[t->changed[i]]) != STORE_OK)
			return STORE_FAILED;
	t->changed_count = 0;
	return STORE_OK;
}

/* ------------------------------------------------------------- reading */

static void read_order(sqlite3_stmt *q, struct order *out)
{
	out->seq = (uint64_t)column_i64(q, 3);
	out->latest_ms = column_i64(q, 4);
	out->uses = (uint64_t)column_i64(q, 5);
	out->amount = column_i64(q, 6);
	column_string(q, 7, out->currency, sizeof out->currency);
	out->waiting = column_i64(q, 8) != 0;
	out->since_ms = column_i64(q, 9);
}

/* A clock that is ahead is set right by the answer. */
static void note_heard(struct sender *sender, int64_t said_ms,
                       int64_t reported_ms)
{
	sender->reported_ms = reported_ms;
	sender->heard_ms = said_ms < reported_ms ? said_ms : reported_ms;
}

/* Row n of device to its slot, which may be another's until now. */
static enum store_result load(struct store *s, int64_t n, struct sender **out)
{
	struct sender_table *t = batch_senders(s->batch);
	struct sender *sender = slot_of(t, n);
	enum store_result r;
	sqlite3_stmt *q;

	if (is_changed(sender) && sender->n != 0 && senders_flush(s) != STORE_OK)
		return STORE_FAILED;
	/* A key that was rolled goes on for the one before it. */
	q = store_sql(s, "SELECT d.kid, d.entries, k.state, order_seq,"
	                 " order_ms, order_uses, order_amount, order_currency,"
	                 " EXISTS (SELECT 1 FROM waiting WHERE kiosk = ?1),"
	                 " (WITH RECURSIVE key (kid, ms, before) AS ("
	                 "   SELECT kid, enrolled_ms, predecessor FROM kiosk"
	                 "   WHERE kid = d.kid"
	                 "   UNION SELECT k.kid, k.enrolled_ms, k.predecessor"
	                 "   FROM kiosk k JOIN key ON k.kid = key.before)"
	                 "  SELECT min(ms) FROM key),"
	                 " (SELECT b.n FROM device b WHERE b.kid = k.predecessor),"
	                 " reported_ms, at_ms + offset_ms"
	                 " FROM device d"
	                 " LEFT JOIN kiosk k ON k.kid = d.kid WHERE d.n = ?1");
	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, n);
	r = store_step(s, q);
	if (r == STORE_OK) {
		*sender = (struct sender){.n = n};
		column_copy(q, 0, sender->kid, sizeof sender->kid);
		sender->entries = (uint64_t)column_i64(q, 1);
		sender->has_state = column_has(q, 2);
		sender->state = (enum device_state)column_i64(q, 2);
		read_order(q, &sender->order);
		sender->before = column_i64(q, 10);
		note_heard(sender, column_i64(q, 12), column_i64(q, 11));
		*slot_of_kid(t, sender->kid) = n;
		*out = sender;
	}
	store_end(q);
	return r;
}

/* A reader has no senders: they are the ledger's. */
static enum store_result refuse_reader(struct store *s)
{
	snprintf(s->error, sizeof s->error, "a reader keeps no kiosks");
	return STORE_FAILED;
}

static enum store_result sender_of(struct store *s, int64_t n,
                                   struct sender **out)
{
	if (s->read_only)
		return refuse_reader(s);
	*out = slot_of(batch_senders(s->batch), n);
	return (*out)->n == n ? STORE_OK : load(s, n, out);
}

enum store_result store_device_find(struct store *s,
                                    const uint8_t kid[static 8], int64_t *n)
{
	sqlite3_stmt *q = store_sql(s, "SELECT n FROM device WHERE kid = ?1");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, kid, 8);
	r = store_step(s, q);
	if (r == STORE_OK)
		*n = column_i64(q, 0);
	store_end(q);
	return r;
}

static enum store_result find_or_add(struct store *s,
                                     const uint8_t kid[static 8], int64_t *n)
{
	enum store_result r = store_device_find(s, kid, n);
	sqlite3_stmt *q;

	if (r != STORE_NONE)
		return r;
	q = store_sql(s, "INSERT INTO device (kid, entries, quarantined)"
	                 " VALUES (?1, 0, 0)");
	if (!q)
		return STORE_FAILED;
	bind_blob(q, 1, kid, 8);
	r = store_run(s, q);
	if (r == STORE_OK)
		*n = sqlite3_last_insert_rowid(s->db);
	return r;
}

enum store_result store_device(struct store *s, const uint8_t kid[static 8],
                               int64_t *n, enum device_state *state)
{
	enum store_result r = STORE_OK;
	struct sender_table *t;
	struct sender *sender;

	if (s->read_only)
		return refuse_reader(s);
	t = batch_senders(s->batch);
	*n = *slot_of_kid(t, kid);
	sender = slot_of(t, *n);
	if (*n == 0 || sender->n != *n || memcmp(sender->kid, kid, 8) != 0) {
		r = find_or_add(s, kid, n);
		if (r == STORE_OK)
			r = sender_of(s, *n, &sender);
	}
	if (r == STORE_OK && sender->has_state)
		*state = sender->state;
	return r;
}

enum store_result store_device_before(struct store *s, int64_t kiosk,
                                      int64_t *before)
{
	struct sender *sender;
	enum store_result r = sender_of(s, kiosk, &sender);

	if (r == STORE_OK)
		*before = sender->before;
	return r == STORE_OK && *before == 0 ? STORE_NONE : r;
}

/* -------------------------------------------------------- what is said */

/* Reports of one kiosk overtake each other while they are on their way, and a
 * file may lie about for long. */
static bool is_overtaken(const struct sender *sender,
                         const struct report *report, bool carried,
                         int64_t now_ms)
{
	return report->at_ms + report->offset_ms < sender->heard_ms &&
	       (carried || now_ms - sender->reported_ms < REPORT_TALK_MS);
}

enum store_result store_device_report(struct store *s, int64_t kiosk,
                                      const struct report *report,
                                      bool carried, int64_t now_ms)
{
	struct bytes version = report->version; /* bounded by report_read */
	struct sender *sender;
	enum store_result r = sender_of(s, kiosk, &sender);

	if (r != STORE_OK || is_overtaken(sender, report, carried, now_ms))
		return r;
	if (version.n > VERSION_MAX)
		version.n = VERSION_MAX;
	note_change(batch_senders(s->batch), sender);
	sender->has_said = true;
	note_heard(sender, report->at_ms + report->offset_ms, now_ms);
	sender->said.report = *report;
	sender->said.version_n = version.n;
	if (version.n)
		memcpy(sender->said.version, version.p, version.n);
	return STORE_OK;
}

/* --------------------------------------------------------------- order */

enum store_result store_order(struct store *s, int64_t kiosk, struct order *out)
{
	struct sender *sender;
	enum store_result r = sender_of(s, kiosk, &sender);

	if (r == STORE_OK)
		*out = sender->order;
	return r;
}

enum store_result store_order_set(struct store *s, int64_t kiosk,
                                  const struct order *order)
{
	struct sender *sender;
	enum store_result r = sender_of(s, kiosk, &sender);

	if (r != STORE_OK)
		return r;
	note_change(batch_senders(s->batch), sender);
	sender->order_changed = true;
	sender->order = *order;
	return STORE_OK;
}

/* --------------------------------------------------------- unconfirmed */

static enum store_result count_unconfirmed(struct store *s,
                                           struct sender *sender)
{
	sqlite3_stmt *q = store_sql(
	    s, "SELECT count(*) FROM attempt INDEXED BY attempt_unconfirmed"
	       " WHERE kiosk = ?1 AND told = 0 AND counts = 1");
	enum store_result r;

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, sender->n);
	r = store_step(s, q);
	sender->has_unconfirmed = r == STORE_OK;
	sender->unconfirmed = column_i64(q, 0);
	store_end(q);
	return r;
}

enum store_result store_unconfirmed_count(struct store *s, int64_t kiosk,
                                          int64_t *count)
{
	struct sender *sender;
	enum store_result r = sender_of(s, kiosk, &sender);

	if (r == STORE_OK && !sender->has_unconfirmed)
		r = count_unconfirmed(s, sender);
	if (r == STORE_OK)
		*count = sender->unconfirmed;
	return r;
}

void store_unconfirmed_changed(struct store *s, int64_t kiosk, int by)
{
	struct sender *sender = slot_of(batch_senders(s->batch), kiosk);

	if (sender->n == kiosk)
		sender->unconfirmed += by;
}

/* -------------------------------------------------------------- chains */

static enum store_result know_run(struct store *s, struct sender *sender)
{
	enum store_result r = STORE_OK;

	if (!sender->has_run) {
		r = run_last(s, sender->n, &sender->run);
		sender->has_run = r == STORE_OK;
	}
	return r;
}

/* The entry that was due: nearly all are. */
static bool is_next(const struct run *run, const struct link *link)
{
	return run->last < INT64_MAX - 1 && link->seq == run->last + 1 &&
	       memcmp(run->hash, link->prev, sizeof run->hash) == 0;
}

enum store_result store_chain_add(struct store *s, int64_t kiosk,
                                  const struct link *link, int64_t now_ms)
{
	struct sender *sender;
	enum store_result r = sender_of(s, kiosk, &sender);

	if (r != STORE_OK)
		return r;
	note_change(batch_senders(s->batch), sender);
	sender->entries_changed = true;
	sender->entries++;
	r = know_run(s, sender);
	if (r == STORE_OK && is_next(&sender->run, link)) {
		sender->run_changed = true;
		sender->run.last = link->seq;
		memcpy(sender->run.hash, link->hash, sizeof sender->run.hash);
		return STORE_OK;
	}
	if (r == STORE_FAILED || senders_flush(s) != STORE_OK)
		return STORE_FAILED;
	sender->has_run = false;
	return chain_put(s, kiosk, link, now_ms);
}

enum store_result store_held(struct store *s, int64_t kiosk, struct held *out)
{
	struct run first = {.last = 0};
	struct sender *sender;
	enum store_result r;

	memset(out, 0, sizeof *out);
	r = sender_of(s, kiosk, &sender);
	if (r == STORE_NONE)
		return STORE_OK;
	if (r == STORE_OK)
		r = know_run(s, sender);
	if (r == STORE_OK && sender->run.first == 1)
		first = sender->run;
	else if (r == STORE_OK)
		r = run_first(s, kiosk, &first);
	if (r == STORE_FAILED)
		return r;
	out->count = sender->entries;
	out->seq = first.last;
	memcpy(out->hash, first.hash, sizeof out->hash);
	return STORE_OK;
}
