/* SPDX-License-Identifier: Apache-2.0 */
/* store_sqlite_batch.c: the sums that the attempts of one commit add to, kept
 * in memory until it ends: most of them are the same few rows. */
#include <stdlib.h>
#include <string.h>

#include "store_batch.h"
#include "store_ledger.h"
#include "store_sqlite.h"

/* Slots; written out early when three quarters are taken. */
#define SLOTS 512
#define SLOTS_USED_MAX (SLOTS / 4 * 3)

struct slot {
	bool used;
	struct total_key key; /* padding zeroed: compared as bytes */
	struct total sum;
};

struct ledger_batch {
	struct sender_table *senders;
	size_t used;
	uint16_t order[SLOTS_USED_MAX]; /* slots in order of first use */
	struct slot slot[SLOTS];
};

struct ledger_batch *batch_new(void)
{
	struct ledger_batch *b = calloc(1, sizeof *b);

	if (b)
		b->senders = senders_new();
	if (b && !b->senders) {
		free(b);
		return NULL;
	}
	return b;
}

void batch_free(struct ledger_batch *b)
{
	if (b)
		senders_free(b->senders);
	free(b);
}

struct sender_table *batch_senders(struct ledger_batch *b)
{
	return b->senders;
}

static void forget_totals(struct ledger_batch *b)
{
	for (size_t i = 0; i < b->used; i++)
		memset(&b->slot[b->order[i]], 0, sizeof b->slot[0]);
	b->used = 0;
}

void batch_forget(struct ledger_batch *b)
{
	forget_totals(b);
	senders_forget(b->senders);
}

static size_t hash_of(const struct total_key *key)
{
	const unsigned char *p = (const unsigned char *)key;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof *key; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32) % SLOTS;
}

static struct slot *slot_for(struct ledger_batch *b,
                             const struct total_key *key)
{
	size_t at = hash_of(key);

	while (b->slot[at].used &&
	       memcmp(&b->slot[at].key, key, sizeof *key) != 0)
		at = (at + 1) % SLOTS;
	if (!b->slot[at].used) {
		b->slot[at].used = true;
		b->slot[at].key = *key;
		b->order[b->used++] = (uint16_t)at;
	}
	return &b->slot[at];
}

static enum store_result write_total(struct store *s, const struct slot *slot)
{
	sqlite3_stmt *q = store_sql(
	    s, "INSERT INTO total VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
	       " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
	       " ON CONFLICT DO UPDATE SET attempts = attempts + ?10,"
	       " counting = counting + ?11, persons = persons + ?12,"
	       " list = list + ?13, discount = discount + ?14,"
	       " without_price = without_price + ?15,"
	       " reversed = reversed + ?16, conflicts = conflicts + ?17");
	const struct total_key *key = &slot->key;
	const struct total *sum = &slot->sum;

	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, key->day);
	bind_i64(q, 2, key->month);
	bind_text(q, 3, key->facility);
	bind_text(q, 4, key->benefit);
	bind_text(q, 5, key->issuer);
	bind_i64(q, 6, key->class);
	bind_i64(q, 7, key->verdict);
	bind_i64(q, 8, key->online);
	bind_text(q, 9, key->currency);
	bind_i64(q, 10, sum->attempts);
	bind_i64(q, 11, sum->counting);
	bind_i64(q, 12, sum->persons);
	bind_i64(q, 13, sum->list);
	bind_i64(q, 14, sum->discount);
	bind_i64(q, 15, sum->without_price);
	bind_i64(q, 16, sum->reversed);
	bind_i64(q, 17, sum->conflicts);
	return store_run(s, q);
}

static enum store_result write_hour(struct store *s, const struct slot *slot)
{
	sqlite3_stmt *q;

	if (slot->sum.attempts == 0)
		return STORE_OK;
	q = store_sql(s, "INSERT INTO hourly VALUES (?1, ?2, ?3, ?4, ?5)"
	                 " ON CONFLICT DO UPDATE SET attempts = attempts + ?5");
	if (!q)
		return STORE_FAILED;
	bind_i64(q, 1, slot->key.day);
	bind_i64(q, 2, slot->key.hour);
	bind_text(q, 3, slot->key.facility);
	bind_i64(q, 4, verdict_is(slot->key.verdict, CLASS_ACCEPT));
	bind_i64(q, 5, slot->sum.attempts);
	return store_run(s, q);
}

static enum store_result flush_totals(struct store *s)
{
	static const struct total nothing;
	struct ledger_batch *b = s->batch;

	for (size_t i = 0; i < b->used; i++) {
		const struct slot *slot = &b->slot[b->order[i]];

		if (memcmp(&slot->sum, &nothing, sizeof nothing) == 0)
			continue;
		if (write_total(s, slot) != STORE_OK ||
		    write_hour(s, slot) != STORE_OK)
			return STORE_FAILED;
	}
	forget_totals(b);
	return STORE_OK;
}

enum store_result batch_flush(struct store *s)
{
	if (flush_totals(s) != STORE_OK)
		return STORE_FAILED;
	return senders_flush(s);
}

enum store_result store_total_add(struct store *s, const struct total_key *key,
                                  const struct total *change)
{
	struct ledger_batch *b = s->batch;
	struct total *sum;

	if (b->used == SLOTS_USED_MAX && flush_totals(s) != STORE_OK)
		return STORE_FAILED;
	sum = &slot_for(b, key)->sum;
	sum->attempts += change->attempts;
	sum->counting += change->counting;
	sum->persons += change->persons;
	sum->list += change->list;
	sum->discount += change->discount;
	sum->without_price += change->without_price;
	sum->reversed += change->reversed;
	sum->conflicts += change->conflicts;
	return STORE_OK;
}
