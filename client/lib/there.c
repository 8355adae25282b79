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

/* Another call's reply that came late looks like a loss, too, and costs an
 * upload. That entries are held settles none of them: a result that was on its
 * way when the line broke comes when they are sent again, and may have to be
 * told to somebody. */
bool there_hear(struct oap *o, const struct there_word *w, struct there *there,
		bool *lost)
{
	*lost = w->seq < there->seq || w->count < there->count;
	if (!compare(o, w, there))
		return false;
	if (*lost && !journal_unsend(o->journal, w->seq))
		return false;
	there->seq = w->seq;
	there->count = w->count;
	there->at_ms = w->at_ms;
	if (*lost)
		there->lost_ms = w->at_ms;
	return journal_set_there(o->journal, there);
}
