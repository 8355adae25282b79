/* SPDX-License-Identifier: Apache-2.0 */
/* ledgerbed_entries.c: entries that a bed's kiosks write and send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "ledgerbed_inside.h"

static void sign(struct bed *bed, struct paper *p, struct entry *e)
{
	struct bed_kiosk *k = &bed->kiosk[p->kiosk];
	struct outbuf out = outbuf_in(p->entry, sizeof p->entry);

	e->seq = k->next_seq++;
	memcpy(e->prev, k->prev, sizeof e->prev);
	e->offset_ms = k->offset_ms;
	e->facility = p->reversal ? bed->facility[bed_place(bed, p->kiosk)].id
	                          : bed_place_of(bed, &p->visit)->id;
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
	entry_commit(p.salt, bed_scanned_of(v, text), e.commitment);
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
	item->item.scanned = bed_scanned_of(&p->visit, text);
	bed_admit(bed, &p->visit, &item->admitted);
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

	bed_job_init(bed, &job, JOB_ENTRIES, kiosk);
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
	bed_submit(bed, &job, &w);
	bed_wait_for(&w);
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

	bed_ask_init(bed, &a, v, INT64_MAX);
	load = load_new(bed, &a.job, papers, n);
	bed_submit(bed, &a.job, &w);
	bed_wait_for(&w);
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
