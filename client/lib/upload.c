/* SPDX-License-Identifier: Apache-2.0 */
/* upload.c: what is sent, built from the journal. */
#include "upload.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"

void upload_collect(void *arg, uint64_t seq, struct bytes message,
		    struct bytes salt, struct bytes scanned)
{
	struct upload *u = arg;
	struct item item = {.entry = message, .salt = salt, .scanned = scanned};

	body_put_item(&u->items, &item);
	u->seqs[u->count++] = seq;
}

bool upload_put_report(struct oap *o, const struct moment *now,
		       struct outbuf *out, struct reported *said)
{
	struct report r = {.at_ms = now->raw_ms,
			   .epoch = handle_epoch(o),
			   .offset_ms = o->clock.offset_ms,
			   .version = bytes_text(OAP_VERSION)};
	struct journal_queue queue;
	struct journal_tip tip;

	if (!journal_queue(o->journal, &queue) ||
	    !journal_tip(o->journal, &tip))
		return false;
	memcpy(r.kid, o->key.kid, sizeof(r.kid));
	r.next_seq = tip.next_seq;
	r.has_unsent = queue.depth > 0;
	r.oldest_unsent = queue.oldest_seq;
	r.queue_depth = queue.depth;
	*said = (struct reported){
	    .next_seq = tip.next_seq,
	    .settled = r.has_unsent ? queue.oldest_seq : tip.next_seq};
	report_put(out, &r, o->mac);
	return true;
}

static bool collect_unsent(struct oap *o, uint64_t reversal, uint64_t after,
			   struct upload *u)
{
	return reversal != 0
		   ? journal_unsent_with(o->journal, reversal,
					 ITEMS_PER_ASK_MAX, upload_collect, u)
		   : journal_unsent_between(o->journal, after, UINT64_MAX,
					    ITEMS_PER_UPLOAD_MAX, upload_collect,
					    u);
}

enum oap_result upload_build(struct oap *o, uint64_t reversal, uint64_t after,
			     struct upload *u, struct oap_problem *why)
{
	uint8_t head[REPORT_MAX];
	struct outbuf report = outbuf_in(head, sizeof(head));
	enum oap_result result = handle_need_enrolled(o, why);
	struct reported said;

	if (result != OAP_OK)
		return result;
	journal_make_sure(o->journal);
	upload_clear(u);
	u->sent = handle_now(o);
	u->said_ms = handle_effective(o, &u->sent);
	if (!upload_put_report(o, &u->sent, &report, &said) ||
	    !collect_unsent(o, reversal, after, u))
		return handle_journal_failed(o, why);
	u->next_seq = said.next_seq;
	u->asked = (struct there_asked){.seq = o->there.seq,
					.count = o->there.count,
					.settled = said.settled};
	body_put_head(&u->body, out_view(&report), u->count);
	out_bytes(&u->body, out_view(&u->items));
	if (report.failed || u->items.failed || u->body.failed)
		return fault(why, OAP_JOURNAL_FAILED,
			     "%s: an entry in the journal is too long to be "
			     "sent", o->dir.path);
	return OAP_OK;
}

void upload_clear(struct upload *u)
{
	u->count = 0;
	u->items = outbuf_in(u->items_buf, UPLOAD_BODY_MAX);
	u->body = outbuf_in(u->body_buf, UPLOAD_BODY_MAX);
}

struct upload *upload_new(void)
{
	struct upload *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->items_buf = malloc(UPLOAD_BODY_MAX);
	u->body_buf = malloc(UPLOAD_BODY_MAX);
	if (u->items_buf == NULL || u->body_buf == NULL) {
		upload_free(u);
		return NULL;
	}
	upload_clear(u);
	return u;
}

void upload_free(struct upload *u)
{
	if (u == NULL)
		return;
	free(u->items_buf);
	free(u->body_buf);
	free(u);
}
