/* SPDX-License-Identifier: Apache-2.0 */
/* export.c: what is unsent, as a file (messages.cddl, journal-file): parts as
 * POST /v1/entries takes them, each under the report that the kiosk gives at
 * the beginning. Only one part is in memory, and the lock is held for no
 * longer than it takes to read one. */
#include <stdlib.h>
#include <string.h>

#include "cbor.h"
#include "fault.h"
#include "handle.h"
#include "outfile.h"
#include "upload.h"

struct export {
	uint8_t report[REPORT_MAX];
	size_t report_n;
	uint64_t depth; /* entries to be written */
	uint64_t after, last; /* seq: written up to; the last of all */
	struct outfile file;
	size_t count;	      /* items of the part */
	struct outbuf items;
	uint8_t items_room[UPLOAD_ITEMS_MAX];
	uint8_t part_room[UPLOAD_BODY_MAX];
};

static void collect(void *arg, uint64_t seq, struct bytes message,
		    struct bytes salt, struct bytes scanned)
{
	struct export *e = arg;
	struct item item = {.entry = message, .salt = salt, .scanned = scanned};

	body_put_item(&e->items, &item);
	e->after = seq;
	e->count++;
}

static uint64_t parts_of(const struct export *e)
{
	uint64_t full = e->depth / ITEMS_PER_UPLOAD_MAX;

	/* a report alone, when there is nothing else to say */
	return full + (e->depth % ITEMS_PER_UPLOAD_MAX > 0 || full == 0);
}

/* Under the lock: what is unsent now, and the report of it. */
static enum oap_result begin(struct oap *o, struct export *e,
			     struct oap_problem *why)
{
	struct outbuf out = outbuf_in(e->report, sizeof(e->report));
	struct moment now = handle_now(o);
	struct journal_queue queue;
	struct reported said;
	enum oap_result result = handle_need_enrolled(o, why);

	if (result != OAP_OK)
		return result;
	journal_make_sure(o->journal);
	if (!journal_queue(o->journal, &queue) ||
	    !upload_put_report(o, &now, &out, &said))
		return handle_journal_failed(o, why);
	e->report_n = out.n;
	e->depth = queue.depth;
	e->last = said.next_seq - 1;
	return out.failed ? fault(why, OAP_NO_MEMORY, "report: too long")
			  : OAP_OK;
}

/* What was sent meanwhile is left out: the part may be short, or empty. */
static enum oap_result read_part(struct oap *o, struct export *e,
				 struct oap_problem *why)
{
	enum oap_result result = OAP_OK;

	e->items = outbuf_in(e->items_room, sizeof(e->items_room));
	e->count = 0;
	handle_lock(o);
	if (!journal_unsent_between(o->journal, e->after, e->last,
				    ITEMS_PER_UPLOAD_MAX, collect, e))
		result = handle_journal_failed(o, why);
	handle_unlock(o);
	if (result == OAP_OK && e->items.failed)
		result = fault(why, OAP_JOURNAL_FAILED,
			       "%s: an entry in the journal is too long to be "
			       "sent", o->dir.path);
	return result;
}

static enum oap_result write_part(struct export *e, struct oap_problem *why)
{
	struct outbuf part = outbuf_in(e->part_room, sizeof(e->part_room));
	uint8_t room[16];
	struct outbuf head = outbuf_in(room, sizeof(room));
	enum oap_result result;

	body_put_head(&part, bytes_of(e->report, e->report_n), e->count);
	out_bytes(&part, out_view(&e->items));
	cbor_put_bytes_head(&head, part.n);
	if (part.failed || head.failed)
		return fault(why, OAP_NO_MEMORY, "part: too long");
	result = outfile_write(&e->file, out_view(&head), why);
	return result == OAP_OK
		   ? outfile_write(&e->file, out_view(&part), why)
		   : result;
}

static enum oap_result write_all(struct oap *o, struct export *e,
				 uint64_t *entries, struct oap_problem *why)
{
	uint64_t parts = parts_of(e);
	uint8_t room[16];
	struct outbuf head = outbuf_in(room, sizeof(room));
	enum oap_result result;

	cbor_put_array(&head, (size_t)parts);
	result = outfile_write(&e->file, out_view(&head), why);
	while (result == OAP_OK && parts-- > 0) {
		result = read_part(o, e, why);
		if (result == OAP_OK)
			result = write_part(e, why);
		*entries += e->count;
	}
	return result;
}

OAP_API enum oap_result oap_export(struct oap *o, const char *path,
				   struct oap_exported *out,
				   struct oap_problem *why)
{
	struct export *e = calloc(1, sizeof(*e));
	enum oap_result result;
	uint64_t entries = 0;

	memset(out, 0, sizeof(*out));
	fault_none(why);
	if (e == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	e->file.fd = -1;
	handle_lock(o);
	result = begin(o, e, why);
	handle_unlock(o);
	if (result == OAP_OK)
		result = outfile_open(&e->file, path, why);
	if (result == OAP_OK)
		result = write_all(o, e, &entries, why);
	if (result == OAP_OK)
		result = outfile_commit(&e->file, why);
	if (result == OAP_OK)
		*out = (struct oap_exported){.entries = entries,
					     .last = e->last};
	outfile_close(&e->file);
	free(e);
	return result;
}
