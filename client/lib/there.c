/* SPDX-License-Identifier: Apache-2.0 */
/* there.c: a service that was restored, and a journal that was. */
#include "there.h"

#include <string.h>

/* Whether this journal is what the service has heard of: it has as much, and
 * the same. What was forgotten here by age cannot be compared. */
static bool compare(struct oap *o, const struct there_word *w,
		    struct there *there)
{
	struct journal_tip tip;
	uint8_t hash[32];
	bool has;

	if (w->seq == 0)
		return true;
	if (!journal_tip(o->journal, &tip) ||
	    !journal_hash(o->journal, w->seq, hash, &has))
		return false;
	if (w->seq >= tip.next_seq ||
	    (has && memcmp(hash, w->hash, sizeof(hash)) != 0))
		there->diverged = true;
	return true;
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Replies overtake each other: the word may be older than what was said since,
 * and only what had been said before it was asked for was there then. What a
 * restored service lost with a reply that was still to come is in no word: but
 * the first entry that it lacks is one that it had taken. (One whose result is
 * like a refusal's may have been no record.) */
static bool is_less(struct oap *o, const struct there_word *w,
		    const struct there_asked *asked,
		    const struct there *there, bool *less)
{
	struct journal_at at = {.taken = false};

	*less = w->seq < lesser(asked->seq, there->seq) ||
		w->count < lesser(asked->count, there->count);
	if (*less || w->seq + 1 >= asked->settled)
		return true;
	if (!journal_entry_at(o->journal, w->seq + 1, &at))
		return false;
	*less = at.taken;
	return true;
}

/* That entries are held settles none of them: a result that was on its way
 * when the line broke comes when they are sent again, and may have to be told
 * to somebody. */
bool there_hear(struct oap *o, const struct there_word *w,
		const struct there_asked *asked, struct there *there,
		bool *lost)
{
	if (!compare(o, w, there) || !is_less(o, w, asked, there, lost))
		return false;
	/* More is known since. */
	if (!*lost && (w->seq < there->seq || w->count < there->count))
		return there->diverged ? journal_set_there(o->journal, there)
				       : true;
	if (*lost && !journal_unsend(o->journal, w->seq))
		return false;
	there->seq = w->seq;
	there->count = w->count;
	there->at_ms = w->at_ms;
	if (*lost)
		there->lost_ms = w->at_ms;
	return journal_set_there(o->journal, there);
}
